"""Who may do what: the table, whole; and that another office's tip does not exist."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from complaints import access
from tests.complaints.desk.conftest import ROLES, desk  # noqa: F401  (fixture)

# What each role may do in its own office; anything else it may not.
EXPECTED = {
    "triage": {
        "queue", "open", "files", "search", "claim", "assign", "reply", "note",
        "state:screening", "state:accepted", "state:refused", "state:repeat", "state:moved",
        "propose", "transfer", "joint", "label", "priority", "link", "bulk", "share-view",
    },
    "handler": {
        "queue", "open", "files", "search", "claim", "reply", "note",
        "state:screening", "state:accepted", "state:repeat", "state:disposing", "state:closed",
        "propose", "label", "link", "pause", "bulk", "redact", "export",
    },
    "approver": {
        "queue", "open", "files", "search", "assign", "note",
        "state:refused", "state:moved", "state:disposing", "state:closed",
        "propose", "decide", "hold", "transfer", "joint", "half", "half:b", "priority", "pause", "bulk",
        "share-view", "redact", "export", "retention", "destroy",
    },
    "custodian": {"queue", "identity-request", "half", "half:a"},
    "auditor": {"queue", "audit", "retention"},
    "administrator": {"administer", "retention", "destroy"},
}  # fmt: skip


@pytest.mark.parametrize("role", EXPECTED)
@pytest.mark.parametrize("action", sorted(access.TABLE))
def test_the_table(role: str, action: str) -> None:
    assert (role in access.TABLE[action]) == (action in EXPECTED[role])


def test_each_role_in_its_own_office_only(desk: Any) -> None:  # noqa: F811
    for role in ROLES:
        user = desk.users[role]
        assert access.actions_of(user, office=desk.lake) == EXPECTED[role]
        assert access.actions_of(user, office=desk.city) == frozenset()


def test_another_offices_tip_does_not_exist(desk: Any) -> None:  # noqa: F811
    tip = desk.tip()
    assert access.tip_or_404(desk.users["triage"], tip.number) == tip
    for name in ("outsider", "chief"):
        assert not access.can(desk.users[name], "open", office=tip.office_id, tip=tip)
        with pytest.raises(Http404):
            access.tip_or_404(desk.users[name], tip.number, "open")
    with pytest.raises(Http404):
        access.tip_or_404(desk.users["triage"], "1999-1")


def test_a_tip_is_never_asked_for_through_another_office(desk: Any) -> None:  # noqa: F811
    tip = desk.tip()
    assert not access.can(desk.users["outsider"], "open", office=desk.city, tip=tip)


def test_ones_own_tip_but_not_this_act(desk: Any) -> None:  # noqa: F811
    tip = desk.tip()
    with pytest.raises(PermissionDenied):
        access.tip_or_404(desk.users["auditor"], tip.number, "open")


def test_former_members_and_the_inactive_may_nothing(desk: Any) -> None:  # noqa: F811
    tip = desk.tip()
    handler, triage = desk.users["handler"], desk.users["triage"]
    handler.memberships.update(ended_at=tip.office.memberships.first().granted_at)
    type(triage).objects.filter(pk=triage.pk).update(is_active=False)
    for user in (handler, triage):
        assert not access.can(user, "queue", office=desk.lake)
        assert not access.tips_for(user).exists()


def test_an_unknown_action_is_a_mistake(desk: Any) -> None:  # noqa: F811
    with pytest.raises(KeyError):
        access.can(desk.users["triage"], "no-such-act", office=desk.lake)


def test_every_desk_view_names_who_may_enter() -> None:
    from complaints.desk.urls import urlpatterns

    for pattern in urlpatterns:
        view = pattern.callback
        while not hasattr(view, "desk_action") and hasattr(view, "__wrapped__"):
            view = view.__wrapped__
        assert hasattr(view, "desk_action"), pattern.name
        assert view.desk_action in {*access.TABLE, None}, pattern.name
        if view.desk_action is None:
            assert pattern.name in {"queue", "unlock", "lock"}
