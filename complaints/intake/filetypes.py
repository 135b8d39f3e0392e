"""What an upload is, told by its first bytes: an allow-list of things that cannot act by themselves.

Names are only believed where the content agrees: a text must be named like one, a document in a zip or OLE
container must have the ending of a document without macros.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Kind:
    """A kind of file: its MIME type, the endings it may have (the first is the usual one), is it text?"""

    mime: str
    endings: tuple[str, ...]
    text: bool = False


HEAD_BYTES = 4096  # how much `kind_of` looks at
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MARKUP = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|script|svg|\?xml|\?php)", re.I | re.S)
TEXT = Kind("text/plain", ("txt", "csv", "log", "md", "srt", "json", "eml"), text=True)

# (offset, bytes, kind); the first that fits counts.
SIGNS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\xff\xd8\xff", Kind("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"))),
    (0, b"\x89PNG\r\n\x1a\n", Kind("image/png", ("png",))),
    (0, b"GIF87a", Kind("image/gif", ("gif",))),
    (0, b"GIF89a", Kind("image/gif", ("gif",))),
    (0, b"BM", Kind("image/bmp", ("bmp",))),
    (0, b"II*\0", Kind("image/tiff", ("tif", "tiff"))),
    (0, b"MM\0*", Kind("image/tiff", ("tif", "tiff"))),
    (8, b"WEBP", Kind("image/webp", ("webp",))),
    (8, b"WAVE", Kind("audio/wav", ("wav",))),
    (8, b"AVI ", Kind("video/x-msvideo", ("avi",))),
    (0, b"%PDF-", Kind("application/pdf", ("pdf",))),
    (0, b"{\\rtf", Kind("application/rtf", ("rtf",))),
    (0, b"ID3", Kind("audio/mpeg", ("mp3",))),
    (0, b"OggS", Kind("audio/ogg", ("ogg", "oga", "opus", "ogv"))),
    (0, b"fLaC", Kind("audio/flac", ("flac",))),
    (0, b"#!AMR", Kind("audio/amr", ("amr",))),
    (0, b"\x1aE\xdf\xa3", Kind("video/webm", ("webm", "mkv"))),
    (0, b"\0\0\x01\xba", Kind("video/mpeg", ("mpg", "mpeg", "vob"))),
    (0, b"\0\0\x01\xb3", Kind("video/mpeg", ("mpg", "mpeg"))),
)
BRANDS = {
    b"heic": Kind("image/heic", ("heic", "heif")),
    b"heix": Kind("image/heic", ("heic", "heif")),
    b"mif1": Kind("image/heif", ("heif", "heic")),
    b"avif": Kind("image/avif", ("avif",)),
    b"M4A ": Kind("audio/mp4", ("m4a",)),
    b"qt  ": Kind("video/quicktime", ("mov", "qt")),
    b"3gp4": Kind("video/3gpp", ("3gp",)),
    b"3gp5": Kind("video/3gpp", ("3gp",)),
}
ZIP = Kind("application/zip", ("zip",))  # listed for staff, never unpacked
MP4 = Kind("video/mp4", ("mp4", "m4v", "mov", "3gp", "m4a"))
OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
IN_ZIP = {
    "docx": OFFICE + "wordprocessingml.document",
    "xlsx": OFFICE + "spreadsheetml.sheet",
    "pptx": OFFICE + "presentationml.presentation",
    "odt": ODF + "text",
    "ods": ODF + "spreadsheet",
    "odp": ODF + "presentation",
    "ofd": "application/ofd",
}
IN_OLE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "msg": "application/vnd.ms-outlook",
}
FIRST_IN_ZIP = (
    b"[Content_Types].xml",
    b"_rels/",
    b"mimetype",
    b"word/",
    b"xl/",
    b"ppt/",
    b"docProps/",
    b"OFD.xml",
)


def ending(name: str) -> str:
    """The ending of a file's name in lower case, without the dot; "" where it has none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and len(last) <= 8 else ""


def kind_of(head: bytes, name: str) -> Kind | None:
    """The kind of a file by its first HEAD_BYTES (all of it, where it is shorter); None: not accepted."""
    last = ending(name)
    if head[:4] == b"PK\x03\x04":
        inside = head[30 : 30 + int.from_bytes(head[26:28], "little")]
        if last in IN_ZIP and inside.startswith(FIRST_IN_ZIP):
            return Kind(IN_ZIP[last], (last,))
        return ZIP if last == "zip" else None
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return Kind(IN_OLE[last], (last,)) if last in IN_OLE else None
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], MP4)
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
        aac = head[1] & 0x06 == 0
        return Kind("audio/aac", ("aac",)) if aac else Kind("audio/mpeg", ("mp3", "aac"))
    if head[:2] == b"\xff\xf1" or head[:2] == b"\xff\xf9":
        return Kind("audio/aac", ("aac",))
    for offset, sign, kind in SIGNS:
        if head[offset : offset + len(sign)] == sign and (sign != b"BM" or last == "bmp"):
            return kind
    return TEXT if _is_text(head) and (not last or last in TEXT.endings) else None


def allowed(kind: Kind, types: Sequence[str]) -> bool:
    """Whether a site takes this kind: `types` are MIME types, or "image/*"; none at all means every kind."""
    return not types or any(fnmatchcase(kind.mime, one) for one in types)


def goes_on_as_text(chunk: bytes) -> bool:
    """Does a later part of a text still look like one?"""
    return CONTROL.search(chunk) is None


def _is_text(head: bytes) -> bool:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            # Incremental: the head may end in the middle of a character.
            words = codecs.getincrementaldecoder(encoding)().decode(head[:HEAD_BYTES])
        except UnicodeDecodeError:
            continue
        return goes_on_as_text(head) and MARKUP.match(words) is None
    return False


def download_name(name: str, kind: Kind | None, mime: str) -> str:
    """The name a copy is offered under: it ends as its content says, whatever it was called."""
    endings = kind.endings if kind else endings_of(mime)
    if endings and ending(name) not in endings:
        return f"{name}.{endings[0]}"
    return name


def endings_of(mime: str) -> tuple[str, ...]:
    """The endings of a MIME type of the allow-list; () for any other."""
    for table in (IN_ZIP, IN_OLE):
        for last, known in table.items():
            if known == mime:
                return (last,)
    kinds = [kind for _, _, kind in SIGNS] + list(BRANDS.values()) + [MP4, TEXT, ZIP]
    kinds.append(Kind("audio/aac", ("aac",)))
    return next((kind.endings for kind in kinds if kind.mime == mime), ())
