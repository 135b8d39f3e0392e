"""A page of what is found: the indexes' answer met with the filters on clear columns."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.keys import KeySeed
from accounts.models import User
from django.db.models import QuerySet

from complaints.desk import finding, opening
from complaints.desk.queue import PAGE, NoSuchPage
from complaints.intake.models import Tip
from complaints.vault.models import Office
from search import synonyms
from search.engines.base import BadPage, Hits, IndexDamaged
from search.query import Query
from search.widening import understood

WITHIN_MAX = 20_000  # up to so many filtered tips, the index is handed their ids
BLOCK = 500  # otherwise it is asked for ids in blocks, which are met with the filters
FIND_S = 2.0  # seconds in which blocks are asked for one page; then the page says that there is more to read


@dataclass
class Page:
    """Tips in the order of the answer. `total` is None where filters make it dear; `pending` are unread."""

    tips: list[Tip] = field(default_factory=list)
    following: str = ""
    total: int | None = 0
    pending: int = 0
    near: bool = False
    cut: bool = False
    blank: bool = False  # nothing of the words can be looked for
    also: list[str] = field(default_factory=list)  # synonyms that were looked for as well


@dataclass(frozen=True)
class Place:
    """Where a page begins: which office, the engine's cursor there, how many of its ids to skip."""

    office: int = 0
    skip: int = 0
    cursor: str = ""

    @classmethod
    def read(cls, text: str) -> Place:
        """From "0~12~cursor"; raises NoSuchPage."""
        try:
            office, skip, cursor = text.split("~", 2)
            return cls(int(office), int(skip), cursor)
        except ValueError as error:
            raise NoSuchPage from error

    def __str__(self) -> str:
        return f"{self.office}~{self.skip}~{self.cursor}"


def search(
    *,
    user: User,
    seed: KeySeed,
    offices: Sequence[Office],
    text: str,
    item: str = "",
    tips: QuerySet[Tip],
    filtered: bool,
    newest: bool = False,
    near: bool = False,
    after: str = "",
) -> Page:
    """Bring the indexes up to date, then a page of those of `tips` that match, office after office.

    `tips` is already filtered (`filtered` says whether at all). `near` asks for any telling word instead of
    every one; `item` for tips about this published item alone. Raises NoSuchPage, EngineError.
    """
    query = understood(text, synonyms.table())  # as the public search understands it
    page = Page(near=near, cut=query.cut, blank=query.blank and not item, also=query.also)
    if page.blank:
        return page
    opened = opening.office_seeds(user=user, seed=seed, of=offices)
    place = Place.read(after) if after else Place()
    for number, (office, office_seed) in enumerate(opened):
        index = finding.SealedOffice(office, office_seed, user=user, user_seed=seed)
        try:
            page.pending += index.catch_up(finding.BUDGET_S / len(opened)).pending
            if number < place.office:
                continue
            here = place if number == place.office else Place(number)
            rows = tips.filter(office=office) if filtered else None
            try:
                _fill(page, index, query, here, rows, newest=newest, item=item)
            except IndexDamaged:  # damaged where nothing was read before: build it anew, ask once more
                index.engine.destroy()
                page.pending += index.catch_up(finding.BUDGET_S).pending
                _fill(page, index, query, here, rows, newest=newest, item=item)
        finally:
            index.close()
    return page


def _fill(
    page: Page,
    index: finding.SealedOffice,
    query: Query,
    place: Place,
    rows: QuerySet[Tip] | None,
    *,
    newest: bool,
    item: str,
) -> None:
    """Add the office's hits from `place` on, until the page is full; then note where the next one begins."""
    within: list[str] | None = None
    if rows is not None and rows.count() <= WITHIN_MAX:
        within, rows = [finding.ref(pk) for pk in rows.values_list("pk", flat=True)], None
        if not within:
            return
    cursor, skip = place.cursor, place.skip
    end = time.monotonic() + FIND_S
    for number in itertools.count():
        limit = PAGE if rows is None else BLOCK
        hits = _ask(index, query, cursor, within, page.near, newest, limit, item)
        if number == 0 and page.total is not None:
            page.total = None if rows is not None else page.total + hits.total
        keys = [UUID(hex=hit.partition(":")[2]) for hit in hits.ids][skip:]
        found = _rows(index.office, keys, rows)
        room = PAGE - len(page.tips)
        if page.following or len(found) > room:
            if not page.following:
                at = keys.index(found[room].pk) + skip
                page.tips += found[:room]
                page.following = str(Place(place.office, at, cursor))
            return
        page.tips += found
        cursor, skip = hits.next or "", 0
        if not cursor:
            return
        if time.monotonic() > end:
            break
    page.following = page.following or str(Place(place.office, 0, cursor))


def _ask(
    index: finding.SealedOffice,
    query: Query,
    cursor: str,
    within: list[str] | None,
    near: bool,
    newest: bool,
    limit: int,
    item: str,
) -> Hits:
    try:
        return index.engine.search(
            query,
            filters={"item": [item]} if item else None,
            sort="date" if newest else "relevance",
            limit=limit,
            after=cursor or None,
            within=within,
            relaxed=near,
        )
    except BadPage as error:
        raise NoSuchPage from error


def _rows(office: Office, keys: list[UUID], rows: QuerySet[Tip] | None) -> list[Tip]:
    """The tips of these ids that pass the filters, in the order of the ids."""
    base = Tip.objects.filter(office=office) if rows is None else rows
    found = base.select_related("category", "region", "assignee", "office").in_bulk(keys)
    return [found[key] for key in keys if key in found]
