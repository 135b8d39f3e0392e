"""Labels, priority, links that are undone to the byte; one job on many tips; views; mentions; templates."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from ledger.models import Event
from outbox.services import run_due

from complaints.desk import bulk, moving, queue, replies, sorting
from complaints.desk.models import Job, JobItem, Label, Labelled, Link, ReplyTemplate, SavedView
from complaints.intake.models import Message, State, Tip
from complaints.vault.models import Cell, Wrap
from tests.complaints.desk.test_queue import numbers
from tests.complaints.desk.test_work import post, revision, state


def whole(*tips: Tip) -> list[Any]:
    """Every row and wrap of these tips, every byte of them."""
    keys = [tip.pk for tip in tips]
    sets = (
        Tip.objects.filter(pk__in=keys),
        Wrap.objects.filter(subject__in=keys),
        Cell.objects.filter(tip__in=keys),
        Message.objects.filter(tip__in=keys),
        Labelled.objects.filter(tip__in=keys),
    )

    def plain(row: dict[str, Any]) -> dict[str, Any]:
        return {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}

    return [[plain(row) for row in rows.order_by("pk").values()] for rows in sets]


def fresh(tip: Tip) -> Tip:
    return Tip.objects.select_related("office").get(pk=tip.pk)


# Links ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["related", "duplicate", "merged"])
def test_undone_every_byte_is_as_before(desk: Any, kind: str) -> None:
    one, two = desk.tip("一"), desk.tip("二")
    client = desk.client("triage")
    post(client, one, "claim")
    desk.answer(one, "再补一点。")
    desk.answer(two, "也补一点。")
    one, two = fresh(one), fresh(two)
    before = whole(one, two)
    given = {"number": two.number, "kind": kind, "revision": one.revision}
    assert post(client, one, "link", given).status_code == 303
    if kind != "related":
        assert fresh(one).state == State.REPEAT
        assert whole(one, two) != before
    made = Link.objects.get()
    assert post(client, two, "unlink", {"link": made.pk}).status_code == 303
    assert whole(one, two) == before
    assert post(client, two, "unlink", {"link": made.pk}).status_code == 404
    kinds = list(Event.objects.filter(tag=bytes(one.tag)).values_list("kind", flat=True))
    assert (kinds.count("linked"), kinds.count("unlinked")) == (1, 1)


def test_what_went_on_since_is_not_undone(desk: Any) -> None:
    one, two, client = desk.tip(), desk.tip(), desk.client("triage")
    post(client, one, "link", {"number": two.number, "kind": "merged", "revision": one.revision})
    assert state(client, one, "screening").status_code == 303
    page = post(client, one, "unlink", {"link": Link.objects.get().pk})
    assert page.status_code == 409
    assert fresh(one).state == State.SCREENING
    assert Link.objects.get().undone_at is None


def test_an_old_form_does_not_fit_by_chance(desk: Any) -> None:
    one, two, client = desk.tip(), desk.tip(), desk.client("triage")
    post(client, one, "link", {"number": two.number, "kind": "merged", "revision": 1})
    old = fresh(one).revision
    assert post(client, one, "unlink", {"link": Link.objects.get().pk}).status_code == 303
    state(client, one, "screening")
    page = post(client, one, "reply", {"reply": "旧页上写的", "revision": old})
    assert page.status_code == 409
    assert not Message.objects.exists()


def test_another_offices_number_is_a_number_that_there_is_not(desk: Any) -> None:
    one, other, client = desk.tip(), desk.tip(region="town"), desk.client("triage")
    pages = [
        post(client, one, "link", {"number": n, "kind": "related", "revision": 1})
        for n in (other.number, "2026-999")
    ]
    said = [re.search(r'class="err"[^>]*>([^<]+)', page.text)[1] for page in pages]  # type: ignore[index]
    assert [page.status_code for page in pages] == [422, 422]
    assert said[0] == said[1]
    assert not Link.objects.exists()
    itself = post(client, one, "link", {"number": one.number, "kind": "merged", "revision": 1})
    assert itself.status_code == 409


def test_what_another_office_gave_is_taken_on_before_it_is_merged(desk: Any) -> None:
    client = desk.client("outsider")
    gone, here = desk.tip(), desk.tip(region="town")
    moving.move(**desk.open("triage", gone), to=desk.city, reason="归市里", revision=gone.revision)
    gone = fresh(gone)
    given = {"number": here.number, "kind": "merged", "revision": gone.revision}
    page = post(client, gone, "link", given)
    assert page.status_code == 409
    assert "先开始审核" in page.text
    assert fresh(gone).state == State.SUBMITTED
    assert post(client, gone, "link", {**given, "kind": "related"}).status_code == 303
    assert state(client, fresh(gone), "screening").status_code == 303
    assert post(client, gone, "link", {**given, "revision": fresh(gone).revision}).status_code == 409, (
        "linked"
    )


# Labels and priority ------------------------------------------------------------------------------------


def test_the_event_says_which_labels(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("triage")
    one, two = (Label.objects.create(name=name, office=desk.lake) for name in ("一", "二"))
    post(client, tip, "labels", {"label": [one.pk], "revision": 1})
    post(client, tip, "labels", {"label": [two.pk], "revision": 2})
    told = list(Event.objects.filter(kind="labelled").order_by("at").values_list("details", flat=True))
    assert told == [{"put": [one.pk]}, {"put": [two.pk], "taken": [one.pk]}]


def test_labels_that_were_ticked_too_late_are_still_ticked(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("triage")
    label = Label.objects.create(name="旧城改造", office=desk.lake)
    state(client, tip, "screening")
    page = post(client, tip, "labels", {"label": [label.pk], "revision": 1})
    assert page.status_code == 409
    assert re.search(rf'id="g-{label.pk}" value="{label.pk}" checked', page.text)
    assert '<span class="tag">旧城改造</span>' not in page.text, "it does not bear it yet"
    assert "林triage：审核中" in page.text


def test_labels_and_priority_in_the_queue(desk: Any) -> None:
    tip, other, client = desk.tip(), desk.tip(), desk.client("triage")
    mine = Label.objects.create(name="旧城改造", office=desk.lake)
    theirs = Label.objects.create(name="市里的", office=desk.city)
    assert post(client, tip, "labels", {"label": [theirs.pk], "revision": 1}).status_code == 404
    assert post(client, tip, "labels", {"label": ["x"], "revision": 1}).status_code == 404
    assert post(client, tip, "labels", {"label": [mine.pk], "revision": 1}).status_code == 303
    assert post(client, tip, "labels", {"label": [], "revision": 1}).status_code == 409, "stale"
    assert post(client, tip, "priority", {"pick": "9", "revision": 2}).status_code == 422
    assert post(client, tip, "priority", {"pick": "3", "revision": 2}).status_code == 303
    page = client.get(f"/desk/?label={mine.pk}")
    assert numbers(page) == [tip.number]
    assert "旧城改造" in page.text
    assert "特急" in page.text
    assert numbers(client.get("/desk/?priority=any")) == [tip.number]
    assert numbers(client.get("/desk/?priority=0")) == [other.number]


def test_the_rest_of_the_filters(desk: Any) -> None:
    one, two = desk.tip("一"), desk.tip("二")
    Tip.objects.filter(pk=one.pk).update(hold=True, assignee=desk.users["handler"])
    desk.client("triage").get(f"/desk/tips/{two.number}/")
    desk.answer(two, "再补一点。")
    client = desk.client("approver")
    for query, want in {
        "hold=yes": [one],
        "hold=no": [two],
        f"assignee={desk.users['handler'].pk}": [one],
        "answer=unread": [two],
        "answer=waiting": [],
        "answer=proposed": [],
        "answer=objected": [],
        "due=today": [],
    }.items():
        assert set(numbers(client.get(f"/desk/?{query}"))) == {tip.number for tip in want}, query


# Many at once -----------------------------------------------------------------------------------------------


def chosen(*tips: Tip) -> str:
    return " ".join(f"{tip.pk.hex}.{tip.revision}" for tip in tips)


def test_a_bulk_of_500_with_one_stale_tip_reports_that_tip_alone(desk: Any) -> None:
    import secrets
    import uuid
    from copy import copy

    first = desk.tip()
    rows = []
    for n in range(499):  # rows only: a claim opens nothing
        row = copy(first)
        row.pk, row.number = uuid.uuid4(), f"2025-{n}"
        row.lookup_id, row.tag, row.change = secrets.token_bytes(32), secrets.token_bytes(16), 10_000 + n
        rows.append(row)
    Tip.objects.bulk_create(rows)
    tips = [first, *rows]
    stale = rows[250]
    client = desk.client("triage")
    page = client.post("/desk/bulk/", {"act": "claim", "tips": chosen(*tips)})
    assert page.status_code == 200
    assert "500 件" in page.text
    sorting.set_priority(tip=fresh(stale), user=desk.users["approver"], priority=2, revision=1)
    job = client.post("/desk/bulk/run/", {"act": "claim", "tips": chosen(*tips)})
    assert job.status_code == 303
    while run_due():
        pass
    page = client.get(job["Location"])
    assert "500 件里办过了 500 件" in page.text
    assert re.findall(r"/desk/tips/([^/]+)/", page.text) == [stale.number]
    assert "林approver" in page.text, "the one who was faster is named"
    assert Tip.objects.filter(assignee=desk.users["triage"]).count() == 499
    assert Tip.objects.get(pk=stale.pk).assignee is None
    assert sorted(JobItem.objects.values_list("result", flat=True).distinct()) == ["done", "stale"]


def test_a_job_that_runs_twice_does_nothing_twice(desk: Any) -> None:
    tip, user = desk.tip(), desk.users["triage"]
    job = bulk.begin(user=user, act="claim", value="", chosen=[bulk.Chosen(tip.pk, tip.revision)])
    bulk.work(str(job.pk))
    bulk.work(str(job.pk))
    bulk.work("00000000-0000-4000-8000-000000000000")
    assert Event.objects.filter(kind="claimed").count() == 1
    assert Job.objects.get().done_at


def test_closing_many_is_done_by_the_session_itself(desk: Any) -> None:
    tips = [desk.tip(str(n)) for n in range(3)]
    Tip.objects.filter(pk__in=[t.pk for t in tips[:2]]).update(state=State.DISPOSING)
    client = desk.client("handler")
    given = {"act": "close", "tips": chosen(*tips)}
    assert client.post("/desk/bulk/run/", given).status_code == 422
    job = client.post("/desk/bulk/run/", {**given, "reason": "已经一并整改。"})
    row = Job.objects.get()
    assert "整改".encode() not in bytes(row.sealed)
    run_due()
    assert JobItem.objects.filter(result="waiting").count() == 3, "no worker has the key"
    client.post(f"{job['Location']}go/")
    assert sorted(JobItem.objects.values_list("result", flat=True)) == ["done", "done", "refused"]
    assert Message.objects.count() == 2
    row.refresh_from_db()
    assert row.done_at
    assert bytes(row.sealed) == b""
    assert desk.client("triage").get(job["Location"]).status_code == 404, "somebody else's job"


def test_over_ten_thousand_are_refused(desk: Any, monkeypatch: Any) -> None:
    assert bulk.MOST == 10_000
    many = " ".join(f"{n:032x}.1" for n in range(10_001))
    page = desk.client("triage").post("/desk/bulk/run/", {"act": "claim", "tips": many})
    assert page.status_code == 409
    assert "10000" in page.text
    monkeypatch.setattr(bulk, "MOST", 1)
    desk.tip()
    desk.tip()
    page = desk.client("triage").post("/desk/bulk/", {"act": "claim", "scope": "all"})
    assert page.status_code == 409
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"act": "claim"}, 422),
        ({"act": "", "tips": "x"}, 404),
        ({"act": "nonsense", "tips": ""}, 422),
        ({"act": "claim", "tips": "zz.1"}, 404),
        ({"act": "claim", "tips": "0" * 32 + ".x"}, 404),
        ({"act": "claim", "tips": "0" * 32 + ".1"}, 404),
        ({"act": "move", "tips": "0" * 32 + ".1"}, 403),
    ],
)
def test_bad_choices(desk: Any, data: dict[str, str], status: int) -> None:
    assert desk.client("handler").post("/desk/bulk/", data).status_code == status


def test_the_id_of_another_offices_tip_is_no_id(desk: Any) -> None:
    mine, other = desk.tip(), desk.tip(region="town")
    client = desk.client("triage")
    for path in ("/desk/bulk/", "/desk/bulk/run/"):
        assert client.post(path, {"act": "claim", "tips": chosen(mine, other)}).status_code == 404
    assert not Job.objects.exists()


@pytest.mark.parametrize("act", ["assign", "label", "priority", "move"])
def test_a_value_that_is_none_of_the_list(desk: Any, act: str) -> None:
    tip = desk.tip()
    label = Label.objects.create(name="市里的", office=desk.city)
    values = {
        "label": str(label.pk),
        "assign": str(desk.users["chief"].pk),
        "priority": "9",
        "move": "999999",
    }
    given = {"act": act, "tips": chosen(tip), "value": values[act], "reason": "理由"}
    assert desk.client("triage").post("/desk/bulk/run/", given).status_code == 409
    assert not Job.objects.exists()


# Views, keys, the page -----------------------------------------------------------------------------


def test_views_are_kept_shared_and_counted(desk: Any) -> None:
    tip, client = desk.tip(category="penalty"), desk.client("triage")
    desk.tip()
    kept = {"category": "penalty", "name": "处罚", "shared": "on", "q": "不该留下的词"}
    assert client.post("/desk/views/", {"name": ""}).status_code == 422
    assert client.post("/desk/views/", kept).status_code == 303
    saved = SavedView.objects.get()
    assert saved.query == "category=penalty"
    other = desk.client("handler")
    assert re.search(r"category=penalty\"[^>]*>处罚&nbsp;1<", other.get("/desk/").text)
    assert numbers(other.get("/desk/?category=penalty")) == [tip.number]
    assert other.post(f"/desk/views/{saved.pk}/delete/").status_code == 404
    assert other.post("/desk/views/", {"name": "我的", "shared": "on"}).status_code == 403
    assert "处罚&nbsp;" not in desk.client("outsider").get("/desk/").text
    assert client.post(f"/desk/views/{saved.pk}/delete/").status_code == 303
    assert not SavedView.objects.exists()


def test_counts_stop_at_a_thousand(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(queue, "COUNT_MOST", 2)
    for n in range(4):
        desk.tip(str(n))
    page = desk.client("triage").get("/desk/")
    assert "待办&nbsp;2+<" in page.text
    assert "超期&nbsp;0<" in page.text


def test_a_full_page_is_small_and_its_queries_few(desk: Any) -> None:
    import secrets
    import uuid
    from copy import copy

    first, rows = desk.tip("一个三十来字长的标题" * 3), []
    for n in range(60):
        row = copy(first)
        row.pk, row.number = uuid.uuid4(), f"2025-{n}"
        row.lookup_id, row.tag, row.change = secrets.token_bytes(32), secrets.token_bytes(16), 10_000 + n
        rows.append(row)
    Tip.objects.bulk_create(rows)
    client = desk.client("triage")
    client.get("/desk/")
    with CaptureQueriesContext(connection) as found:
        page = client.get("/desk/")
    assert len(numbers(page)) == 50
    assert len(page.content) <= 100_000
    assert len(found) <= 40


def test_without_a_script_every_key_has_its_button(desk: Any) -> None:
    tip = desk.tip()
    page = desk.client("triage").get("/desk/")
    assert f'formaction="/desk/tips/{tip.number}/claim/"' in page.text
    assert 'name="tip"' in page.text
    assert "键盘操作" in page.text
    assert re.search(r'<script src="[^"]*queue[^"]*\.js" defer></script>', page.text)
    assert "<script>" not in page.text
    assert (
        desk.client("auditor").get("/desk/fresh/").json() == desk.client("triage").get("/desk/fresh/").json()
    )


def test_a_mention_waits_until_it_is_seen(desk: Any) -> None:
    tip = desk.tip()
    post(desk.client("triage"), tip, "note", {"note": "请 @林handler 看；也问 @林outsider。"})
    page = desk.client("handler").get("/desk/")
    assert "有人在内部记录里提到您" in page.text
    desk.client("handler").get(f"/desk/tips/{tip.number}/")
    assert "有人在内部记录里提到您" not in desk.client("handler").get("/desk/").text
    assert "提到您" not in desk.client("outsider").get("/desk/").text


def test_who_else_is_reading(desk: Any) -> None:
    tip = desk.tip()
    desk.client("handler").get(f"/desk/tips/{tip.number}/")
    assert "林handler正在看" in desk.client("triage").get("/desk/").text
    assert "正在看" not in desk.client("handler").get("/desk/").text


def test_templates_fill_their_fields_and_hold_no_markup(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("triage")
    row = ReplyTemplate.objects.create(name="受理", text="{机构}在 {收到日期} 收到。{未知}")
    page = client.get(f"/desk/tips/{tip.number}/?template={row.pk}")
    form = page.text.split('name="reply"', 1)[1].split("</textarea>")[0]
    assert "望湖区纪委监委在" in form
    assert "{未知}" in form
    for text in ("<script>x</script>", "<img src=x onerror=y>", "javascript:x", "{未知}", "好\u202e的"):
        with pytest.raises(ValidationError):
            replies.check(text)
    assert client.get(f"/desk/tips/{tip.number}/?template=x").status_code == 200


def test_a_stale_form_says_who_did_what(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("handler")
    url = f"/desk/tips/{tip.number}/"
    old = revision(client.get(url).text, f"{url}reply/")
    state(desk.client("triage"), tip, "screening")
    page = post(client, tip, "reply", {"reply": "写了很久", "revision": old})
    assert page.status_code == 409
    assert re.search(r"林triage：审核中", page.text)
    assert "写了很久" in page.text


def test_statistics_are_drawn_listed_and_exported(desk: Any) -> None:
    desk.tip()
    desk.tip(category="penalty", region="town")
    client = desk.client("outsider", unlocked=False)
    page = client.get("/desk/stats/")
    assert page.text.count("<svg") >= page.text.count("<figure") * 2 - 1
    assert "下级机构" in page.text, "the level above sees the offices below as numbers"
    assert "/desk/tips/" not in page.text
    answer = client.get("/desk/stats/table.csv")
    assert answer.content.startswith("\ufeff".encode())
    assert "按月收到" in answer.content.decode()
