"""Roles by category and region: what lies outside a remit does not exist for who is bound to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from ledger.models import Event

from complaints import access
from complaints.desk import calendars, figures, finding_similar, members, remits, services, sorting
from complaints.intake.models import Category, Region, Remit, Tip
from tests.complaints.desk.roles import ROWS, address

LINK = re.compile(r'<a href="/desk/tips/([^/]+)/"')


def bound(desk: Any, name: str, role: str = "", *, categories: Any = (), regions: Any = ()) -> None:
    """Through the service, by the office's administrator."""
    remits.bind(
        office=desk.lake,
        user=desk.users[name],
        role=role or name,
        categories=list(Category.objects.filter(code__in=categories)),
        regions=list(Region.objects.filter(code__in=regions)),
        by=desk.users["head"],
    )


def shown(client: Any, query: str = "") -> set[str]:
    page = client.get(f"/desk/{query}")
    assert page.status_code == 200
    return set(LINK.findall(page.text))


def test_from_the_members_page_to_the_queue(desk: Any) -> None:
    fees, penalty = desk.tip("押金不退"), desk.tip("罚款从轻", category="penalty")
    handler, head = desk.client("handler"), desk.client("head")
    page = f"/desk/members/lake/{desk.users['handler'].pk}/"
    assert shown(handler) == {fees.number, penalty.number}
    assert "都能看、都能办" in head.get(page).text
    address = f"{page}remit/handler/"
    assert "不是加密" in head.get(address).text
    assert head.post(address, {"categories": ["penalty"]}).status_code == 303
    assert "只办处罚不公" in head.get(page).text
    assert 'value="penalty" id="id_categories_1" checked' in head.get(address).text
    assert shown(handler) == {penalty.number}
    text = handler.get("/desk/").text
    assert "只办处罚不公" in text
    assert "待办&nbsp;1" in text
    assert handler.get(f"/desk/tips/{penalty.number}/").status_code == 200
    assert handler.get(f"/desk/tips/{fees.number}/").status_code == 404
    event = Event.objects.filter(kind="account").latest("pk")
    assert event.details["act"] == "bound"
    assert event.details["categories"] == ["penalty"]
    assert head.post(address, {}).status_code == 303
    assert shown(handler) == {fees.number, penalty.number}
    assert not Remit.objects.exists()


def test_every_address_of_a_tip_outside_is_404(desk: Any) -> None:
    tip = desk.tip()
    for name in ("triage", "handler", "approver"):
        bound(desk, name, categories=["penalty"])
        client = desk.client(name)
        paths = {row: path for row in ROWS if tip.number in (path := address(row, tip))}
        assert len(paths) > 25
        wrong = [
            (method, path, status)
            for row, path in paths.items()
            for method in ROWS[row].methods.lower().split()
            if (status := getattr(client, method)(path).status_code) != 404
        ]
        assert not wrong, (name, wrong)


def test_what_lies_below_belongs_to_it(desk: Any) -> None:
    street = Region.objects.create(code="street", name="湖滨街道", parent=Region.objects.get(code="lake"))
    tip = desk.tip()
    Tip.objects.filter(pk=tip.pk).update(region=street)
    bound(desk, "handler", regions=["lake"])
    assert access.can(desk.users["handler"], "open", office=desk.lake, tip=Tip.objects.get(pk=tip.pk))
    bound(desk, "handler", regions=["town"])
    assert not access.can(desk.users["handler"], "open", office=desk.lake, tip=Tip.objects.get(pk=tip.pk))


def test_category_and_region_both_must_fit(desk: Any) -> None:
    tip = desk.tip()
    for categories, regions, fits in (
        (["fees"], ["lake"], True),
        (["fees", "penalty"], [], True),
        (["fees"], ["town"], False),
        (["penalty"], ["lake"], False),
    ):
        bound(desk, "handler", categories=categories, regions=regions)
        assert access.tips_for(desk.users["handler"]).filter(pk=tip.pk).exists() == fits
        assert access.can(desk.users["handler"], "reply", office=desk.lake, tip=tip) == fits


def test_another_role_that_is_not_bound_still_reaches(desk: Any) -> None:
    """One is the union of one's roles; each act asks for the role that may do it."""
    tip = desk.tip()
    desk.member("handler", "triage")
    bound(desk, "handler", "handler", categories=["penalty"])
    user = desk.users["handler"]
    assert access.can(user, "open", office=desk.lake, tip=tip)
    assert not access.can(user, "state:closed", office=desk.lake, tip=tip)
    assert "state:closed" not in access.actions_of(user, office=desk.lake, tip=tip)
    assert "state:closed" in access.actions_of(user, office=desk.lake)
    with pytest.raises(PermissionDenied):
        access.require(user, "redact", tip=tip)


def test_a_custodian_who_handles_reads_only_what_is_theirs(desk: Any) -> None:
    """The queue is whole for who keeps identities; a subject is shown where the other role opens it."""
    fees, penalty = desk.tip("押金不退"), desk.tip("罚款从轻", category="penalty")
    desk.member("custodian", "handler")
    bound(desk, "custodian", "handler", categories=["penalty"])
    client = desk.client("custodian")
    text = client.get("/desk/").text
    assert shown(client) == {fees.number, penalty.number}
    assert "罚款从轻" in text
    assert "押金不退" not in text
    assert client.get(f"/desk/tips/{fees.number}/").status_code == 200
    assert "押金不退" not in client.get(f"/desk/tips/{fees.number}/").text


def test_search_similar_tips_and_figures_keep_to_it(desk: Any) -> None:
    words = "办事窗口收了押金三百元，半年不退，还说没有收据就不认账。"
    mine = desk.tip("押金不退", words, category="penalty")
    other = desk.tip("押金又不退", words)
    bound(desk, "handler", categories=["penalty"])
    client = desk.client("handler")
    answer = client.post("/desk/search/", {"q": "押金"})
    assert set(LINK.findall(client.get(answer["Location"]).text)) == {mine.number}
    page = client.get(f"/desk/tips/{mine.number}/").text
    assert other.number not in page
    user = desk.users["handler"]
    marks = finding_similar.marks(user=user, seed=desk.seeds["handler"], tips=[mine])
    assert marks == {}
    assert other.number in desk.client("approver").get(f"/desk/tips/{mine.number}/").text
    tables = {table.key: table for table in figures.tables(user, access.tips_for(user))}
    assert sum(row[1] for row in tables["category"].rows) == 1


def test_lists_beside_the_queue_keep_to_it(desk: Any) -> None:
    mine, other = desk.tip(category="penalty"), desk.tip()
    sorting.link(tip=mine, user=desk.users["triage"], other=other, kind="related", revision=mine.revision)
    for tip in (mine, other):
        services.add_note(
            tip=tip,
            user=desk.users["triage"],
            keys=desk.open("triage", tip)["keys"],
            text=f"请看 @{desk.users['handler'].username}",
        )
    bound(desk, "handler", categories=["penalty"])
    user = desk.users["handler"]
    assert [row.note.tip_id for row in sorting.mentions_of(user)] == [mine.pk]
    assert sorting.links_of(mine, user) == []
    assert len(sorting.links_of(mine, desk.users["approver"])) == 1
    Tip.objects.update(due_on="2026-12-01")
    feed = calendars.of(user).decode()
    assert mine.number in feed
    assert other.number not in feed
    client = desk.client("handler")
    chosen = f"{other.uuid.hex}.{Tip.objects.get(pk=other.pk).revision}"
    assert client.post("/desk/bulk/", {"act": "claim", "tip": [chosen]}).status_code == 404


def test_nobody_gets_a_tip_that_is_not_theirs(desk: Any) -> None:
    tip = desk.tip()
    triage, handler = desk.users["triage"], desk.users["handler"]
    assert handler in services.claimants(tip)
    bound(desk, "handler", categories=["penalty"])
    assert handler not in services.claimants(tip)
    with pytest.raises(services.Refused):
        services.assign(tip=tip, user=triage, to=handler, revision=tip.revision)
    assert services.mentioned(f"@{handler.username} 请看", tip) == []
    with pytest.raises(PermissionDenied):
        services.claim(tip=tip, user=handler)


def test_what_was_in_hand_and_no_longer_fits_is_free_again(desk: Any) -> None:
    fees, penalty = desk.tip(), desk.tip(category="penalty")
    handler = desk.users["handler"]
    for tip in (fees, penalty):
        services.claim(tip=tip, user=handler)
    bound(desk, "handler", categories=["penalty"])
    assert Tip.objects.get(pk=fees.pk).assignee is None
    assert Tip.objects.get(pk=penalty.pk).assignee == handler
    assert Event.objects.filter(kind="released", tag=bytes(fees.tag)).count() == 1


def test_who_may_bind_whom(desk: Any) -> None:
    handler, head = desk.users["handler"], desk.users["head"]
    outside = f"/desk/members/lake/{handler.pk}/remit"
    assert desk.client("chief").post(f"{outside}/handler/", {}).status_code == 404  # of the office above
    assert desk.client("triage").post(f"{outside}/handler/", {}).status_code == 403
    client = desk.client("head")
    assert client.get(f"{outside}/triage/").status_code == 404  # a role that is not held
    assert client.get(f"/desk/members/lake/{desk.users['auditor'].pk}/remit/auditor/").status_code == 404
    wrong = client.post(f"{outside}/handler/", {"categories": ["no-such"]})
    assert wrong.status_code == 422
    assert "请从列表里选类别" in wrong.text
    assert not Remit.objects.exists()
    desk.member("head", "handler")
    own = client.post(f"/desk/members/lake/{head.pk}/remit/handler/", {"categories": ["fees"]})
    assert own.status_code == 422
    assert "另一位管理员" in own.text
    assert "限定类别和地区" not in client.get(f"/desk/members/lake/{head.pk}/").text


def test_a_role_that_ends_and_is_given_again_is_as_narrow(desk: Any) -> None:
    tip, handler = desk.tip(), desk.users["handler"]
    bound(desk, "handler", categories=["penalty"])
    members.remove(
        office=desk.lake, user=handler, roles=["handler"], by=desk.users["head"], seed=desk.seeds["head"]
    )
    assert not access.tips_for(handler).exists()
    assert remits.words(handler) == []
    desk.member("handler", "handler")
    assert not access.can(handler, "open", office=desk.lake, tip=tip)
    assert access.can(handler, "open", office=desk.lake)


def test_it_costs_a_fixed_number_of_queries(desk: Any) -> None:
    for _n in range(3):
        desk.tip()
    client = desk.client("handler")
    client.get("/desk/")

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/desk/")
        return len(seen)

    free = count()
    bound(desk, "handler", categories=["fees"])
    client.get("/desk/")
    narrow = count()
    assert narrow - free < 25
    for _n in range(3):
        desk.tip()
    client.get("/desk/")
    assert count() == narrow
