"""Workbooks → what they say, file by file, with the words the database knows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cms.models import Category, HeaderSynonym, Level, Organisation

from .names import CATEGORIES, LEVELS, flat
from .precheck import MAX_FILE
from .refusals import Problem
from .sandbox import FileRefused, read_workbook
from .sentences import sentence


@dataclass
class Reading:
    """One file as it was read. `problem` is set if it is refused; then there are no items."""

    name: str
    size: int = 0
    sha256: str = ""
    kind: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    problem: Problem | None = None

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """Rejected rows that are not mere notes."""
        return [row for row in self.rejected if row["reason"] != "note"]

    def refuse(self, problem: Problem) -> None:
        self.problem, self.items, self.rejected = problem, [], []


def words_for(organisation: Organisation | None) -> dict[str, list[tuple[str, str]]]:
    """The header words, categories and levels that the child is given: rows of the database."""
    rows = HeaderSynonym.objects.filter(organisation=None)
    found = list(rows.values_list("text", "field"))
    if organisation is not None:  # its own come last and win
        found += HeaderSynonym.objects.filter(organisation=organisation).values_list("text", "field")
    names = {}
    for key, table, defaults in (("categories", Category, CATEGORIES), ("levels", Level, LEVELS)):
        own = list(table.objects.values_list("code", "name"))
        aliases = list(table.objects.exclude(aliases=None).values_list("code", "aliases__name"))
        codes = {code for code, _ in own}
        names[key] = [row for row in flat(defaults) if row[0] in codes] + own + aliases
    return {"synonyms": found, **names}


def read_files(paths: list[Path], organisation: Organisation | None = None) -> list[Reading]:
    """Read each file in a child process of its own. A code that stands in two files refuses the second."""
    words = words_for(organisation)
    readings = [read_file(path, words) for path in paths]
    refuse_doubled_codes(readings)
    return readings


def refuse_doubled_codes(readings: list[Reading]) -> None:
    """A code that stands in two files refuses the second."""
    seen: dict[str, tuple[Reading, dict[str, Any]]] = {}
    for reading in readings:
        for item in list(reading.items):
            if not item["code"]:
                continue
            other, first = seen.setdefault(item["code"].casefold(), (reading, item))
            if other is not reading:
                params = {"value": item["code"], "other_file": other.name, "other_row": first["row"]}
                reading.refuse(Problem("duplicate_code_files", item["sheet"], item["row"], params))
                break


def read_file(
    path: Path,
    words: dict[str, list[tuple[str, str]]],
    *,
    name: str = "",
    given: dict[str, Any] | None = None,
) -> Reading:
    """One file, called `name` if not as on disk; whatever is wrong with it stands in `problem`.

    `given` are columns that a person corrected (parse.parse_book)."""
    reading = Reading(name or path.name)
    try:
        with path.open("rb") as file:
            reading.size = path.stat().st_size
            if reading.size > MAX_FILE:
                reading.problem = Problem("too_large", params={"limit": MAX_FILE // 2**20})
                return reading
            reading.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            answer = read_workbook(file, **words, given=given)
    except OSError:
        reading.problem = Problem("not_found")
        return reading
    except FileRefused as refused:
        reading.problem = refused.problem
        return reading
    reading.kind, reading.sheets = answer["kind"], answer["sheets"]
    stated = {sheet["name"]: sorted(set(sheet.get("columns", {}).values())) for sheet in answer["sheets"]}
    reading.items = [
        {"file": reading.name, **item, "stated": stated.get(item["sheet"], [])} for item in answer["items"]
    ]
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
    reading.warnings = [Problem(**warning) for warning in answer["warnings"]]
    return reading
