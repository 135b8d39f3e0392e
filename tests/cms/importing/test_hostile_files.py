"""Files that are not what they say, or want to hurt: a sentence, exit 1, nothing imported, nothing slow."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cms.importing.making import BASIS, HEADER, row, table, workbook

pytestmark = pytest.mark.django_db


def rezip(path: Path, change: Callable[[str, bytes], bytes | None], **extra: bytes) -> Path:
    """The workbook with some of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(info.filename, data)
        for name, data in extra.items():
            new.writestr(name, data)
    path.write_bytes(out.getvalue())
    return path


def refused(result: tuple[int, Any]) -> dict[str, Any]:
    code, said = result
    assert code == 1
    assert said["items"] == []
    assert not said["applied"]
    return said["errors"][0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b"%PDF-1.7\n\x00\x01", "not_a_workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_a_workbook"),
        (bytes(range(256)) * 20, "not_a_workbook"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "web_page"),
        (b'<?xml version="1.0"?><Workbook/>', "xml_workbook"),
        ("一段话，没有表格。".encode(), "no_header"),
        (b"PK\x03\x04" + bytes(200), "damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "damaged"),
    ],
)
def test_what_is_no_workbook(run: Any, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "清单.xlsx"
    path.write_bytes(content)
    error = refused(run(path))
    assert error["code"] == code
    assert "清单.xlsx" in error["reason"]


def test_a_file_that_is_not_there(run: Any, tmp_path: Path) -> None:
    assert refused(run(tmp_path / "none.xlsx"))["code"] == "not_found"


def test_a_sheet_without_header_names_file_sheet_and_row(run: Any, tmp_path: Path) -> None:
    error = refused(run(workbook(tmp_path / "a.xlsx", [[], ["只有", "两列"], ["甲", "乙"]], title="某表")))
    assert (error["code"], error["file"], error["sheet"], error["row"]) == ("no_header", "a.xlsx", "某表", 2)


def test_a_duplicate_code_names_both_rows(run: Any, tmp_path: Path) -> None:
    head = ["事项编码", "事项名称", "权力类型", "实施依据"]
    rows = [head, ["XK-00001", "甲", "行政许可", BASIS], ["XK-00001", "乙", "行政许可", BASIS]]
    error = refused(run(workbook(tmp_path / "a.xlsx", rows)))
    assert (error["code"], error["row"]) == ("duplicate_code", 3)
    assert "XK-00001" in error["reason"]
    assert "第 2 行" in error["reason"]


def test_a_code_in_two_files_refuses_all(run: Any, tmp_path: Path) -> None:
    from cms.models import PowerItem

    head = ["事项编码", "事项名称", "权力类型", "实施依据"]
    files = [workbook(tmp_path / f"{n}.xlsx", [head, ["XK-00001", n, "行政许可", BASIS]]) for n in "甲乙"]
    code, said = run(*files)
    assert code == 1
    assert said["errors"][0]["code"] == "duplicate_code_files"
    assert not PowerItem.objects.exists()


def test_one_bad_file_stops_the_good_one(run: Any, tmp_path: Path) -> None:
    from cms.models import ImportBatch, PowerItem

    bad = tmp_path / "b.xlsx"
    bad.write_bytes(b"PK\x03\x04nothing")
    code, said = run(table(tmp_path / "a.xlsx", row(1, "甲")), bad)
    assert code == 1
    assert len(said["items"]) == 1  # what the good one holds is still told
    assert not PowerItem.objects.exists()
    assert not ImportBatch.objects.exists()


def test_a_zip_bomb(run: Any, tmp_path: Path) -> None:
    path = rezip(
        table(tmp_path / "a.xlsx", row(1, "甲")),
        lambda _, data: data,
        **{"xl/media/a.bin": bytes(300 * 2**20)},
    )
    assert path.stat().st_size < 2**20
    assert refused(run(path))["code"] == "bomb"


def test_a_bomb_that_lies_about_its_size(run: Any, tmp_path: Path) -> None:
    path = rezip(
        table(tmp_path / "a.xlsx", row(1, "甲")),
        lambda _, data: data,
        **{"xl/media/a.bin": bytes(64 * 2**20)},
    )
    data = bytearray(path.read_bytes())
    at = data.rfind(b"xl/media/a.bin") - 46 + 24  # its length in the central directory
    data[at : at + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    assert refused(run(path))["code"] in ("damaged", "bomb")


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "XFD4"])
def test_a_far_cell(run: Any, tmp_path: Path, cell: str) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲"))
    book = openpyxl.load_workbook(path)
    book.active[cell] = "远"
    book.save(path)
    error = refused(run(path))
    assert error["code"] == "far_cell"
    assert cell in error["reason"]


def test_a_far_cell_without_content_is_layout(run: Any, tmp_path: Path) -> None:
    from openpyxl.styles import Font

    path = table(tmp_path / "a.xlsx", row(1, "甲"))
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"].font = Font(bold=True)
    book.save(path)
    assert run(path)[0] == 0


def test_a_span_over_everything(run: Any, tmp_path: Path) -> None:
    def spread(name: str, data: bytes) -> bytes:
        spans = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        return data.replace(b"</sheetData>", spans) if name == "xl/worksheets/sheet1.xml" else data

    assert refused(run(rezip(table(tmp_path / "a.xlsx", row(1, "甲")), spread)))["code"] == "far_cell"


def test_entities_are_refused(run: Any, tmp_path: Path) -> None:
    def declare(name: str, data: bytes) -> bytes:
        bomb = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        return bomb + data.partition(b"?>")[2] if name == "xl/worksheets/sheet1.xml" else data

    assert refused(run(rezip(table(tmp_path / "a.xlsx", row(1, "甲")), declare)))["code"] == "entities"


def test_encrypted(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    )
    assert refused(run(path))["code"] == "encrypted"


def test_truncated(run: Any, tmp_path: Path) -> None:
    path = table(tmp_path / "a.xlsx", *(row(n, f"第{n}项") for n in range(300)))
    path.write_bytes(path.read_bytes()[:-3000])
    assert refused(run(path))["code"] == "damaged"


def test_wrong_extension(run: Any, tmp_path: Path) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲")).rename(tmp_path / "a.xls")
    assert run(path)[0] == 0


def test_formulas_count_by_their_stored_value(dry: Any, tmp_path: Path) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲"), row(2, '=HYPERLINK("http://x","乙")'), row(3, "丙"))

    def store(name: str, data: bytes) -> bytes:
        stored = re.sub(rb"</f><v ?/?>(</v>)?", "</f><v>乙许可</v>".encode(), data)
        return re.sub(rb'<c r="B4"[^>]*>', b'<c r="B4" t="str">', stored)

    _, said = dry(rezip(path, store))
    assert [item["name"] for item in said["items"]] == ["甲", "乙许可", "丙"]


def test_control_characters_go_and_script_stays_text(run: Any, client: Any, tmp_path: Path) -> None:
    script = "<script>alert(1)</script>的许可"
    path = tmp_path / "a.csv"
    path.write_text(
        ",".join(HEADER) + "\n" + ",".join(map(str, row(1, script, basis="某\x00法\x1b第一条"))), "utf-8"
    )
    code, said = run(path)
    assert code == 0
    assert said["items"][0]["name"] == script
    assert said["items"][0]["legal_basis"] == "某法第一条"
    assert "control_characters" in {w["code"] for w in said["warnings"]}


def test_too_many_sheets(run: Any, tmp_path: Path) -> None:
    sheets: dict[str, list[list[Any]]] = {f"表{n}": [] for n in range(120)}
    assert refused(run(table(tmp_path / "a.xlsx", row(1, "甲"), **sheets)))["code"] == "too_many_sheets"


def test_a_name_too_long_leaves_its_row_out(run: Any, tmp_path: Path) -> None:
    code, said = run(table(tmp_path / "a.xlsx", row(1, "长" * 1001), row(2, "乙")), accept_rejected=True)
    assert code == 2
    assert [(r["row"], len(said["items"])) for r in said["rejected"]] == [(3, 1)]


def test_a_reader_that_hangs_is_stopped(tmp_path: Path) -> None:
    from cms.importing.sandbox import FileRefused, read_workbook

    path = table(tmp_path / "a.xlsx", *(row(n, f"第{n}项") for n in range(200)))
    with path.open("rb") as file, pytest.raises(FileRefused) as stopped:
        read_workbook(file, seconds=0.01)
    assert stopped.value.problem.code == "too_slow"


def test_the_child_has_limits_and_no_secrets() -> None:
    import subprocess
    import sys

    program = ("import sys; sys.path.insert(0, sys.argv[1]); from cms.importing import child; child.limit(); "
               "import os; print(sorted(os.environ), 'django' in sys.modules); bytearray(2**31)")  # fmt: skip
    from cms.importing.sandbox import ROOT

    done = subprocess.run([sys.executable, "-I", "-c", program, str(ROOT)], env={"PATH": "/usr/bin"},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert "MemoryError" in done.stderr
    assert "False" in done.stdout
