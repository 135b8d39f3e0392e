"""The text of published files, read in a child process: each kind, and files that mean harm."""

from __future__ import annotations

import io
import zipfile

import pytest

from cms import papers

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
O = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'  # noqa: E741


def zipped(**parts: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name.replace("__", "/") + ".xml", text)
    return data.getvalue()


def pdf(text: str) -> bytes:
    """One page with `text` in a font that is not embedded, as many Chinese offices make them."""
    stream = f"BT /F 12 Tf 50 700 Td <{text.encode('utf-16-be').hex()}> Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 7 0 R>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/ItalicAngle 0/Ascent 880/Descent -120"
        b"/CapHeight 880/StemV 93/FontBBox[-25 -254 1000 880]>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


WORD = zipped(
    word__document=f"<w:document {W}><w:body><w:p><w:r><w:t>行政处罚</w:t></w:r>"
    "<w:r><w:t>裁量基准</w:t></w:r></w:p>"
    "<w:p><w:r><w:t>第二段</w:t></w:r></w:p></w:body></w:document>",
    word__footnotes=f"<w:footnotes {W}><w:p><w:r><w:t>脚注文字</w:t></w:r></w:p></w:footnotes>",
    word__settings=f"<w:settings {W}><w:t>不是正文</w:t></w:settings>",
)


def test_word() -> None:
    text = papers.extract(WORD, "docx") or ""
    assert "行政处罚裁量基准\n" in text, "runs of one paragraph are one text"
    assert "脚注文字" in text
    assert "不是正文" not in text


def test_powerpoint_and_opendocument() -> None:
    slide = zipped(
        ppt__slides__slide1=f"<p:sld xmlns:p='x' {A}><a:p><a:r><a:t>公开目录</a:t></a:r></a:p></p:sld>"
    )
    assert "公开目录" in (papers.extract(slide, "pptx") or "")
    odt = zipped(content=f"<o {O}><text:p>权责<text:span>清单</text:span>公布</text:p></o>")
    assert "权责清单公布" in (papers.extract(odt, "odt") or "")


def test_pdf() -> None:
    assert "行政处罚裁量基准" in (papers.extract(pdf("行政处罚裁量基准"), "pdf") or "")


def test_sheets_and_plain_text() -> None:
    from openpyxl import Workbook

    book, data = Workbook(), io.BytesIO()
    book.active.append(["名称", "罚款", 500])
    book.save(data)
    assert "罚款\t500" in (papers.extract(data.getvalue(), "xlsx") or "")
    assert papers.extract("权力清单".encode("gb18030"), "txt") == "权力清单"


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "字">'
    + "".join(f'<!ENTITY a{n} "{("&a" + str(n - 1) + ";") * 20}">' for n in range(1, 9))
).replace("&a0;", "&a;")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "pdf"),
        (b"%PDF-1.4 nonsense", "pdf"),
        (b"PK\x03\x04 nonsense", "docx"),
        (b"", "docx"),
        (zipped(word__document=BOMB + f"]><w:p {W}><w:t>&a8;</w:t></w:p>"), "docx"),
        (
            zipped(
                word__document='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                f"<w:p {W}><w:t>&a;</w:t></w:p>"
            ),
            "docx",
        ),
        (zipped(word__document=f"<w:p {W}><w:t>" + "字" * 15_000_000 + "</w:t></w:p>"), "docx"),
        (b"\xff\xff\xff", "txt"),
        (b"nonsense", "xls"),
    ],
)
def test_what_cannot_be_read_has_no_text(data: bytes, kind: str) -> None:
    assert not papers.extract(data, kind)


def test_text_is_bounded() -> None:
    assert len(papers.extract("字".encode() * 500_000, "txt") or "") == papers.MAX_TEXT


def test_the_child_has_no_time_to_lose() -> None:
    assert papers.extract(WORD, "docx", seconds=0.001) is None
