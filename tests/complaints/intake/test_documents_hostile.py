"""Documents that hide from a search for words what a reader would fetch, run or show."""

from __future__ import annotations

import io
import zipfile

import pytest

from complaints.intake.cleaning import packed, run
from complaints.intake.cleaning.answers import Unable
from tests.complaints.intake import planted
from tests.complaints.intake.hostile import DOCUMENTS

pytestmark = pytest.mark.once
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HOST, EVIL = "beacon.example", b"beacon.example"
OUT = 'TargetMode="External"'


def parts(mime: str, data: bytes) -> dict[str, bytes]:
    """The parts of the copy; {} where there is none, and then a reason is said."""
    with run.clean(mime, [data]) as made:
        if made.why:
            assert made.why in run.REASONS
            return {}
        with zipfile.ZipFile(io.BytesIO(made.data())) as book:
            return {part: book.read(part) for part in book.namelist()}


def rels(*items: str) -> bytes:
    whole = "".join(items)
    return f'<Relationships xmlns="{packed.RELATIONS}">{whole}</Relationships>'.encode()


def test_it_works() -> None:
    kept = f'<Relationship Id="r1" Type="{TYPE}/image" Target="media/image1.jpeg"/>'
    where = 'Target="http://a.example/?a=1&amp;b=2" TargetMode="External"'
    link = f'<Relationship Id="r2" Type="{TYPE}/hyperlink" {where}/>'
    said = packed.xml("word/_rels/document.xml.rels", rels(kept, link))
    assert kept.encode() in said
    assert where.encode() in said
    text = (
        b'<x><draw:image xlink:href="Pictures/1.png"/><text:a xlink:href="http://a.example/">x</text:a></x>'
    )
    assert packed.xml("content.xml", text) == text


@pytest.mark.parametrize(
    "one",
    [
        f'<Relationship Id="r" Type="{TYPE}/image" Target="http://{HOST}/hyperlink.png" {OUT}/>',
        f'<Relationship Id="r" Note=">" Type="{TYPE}/image" Target="http://{HOST}/" {OUT}/>',
        f'<Relationship Id="r" Type="{TYPE}/frame" Target="http://{HOST}/" TargetMode="Ext&#101;rnal"/>',
        f'<Relationship Id="r" Type="{TYPE}/image" Target="&#104;ttp://beacon.example/"/>',
        f'<Relationship Id="r" Type="{TYPE}/image" Target="\\\\beacon.example\\share\\1.png"/>',
        f'<z-z:Relationship xmlns:z-z="{packed.RELATIONS}" Id="r" Type="{TYPE}/oleObject"'
        ' Target="http://beacon.example/" TargetMode="External"></z-z:Relationship>',
    ],
)
def test_a_relation_to_elsewhere_is_left_out(one: str) -> None:
    assert EVIL not in packed.xml("word/_rels/document.xml.rels", rels(one))


@pytest.mark.parametrize(
    "text",
    [
        b'<x><draw:image xlink:href="http://beacon.example/1.png"/></x>',
        b"<x><draw:image a='>' xlink:href='&#x68;ttp://beacon.example/1.png'/></x>",
        b'<x><form:image-frame xlink:href="//beacon.example/1.png"/></x>',
        b'<x><v:imagedata src="file://beacon.example/1.png"/></x>',
        b'<x><text:section-source xlink:href="../../beacon.example"/></x>',
        b'<x><w:instrText xml:space="preserve"> DDEAUTO c:\\beacon.example </w:instrText></x>',
        b"<x><w:instrText><![CDATA[ INCLUDEPICTURE beacon.example ]]></w:instrText ></x>",
        b"<x><w:fldSimple w:instr='INCLUDETEXT beacon.example'><w:t>1</w:t></w:fldSimple></x>",
        b"<x><!-- beacon.example --></x>",
    ],
)
def test_what_is_fetched_on_opening_is_left_out(text: bytes) -> None:
    assert EVIL not in packed.xml("content.xml", text)


@pytest.mark.parametrize(
    "formula",
    [
        b'<f>WEBSERVICE("http://beacon.example/")</f>',
        b"<f t='shared' a='>' ref=\"A1\">IMAGE('http://beacon.example/')</f >",
        b"<x:f><![CDATA[cmd|' /c beacon.example'!A0]]></x:f>",
        b"<f><b/>beacon.example</f>",
        b'<definedName name="a">beacon.example!A1</definedName>',
        b'<f ca="1" x="beacon.example"/>',
    ],
)
def test_of_a_formula_what_was_worked_out_is_left(formula: bytes) -> None:
    said = packed.xml("xl/worksheets/sheet1.xml", b"<x><c r='A1'>" + formula + b"<v>42</v></c></x>")
    assert EVIL not in said
    assert b"<v>42</v>" in said


def test_of_an_open_document_too() -> None:
    cell = b'<table:table-cell table:formula="of:=WEBSERVICE(&quot;beacon.example&quot;)" office:value="42"/>'
    said = packed.xml("content.xml", b"<x>" + cell + b'<draw:equation draw:formula="$0"/></x>')
    assert EVIL not in said
    assert b'office:value="42"' in said
    assert b'draw:formula="$0"' in said


def test_fields_and_formulas_that_never_end_are_read_in_one_go() -> None:
    assert packed.xml("word/document.xml", b"<x>" + b"<w:instrText>" * 200_000 + b"</x>")
    assert packed.xml("xl/worksheets/sheet1.xml", b"<x>" + b"<f>" * 400_000 + b"</x>")


@pytest.mark.parametrize(
    "text",
    [
        b"<!DOC<!-- -->TYPE x><x/>",
        b" " * 5000 + b'<!DOCTYPE x SYSTEM "http://beacon.example/x.dtd"><x/>',
        '<!DOCTYPE x SYSTEM "http://beacon.example/x.dtd"><x/>'.encode("utf-16-le"),
        b"<?xml version='1.0' encoding='UTF-7'?><x>+ADw-script+AD4-</x>",
        b'<?xml version="1.0" encoding="cp037"?><x/>',
    ],
)
def test_a_part_that_cannot_be_searched_is_refused(text: bytes) -> None:
    with pytest.raises(Unable):
        packed.xml("word/document.xml", text)


def test_other_encodings_come_out_as_utf_8() -> None:
    for encoding in ("utf-16", "gb18030"):
        text = f"<?xml version='1.0' encoding='{encoding}'?><x dc:creator='beacon.example'>押金</x>"
        said = packed.xml("word/document.xml", text.encode(encoding))
        assert (EVIL in said, "押金".encode() in said) == (False, True)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_hostile_files_are_answered(name: str) -> None:
    mime, data = DOCUMENTS[name]
    with run.clean(mime, [data]) as made:
        assert not made.why or made.why in run.REASONS
        copy = b"" if made.why else made.data()
    for word in (b"ENTITY", b"JavaScript", b"root:", b"/etc/cron.d"):
        assert word not in copy


def test_names_in_a_list_cannot_turn_it_round() -> None:
    with run.clean("application/zip", [planted.packed({"a\u202etxt.exe\x85\u2028\u061c": "x"})]) as made:
        said = made.data().decode()
    assert not set(said) & set("\u202e\x85\u2028\u061c")
