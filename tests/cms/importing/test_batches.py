"""A batch becomes visible at once, changes only what differs, resumes, and is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wagtail.models import ModelLogEntry, ReferenceIndex

from cms import handlers
from cms.models import Address, ImportBatch, ImportRow, PowerItem, PublishedVersion
from cms.publishing import batch as batches
from cms.publishing import bulk, records
from tests.cms.importing.making import row, table

pytestmark = pytest.mark.django_db


def public() -> dict[str, PowerItem]:
    return {item.name: item for item in PowerItem.objects.disclosed()}


def test_items_are_public_with_made_codes(run: Any, tmp_path: Path) -> None:
    code, said = run(table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可")))
    assert code == 0
    assert said["applied"]
    items = public()
    assert set(items) == {"甲许可", "乙许可"}
    organisation = items["甲许可"].organisation
    assert organisation.name == "测试局"
    assert sorted(i.code for i in items.values()) == [
        f"{organisation.code}-XK-0001",
        f"{organisation.code}-XK-0002",
    ]
    basis = items["甲许可"].legal_bases.get()
    assert (basis.kind_text, basis.rank, basis.law_name, basis.article) == (
        "法律",
        "law",
        "中华人民共和国测试法",
        "第三条",
    )
    assert basis.document_no == "主席令第1号"


def test_the_public_pages_see_nothing_before_the_switch(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(batches, "switch", lambda *a, **k: [])
    run(table(tmp_path / "a.xlsx", row(1, "甲许可")))
    assert PowerItem.objects.filter(live=True).count() == 1
    assert not public()
    assert not PublishedVersion.objects.visible().filter(title="甲许可").exists()


def test_a_batch_that_died_is_taken_up_again(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可"), row(3, "丙许可"))
    whole = batches.Writer.write

    def dies(self: Any, row: ImportRow) -> None:
        if row.data["name"] == "丙许可":
            raise RuntimeError("power cut")
        whole(self, row)

    monkeypatch.setattr(batches.Writer, "write", dies)
    monkeypatch.setattr(batches, "SECONDS", 0)
    monkeypatch.setattr(batches, "GROUP", 1)
    with pytest.raises(RuntimeError):
        run(path)
    assert ImportBatch.objects.get().state == "failed"
    assert not public()
    monkeypatch.setattr(batches.Writer, "write", whole)
    code, said = run(path)
    assert code == 0
    assert said["batch"] == ImportBatch.objects.get().pk
    assert set(public()) == {"甲许可", "乙许可", "丙许可"}
    assert PowerItem.objects.count() == 3


def test_the_same_file_again_changes_nothing(run: Any, tmp_path: Path) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "甲许可"), row(3, "乙许可", "一项"))
    run(path)
    before = list(PublishedVersion.objects.values_list("pk", flat=True))
    _, said = run(path)
    assert said["differences"]["same"] == 3
    assert list(PublishedVersion.objects.values_list("pk", flat=True)) == before


def test_a_newer_list_changes_what_differs_and_tells_the_rest(run: Any, tmp_path: Path) -> None:
    run(table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可"), row(3, "丙许可的办理")))
    before = public()
    newer = table(
        tmp_path / "b.xlsx", row(9, "乙许可", duty="2.改过的责任。"), row(1, "甲许可"), row(4, "丙许可办理")
    )
    _, said = run(newer)
    differences = said["differences"]
    assert (differences["added"], differences["same"]) == (1, 1)
    assert [(c["name"], c["fields"]) for c in differences["changed"]] == [("乙许可", ["duties"])]
    assert [g["name"] for g in differences["gone"]] == ["丙许可的办理"]
    assert differences["renamed"][0]["new_name"] == "丙许可办理"
    after = public()
    assert set(after) == {"甲许可", "乙许可", "丙许可的办理", "丙许可办理"}  # nothing vanishes by itself
    changed = after["乙许可"]
    assert changed.code == before["乙许可"].code
    assert [duty.text for duty in changed.duties.all()] == ["2.改过的责任。"]
    numbers = PublishedVersion.objects.of(changed).visible().values_list("number", flat=True)
    assert list(numbers) == [1, 2]
    assert changed.live_revision_id == changed.latest_revision_id
    assert not changed.has_unpublished_changes
    assert after["甲许可"].live_revision_id == before["甲许可"].live_revision_id
    sequences = PublishedVersion.objects.visible().order_by("sequence").values_list("sequence", flat=True)
    assert list(sequences) == list(range(1, len(sequences) + 1))


def test_undo_restores_the_version_before_and_withdraws_the_new(run: Any, tmp_path: Path) -> None:
    run(table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可")))
    before = public()["乙许可"]
    content = PublishedVersion.objects.of(before).get().content
    _, said = run(table(tmp_path / "b.xlsx", row(1, "甲许可"), row(2, "乙许可", duty="改"), row(3, "丙许可")))
    code, _ = run(as_json=False, undo=said["batch"])
    assert code == 0
    items = public()
    assert set(items) == {"甲许可", "乙许可"}
    assert [duty.text for duty in items["乙许可"].duties.all()] == [duty.text for duty in before.duties.all()]
    last = PublishedVersion.objects.of(before).visible().order_by("number").last()
    assert last.number == 3
    assert last.content["duties"][0]["text"] == content["duties"][0]["text"]
    assert Address.objects.get(path__contains="-0003/").status == 410


def test_undo_leaves_what_was_edited_since(run: Any, tmp_path: Path) -> None:
    _, said = run(table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可")))
    edited = public()["甲许可"]
    edited.remarks = "编辑改过"
    edited.save_revision().publish()
    code, text = run(as_json=False, undo=said["batch"])
    assert code == 2
    assert "甲许可" in text
    assert set(public()) == {"甲许可"}


def test_withdrawn_items_come_back_under_their_codes(run: Any, tmp_path: Path) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲许可"))
    _, said = run(path)
    code = public()["甲许可"].code
    run(as_json=False, undo=said["batch"])
    run(path)
    assert public()["甲许可"].code == code


def test_a_real_code_that_arrives_becomes_the_address(run: Any, tmp_path: Path) -> None:
    from tests.cms.importing.making import BASIS, workbook

    run(table(tmp_path / "a.xlsx", row(1, "甲许可")))
    made = public()["甲许可"].code
    head = ["事项编码", "事项名称", "权力类型", "实施依据"]
    run(workbook(tmp_path / "b.xlsx", [head, ["62052400MZ-XK-0001", "甲许可", "行政许可", BASIS]]))
    item = public()["甲许可"]
    assert (item.code, item.made_code) == ("62052400MZ-XK-0001", False)
    assert item.exercising_body == "市测试局"  # a column the newer list does not have
    old = Address.objects.get(path=f"/power/{made}/")
    assert (old.status, old.moved_to) == (301, "/power/62052400MZ-XK-0001/")


def test_items_without_category_or_basis_stay_drafts(run: Any, tmp_path: Path) -> None:
    _, said = run(
        table(
            tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可", basis=""), row(3, "丙", category="怪类")
        )
    )
    assert said["drafts"] == 2
    assert set(public()) == {"甲许可"}
    assert {w["code"] for w in said["warnings"]} == {"no_basis", "category_unknown"}


def test_rejected_rows_wait_for_the_tick(run: Any, tmp_path: Path) -> None:
    path = table(tmp_path / "a.xlsx", row(1, "甲许可"), [2, "", "", "行政许可", "依据", "机关"])
    code, said = run(path)
    assert (code, said["applied"]) == (2, False)
    assert not PowerItem.objects.exists()
    assert not ImportBatch.objects.exists()
    code, said = run(path, accept_rejected=True)
    assert (code, said["applied"]) == (2, True)
    assert set(public()) == {"甲许可"}
    assert ImportRow.objects.filter(outcome="rejected", row=4).exists()


def test_a_dry_run_writes_nothing(dry: Any, tmp_path: Path) -> None:
    from cms.models import Organisation

    code, said = dry(table(tmp_path / "a.xlsx", row(1, "甲许可")))
    assert code == 0
    assert said["items"][0]["name"] == "甲许可"
    assert not Organisation.objects.exists()
    assert not ImportBatch.objects.exists()


def test_the_table_for_people_names_file_sheet_row(dry: Any, tmp_path: Path) -> None:
    path = table(
        tmp_path / "清单.xlsx", row(1, "甲许可"), [2, "", "", "行政许可", "依据", "机关"], ["注：以上共1项"]
    )
    code, text = dry(path, as_json=False)
    assert code == 2
    assert "清单.xlsx：1 项，没读懂 1 行，附注 1 行" in text
    assert "第 4 行：没有事项名称" in text


def test_the_admins_search_hears_of_a_batch_once_and_of_all_of_it(
    run: Any, tmp_path: Path, run_outbox: Any, monkeypatch: Any
) -> None:
    from wagtail.search import index

    heard: list[str] = []
    monkeypatch.setattr(index, "insert_or_update_object", lambda item: heard.append(str(item)))
    monkeypatch.setattr("modelsearch.index.insert_or_update_object", lambda item: heard.append(str(item)))
    many = "modelsearch.backends.base.BaseSearchBackend.add_bulk"
    monkeypatch.setattr(many, lambda _backend, _model, rows: heard.extend(str(row) for row in rows))
    run(table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "缺依据的", basis="")))
    assert heard.count("甲许可") == 0
    while run_outbox(50):
        pass
    assert sorted(name for name in heard if name in ("甲许可", "缺依据的")) == ["甲许可", "缺依据的"]
    heard.clear()
    item = PowerItem.objects.get(name="甲许可")
    item.remarks = "编辑改过"
    item.save()
    assert heard == ["甲许可"]


def test_what_is_written_together_is_as_if_written_one_by_one(
    run: Any, tmp_path: Path, run_outbox: Any, monkeypatch: Any
) -> None:
    def stored(batch: int) -> Any:
        found = []
        for item in PowerItem.objects.filter(batch=batch).order_by("source_row"):
            version, revision = PublishedVersion.objects.of(item).first(), item.latest_revision
            columns = {
                field.attname: getattr(item, field.attname) is not None
                if field.attname.endswith(("_at", "_key", "_revision_id"))
                else getattr(item, field.attname)
                for field in item._meta.concrete_fields
                if field.name not in ("id", "code", "batch", "organisation")
            }
            content = {
                key: len(value) if isinstance(value, list) else value
                for key, value in (version.content if version else {}).items()
                if key not in ("pk", "code", "translation_key", "organisation")
            }
            logs = ModelLogEntry.objects.for_instance(item).filter(action="wagtail.publish")
            address = Address.objects.filter(path=item.get_absolute_url())
            kept = (version.number, version.title, version.revision_id == revision.pk) if version else None
            found.append(
                (
                    columns, content, kept, sorted(revision.content), revision.object_str,
                    [(log.label, log.revision_id == revision.pk) for log in logs],
                    list(address.values_list("status", "object_id")) == [(200, str(item.pk))],
                    [[str(child) for child in getattr(item, name).all()] for name in bulk.child_names()],
                )
            )  # fmt: skip
        return found

    path = table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "缺依据的", basis=""), row(3, "乙许可"))
    _code, together = run(path, organisation="甲局")

    def one_by_one(self: batches.Writer, row: ImportRow) -> None:
        self.create(row, PowerItem(locale=self.batch.organisation.locale))
        row.done = True
        row.save()

    monkeypatch.setattr(batches.Writer, "write", one_by_one)
    _code, singly = run(path, organisation="乙局")
    assert len(stored(together["batch"])) == 3
    for one, other in zip(stored(together["batch"]), stored(singly["batch"]), strict=True):
        for part, same in zip(one, other, strict=True):
            assert part == same

    while run_outbox(50):
        pass
    references = ReferenceIndex.objects.order_by("object_id", "content_path")
    once = list(references.values_list("object_id", "to_object_id", "model_path", "content_path_hash"))
    assert any(path.startswith("legal_bases") or path == "category" for _i, _t, path, _h in once)
    for item in PowerItem.objects.all():
        ReferenceIndex.create_or_update_for_object(item)
    again = list(references.values_list("object_id", "to_object_id", "model_path", "content_path_hash"))
    assert again == once


def test_the_numbers_of_a_switch_have_no_gap(run: Any, tmp_path: Path) -> None:
    run(table(tmp_path / "a.xlsx", row(1, "甲许可"), row(2, "乙许可"), row(3, "丙许可")), dry_run=True)
    _code, said = run(table(tmp_path / "b.xlsx", row(1, "甲许可"), row(2, "乙许可"), row(3, "丙许可")))
    numbers = PublishedVersion.objects.filter(batch=said["batch"]).order_by("id")
    first = numbers.values_list("sequence", flat=True)[0]
    assert [one.sequence for one in numbers] == [first, first + 1, first + 2]
    assert len({one.event for one in numbers}) == 1


@pytest.mark.once
def test_keys_fall_into_runs() -> None:
    assert list(records._runs([3, 4, 5, 9, 11, 12], 100)) == [(3, 5, 100), (9, 9, 103), (11, 12, 104)]
    assert list(records._runs([], 1)) == []


@pytest.mark.once
def test_the_editors_index_is_told_in_short_parts() -> None:
    keys = [*range(1, 31), 500, 90_000]
    assert list(handlers._parts("power", keys)) == [
        "power:1-25",
        "power:26-30",
        "power:500-500",
        "power:90000-90000",
    ]
