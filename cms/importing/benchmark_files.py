"""Benchmark files → what they say, and what that would change. Writes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cms.models import Benchmark, ImportBatch

from . import benchmarks
from .matching import is_visible
from .names import name_key, squash
from .precheck import MAX_FILE
from .refusals import Problem
from .sandbox import FileRefused, read_workbook
from .sentences import sentence


@dataclass
class Reading:
    """One file as it was read; `problem` is set if it is refused."""

    name: str
    size: int = 0
    sha256: str = ""
    kind: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)  # benchmarks.data_of, with `file`
    rejected: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """Rejected rows that are not mere notes."""
        return [row for row in self.rejected if row["reason"] != "note"]


@dataclass
class Differences:
    """What an import would change against what stands in the register."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    same: int = 0
    gone: list[Benchmark] = field(default_factory=list)
    # For each item of the readings in order: (id of what it would change or None, action, names of fields).
    plan: list[tuple[int | None, str, list[str]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "added": len(self.added),
            "changed": self.changed,
            "same": self.same,
            "gone": [{"slug": row.slug, "title": row.title} for row in self.gone],
        }


def read_files(paths: list[Path], given: dict[str, str]) -> list[Reading]:
    """Read each file in a child process of its own; `given` (issuer, document_no, effective) wins."""
    readings = [read_file(path, given) for path in paths]
    reject_doubled_acts(readings)
    return readings


def reject_doubled_acts(readings: list[Reading]) -> None:
    """Of one act that stands twice the second is rejected."""
    seen: dict[tuple[str, ...], dict[str, Any]] = {}
    for reading in readings:
        for item in list(reading.items):
            first = seen.setdefault(key_of(item), item)
            if first is not item:
                reading.items.remove(item)
                reason = sentence("act_twice", {"other_row": first["row"]})
                reading.rejected.append(
                    {"file": reading.name, "sheet": item["sheet"], "row": item["row"], "reason": reason,
                     "text": item["act"][:200]}
                )  # fmt: skip


def read_file(
    path: Path, given: dict[str, str], *, name: str = "", columns: dict[str, Any] | None = None
) -> Reading:
    """One file; `columns` are those that a person corrected (parse.parse_book)."""
    reading = Reading(name or path.name)
    try:
        with path.open("rb") as file:
            reading.size = path.stat().st_size
            if reading.size > MAX_FILE:
                reading.problem = Problem("too_large", params={"limit": MAX_FILE // 2**20})
                return reading
            reading.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            answer = read_workbook(file, layout="tiers", given=columns)
    except OSError:
        reading.problem = Problem("not_found")
        return reading
    except FileRefused as refused:
        reading.problem = refused.problem
        return reading
    metadata = answer["metadata"] | {key: value for key, value in given.items() if value}
    reading.kind, reading.sheets = answer["kind"], answer["sheets"]
    reading.warnings = [Problem(**warning) for warning in answer["warnings"]]
    for head in answer["heads"]:
        if head["rules"]:
            reading.items.append({"file": reading.name, **benchmarks.data_of(head, metadata)})
        else:
            answer["rejected"].append({**head, "code": "no_tiers", "text": head["act"][:200], "params": {}})
    reading.rejected = [
        {
            "file": reading.name,
            "sheet": row["sheet"],
            "row": row["row"],
            "reason": "note" if row["code"] == "note" else sentence(row["code"], row["params"]),
            "text": row["text"],
        }
        for row in answer["rejected"]
    ]
    return reading


# What is known --------------------------------------------------------------------------------------------


def key_of(data: dict[str, Any]) -> tuple[str, ...]:
    """Two rows of one document with equal keys are one benchmark: its code there, else act and range."""
    where = squash(data["issuing_body"]) or squash(data["document_no"])
    if data["source_code"]:
        return where, "code", data["source_code"].casefold()
    return where, "act", name_key(data["act"]), name_key(data["penalty_basis"])[:200]


class Known:
    """The benchmarks of the register, by code of the source and by act, for one issuing body."""

    def __init__(self, bodies: set[str]) -> None:
        rows = (
            Benchmark.objects.source()
            .prefetch_related("tiers")
            .select_related("batch")
            .order_by("-live", "pk")
        )
        self.rows = [row for row in rows if squash(row.issuing_body) in bodies]
        self.taken: set[int] = set()

    def match(self, data: dict[str, Any]) -> Benchmark | None:
        """The record of this benchmark: by the source's code, then by act (and basis where acts repeat)."""
        free = [row for row in self.rows if row.pk not in self.taken]
        found = [r for r in free if data["source_code"] and r.source_code == data["source_code"]]
        if not found:
            found = [r for r in free if name_key(r.act) == name_key(data["act"])]
            same = [r for r in found if name_key(r.penalty_basis) == name_key(data["penalty_basis"])]
            found = same or found
        if not found:
            return None
        self.taken.add(found[0].pk)
        return found[0]


def known_for(readings: list[Reading]) -> Known:
    return Known({squash(item["issuing_body"]) for reading in readings for item in reading.items})


def compare(readings: list[Reading]) -> Differences:
    """What would change. A draft that already says the same counts as the same."""
    known, found = known_for(readings), Differences()
    # What a newer edition of a document leaves out is gone; other documents of the body are not its matter.
    documents = {squash(item["document_no"]) for r in readings for item in r.items}
    for reading in readings:
        for data in reading.items:
            row = known.match(data)
            if row is None or (row.batch_id and row.batch.state == ImportBatch.State.WITHDRAWN):
                found.added.append(data)
                found.plan.append((None, "create", []))
                continue
            documents.add(squash(row.document_no))
            before, title = benchmarks.content(row), row.title
            benchmarks.fill(row, data)
            after = benchmarks.content(row)
            fields = [name for name in after if after[name] != before[name]]
            if fields:
                found.changed.append({"slug": row.slug, "title": title, "fields": fields})
            else:
                found.same += 1
            found.plan.append((row.pk, "change" if fields else "same", fields))
    found.gone = [
        row
        for row in known.rows
        if row.pk not in known.taken and is_visible(row) and squash(row.document_no) in documents
    ]
    return found
