"""Documents that are zip archives of XML (Office Open XML, OpenDocument, OFD), and archives themselves.

A document is written anew: no dates, no macros, no embedded programs, no author; pictures inside are cleaned.
An archive is never unpacked: its copy is the list of what it says it holds.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import BinaryIO
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from complaints.intake.cleaning.answers import Answer, Unable

PARTS = 5_000
PART_BYTES = 100 * 2**20
TOTAL_BYTES = 400 * 2**20
RATIO = 200  # unpacked to packed, of an archive as a whole, where it is more than a megabyte
LISTED = 2_000
EPOCH = (1980, 1, 1, 0, 0, 0)
PICTURES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
}
# What names, acts, or hides another file. Relations to a part that is gone are taken out with it.
DROP = re.compile(
    r"(^|/)(docProps/|customXml/|thumbnail|_xmlsignatures/|vbaProject|vbaData|activeX/|embeddings/"
    r"|printerSettings|people\.xml|persons?/|commentAuthors|Thumbnails/|Basic/|Scripts/|META-INF/doc"
    r"|Object \d|ObjectReplacements/|Configurations2/|layout-cache|meta\.xml|webExtensions|attachedToolbars"
    r"|Signs?/|Attachs?/|Attachments?/|CustomTags?/|userCustomization|ctrlProps/|revisions/|externalLinks/"
    r"|connections\.xml|queryTables/|macrosheets/|dialogsheets/|threadedComments|documentTasks/|settings\.xml$"
    r"|webSettings\.xml|commentsIds|commentsExtended|commentsExtensible|ink/|settings/settings)",
    re.I,
)
# A name that leaves the folder a document is unpacked in, or is not what it looks like.
AWAY = re.compile(
    r"^[/\\]|(?:^|/)\.\.(?:/|$)|[\\:\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
XML = (".xml", ".rels", ".vml")
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
PLAIN = ("utf-8", "us-ascii", "ascii")
CHINESE = ("gb2312", "gbk", "gb18030")
# A ">" may stand within an attribute, so a tag ends at the first one that stands in no quotes.
TAG = re.compile(rb"""<([\w.:-]+)((?:[^<>"']|"[^"]*"|'[^']*')*+)>""")
FETCHED = re.compile(rb"""\s(?:[\w.-]+:)?(?:href|src)\s*=\s*("[^"]*"|'[^']*')""", re.I)
OUTSIDE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|[/\\]|\.\.[/\\])", re.I)
INTO = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//|\\)", re.I)  # an inner target that is an address
LINK = re.compile(r"(?:https?|mailto):", re.I)
# What a field does (DDE, INCLUDEPICTURE) stands in its code, maybe in pieces; what is seen is its result.
FIELD = re.compile(rb"(<((?:[\w.-]+:)?instrText)\b[^>]*>)(?:(?!</?[\w.:-]*instrText\b).)*+(</\2\s*>)", re.S)
# A formula may fetch (WEBSERVICE, IMAGE) or run (DDE); what was worked out stands beside it and stays.
FORMULA = re.compile(
    rb"""<((?:[\w.-]+:)?(?:f|definedName))(?:\s(?:[^<>"'/]|/(?!>)|"[^"]*"|'[^']*')*+)?"""
    rb"""(?:/>|>(?:(?!</?(?:[\w.-]+:)?(?:f|definedName)\b).)*+</\1\s*>)""",
    re.S,
)
SIMPLE = re.compile(rb"""\s(?:(?:[\w.-]+:)?instr|(?!draw:)[\w.-]+:formula)\s*=\s*(?:"[^"]*"|'[^']*')""")
OVERRIDE = re.compile(rb'<(?:\w+:)?Override\b[^>]*?\bPartName\s*=\s*["\']([^"\']*)["\'][^>]*?/>', re.S)
MANIFEST = re.compile(rb'<manifest:file-entry\b[^>]*?manifest:full-path="([^"]*)"[^>]*?/>', re.S)
# Attributes and elements that say who, when, and in which sitting something was written.
ATTRIBUTES = re.compile(
    rb"\s(?:[\w]+:)?(?:author|initials|userName|userId|lastEditor|creator|lastModifiedBy"
    rb"|rsid\w*|date|dt|dateUtc|providerId|paraId|textId|durableId|dT|personId|authorId|modifiedBy"
    rb'|lastIdx|clrIdx|uid)\s*=\s*(?:"[^"]*"|\'[^\']*\')'
)
ELEMENTS = re.compile(
    rb"<((?:dc|meta|xmp|dcterms|cp):(?:creator|date|initial-creator|creation-date|printed-by|print-date"
    rb"|generator|editing-[\w-]+|lastModifiedBy|created|modified|title|subject|description|keyword|language)"
    rb")\b[^>]*>.*?</\1>",
    re.S,
)
EMPTY_SETTINGS = {
    "word/settings.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:settings xmlns:w='
    b'"http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>',
}
OFD_INFO = re.compile(rb"<((?:\w+:)?DocInfo)\b[^>]*>.*?</\1>", re.S)
PIs = re.compile(rb"<!--.*?-->", re.S)


def clean(source: BinaryIO, mime: str, out: BinaryIO, *, pixels: int) -> Answer:
    """Writes the document anew, part by part. Unable: too large unpacked, encrypted, broken."""
    dropped: list[str] = []
    with zipfile.ZipFile(source) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fresh:
        parts = checked(book)
        if not any(part.filename in ("mimetype", "[Content_Types].xml", "OFD.xml") for part in parts):
            raise Unable("broken")
        seen: set[str] = set()
        for part in parts:
            name = part.filename
            if name in seen or name.endswith("/"):
                continue
            seen.add(name)
            if _is_dropped(name):
                dropped.append(name)
                if name in EMPTY_SETTINGS:
                    _put(fresh, name, EMPTY_SETTINGS[name])
                continue
            data = _part(book, part, name, pixels, mime)
            if data is None:
                dropped.append(name)
                continue
            _put(fresh, name, data)
    return Answer(mime, dropped=dropped[:100])


def checked(book: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The parts of an archive whose own account of itself is not that of a bomb. Raises Unable."""
    parts = book.infolist()
    if len(parts) > PARTS:
        raise Unable("ratio", str(len(parts)))
    full, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if any(part.file_size > PART_BYTES for part in parts) or full > TOTAL_BYTES:
        raise Unable("ratio", str(full))
    if full > 2**20 and full > RATIO * max(packed, 1):
        raise Unable("ratio", str(full))
    if any(part.flag_bits & 1 for part in parts):
        raise Unable("locked")
    return parts


def read(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """One part, at most as long as it says it is."""
    with book.open(part) as source:
        data = source.read(part.file_size + 1)
    if len(data) > part.file_size:
        raise Unable("ratio", part.filename)
    return data


def listing(source: BinaryIO, out: BinaryIO) -> Answer:
    """The names and sizes that an archive gives, as text; nothing in it is opened."""
    with zipfile.ZipFile(source) as book:
        parts = book.infolist()
        full, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        lines = [f"{len(parts)} 项 / items, {full} 字节 / bytes, 压缩后 / packed {packed}"]
        for part in parts[:LISTED]:
            name = re.sub(
                r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
                "\ufffd",
                part.filename[:300],
            )
            locked = " [加密 / locked]" if part.flag_bits & 1 else ""
            lines.append(f"{part.file_size:>14}  {name}{locked}")
        if len(parts) > LISTED:
            lines.append(f"… {len(parts) - LISTED}")
    out.write(("\n".join(lines) + "\n").encode("utf-8", "replace"))
    return Answer("text/plain")


def _is_dropped(name: str) -> bool:
    if AWAY.search(name):
        return True
    return bool(DROP.search(name)) and not name.endswith(("[Content_Types].xml",))


def _put(fresh: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
    info.external_attr = 0
    fresh.writestr(info, data)


def _part(book: zipfile.ZipFile, part: zipfile.ZipInfo, name: str, pixels: int, mime: str) -> bytes | None:
    """A part as it goes into the copy; None: it is left out."""
    last = name.rpartition(".")[2].lower()
    data = read(book, part)
    if last in PICTURES:
        return _picture(data, last, pixels)
    if last in ("wmf", "emf", "svg", "pdf", "bin", "exe", "dll", "js", "vbs", "html", "htm", "mht", "zip"):
        return None
    if name == "mimetype":
        return data[:200]
    if name.lower().endswith(XML):
        return xml(name, data)
    if last in ("ttf", "otf", "odttf", "fntdata"):
        return data
    return None


def xml(name: str, data: bytes) -> bytes:
    """One XML part without relations to what is gone or outside, and without who and when."""
    data = PIs.sub(b"", _utf8(data))  # comments first: they may stand in the middle of a word looked for
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Unable("broken")
    if name.endswith(".rels"):
        return _relations(data)
    if name == "[Content_Types].xml":
        return OVERRIDE.sub(lambda m: b"" if _gone(m[1].decode("utf-8", "replace")) else m[0], data)
    if name == "META-INF/manifest.xml":
        return MANIFEST.sub(lambda m: b"" if _gone(m[1].decode("utf-8", "replace")) else m[0], data)
    if name == "OFD.xml":
        return OFD_INFO.sub(
            rb"<\1><ofd:DocID xmlns:ofd='http://www.ofdspec.org/2016'>0</ofd:DocID></\1>", data
        )
    if "content.xml" in name or "styles.xml" in name:
        data = re.sub(rb"<(office:scripts|office:event-listeners)\b.*?(?:/>|</\1>)", b"", data, flags=re.S)
    if name.startswith("xl/"):
        data = FORMULA.sub(b"", data)
    data = FIELD.sub(rb"\1\3", TAG.sub(_tag, data))
    return ELEMENTS.sub(b"", ATTRIBUTES.sub(_attribute, data))


def _utf8(data: bytes) -> bytes:
    """The part in UTF-8, the one encoding in which it is searched. Unable: one that would hide its words."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return DECLARED.sub(b"", data.decode("utf-16").encode())
    if b"\0" in data:
        raise Unable("broken")
    found = DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    declared = found[1].decode().lower() if found else PLAIN[0]
    if declared in CHINESE:
        return DECLARED.sub(b"", data.decode(declared).encode())
    if declared not in PLAIN:
        raise Unable("broken")
    return data


def _tag(found: re.Match[bytes]) -> bytes:
    """A tag without what a reader would fetch or run on opening. A link waits to be followed: it stays."""
    if found[1].rpartition(b":")[2] == b"a":
        return found[0]
    return SIMPLE.sub(b"", FETCHED.sub(_fetched, found[0]))


def _fetched(found: re.Match[bytes]) -> bytes:
    target = html.unescape(found[1][1:-1].decode("utf-8", "replace"))
    return b"" if OUTSIDE.match(target) else found[0]


def _attribute(found: re.Match[bytes]) -> bytes:
    """Readers of Word need an author at a comment or change: an empty one."""
    name = found[0].partition(b"=")[0]
    plain = name.rpartition(b":")[2].strip()
    return name + b'=""' if plain in (b"author", b"userId", b"providerId") else b""


def _relations(data: bytes) -> bytes:
    """The relations to what is still there, written anew: read by a parser, so that no spelling hides one."""
    kept = []
    for one in ElementTree.fromstring(data).iter():  # noqa: S314  no DTD here
        if one.tag.rpartition("}")[2] != "Relationship":
            continue
        kind, target = one.get("Type", ""), one.get("Target", "")
        outside = one.get("TargetMode", "Internal") != "Internal"
        if outside:
            # A template, picture or frame would be fetched on opening; a link waits to be followed.
            kept_back = not kind.endswith("/hyperlink") or not LINK.match(target)
        else:
            kept_back = not target or _gone(target) or INTO.match(target) is not None
        if kept_back:
            continue
        mode = ' TargetMode="External"' if outside else ""
        kept.append(
            f"<Relationship Id={quoteattr(one.get('Id', ''))} Type={quoteattr(kind)}"
            f" Target={quoteattr(target)}{mode}/>"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<Relationships xmlns="{RELATIONS}">{"".join(kept)}</Relationships>'.encode()


def _gone(target: str) -> bool:
    name = target.lstrip("/")
    while name.startswith("../"):
        name = name[3:]
    last = name.rpartition(".")[2].lower()
    return (_is_dropped(name) and name not in EMPTY_SETTINGS and name != "settings.xml") or last in (
        "wmf",
        "emf",
        "svg",
        "bin",
        "exe",
    )


def _picture(data: bytes, last: str, pixels: int) -> bytes | None:
    """A picture inside, encoded anew in its own format where that can be; None where it does not open."""
    from complaints.intake.cleaning import images

    fresh = io.BytesIO()
    try:
        source = images.opened(io.BytesIO(data), PICTURES[last])
        if source.width * source.height > pixels:
            return None
        images.naked(source).save(fresh, source.format if source.format != "MPO" else "JPEG")
    except Exception:  # noqa: BLE001  one bad picture does not cost the document
        return None
    return fresh.getvalue()
