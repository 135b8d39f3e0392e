"""Suggesting category and region of a tip, learned from this office's own decided tips; never applied by
itself.

The model is learned from the sealed index of one office, in a child process that an unlocked session starts
and hands the index key to (search.teach), and lies in that index. So an office learns from its own tips only,
another one sees nothing of them, and with the index the model is gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workdays import clock

from complaints.intake.models import Category, Named, Region, State, Tip

if TYPE_CHECKING:
    from complaints.desk.finding import SealedOffice
    from complaints.desk.finding_text import Words
    from search.suggest import Band

KINDS: dict[str, type[Named]] = {"category": Category, "region": Region}
# A person has looked at the category and region of a tip that was taken on.
DECIDED = (State.ACCEPTED, State.DISPOSING, State.CLOSED)
LEAST = 40  # decided tips from which a model is learned at all
GROWN = 1.2  # times as many as were learned from: learn anew
PAUSE = dt.timedelta(hours=1)  # between two attempts
TRIED = "suggest tried"


@dataclass(frozen=True)
class Hint:
    """A suggestion: for `field` the `choice`, so many percent sure. `agrees`: the tip has it already."""

    field: str
    choice: Named
    percent: int
    agrees: bool


def hints(index: SealedOffice, tip: Tip, words: Words) -> list[Hint]:
    """What is suggested for this tip; starts learning where that is due."""
    from search import teach  # numpy: only where a tip is opened

    begin_if_due(index)
    found = []
    for kind, table in KINDS.items():
        if (model := teach.load(index.engine, kind)) is None:
            continue
        said = model.suggest((words.title, words.body))
        choice = table._default_manager.filter(code=said.label, active=True).first()
        if choice is not None:
            agrees = getattr(tip, f"{kind}_id") == choice.pk
            found.append(Hint(kind, choice, int(100 * said.confidence), agrees))
    return found


def begin_if_due(index: SealedOffice) -> bool:
    """Start learning in a child process, where enough tips were decided since the last time."""
    from search import teach

    decided = Tip.objects.filter(office=index.office, state__in=DECIDED)
    tried = index.engine.kept(TRIED)
    now = clock.now()
    if tried:
        at, _, then = tried.decode().partition(" ")
        if now - dt.datetime.fromisoformat(at) < PAUSE or decided.count() < GROWN * int(then):
            return False
    labels = labels_of(index)
    count = len(labels["category"])
    if count < LEAST:
        return False
    index.engine.keep(TRIED, f"{now.isoformat()} {count}".encode())
    teach.begin(index.path, index.seed.index_key, labels)
    return True


def labels_of(index: SealedOffice) -> dict[str, dict[str, str]]:
    """Kind → document id → code, of the office's decided tips, the latest first."""
    from complaints.desk.finding import ref
    from search.teach import MOST_TEXTS

    rows = (
        Tip.objects.filter(office=index.office, state__in=DECIDED)
        .order_by("-change")
        .values_list("uuid", "category__code", "region__code")[:MOST_TEXTS]
    )
    both = list(rows)
    return {
        "category": {ref(uuid): category for uuid, category, _ in both},
        "region": {ref(uuid): region for uuid, _, region in both},
    }


@dataclass(frozen=True)
class Record:
    """How often the suggestions of one office and kind were right.

    `lived`: about tips that were decided only after the model had spoken; `held`: in the rounds of learning.
    """

    kind: str
    count: int
    lived: Sequence[Band]
    held: Sequence[Band]
    lived_count: int
    lived_right: int
    held_count: int
    held_right: int


def records(index: SealedOffice) -> list[Record]:
    """For the page that shows how often it was right; empty where nothing was learned yet."""
    from search import suggest, teach

    found = []
    for kind in KINDS:
        if (model := teach.load(index.engine, kind)) is None:
            continue
        told = teach.judged(index.engine, kind)
        lived = suggest.check(
            [suggest.Suggestion("right" if right else "wrong", sure) for sure, right in told],
            ["right"] * len(told),
        )
        found.append(
            Record(
                kind,
                model.count,
                [band for band in lived.bands if band.count],
                [band for band in model.check.bands if band.count],
                lived.count,
                lived.right,
                model.check.count,
                model.check.right,
            )
        )
    return found
