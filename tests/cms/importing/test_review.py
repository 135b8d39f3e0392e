"""Imports in the admin: read by a worker, corrected, handed over, approved by another, public, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from ledger.models import Event
from outbox.models import Entry

from cms import setup
from cms.importing import review
from cms.models import Benchmark, HeaderSynonym, ImportBatch, PowerItem, PublishedVersion, Responsibility
from tests.cms import making
from tests.cms.importing.making import HEADER, row, table, workbook
from tests.faults.twice import as_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]

State = ImportBatch.State


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any, tmp_path: Any):
    """What a session must show to enter is tested with accounts."""
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def person(client_of: Any) -> Any:
    """person(name, group) → a client that is logged in, with `.user`."""
    return client_of


@pytest.fixture
def client_of() -> Any:
    from django.test import Client

    def make(name: str, group: str | None) -> Any:
        user = get_user_model().objects.create(username=name, is_staff=True)
        if group:
            user.groups.add(Group.objects.get(name=group))
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.user = user
        return client

    return make


@pytest.fixture
def editor(person: Any) -> Any:
    return person("ed", setup.EDITORS)


@pytest.fixture
def approver(person: Any) -> Any:
    return person("mo", setup.MODERATORS)


def file_of(path: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes())


def sent(client: Any, path: Any, **more: Any) -> Any:
    data = {"kind": "power", "organisation": making.organisation().pk, "files": file_of(path)} | more
    return client.post(reverse("import_upload"), data)


def uploaded(client: Any, path: Any, run_outbox: Any, **more: Any) -> ImportBatch:
    """A batch that the worker has read."""
    assert sent(client, path, **more).status_code == 302
    run_outbox()
    return ImportBatch.objects.latest("pk")


def do(client: Any, batch: ImportBatch, step: str, **data: Any) -> ImportBatch:
    client.post(reverse(f"import_{step}", args=[batch.pk]), data)
    batch.refresh_from_db()
    return batch


def text(client: Any, batch: ImportBatch, **query: Any) -> str:
    response = client.get(reverse("import_batch", args=[batch.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def home(client: Any) -> str:
    return client.get("/admin/").content.decode()


def names() -> list[str]:
    return sorted(PowerItem.objects.disclosed().values_list("name", flat=True))


def test_it_works(editor, approver, run_outbox, tmp_path):
    path = table(tmp_path / "清单.xlsx", row(1, "甲"), row(2, "乙"))
    assert sent(editor, path).status_code == 302
    batch = ImportBatch.objects.get()
    assert batch.state == State.UPLOADED  # nothing is read in the request
    assert "progress" in text(editor, batch)
    run_outbox()
    batch.refresh_from_db()
    assert (batch.state, batch.counts["created"]) == (State.PARSED, 2)
    page = text(editor, batch)
    assert "甲" in page
    assert "新增 2" in page
    assert names() == []
    assert "还没有提交" in home(editor)
    assert do(editor, batch, "hand_over").state == State.SUBMITTED
    assert "等待您批准" in home(approver)
    assert "等待您批准" not in home(editor)
    assert do(approver, batch, "approve").state == State.APPROVED
    assert names() == []
    run_outbox()
    batch.refresh_from_db()
    assert (batch.state, batch.written, batch.approved_by) == (State.APPLIED, 2, approver.user)
    assert names() == ["乙", "甲"]
    item = PowerItem.objects.get(name="甲")
    version = PublishedVersion.objects.of(item).get()
    event = Event.objects.get(uuid=version.event)
    assert event.actor == f"user:{approver.user.pk}"
    assert approver.get(item.get_absolute_url()).status_code == 200
    do(approver, batch, "undo", reason="数据有误")
    assert "正在撤回" in text(approver, batch)
    run_outbox()
    batch.refresh_from_db()
    assert batch.state == State.WITHDRAWN
    assert (names(), batch.counts["undone"]["withdrawn"]) == ([], 2)
    gone = approver.get(item.get_absolute_url())
    assert gone.status_code == 410
    assert "数据有误" in gone.content.decode()


def test_each_turn_of_the_worker_is_as_once(editor, approver, tmp_path):
    """Whoever reads, writes or takes back may die before it is marked as done."""
    assert sent(editor, table(tmp_path / "a.xlsx", row(1, "甲"), row(2, "乙"))).status_code == 302
    batch = ImportBatch.objects.get()
    ref = str(batch.pk)

    def look():
        batch.refresh_from_db()
        items = PowerItem.objects.order_by("name").values_list("pk", "name", "live")
        return batch.state, batch.written, batch.rows.count(), list(items), PublishedVersion.objects.count()

    as_once("cms.import.read", ref, look)
    do(editor, batch, "hand_over")
    do(approver, batch, "approve")
    as_once("cms.import.apply", ref, look)
    assert names() == ["乙", "甲"]

    def asked():
        return set(Entry.objects.filter(kind="search.index").values_list("ref", flat=True))

    Entry.objects.filter(kind="search.index").delete()
    as_once("cms.batch.index", ref, asked)
    do(approver, batch, "undo", reason="数据有误")
    as_once("cms.import.undo", ref, lambda: (look(), batch.counts.get("undone")))
    assert (names(), batch.counts["undone"]["withdrawn"]) == ([], 2)


def test_nobody_approves_what_they_had_in_hand(editor, approver, person, run_outbox, tmp_path):
    """Not the uploader, not who corrected it, not an administrator; by the view and by the service."""
    batch = uploaded(approver, table(tmp_path / "a.xlsx", row(1, "甲")), run_outbox)
    second = person("mo2", setup.MODERATORS)
    assert do(second, batch, "hand_over").state == State.SUBMITTED
    for client in (approver, second):
        assert do(client, batch, "approve").state == State.SUBMITTED
        with pytest.raises(review.Refused, match="same_person"):
            review.approve(batch, user=client.user)
    get_user_model().objects.filter(pk=approver.user.pk).update(is_superuser=True)
    assert do(approver, batch, "approve").state == State.SUBMITTED
    editor.post(reverse("import_approve", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == State.SUBMITTED  # no permission to publish
    third = person("mo3", setup.MODERATORS)
    assert do(third, batch, "approve").state == State.APPROVED


def test_two_approvals_are_one(editor, approver, person, run_outbox, tmp_path):
    batch = do(editor, uploaded(editor, table(tmp_path / "a.xlsx", row(1, "甲")), run_outbox), "hand_over")
    do(approver, batch, "approve")
    with pytest.raises(review.Refused, match="state"):
        review.approve(batch, user=person("mo2", setup.MODERATORS).user)
    run_outbox()
    run_outbox()
    assert PublishedVersion.objects.of(PowerItem.objects.get()).count() == 1


def test_a_column_is_corrected_and_remembered(editor, run_outbox, tmp_path):
    header = [{"备注": "事项的来由"}.get(name, name) for name in HEADER]
    path = workbook(tmp_path / "a.xlsx", [header, row(1, "甲", remark="某文件")])
    batch = uploaded(editor, path, run_outbox)
    page = text(editor, batch)
    assert "事项的来由" in page
    assert batch.rows.get().data["remark"] == ""
    do(editor, batch, "columns", **{"c-0-0-J": "remark", "c-0-0-A": "seq", "remember": "on"})
    assert batch.state == State.UPLOADED
    run_outbox()
    batch.refresh_from_db()
    assert (batch.state, batch.rows.get().data["remark"]) == (State.PARSED, "某文件")
    assert HeaderSynonym.objects.get(text="事项的来由").organisation == batch.organisation
    again = uploaded(editor, path, run_outbox)
    assert again.rows.get().data["remark"] == "某文件"


def test_a_column_is_left_out(editor, run_outbox, tmp_path):
    batch = uploaded(editor, table(tmp_path / "a.xlsx", row(1, "甲", remark="某文件")), run_outbox)
    assert batch.rows.get().data["remark"] == "某文件"
    do(editor, batch, "columns", **{"c-0-0-J": "", "c-0-0-D": "no_such_field"})
    run_outbox()
    data = batch.rows.get().data
    assert (data["remark"], data["category"]) == ("", "行政许可")


def test_a_header_nobody_found_is_pointed_at(editor, run_outbox, tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", [["表"], ["叫什么", "哪一类", "凭什么"], ["甲", "行政许可", "《某法》第一条"]]
    )
    batch = uploaded(editor, path, run_outbox)
    assert batch.state == State.REFUSED
    page = text(editor, batch)
    assert "没有找到表头" in page
    assert "叫什么" in page
    assert do(editor, batch, "hand_over").state == State.REFUSED
    fields = {"s-0-0-A": "name", "s-0-0-B": "category", "s-0-0-C": "legal_basis"}
    do(editor, batch, "columns", **{"h-0-0": "2", **fields})
    run_outbox()
    batch.refresh_from_db()
    assert batch.state == State.PARSED
    found = batch.rows.get(outcome="item")
    assert (found.data["name"], found.data["category_code"], found.row) == ("甲", "licence", 3)


def test_columns_of_benchmarks_are_corrected_too(editor, run_outbox, tmp_path):
    head = ["违法行为", "处罚依据", "轻重", "什么时候", "怎么罚"]
    rows = [["某局裁量基准"], head, ["占道经营", "《某条例》第三条", "较轻", "初次", "处五百元罚款"]]
    batch = uploaded(editor, workbook(tmp_path / "a.xlsx", rows), run_outbox, kind="benchmark")
    assert batch.state == State.REFUSED
    page = text(editor, batch)
    assert "怎么罚" in page
    assert "具体标准" in page
    letters = {"A": "act", "B": "penalty_basis", "C": "level", "D": "condition", "E": "standard"}
    do(editor, batch, "columns", **{"h-0-0": "2"}, **{f"s-0-0-{key}": name for key, name in letters.items()})
    run_outbox()
    batch.refresh_from_db()
    assert batch.state == State.PARSED
    tier = batch.rows.get(outcome="item").data["tiers"][0]
    assert "处五百元罚款" in str(tier)
    # A column that was read as something else.
    do(editor, batch, "columns", **{"c-0-0-C": "remark", "remember": "on"})
    run_outbox()
    batch.refresh_from_db()
    assert batch.state == State.PARSED
    assert batch.files[0]["sheets"][0]["columns"]["C"] == "remark"
    assert not HeaderSynonym.objects.exists(), "the words of a table of discretion are not those of a list"


def test_rejected_rows_want_a_tick(editor, run_outbox, tmp_path):
    batch = uploaded(editor, table(tmp_path / "a.xlsx", row(1, "甲"), [2]), run_outbox)
    assert batch.counts["rejected_rows"] == 1
    assert "只有序号" in text(editor, batch, show="rejected")
    assert do(editor, batch, "hand_over").state == State.PARSED
    assert do(editor, batch, "hand_over", accept_rejected="on").state == State.SUBMITTED


def test_differences_to_what_is_published(editor, approver, run_outbox, tmp_path):
    one = uploaded(
        editor, table(tmp_path / "a.xlsx", row(1, "甲"), row(2, "乙"), row(3, "丙"), row(4, "丁")), run_outbox
    )
    do(editor, one, "hand_over")
    do(approver, one, "approve")
    run_outbox()
    newer = table(tmp_path / "b.xlsx", row(1, "甲"), row(2, "乙", remark="新写的"), row(5, "戊"))
    two = uploaded(editor, newer, run_outbox)
    figures = [two.counts[name] for name in ("created", "changed", "unchanged", "gone")]
    assert figures == [1, 1, 1, 2]
    changed = text(editor, two, show="change")
    assert "<ins>新写的</ins>" in changed
    assert "乙" in changed
    assert "丙" in text(editor, two, show="missing")
    same = uploaded(editor, table(tmp_path / "c.xlsx", row(1, "甲")), run_outbox)
    assert do(editor, same, "hand_over").state == State.PARSED  # nothing to do


def test_a_renamed_item_keeps_its_code(editor, approver, run_outbox, tmp_path):
    one = uploaded(editor, table(tmp_path / "a.xlsx", row(1, "建设工程临时占道许可")), run_outbox)
    do(editor, one, "hand_over")
    do(approver, one, "approve")
    run_outbox()
    code = PowerItem.objects.get().code
    two = uploaded(editor, table(tmp_path / "b.xlsx", row(1, "建设工程临时占用道路许可")), run_outbox)
    assert (two.counts["created"], two.counts["gone"]) == (1, 1)
    assert code in text(editor, two)
    do(editor, two, "renames", same=[f"{code}|建设工程临时占用道路许可", f"{code}x|无此事项"])
    assert (two.counts["created"], two.counts["changed"], two.counts["gone"]) == (0, 1, 0)
    do(editor, two, "hand_over")
    do(approver, two, "approve")
    run_outbox()
    item = PowerItem.objects.get()
    assert (item.code, item.name) == (code, "建设工程临时占用道路许可")
    assert PublishedVersion.objects.of(item).count() == 2


def test_struck_rows_stay_out(editor, approver, run_outbox, tmp_path):
    batch = uploaded(editor, table(tmp_path / "a.xlsx", row(1, "甲"), row(2, "乙")), run_outbox)
    key = batch.rows.get(data__name="乙").pk
    do(approver, batch, "strike", row=key)
    assert batch.rows.filter(outcome="struck").count() == 0  # not before it is handed over
    do(editor, batch, "hand_over")
    do(editor, batch, "strike", row=key)
    assert batch.rows.filter(outcome="struck").count() == 0  # nor by an editor
    do(approver, batch, "strike", row=key)
    assert "乙" in text(approver, batch, show="struck")
    do(approver, batch, "approve")
    run_outbox()
    assert names() == ["甲"]
    do(approver, batch, "undo", reason="撤")
    run_outbox()
    assert names() == []


def test_sent_back_with_a_reason(editor, approver, run_outbox, tmp_path):
    batch = uploaded(editor, table(tmp_path / "a.xlsx", row(1, "甲")), run_outbox)
    do(editor, batch, "hand_over")
    do(approver, batch, "strike", row=batch.rows.get().pk)
    assert do(approver, batch, "approve").state == State.SUBMITTED  # nothing is left
    assert do(approver, batch, "send_back", note=" ").state == State.SUBMITTED
    do(approver, batch, "send_back", note="类别不对")
    assert (batch.state, batch.rows.get().outcome) == (State.PARSED, "item")
    assert "类别不对" in text(editor, batch)
    assert do(editor, batch, "discard").state == State.WITHDRAWN


@pytest.mark.parametrize(
    ("name", "content"),
    [("空.xlsx", b""), ("网页.xlsx", b"<html><table></table></html>"), ("a.exe", b"MZ\0")],
)
def test_files_that_cannot_be_read(editor, run_outbox, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    response = sent(editor, path)
    if not content:  # an empty upload is told in the form
        assert response.status_code == 422
        return
    run_outbox()
    batch = ImportBatch.objects.get()
    assert batch.state == State.REFUSED
    assert name in text(editor, batch)
    assert not batch.rows.exists()


def test_a_file_over_the_limit_is_told_in_the_form(editor, monkeypatch, tmp_path):
    from cms.admin import imports

    monkeypatch.setattr(imports, "MAX_FILE", 100)
    response = sent(editor, table(tmp_path / "大.xlsx", row(1, "甲")))
    assert response.status_code == 422
    assert "大.xlsx" in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_several_files_are_one_batch(editor, run_outbox, tmp_path):
    paths = [table(tmp_path / f"{name}.xlsx", row(1, name)) for name in "甲乙"]
    data = {"kind": "power", "organisation": making.organisation().pk, "files": [file_of(p) for p in paths]}
    editor.post(reverse("import_upload"), data)
    run_outbox()
    batch = ImportBatch.objects.get()
    assert [f["name"] for f in batch.files] == ["甲.xlsx", "乙.xlsx"]
    assert batch.rows.filter(outcome="item").count() == 2


def test_an_import_that_dies_is_taken_up_again(editor, approver, run_outbox, tmp_path, monkeypatch):
    from cms.publishing import batch as batches

    batch = uploaded(editor, table(tmp_path / "a.xlsx", *(row(n, f"事{n}") for n in range(3))), run_outbox)
    do(editor, batch, "hand_over")
    do(approver, batch, "approve")
    real, calls = batches.Writer.write, []

    def dies(self: Any, one: Any) -> None:
        calls.append(one)
        if len(calls) == 2:
            raise RuntimeError("killed")
        real(self, one)

    with monkeypatch.context() as patch:
        patch.setattr(batches.Writer, "write", dies)
        run_outbox()
    batch.refresh_from_db()
    assert (batch.state, names()) == (State.FAILED, [])
    from cms.importing import jobs

    jobs.apply(str(batch.pk))
    batch.refresh_from_db()
    assert (batch.state, len(names())) == (State.APPLIED, 3)


def test_benchmarks_go_the_same_way(editor, approver, run_outbox, tmp_path):
    rules = [
        {"level": name, "condition": f"{name}的情形", "standard": f"处{low}元以上{high}元以下罚款"}
        for name, low, high in (("轻微", 500, 1500), ("一般", 1500, 3000), ("严重", 3000, 5000))
    ]
    path = workbook(
        tmp_path / "基准.xlsx",
        [
            ["违法行为", "处罚依据", "裁量阶次", "适用条件", "具体标准"],
            *(
                [
                    "擅自占道",
                    "《条例》第一条：处五百元以上五千元以下罚款。",
                    r["level"],
                    r["condition"],
                    r["standard"],
                ]
                for r in rules
            ),
        ],
    )
    batch = uploaded(editor, path, run_outbox, kind="benchmark", document_no="云城〔2026〕1号")
    assert (batch.state, batch.counts["created"]) == (State.PARSED, 1)
    assert "擅自占道" in text(editor, batch)
    do(editor, batch, "hand_over")
    do(approver, batch, "approve", confirmed="on")
    run_outbox()
    record = Benchmark.objects.disclosed().get()
    assert (record.issuing_body, record.tiers.count()) == (batch.organisation.name, 3)
    do(approver, batch, "undo", reason="撤")
    run_outbox()
    assert not Benchmark.objects.disclosed().exists()


def test_the_waiting_page_asks_for_its_state(editor, run_outbox, tmp_path):
    sent(editor, table(tmp_path / "a.xlsx", row(1, "甲")))
    batch = ImportBatch.objects.get()
    address = reverse("import_state", args=[batch.pk])
    assert json.loads(editor.get(address).content)["busy"] is True
    run_outbox()
    assert json.loads(editor.get(address).content) == {
        "state": "parsed",
        "busy": False,
        "written": 0,
        "of": 1,
    }


def test_who_may_enter(editor, person, run_outbox, tmp_path):
    batch = uploaded(editor, table(tmp_path / "a.xlsx", row(1, "甲")), run_outbox)
    other = making.organisation("9901-JT", "云泽市交通局")
    stranger = person("nobody", None)
    foreign = person("jt", setup.EDITORS)
    boss = person("jtmo", setup.MODERATORS)
    for client in (foreign, boss):
        Responsibility.objects.create(user=client.user, organisation=other)
    address = reverse("import_batch", args=[batch.pk])
    assert stranger.get(address).status_code in (302, 403)
    assert foreign.get(address).status_code == 404
    assert foreign.get(reverse("import_state", args=[batch.pk])).status_code == 404
    do(editor, batch, "hand_over")
    for step in ("approve", "send_back", "strike", "undo", "discard", "columns", "renames", "hand_over"):
        assert boss.post(reverse(f"import_{step}", args=[batch.pk])).status_code == 404, step
    assert sent(foreign, table(tmp_path / "b.xlsx", row(1, "乙"))).status_code == 422
    assert editor.get(reverse("import_batch", args=[batch.pk + 1000])).status_code == 404


def test_the_command_leaves_an_upload_to_its_approver(editor, run, run_outbox, tmp_path):
    path = table(tmp_path / "a.xlsx", row(1, "甲"))
    batch = uploaded(editor, path, run_outbox)
    run(path, organisation=batch.organisation.name)
    batch.refresh_from_db()
    assert batch.state == State.PARSED
    assert names() == ["甲"]
