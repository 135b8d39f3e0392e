"""Views that people keep: filters under a name, one's own or the office's; never words of a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.translation import gettext as _
from workdays import clock

from complaints import access
from complaints.desk.forms import FILTERS
from complaints.desk.models import SavedView
from complaints.vault.models import Office

MOST = 12  # of one person, and shared ones of one office: each is counted on every page
QUERY_MOST = 400


class Full(Exception):
    """There are as many views as a page can count; the text says so."""


def of(user: User, offices: Iterable[Office]) -> list[SavedView]:
    """One's own views and those of one's offices, oldest first."""
    rows = SavedView.objects.filter(Q(owner=user, office=None) | Q(office__in=[o.pk for o in offices]))
    return list(rows.order_by("pk")[: 2 * MOST])


def filters(
    saved: SavedView, people: Sequence[tuple[str, str]], labels: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """The filters of a view that still mean something: a colleague or label that is gone filters nothing."""
    kept = {name: value for name, value in parse_qsl(saved.query) if name in FILTERS}
    known = {"assignee": {"me", "none", *dict(people)}, "label": set(dict(labels))}
    return {name: value for name, value in kept.items() if value in known.get(name, {value})}


def keep(*, user: User, name: str, kept: dict[str, str], shared: bool) -> SavedView:
    """Save the filters under a name. Raises Full; PermissionDenied where the role may not share."""
    office = access.offices_for(user, "share-view").first() if shared else None
    if shared and office is None:
        raise PermissionDenied
    rows = (
        SavedView.objects.filter(office=office)
        if office
        else SavedView.objects.filter(owner=user, office=None)
    )
    if rows.count() >= MOST:
        raise Full(_("最多存 %(most)d 个视图，请先删去不用的") % {"most": MOST})
    query = urlencode({name: value for name, value in kept.items() if name in FILTERS})[:QUERY_MOST]
    return SavedView.objects.create(name=name, owner=user, office=office, query=query, created_at=clock.now())
