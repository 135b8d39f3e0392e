"""Many rows for the queue without sealing each: clear columns that are like real ones, random ciphertext.

By COPY on PostgreSQL, by batches on SQLite. The rows open with no key ("title does not open"): what is
measured is how the queue reads its columns. Their change numbers are below zero: no index reads them in.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import uuid
from typing import Any

from django.db import connection, transaction

BATCH = 2000
TIP = [
    "uuid",
    "number",
    "lookup_id",
    "salt_version",
    "tag",
    "office_id",
    "epoch",
    "talk_generation",
    "case_generation",
    "category_id",
    "region_id",
    "state",
    "named",
    "files",
    "received_on",
    "assignee_id",
    "claimed_at",
    "closed_at",
    "due_on",
    "due_rule",
    "priority",
    "hold",
    "waiting",
    "unread",
    "proposed",
    "objected",
    "mailbox_closed",
    "passed_on",
    "change",
    "revision",
]
CELL = ["uuid", "tip", "label", "generation", "sealed", "hash"]
WRAP = [
    "uuid",
    "kind",
    "subject",
    "generation",
    "recipient",
    "office_id",
    "epoch",
    "user_id",
    "sealed",
    "signature",
]
OPEN_STATES = ["submitted"] * 4 + ["screening"] * 6 + ["accepted"] * 5 + ["disposing"] * 10
STATES = [*OPEN_STATES, *["closed"] * 70, *["refused"] * 5]


def load(tips: int, *, office: int, people: list[int], seed: int = 7, first: int = 0) -> int:
    """Add so many tips to an office, a quarter of them open; the number added.

    `first`: how many were loaded before, so that more can follow with numbers of their own.
    """
    from complaints.intake.models import Category, Region, Tip
    from complaints.vault.models import Cell, Wrap

    chance = random.Random(seed + first)
    categories = list(Category.objects.values_list("pk", flat=True))
    regions = list(Region.objects.values_list("pk", flat=True))
    done = 0
    while done < tips:
        rows = [
            _tip(-first - done - n - 1, office, chance, categories, regions, people)
            for n in range(min(BATCH, tips - done))
        ]
        with transaction.atomic():
            _write(Tip, TIP, rows)
            _write(Cell, CELL, (_cell(row[0]) for row in rows))
            _write(Wrap, WRAP, (_wrap(row[0], kind, office) for row in rows for kind in ("talk", "case")))
        done += len(rows)
    _analyze()
    return done


def multiply(have: int, want: int) -> int:
    """On PostgreSQL: from `have` loaded tips make `want` of them in the server itself; the number added.

    Each new one has the clear columns of an old one, with a uuid, number, receipt, tag and change of its own,
    a cell and two wraps. A million by COPY takes a quarter of an hour and more, this some minutes.
    """
    times = want // have - 1
    if connection.vendor != "postgresql" or times < 1:
        return 0
    from complaints.intake.models import Tip
    from complaints.vault.models import Cell, Wrap

    fresh = {
        "uuid": "made.fresh",
        "number": "old.number || '-' || made.n",
        "lookup_id": "sha256(uuid_send(gen_random_uuid()))",
        "tag": "uuid_send(gen_random_uuid())",
        "change": f"old.change - made.n * {have}",
    }
    tip, cell, wrap = (model._meta.db_table for model in (Tip, Cell, Wrap))
    own = {"uuid": "gen_random_uuid()"}
    parts = ((tip, TIP, "uuid", fresh), (cell, CELL, "tip", own | {"tip": "made.fresh"}))
    parts = (*parts, (wrap, WRAP, "subject", own | {"subject": "made.fresh"}))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE made ON COMMIT DROP AS SELECT uuid AS old, n, gen_random_uuid() AS fresh"
            f" FROM {tip}, generate_series(1, {times}) AS n WHERE change < 0"
        )
        for table, columns, key, changed in parts:
            names = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(changed.get(name, f'old."{name}"') for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM made JOIN {table} AS old"
                f' ON old."{key}" = made.old'
            )
    _analyze()
    return times * have


def _analyze() -> None:
    """What PostgreSQL does by itself sooner or later; a site on SQLite never does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _tip(
    change: int,
    office: int,
    chance: random.Random,
    categories: list[int],
    regions: list[int],
    people: list[int],
) -> tuple[Any, ...]:
    state = chance.choice(STATES)
    day = dt.date.today() - dt.timedelta(days=chance.randrange(1500))
    is_open = state in OPEN_STATES
    due = dt.date.today() + dt.timedelta(days=chance.randrange(-20, 40)) if is_open else None
    who = chance.choice(people) if people and chance.random() < 0.7 else None
    return (
        *(
            uuid.UUID(bytes=os.urandom(16), version=4),
            f"{day.year}-x{-change}",
            os.urandom(32),
            1,
            os.urandom(16),
        ),
        *(
            office,
            1,
            1,
            1,
            chance.choice(categories),
            chance.choice(regions),
            state,
            chance.random() < 0.3,
            0,
        ),
        *(day, who, None, None, due, "ack_named" if due else "", int(chance.random() < 0.02)),
        # Held: rare, and yet a full page of them at 10,000.
        *(chance.random() < 0.03, False, chance.random() < 0.05, False, False, False, b"", change, 1),
    )


def _cell(tip: uuid.UUID) -> tuple[Any, ...]:
    return (uuid.uuid4(), tip, "subject", 1, os.urandom(299), os.urandom(32))


def _wrap(tip: uuid.UUID, kind: str, office: int) -> tuple[Any, ...]:
    return (uuid.uuid4(), kind, tip, 1, os.urandom(16), office, 1, None, os.urandom(121), b"")


def _write(model: Any, columns: list[str], rows: Any) -> None:
    if connection.vendor != "postgresql":
        model.objects.bulk_create(model(**dict(zip(columns, row, strict=True))) for row in rows)
        return
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
