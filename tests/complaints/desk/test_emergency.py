"""An administrator breaks the glass: what opens, for how long, what stays shut, and who is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from ledger.models import Event
from workdays import clock

from complaints import access
from complaints.desk import audit_alarms, emergency
from complaints.desk.models import Alarm
from complaints.desk.services import Refused
from complaints.vault.models import Emergency
from tests.complaints.desk.conftest import PASSWORD

URL = "/desk/members/emergency/"


def form(desk: Any, **changes: str) -> dict[str, str]:
    return {"office": str(desk.lake.pk), "reason": "nobody", "password": PASSWORD, **changes}


def test_an_hour_of_reading_and_assigning_and_no_more(desk: Any, monkeypatch: Any) -> None:
    tip = desk.tip("没人在岗", "只有打开才看得到")
    page = f"/desk/tips/{tip.number}/"
    head = desk.client("head")
    assert head.get(page).status_code == 404
    assert head.post(URL, form(desk)).status_code == 303
    opened = head.get(page)
    assert "只有打开才看得到" in opened.text
    assert tip.number in head.get("/desk/").text
    tip.refresh_from_db()
    given = {"revision": tip.revision, "to": str(desk.users["handler"].pk)}
    assert head.post(f"{page}assign/", given).status_code == 303
    for shut in ("reply", "claim", "propose", "hold", "priority"):
        assert head.post(f"{page}{shut}/", {"revision": 9}).status_code == 403, shut
    for shut in ("export", "redact", "transfer", "joint"):
        assert head.get(f"{page}{shut}/").status_code == 403, shut
    assert head.post("/desk/search/", {"q": "岗"}).status_code == 403
    assert head.get("/desk/identity/").status_code == 403
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + emergency.LASTS + dt.timedelta(seconds=1))
    assert head.get(page).status_code == 404, "it ends by itself"


def test_it_ends_before_its_time(desk: Any) -> None:
    head = desk.client("head")
    head.post(URL, form(desk))
    assert head.post(URL, {"end": "yes"}).status_code == 303
    assert head.get("/desk/").headers["Location"] == "/desk/members/"
    assert [e.kind for e in Event.objects.filter(kind__startswith="emergency").order_by("at")] == [
        "emergency",
        "emergency-ended",
    ]


def test_everybody_is_told(desk: Any) -> None:
    desk.member("city-auditor", "auditor", desk.city)
    for name in ("triage", "city-auditor", "handler"):
        type(desk.users[name]).objects.filter(pk=desk.users[name].pk).update(email=f"{name}@example.org")
    desk.client("head").post(URL, form(desk))
    assert sorted(to for message in mail.outbox for to in message.to) == [
        "city-auditor@example.org",
        "triage@example.org",
    ]
    assert "正在应急查看" in desk.client("handler").get("/desk/").text
    assert "正在应急查看" not in desk.client("outsider").get("/desk/").text
    assert set(Alarm.objects.values_list("office", "rule")) == {
        (desk.lake.pk, "emergency"),
        (desk.city.pk, "emergency"),
    }
    for name in ("auditor", "city-auditor"):
        page = desk.client(name, unlocked=False).get("/desk/audit/alarms/").text
        assert str(audit_alarms.RULES["emergency"].words) in page
    log = desk.client("auditor", unlocked=False).get("/desk/audit/?group=emergency").text
    assert "开始应急查看" in log


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"password": "wrong"}, 422),
        ({"password": ""}, 422),
        ({"reason": ""}, 422),
        ({"reason": "because"}, 422),
    ],
)
def test_not_without_reason_and_password(desk: Any, changes: dict[str, str], status: int) -> None:
    head = desk.client("head")
    assert head.post(URL, form(desk, **changes)).status_code == status
    assert head.post(URL, form(desk, office=str(desk.city.pk))).status_code == 422, "another's office"
    assert not Emergency.objects.exists()


def test_only_administrators_each_in_their_own_office(desk: Any) -> None:
    assert desk.client("triage").post(URL, form(desk)).status_code == 403
    with pytest.raises(Refused):
        emergency.begin(office=desk.lake, user=desk.users["chief"], reason="safety")
    emergency.begin(office=desk.lake, user=desk.users["head"], reason="safety")
    assert access.actions_of(desk.users["chief"], office=desk.lake) == frozenset()
    assert not access.can(desk.users["head"], "open", office=desk.city)
    assert "open" not in access.actions_of(desk.users["auditor"], office=desk.lake)
    with pytest.raises(Refused, match="已经"):
        emergency.begin(office=desk.lake, user=desk.users["head"], reason="safety")


def test_three_times_a_day(desk: Any) -> None:
    for _n in range(emergency.A_DAY):
        emergency.begin(office=desk.lake, user=desk.users["head"], reason="fault")
        emergency.end(user=desk.users["head"])
    with pytest.raises(Refused, match="上级"):
        emergency.begin(office=desk.lake, user=desk.users["head"], reason="fault")


def test_the_last_administrator_stays(desk: Any) -> None:
    """Nobody can be locked out of an office's administration by removing, from the page or by the verb."""
    from complaints.vault import members
    from complaints.vault.errors import Refused as VaultRefused

    desk.member("head2", "administrator")
    given = {"office": desk.lake, "remover": desk.users["head2"], "remover_seed": desk.seeds["head2"]}
    members.remove(user=desk.users["head"], **given)
    with pytest.raises(VaultRefused):
        members.remove(user=desk.users["head2"], **given)
