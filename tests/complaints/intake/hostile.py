"""Files that lie, blow up or reach out: what each claims to be (a MIME type), and its bytes."""

from __future__ import annotations

import io
import zipfile

import pikepdf

from tests.complaints.intake import planted
from tests.complaints.intake.planted import ODF, OFFICE

DOCX = OFFICE + "wordprocessingml.document"
XLSX = OFFICE + "spreadsheetml.sheet"


def laughs() -> bytes:
    body = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE l [<!ENTITY l0 "ha">{body}]><l>&l9;</l>'.encode()


def a_link(kind: str) -> bytes:
    """A document with a part that is a symbolic link, and parts named out of their folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("mimetype", ODF + kind)
        link = zipfile.ZipInfo("content.xml")
        link.external_attr = 0o120777 << 16
        book.writestr(link, "/etc/passwd")
        book.writestr("../../etc/cron.d/x.xml", "<x/>")
    return out.getvalue()


def nested() -> bytes:
    inner = planted.packed({"zero.txt": bytes(2**20)})
    for _ in range(40):
        inner = planted.packed({"a.zip": inner, "b.zip": inner}) if len(inner) < 2**20 else inner
    return inner


def pdf_of(pages: int) -> bytes:
    book, out = pikepdf.new(), io.BytesIO()
    book.add_blank_page()
    book.Root.Pages.Count = pages
    book.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    book.save(out)
    return out.getvalue()


def a_loop() -> bytes:
    """A PDF whose pages are their own children."""
    book, out = pikepdf.new(), io.BytesIO()
    book.add_blank_page()
    book.Root.Pages.Kids.append(book.Root.Pages)
    book.save(out)
    return out.getvalue()


DOCUMENTS = {
    "a billion laughs": (XLSX, planted.packed({"[Content_Types].xml": "<T/>", "xl/workbook.xml": laughs()})),
    "a link in a document": (ODF + "text", a_link("text")),
    "zips in zips": ("application/zip", nested()),
    "a pdf that says a billion pages": ("application/pdf", pdf_of(10**9)),
    "pages that are their own children": ("application/pdf", a_loop()),
    "a header of four gigapixels": ("image/bmp", b"BM" + bytes(12) + b"\x28\0\0\0" + b"\xff\xff\0\0" * 2
                                    + b"\1\0\x18\0" + bytes(24)),
    "a gif of one screen": ("image/gif", b"GIF89a\xff\xff\xff\xff\xf7\0\0" + bytes(50)),
    "a tiff that leads to itself": ("image/tiff", b"II*\0\x08\0\0\0\0\0\x08\0\0\0"),
    "a film cut in its head": ("video/mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\xff\xff\xff\xffmoov"),
    "deep groups": ("application/rtf", b"{\\rtf1" + b"{" * 200_000),
    "deep elements": (DOCX, planted.packed({"[Content_Types].xml": "<T/>", "word/_rels/document.xml.rels":
                                            "<a>" * 100_000 + "</a>" * 100_000})),
    "many tags that do not end": (DOCX, planted.packed({"[Content_Types].xml": "<T/>", "word/document.xml":
                                                        "<a b='" * 60_000})),
}  # fmt: skip

FILES = {
    "empty": ("image/png", b""),
    "cut": ("image/jpeg", planted.picture("JPEG")[:300]),
    "renamed": ("image/png", b"MZ" + bytes(500)),
    "not a pdf": ("application/pdf", b"%PDF-1.4\n" + bytes(2000)),
    "100 megapixels": ("image/png", planted.giant_png(10_400)),
    "a bomb": (DOCX, planted.bomb()),
    "entities": (
        DOCX,
        planted.packed({"[Content_Types].xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><Types>&a;</Types>"}),
    ),
    "a playlist as a film": ("video/mp4", b"#EXTM3U\nhttp://127.0.0.1/x\n"),
    "svg as a picture": ("image/png", b"<svg onload='alert(1)'/>"),
    "open groups": ("application/rtf", b"{\\rtf1{\\info" * 50),
}
