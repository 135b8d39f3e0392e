"""PDF: the pages' marks are copied into a new document; all that acts, hides or names stays behind.

Kept by an allow-list of a page's entries (ISO 32000-1, table 30). What annotations and filled-in fields show
is drawn into the page first. JPEG pictures inside lose their own EXIF, XMP and comments.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import pikepdf

from complaints.intake.cleaning.answers import Answer, Unable

PAGE_KEYS = {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/UserUnit"}
PAGE_KEYS |= {"/Group"}
# Entries that name, date, hide or act, wherever they stand.
NEVER = {"/Metadata", "/PieceInfo", "/LastModified", "/AA", "/A", "/JS", "/JavaScript", "/OpenAction", "/AF"}
NEVER |= {"/EF", "/EmbeddedFiles", "/Names", "/Annots", "/Thumb", "/OPI", "/StructParents", "/StructParent"}
NEVER |= {"/Alternates", "/Measure", "/PtData", "/Ref", "/SpiderInfo", "/ID", "/DSS", "/Perms", "/URI"}
VIEW_PIXELS = 8_000_000
VIEW_SIDE = 1400


def clean(source: BinaryIO, out: BinaryIO, *, pages: int) -> Answer:
    """Writes a new document with the same pages. Unable: locked, too many pages, broken."""
    try:
        book = pikepdf.open(source, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise Unable("locked") from None
    count = len(book.pages)
    if not count:
        raise Unable("broken")
    if count > pages:
        raise Unable("pages", str(count))
    _flatten(book)
    for page in book.pages:
        for key in set(page.obj.keys()) - PAGE_KEYS:
            del page.obj[key]
    fresh = pikepdf.new()
    fresh.pages.extend(book.pages)
    for thing in fresh.objects:
        _strip(thing)
    for key in set(fresh.Root.keys()) - {"/Type", "/Pages"}:
        del fresh.Root[key]
    _save(fresh, out)
    book.close()
    thumb = b""
    out.seek(0)
    try:
        thumb = page_image(out, 0, side=240)
    except Exception:  # noqa: BLE001  a page that cannot be drawn leaves the copy without a picture
        thumb = b""
    return Answer("application/pdf", pages=count, thumb=thumb)


def page_image(source: BinaryIO, number: int, *, side: int = VIEW_SIDE) -> bytes:
    """Page `number` (from 0) as a JPEG whose longer side has `side` pixels. IndexError: no such page."""
    import pypdfium2

    from complaints.intake.cleaning.images import thumbnail

    book = pypdfium2.PdfDocument(source, autoclose=False)
    if not 0 <= number < len(book):
        raise IndexError(number)
    page = book[number]
    width, height = page.get_size()
    scale = side / max(width, height, 1)
    drawn = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    return thumbnail(drawn, side)


def _flatten(book: pikepdf.Pdf) -> None:
    """What a reader sees of fields and notes becomes part of the page, as far as that can be done."""
    try:
        if "/AcroForm" in book.Root:
            book.generate_appearance_streams()
        book.flatten_annotations("screen")
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        return  # then the notes are lost, and only the page is kept


def _strip(thing: Any) -> None:
    """Takes NEVER out of an object and of all that lies within it; cleans JPEG and JPEG 2000 streams."""
    waiting = [thing]
    while waiting:
        value = waiting.pop()
        if isinstance(value, pikepdf.Array):
            waiting += [item for item in value if _within(item)]
        elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            font = value.get("/Type") == "/Font" or value.get("/Subtype") == "/Type3"
            for key in set(value.keys()):
                # In a font or a resource table a name such as /A is a glyph or a state, and does nothing.
                if key in NEVER and not (len(key) == 2 and (font or "/S" not in _dict(value.get(key)))):
                    del value[key]
                elif _within(value.get(key)):
                    waiting.append(value.get(key))
            if isinstance(value, pikepdf.Stream):
                _picture(value)


def _dict(value: Any) -> Any:
    return value if isinstance(value, pikepdf.Dictionary) else {}


def _within(value: Any) -> bool:
    """Is it a part of its parent, and not an object of its own, which is looked at by itself?"""
    return isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect


def _picture(stream: pikepdf.Stream) -> None:
    kind = stream.get("/Filter")
    if isinstance(kind, pikepdf.Array):
        kind = kind[0] if len(kind) == 1 else None
    parms: Any = stream.get("/DecodeParms")
    if kind == "/DCTDecode":
        stream.write(jpeg_segments(stream.read_raw_bytes()), filter=pikepdf.Name.DCTDecode,
                     decode_parms=parms)  # fmt: skip
    elif kind == "/JPXDecode":
        stream.write(jp2_boxes(stream.read_raw_bytes()), filter=pikepdf.Name.JPXDecode)


def jpeg_segments(data: bytes) -> bytes:
    """A JPEG without APP1 to APP13, APP15 and comments (ITU T.81, B.1.1). JFIF and Adobe's colours stay."""
    if data[:2] != b"\xff\xd8":
        return data
    kept, at = [b"\xff\xd8"], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        mark = data[at + 1]
        if mark == 0xDA:
            break
        if mark == 0xFF:
            at += 1
            continue
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if not (0xE1 <= mark <= 0xED or mark in (0xEF, 0xFE)):
            kept.append(data[at : at + size])
        at += size
    rest = data[at:]
    end = rest.rfind(b"\xff\xd9")
    return b"".join(kept) + (rest[: end + 2] if end >= 0 else rest)


def jp2_boxes(data: bytes) -> bytes:
    """JPEG 2000 without boxes of XML, UUID and rights (ISO 15444-1, annex I)."""
    if data[4:8] != b"jP  ":
        return data
    kept, at = [], 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        size = size or len(data) - at
        if size < 8:
            break
        if kind in (b"jP  ", b"ftyp", b"jp2h", b"jp2c"):
            kept.append(data[at : at + size])
        at += size
    return b"".join(kept)


def _save(fresh: pikepdf.Pdf, out: BinaryIO) -> None:
    fresh.remove_unreferenced_resources()
    if "/Info" in fresh.trailer:
        del fresh.trailer["/Info"]
    fresh.save(
        out,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        compress_streams=True,
        deterministic_id=True,  # made of the content; pikepdf needs no clock for it
        fix_metadata_version=False,
    )
