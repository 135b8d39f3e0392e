"""Why a file or row is not taken: a code with parameters. The child names it, the parent says it in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


class Refused(Exception):
    """The whole file is refused. `code` is a key of `sentences.SENTENCES`."""

    def __init__(self, code: str, *, sheet: str = "", row: int | None = None, **params: Any) -> None:
        super().__init__(code)
        self.problem = Problem(code=code, sheet=sheet, row=row, params=params)


@dataclass(frozen=True)
class Problem:
    """One thing that was not as it should be. `row` is 1-based as the sheet shows it."""

    code: str
    sheet: str = ""
    row: int | None = None
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
