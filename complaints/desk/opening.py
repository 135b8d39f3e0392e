"""Opening tips for reading: the person's seed opens the office's, the office's the tip's."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from accounts.keys import KeySeed
from accounts.models import User

from complaints.intake.models import Tip
from complaints.vault import offices
from complaints.vault import tips as sealing
from complaints.vault.errors import NotAMember
from complaints.vault.models import Office
from complaints.vault.tips import OpenCell, TipKeys


def open_tip(
    *, user: User, seed: KeySeed, tip: Tip, labels: Iterable[str] | None = None
) -> tuple[TipKeys, KeySeed, list[OpenCell]]:
    """The tip's keys, the newest seed of its office (to sign with), and its opened cells.

    Tips lie under the office's newest epoch, or, while a new one is being spread, under the one before.
    Raises NotAMember.
    """
    office_seed = offices.open_office_seed(user, seed, tip.office)
    try:
        keys = sealing.open_as_office(tip_uuid=tip.uuid, office_seed=office_seed)
    except NotAMember:
        keys = sealing.open_as_office(
            tip_uuid=tip.uuid,
            office_seed=offices.open_office_seed(user, seed, tip.office, epoch=tip.epoch),
        )
    return keys, office_seed, sealing.read_cells(keys, tip.uuid, labels)


def many(
    *, user: User, seed: KeySeed, tips: Sequence[Tip], labels: Iterable[str]
) -> dict[uuid.UUID, list[OpenCell]]:
    """The cells of many tips: one seed an office and epoch, then two or three queries for all of its tips.

    A tip that these keys do not open is missing from the answer.
    """
    labels = set(labels)
    keys: dict[uuid.UUID, TipKeys] = {}
    by_epoch: dict[tuple[int, int], list[Tip]] = {}
    for row in tips:
        by_epoch.setdefault((row.office_id, row.epoch), []).append(row)
    for (_office, epoch), rows in by_epoch.items():
        try:
            office_seed = offices.open_office_seed(user, seed, rows[0].office, epoch=epoch)
        except NotAMember:
            continue
        keys.update(
            sealing.open_many_as_office(tip_uuids=[row.uuid for row in rows], office_seed=office_seed)
        )
    return sealing.read_many(keys, labels) if keys else {}


def subjects(*, user: User, seed: KeySeed, tips: Sequence[Tip]) -> dict[uuid.UUID, str]:
    """The subject of each tip; "" where its cell is missing or changed."""
    cells = many(user=user, seed=seed, tips=tips, labels=["subject"])
    return {row.uuid: next((c.text for c in cells.get(row.uuid, []) if not c.changed), "") for row in tips}


def office_seeds(*, user: User, seed: KeySeed, of: Iterable[Office]) -> list[tuple[Office, KeySeed]]:
    """The newest seed of each office that this person's key opens."""
    opened = []
    for office in of:
        try:
            opened.append((office, offices.open_office_seed(user, seed, office)))
        except NotAMember:
            continue
    return opened
