"""What stands beside an opened tip: tips like it, the same respondent elsewhere, a category and a region.

Everything comes out of the encrypted indexes of this person's offices, in an unlocked session, and only tips
that this person may search are named. Nothing of it is needed to work on a tip: where the index does not
answer, the page says so and is whole without it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from uuid import UUID

from accounts.keys import KeySeed
from accounts.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import access
from complaints.desk import finding, finding_text, finding_triage, opening
from complaints.intake.models import Tip
from complaints.vault.errors import DirectoryBroken
from complaints.vault.tips import OpenCell
from search import names
from search.engines.base import EngineError
from search.engines.sealed import Like

SHOWN = 5
LEAST = 0.15  # what shares less says nothing (the median of the best that is not the same is .09)
BESIDE_S = 1.0  # seconds that the page of a tip may spend on reading in
QUEUE_S = 0.2  # and the queue, on comparing

WHY: dict[str, str | Promise] = {
    "same": _("姓名相同"),
    "script": _("繁体、简体或大小写不同"),
    "title": _("去掉职务、称呼后相同"),
    "sound": _("读音相同"),
    "near": _("只差一个字"),
}


@dataclass(frozen=True)
class Found:
    """A tip beside the opened one. `percent`: how much of the opened one's telling words it holds."""

    tip: Tip
    subject: str
    percent: int = 0
    twin: bool = False
    name: str = ""
    why: str | Promise = ""


@dataclass
class Beside:
    """All that the index has to say about one tip."""

    similar: list[Found] = field(default_factory=list)
    people: list[Found] = field(default_factory=list)
    suggested: list[finding_triage.Hint] = field(default_factory=list)
    pending: int = 0
    down: bool = False


def beside(*, user: User, seed: KeySeed, tip: Tip, cells: Sequence[OpenCell]) -> Beside:
    """What is like this opened tip, within the offices in which this person may search.

    Brings the indexes up to date first, for at most BESIDE_S; `pending` tips were not read yet.
    """
    words, made = finding_text.of(cells), Beside()
    likes: list[Like] = []
    people: dict[str, tuple[str, names.Reason]] = {}
    mine = finding.ref(tip.uuid)
    try:
        for index in indexes(user, seed):
            made.pending += index.catch_up(BESIDE_S).pending
            index.compare([mine])
            likes += index.engine.similar(f"{words.title}\n{words.body}", limit=SHOWN, without=[mine])
            people |= _people(index, words.names, mine)
            if index.office.pk == tip.office_id:
                made.suggested = finding_triage.hints(index, tip, words)
    except EngineError:
        made.down = True
    likes = sorted((x for x in likes if x.share >= LEAST), key=lambda x: -x.near)[:SHOWN]
    order = names.REASONS.index
    known = sorted(people.items(), key=lambda item: (order(item[1][1]), item[0]))[:SHOWN]
    rows = _visible(user, [*(like.id for like in likes), *(ref for ref, _ in known)])
    subjects = opening.subjects(user=user, seed=seed, tips=list(rows.values())) if rows else {}
    made.similar = [
        Found(
            row, subjects.get(row.uuid, ""), percent=round(100 * like.share), twin=like.share >= finding.TWIN
        )
        for like in likes
        if (row := rows.get(like.id))
    ]
    made.people = [
        Found(row, subjects.get(row.uuid, ""), name=name, why=WHY[why])
        for ref, (name, why) in known
        if (row := rows.get(ref))
    ]
    return made


def marks(*, user: User, seed: KeySeed, tips: Sequence[Tip]) -> dict[UUID, list[str]]:
    """Of the tips of a page: the numbers of those that are likely the same report, the likeliest first.

    Reads what the indexes hold already, and compares what is new in them for at most QUEUE_S.
    """
    refs = [finding.ref(tip.uuid) for tip in tips]
    twins: dict[str, list[Like]] = {}
    try:
        end = time.monotonic() + QUEUE_S
        for index in indexes(user, seed, offices={tip.office_id for tip in tips}):
            index.compare(refs, max(0.0, end - time.monotonic()))
            twins |= index.engine.twins(refs)
    except EngineError:
        return {}
    rows = _visible(user, [like.id for found in twins.values() for like in found])
    return {
        finding.tip_of(ref): [rows[like.id].number for like in found if like.id in rows]
        for ref, found in twins.items()
        if any(like.id in rows for like in found)
    }


def warm(*, user: User, seed: KeySeed) -> None:
    """Read in what is new, for at most BESIDE_S, so that the queue can mark it: after unlocking."""
    try:
        for index in indexes(user, seed):
            index.catch_up(BESIDE_S)
    except (EngineError, DirectoryBroken):  # the page that asks for it says so
        return


def indexes(user: User, seed: KeySeed, offices: set[int] | None = None) -> Iterator[finding.SealedOffice]:
    """The indexes of this person's offices, one after another, each closed before the next."""
    allowed = access.offices_for(user, "search")
    if offices is not None:
        allowed = allowed.filter(pk__in=offices)
    for office, office_seed in opening.office_seeds(user=user, seed=seed, of=allowed):
        with closing(finding.SealedOffice(office, office_seed, user=user, user_seed=seed)) as index:
            yield index


def _people(
    index: finding.SealedOffice, said: Sequence[str], mine: str
) -> dict[str, tuple[str, names.Reason]]:
    """Tips that name somebody who may be one of `said`: the name there, and the strongest reason."""
    wanted: dict[str, list[str]] = {}
    for name in said:
        for kind, values in names.keys(name).items():
            wanted.setdefault(kind, []).extend(values)
    refs = [ref for ref in index.engine.labelled(wanted) if ref != mine]
    found: dict[str, tuple[str, names.Reason]] = {}
    for ref, others in index.engine.labels(refs, "named").items():
        pairs = [(other, why) for other in others for name in said if (why := names.reason(name, other))]
        if pairs:
            found[ref] = min(pairs, key=lambda pair: names.REASONS.index(pair[1]))
    return found


def _visible(user: User, refs: Sequence[str]) -> dict[str, Tip]:
    """Those of the tips that this person may search, by their id in the index."""
    if not refs:
        return {}
    rows = access.tips_for(user, "search").select_related("office", "category", "region", "assignee")
    found = rows.in_bulk([finding.tip_of(ref) for ref in refs])
    return {finding.ref(pk): tip for pk, tip in found.items()}
