# ruff: noqa: E501  (a row is a line)
"""Importing benchmarks: what is read, what is odd, what becomes public."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cms.models import Benchmark, ImportBatch, PublishedVersion
from tests.cms import making
from tests.cms.importing.making import workbook

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[4] / "shared/data/discretion/shenzhen_urban_2023_1_9.json"
HEADER = ["序号", "违法行为", "处罚依据", "裁量阶次", "适用条件", "具体标准"]
BASIS = "《云泽市市容管理条例》第九条：逾期不改正的，处五百元以上五千元以下罚款；情节严重的，并处没收工具。"


def tiers(number: Any, act: str, *standards: str, basis: str = BASIS) -> list[list[Any]]:
    """Rows of one act, its first columns blank below the first."""
    names = ("从轻", "一般", "从重", "特别严重")
    rows = [["", "", "", names[n], f"第{n + 1}种情形", text] for n, text in enumerate(standards)]
    rows[0][:3] = [number, act, basis]
    return rows


GOOD = (
    "处五百元以上不满一千五百元罚款",
    "处一千五百元以上不满三千元罚款",
    "处三千元以上五千元以下罚款，并处没收工具",
)


@pytest.fixture
def run(wagtail_root: Any) -> Callable[..., tuple[int, Any]]:
    """run(*files, json=True, **flags) → (exit code, JSON or text)."""
    from cms import setup

    setup.install_tables()

    def run(*files: Path, as_json: bool = True, **flags: Any) -> tuple[int, Any]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as stop:
            call_command("import_benchmarks", *map(str, files), json=as_json, stdout=out, stderr=err, **flags)
        code = int(stop.value.code or 0)
        return code, json.loads(out.getvalue()) if as_json else out.getvalue() + err.getvalue()

    return run


def book(
    path: Path, *acts: list[list[Any]], header: list[str] = HEADER, merges: tuple[str, ...] = ()
) -> Path:
    rows = [["云泽市市容管理行政处罚裁量基准"], ["云城管规〔2026〕3号"], header]
    return workbook(path, [*rows, *(row for act in acts for row in act)], merges=merges)


def public() -> dict[str, Benchmark]:
    return {row.title: row for row in Benchmark.objects.disclosed()}


def test_it_works(run: Any, tmp_path: Path, client: Any) -> None:
    code, said = run(book(tmp_path / "a.xlsx", tiers(1, "擅自占用城市道路摆卖物品", *GOOD)), organisation="云泽市城管局",
                     accept_warnings=True)  # fmt: skip
    assert code == 0, said
    found = public()["擅自占用城市道路摆卖物品"]
    assert (found.amount_kind, found.minimum, found.maximum) == ("range", 50_000, 500_000)
    assert (found.document_no, found.issuing_body, found.penalty_kinds) == (
        "云城管规〔2026〕3号",
        "云泽市城管局",
        "罚款、没收",
    )
    last = found.tiers.last()
    assert (last.name, last.degree, last.minimum, last.maximum) == ("从重", "severe", 300_000, 500_000)
    assert (last.accessory, last.circumstances) == ("没收工具", "第3种情形")
    assert not found.tiers.first().max_inclusive
    assert "擅自占用城市道路摆卖物品" in client.get(found.get_absolute_url()).content.decode()


def test_merged_cells_other_words_and_repeated_acts(run: Any, tmp_path: Path) -> None:
    header = ["序号", "违法行为", "法律依据", "违法程度", "违法情节", "处罚裁量标准"]
    rows = tiers(1, "行为甲", *GOOD)
    merged = book(tmp_path / "a.xlsx", rows, header=header, merges=("A4:A6", "B4:B6", "C4:C6"))
    for row in rows[1:]:
        row[:3] = [1, "行为乙", BASIS]
    rows[0][1] = "行为乙"
    repeated = book(tmp_path / "b.xlsx", rows, header=header)
    code, said = run(merged, repeated, dry_run=True)
    assert code == 0
    assert [(item["act"], len(item["tiers"])) for item in said["items"]] == [("行为甲", 3), ("行为乙", 3)]
    assert not said["applied"]
    assert not Benchmark.objects.exists()


def test_a_header_on_two_rows_and_csv(run: Any, tmp_path: Path) -> None:
    lines = ["序号,违法行为,处罚依据,裁量基准,,", ",,,阶次,适用条件,处罚标准",
             "1,行为丙,处五百元以上一千元以下罚款,一般,初次,处五百元罚款", ",,,严重,再次,处一千元罚款",
             "填表人：某人,,,,,"]  # fmt: skip
    path = tmp_path / "c.csv"
    path.write_bytes("\n".join(lines).encode("gb18030"))
    code, said = run(path, dry_run=True)
    assert code == 0
    (item,) = said["items"]
    assert [(t["name"], t["minimum"], t["row"]) for t in item["tiers"]] == [
        ("一般", 50_000, 3),
        ("严重", 100_000, 4),
    ]
    assert [row["reason"] for row in said["rejected"]] == ["note"]


def test_outside_the_law_names_the_tier_and_stays_a_draft(run: Any, tmp_path: Path) -> None:
    bad = (GOOD[0], GOOD[1], "处三千元以上六千元以下罚款")
    path = book(tmp_path / "a.xlsx", tiers(1, "行为甲", *bad), tiers(2, "行为乙", *GOOD))
    code, said = run(path, accept_warnings=True)
    assert code == 2
    (outside,) = [c for item in said["items"] for c in item["checks"] if c["blocks"]]
    assert (outside["code"], outside["tier"]) == ("outside", "从重")
    assert "从重" in outside["message"]
    assert set(public()) == {"行为乙"}
    assert [draft["title"] for draft in said["drafts"]] == ["行为甲"]
    assert Benchmark.objects.get(title="行为甲").batch is None


def test_a_gap_waits_for_someone_who_confirms_it(run: Any, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", tiers(1, "行为甲", *GOOD[:2]))
    code, said = run(path)
    assert code == 2
    assert not public()
    assert {c["code"] for c in said["items"][0]["checks"]} == {"few", "gap"}
    code, said = run(path)
    assert said["differences"]["same"] == 1  # a draft that says the same is not made twice
    assert Benchmark.objects.count() == 1


def test_again_newer_and_undo(run: Any, tmp_path: Path) -> None:
    flags = {"accept_warnings": True, "organisation": "城管局"}
    first = book(tmp_path / "a.xlsx", tiers(1, "行为甲", *GOOD), tiers(2, "行为乙", *GOOD))
    run(first, **flags)
    before = list(PublishedVersion.objects.values_list("pk", flat=True))
    code, said = run(first, **flags)
    assert (code, said["differences"]["same"], said["batch"]) == (0, 2, None)
    assert list(PublishedVersion.objects.values_list("pk", flat=True)) == before
    new = (GOOD[0], "处一千五百元以上不满三千五百元罚款", "处三千五百元以上五千元以下罚款")
    second = book(tmp_path / "b.xlsx", tiers(1, "行为甲", *new), tiers(3, "行为丙", *GOOD))
    code, said = run(second, **flags)
    assert [said["differences"][k] for k in ("added", "same")] == [1, 0]
    assert [row["title"] for row in said["differences"]["gone"]] == ["行为乙"]
    changed = public()["行为甲"]
    assert [t.minimum for t in changed.tiers.all()] == [50_000, 150_000, 350_000]
    assert set(public()) == {"行为甲", "行为乙", "行为丙"}
    assert PublishedVersion.objects.of(changed).visible().count() == 2
    run(as_json=False, undo=said["batch"])
    assert [t.minimum for t in public()["行为甲"].tiers.all()] == [50_000, 150_000, 300_000]
    assert set(public()) == {"行为甲", "行为乙"}


def test_a_batch_that_died_is_taken_up_again(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    from cms.importing import benchmark_batch

    path = book(tmp_path / "a.xlsx", tiers(1, "行为甲", *GOOD), tiers(2, "行为乙", *GOOD))
    with monkeypatch.context() as dying:
        dying.setattr(benchmark_batch, "switch", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call_command("import_benchmarks", str(path), accept_warnings=True, stdout=io.StringIO())
    assert not public()
    assert Benchmark.objects.filter(live=True).count() == 2
    code, said = run(path, accept_warnings=True)
    assert (code, said["batch"], set(public())) == (0, ImportBatch.objects.get().pk, {"行为甲", "行为乙"})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"items": 3}', "items"),
        (b'{"metadata": {}, "items": [', "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"", "空"),
        ("事项名称,类别,依据\n甲,许可,乙\n".encode(), "表头"),
    ],
)
def test_files_that_are_refused(run: Any, tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    code, said = run(path)
    assert code == 1
    assert sentence in said["errors"][0]["reason"]
    assert "bad.json" in said["errors"][0]["reason"]


def test_rows_that_are_not_taken(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    rule = {"level": "一般", "condition": "初次", "standard": "处五百元罚款"}
    items = [{"violation": "行为甲", "rules": []}, {"rules": [rule]}, "no", {"violation": "行为乙", "rules": [rule]},
             {"violation": "行为乙", "rules": [rule]}]  # fmt: skip
    path.write_text(json.dumps({"items": items}))
    code, said = run(path)
    assert code == 2
    assert [row["row"] for row in said["rejected"]] == [1, 2, 3, 5]
    assert all(row["reason"] and row["text"] for row in said["rejected"])
    assert not Benchmark.objects.exists()
    run(path, accept_rejected=True, accept_warnings=True)
    assert set(public()) == {"行为乙"}


def test_it_is_linked_to_the_item_of_its_act(run: Any, tmp_path: Path) -> None:
    item = making.item("对擅自占用城市道路摆卖物品的行政处罚")
    run(book(tmp_path / "a.xlsx", tiers(1, "擅自占用城市道路摆卖物品", *GOOD)), accept_warnings=True)
    assert public()["擅自占用城市道路摆卖物品"].power_item == item


def test_for_a_person(run: Any, tmp_path: Path) -> None:
    code, said = run(book(tmp_path / "a.xlsx", tiers(1, "行为甲", GOOD[0])), as_json=False, dry_run=True)
    assert code == 0
    assert "行为甲" in said
    assert "只有“从轻”一个阶次" in said


# The nine real ones ---------------------------------------------------------------------------------------


@pytest.fixture
def real(run: Any) -> list[dict[str, Any]]:
    if not REAL.exists():
        pytest.skip("the published benchmarks are not here")
    code, said = run(REAL, accept_warnings=True)
    assert code == 0
    return said["items"]


AMOUNTS = {
    1: "2000 10000 20000", 2: "- 1000 3000 5000", 3: "1000/平方米", 4: "500 700 1000", 5: "5000/处 10000/处 20000/处",
    6: "5000/处 7000/处 10000/处", 7: "1000 3000 5000", 8: "500 1000 2000", 9: "- 100 300 500",
}  # fmt: skip
ODD = {
    1: {"fixed_points", "only_counts"},
    2: {"contradiction", "waiver", "accessory_not_in_range", "accessory_not_in_tier", "fixed_points"},
    3: {"single_tier", "condition_lost"},
    4: {"accessory_not_in_tiers", "accessory_not_in_range", "fixed_points", "only_counts"},
    5: {"unit_words_differ", "fixed_points", "only_counts"},
    6: {"fixed_points", "only_counts"},
    7: {"fixed_points", "only_counts"},
    8: {"fixed_points", "only_counts"},
    9: {"contradiction", "waiver", "fixed_points", "only_counts"},
}


def test_the_real_amounts_units_and_accessories(real: list[dict[str, Any]]) -> None:
    records = {row.source_code: row for row in Benchmark.objects.disclosed()}
    assert len(records) == 9
    for item in real:
        tiers = records[item["source_code"]].tiers.all()
        said = [
            "-"
            if t.amount_kind == "none"
            else f"{t.minimum // 100}" + f"/{t.base}" * (t.amount_kind == "rate")
            for t in tiers
        ]
        assert " ".join(said) == AMOUNTS[int(item["seq"])]
        assert all(t.minimum == t.maximum for t in tiers)
        assert [t.accessory for t in tiers if t.accessory] == (
            ["没收违法堆放、摆卖的物品和实施违法行为的工具"] if item["seq"] == "3" else []
        )


def test_the_report_names_what_is_odd_in_each(real: list[dict[str, Any]]) -> None:
    for item in real:
        codes = {odd["code"] for odd in item["odd"]}
        assert codes - {"abridged"} == ODD[int(item["seq"])], item["seq"]
    third = {odd["code"]: odd["message"] for odd in real[2]["odd"]}
    assert "情节严重" in third["single_tier"]
    assert "没收" in third["condition_lost"]
    assert "情节严重的" in third["condition_lost"]
