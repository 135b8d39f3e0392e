"""The auditor's view: who did what when, page by page and as CSV; alarms with their rules; never content."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from ledger import services as ledger
from ledger.models import Event
from workdays import clock

from complaints.desk import audit, audit_alarms, identity
from complaints.desk.models import Alarm
from complaints.desk.services import Refused
from complaints.intake import services as intake
from complaints.intake import uploads
from complaints.vault.models import SealedFile
from tests.complaints.desk.test_work import post

NOON = dt.datetime(2026, 11, 18, 4, 0, tzinfo=dt.UTC)  # a Wednesday, noon in Shanghai


@pytest.fixture
def at_noon(monkeypatch: Any) -> None:
    """Working hours, whatever the machine's clock says."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


def rows(page: Any) -> list[list[str]]:
    """The table, cell by cell."""
    body = page.text.split("<tbody")[1].split("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("<tr")[1:]]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def test_every_kind_of_reading_is_there_and_no_content(at_noon: None, desk: Any) -> None:
    file = uploads.seal_file(name="私密文件名.txt", content=[b"x" * 10])
    tip = desk.tip("绝密标题", files=[file], identity=intake.Identity(name="李四", phone="13800000000"))
    handler = desk.client("handler")
    handler.get(f"/desk/tips/{tip.number}/")
    pk = SealedFile.objects.get(tip=tip.pk).pk
    b"".join(handler.get(f"/desk/tips/{tip.number}/files/{pk}/").streaming_content)  # type: ignore[attr-defined]
    handler.post("/desk/search/", {"q": "绝密标题"})
    identity.ask(user=desk.users["custodian"], number=tip.number, reason="归还账本")
    auditor = desk.client("auditor", unlocked=False)
    log = auditor.get("/desk/audit/")
    said = {(row[1].split()[0], row[2], row[3]) for row in rows(log)}
    assert said >= {
        ("林handler", "打开查看", tip.number),
        ("林handler", "下载材料", tip.number),
        ("林handler", "检索", "—"),
        ("林handler", "登录", "—"),
        ("林custodian", "申请打开举报人身份", tip.number),
        ("林auditor", "登录", "—"),
    }
    # The offices may have been founded on a later day than this test's noon.
    keys = auditor.get("/desk/audit/?group=keys&first=2020-01-01&last=2100-01-01")
    assert any(row[2] == "钥匙目录有变" for row in rows(keys))
    for hidden in ("绝密标题", "私密文件名", "李四", "归还账本"):
        assert hidden not in log.text
    assert auditor.get(f"/desk/tips/{tip.number}/").status_code == 200


def test_by_person_number_kind_and_day(at_noon: None, desk: Any) -> None:
    one, two = desk.tip(), desk.tip()
    for name, tip in (("handler", one), ("triage", one), ("triage", two)):
        desk.client(name).get(f"/desk/tips/{tip.number}/")
    auditor = desk.client("auditor", unlocked=False)
    pk = desk.users["triage"].pk
    found = rows(auditor.get(f"/desk/audit/?person={pk}&group=opened"))
    assert sorted(row[3] for row in found) == sorted([one.number, two.number])
    found = rows(auditor.get(f"/desk/audit/?number={one.number}&group=opened"))
    assert sorted(row[1].split()[0] for row in found) == ["林handler", "林triage"]
    assert "没有这样的记录" in auditor.get("/desk/audit/?last=2026-11-17&group=opened").text
    for bad in ("person=999999", "group=x", "first=yesterday", "first=2026-11-18&last=2026-11-17"):
        page = auditor.get(f"/desk/audit/?{bad}")
        assert page.status_code == 422, bad
        assert 'class="errs"' in page.text


def test_pages_meet_without_gap_or_repeat_in_few_queries(at_noon: None, desk: Any, monkeypatch: Any) -> None:
    tip, user = desk.tip(), desk.users["handler"]
    Event.objects.exclude(kind="submitted").delete()
    for n in range(25):  # five at each moment: the moment alone is no key
        at = NOON - dt.timedelta(minutes=n // 5)
        with transaction.atomic():
            ledger.record(kind="opened", actor=f"user:{user.pk}", tag=bytes(tip.tag), at=at)
    monkeypatch.setattr(audit, "PAGE", 4)
    asked = audit.Asked(NOON.date(), NOON.date(), group="opened")
    seen, after = [], ""
    for _ in range(20):
        lines, after = audit.page(desk.users["auditor"], asked, after=after, size=4)
        seen += [line.uuid for line in lines]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 25
    auditor = desk.client("auditor", unlocked=False)
    with CaptureQueriesContext(connection) as found:
        assert auditor.get("/desk/audit/?after=nonsense&group=opened").status_code == 200
    assert len(found) <= 25


def test_the_csv_has_every_line_and_no_formula(at_noon: None, desk: Any) -> None:
    tip = desk.tip()
    user = desk.users["handler"]
    user.last_name, user.first_name = "=cmd|", "x"
    user.save()
    desk.client("handler").get(f"/desk/tips/{tip.number}/")
    response = desk.client("auditor", unlocked=False).get(f"/desk/audit/table.csv?number={tip.number}")
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    head, line = list(csv.reader(io.StringIO(body.removeprefix("\ufeff"))))
    assert head[0] == "时间"
    assert line[:5] == [
        timezone.localtime(NOON).isoformat(timespec="seconds"), "'=cmd|x", "handler", "打开查看", tip.number,
    ]  # fmt: skip


def test_another_offices_auditor_sees_nothing_of_it(at_noon: None, desk: Any) -> None:
    tip = desk.tip()
    desk.client("handler").get(f"/desk/tips/{tip.number}/")
    desk.member("city-auditor", "auditor", desk.city)
    page = desk.client("city-auditor", unlocked=False).get("/desk/audit/")
    assert {row[3] for row in rows(page)} == {"—"}
    assert "林handler" not in page.text
    page = desk.client("city-auditor", unlocked=False).get(f"/desk/audit/?number={tip.number}")
    assert "没有这样的记录" in page.text
    for name in ("triage", "handler", "approver", "custodian", "head"):
        client = desk.client(name)
        for path in ("", "table.csv", "alarms/"):
            assert client.get(f"/desk/audit/{path}").status_code == 403


# Alarms -------------------------------------------------------------------------------------------------


def test_many_tips_in_a_day(at_noon: None, desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(audit_alarms.RULES, "many", audit_alarms.Rule(3, "三件以上"))
    client, tips = desk.client("handler"), [desk.tip() for _ in range(4)]
    for tip in (*tips[:2], tips[0], tips[0]):  # the same one again is one
        client.get(f"/desk/tips/{tip.number}/")
    assert not Alarm.objects.exists()
    for tip in tips[2:]:
        client.get(f"/desk/tips/{tip.number}/")
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.user, alarm.count, alarm.tip) == ("many", desk.users["handler"], 4, None)


HOURS = (
    ("2026-11-18T06:59:59", True), ("2026-11-18T07:00:00", False), ("2026-11-18T19:59:59", False),
    ("2026-11-18T20:00:00", True), ("2026-11-21T12:00:00", True), ("2026-10-01T12:00:00", True),
    ("2026-10-10T12:00:00", False),
)  # fmt: skip


def test_out_of_hours_by_the_calendar(db: None) -> None:
    for at, out in HOURS:
        moment = timezone.make_aware(dt.datetime.fromisoformat(at))
        assert audit_alarms.out_of_hours(moment) is out, at


def test_at_night_once_a_day(desk: Any, monkeypatch: Any) -> None:
    tips = [desk.tip(), desk.tip()]
    monkeypatch.setattr(clock, "now", lambda: NOON + dt.timedelta(hours=10))
    for tip in tips:
        desk.client("handler").get(f"/desk/tips/{tip.number}/")
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.count) == ("hours", 2)


def test_ones_own_name_read_and_searched(at_noon: None, desk: Any) -> None:
    tip = desk.tip(narrative="办事员林 Handler 收了钱。")
    other = desk.tip(respondents=[intake.Respondent(name="林triage", unit="", post="")])
    client = desk.client("handler")
    client.get(f"/desk/tips/{tip.number}/")
    client.get(f"/desk/tips/{other.number}/")
    client.post("/desk/search/", {"q": "林ＨＡＮＤＬＥＲ"})
    client.post("/desk/search/", {"q": "别人"})
    found = {(row.rule, row.user.username, row.tip) for row in Alarm.objects.all()}
    assert found == {("own-name", "handler", tip), ("own-search", "handler", None)}
    desk.client("triage").get(f"/desk/tips/{other.number}/")
    assert Alarm.objects.filter(rule="own-name", user=desk.users["triage"], tip=other).count() == 1


def test_an_alarm_names_its_rule_and_another_answers_it(at_noon: None, desk: Any) -> None:
    tip = desk.tip(narrative="林handler收了钱。")
    desk.client("handler").get(f"/desk/tips/{tip.number}/")
    auditor = desk.client("auditor", unlocked=False)
    alarm = Alarm.objects.get()
    page = auditor.get("/desk/audit/alarms/")
    assert str(audit_alarms.RULES["own-name"].words) in page.text
    assert rows(page)[0][4] == tip.number
    url = f"/desk/audit/alarms/{alarm.pk}/"
    assert auditor.post(url, {"finding": ""}).status_code == 409
    desk.member("city-auditor", "auditor", desk.city)
    assert desk.client("city-auditor").post(url, {"finding": "normal"}).status_code == 404
    assert auditor.post(url, {"finding": "asked"}).status_code == 303
    assert auditor.post(url, {"finding": "normal"}).status_code == 409
    alarm.refresh_from_db()
    assert (alarm.finding, alarm.seen_by) == ("asked", desk.users["auditor"])
    assert Event.objects.get(kind="alarm-answered").details["finding"] == "asked"
    assert "已要求本人说明" in auditor.get("/desk/audit/alarms/?seen=1").text
    assert post(desk.client("handler"), tip, "claim").status_code == 303, "an alarm stops nobody's work"


def test_more_alarms_than_a_page_shows(desk: Any) -> None:
    at = clock.now()
    for n in range(53):
        day, then = at.date() - dt.timedelta(days=n), at - dt.timedelta(hours=n // 3)
        Alarm.objects.create(
            rule="many", user=desk.users["triage"], office=desk.lake, day=day, count=40 + n, raised_at=then
        )
    auditor = desk.client("auditor", unlocked=False)
    first = auditor.get("/desk/audit/alarms/")
    (further,) = re.findall(r'href="(\?after=[^"]+)"', first.text)
    second = auditor.get(f"/desk/audit/alarms/{further}")
    counts = [int(row[3]) for page in (first, second) for row in rows(page)]
    assert (len(counts), sorted(counts)) == (53, list(range(40, 93)))
    assert "?after=" not in second.text
    assert auditor.get("/desk/audit/alarms/?after=nonsense").status_code == 200


def test_nobody_answers_for_oneself(desk: Any) -> None:
    user = desk.users["auditor"]
    alarm = Alarm.objects.create(rule="hours", user=user, office=desk.lake, day=NOON.date(), raised_at=NOON)
    with pytest.raises(Refused):
        audit.answer(alarm=alarm, user=user, finding="normal")
