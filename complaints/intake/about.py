"""What a report is about: something published, named by kind, code and step.

Intake knows nothing of what is published: config registers a resolver that asks the other room.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Resolver = Callable[[str, str, str], "About | None"]
PARAMETER = re.compile(r"(?P<kind>[a-z]{1,20}):(?P<code>[^\s\0:]{1,80})")

Line = Callable[[str], list[str]]
Titles = Callable[[str, list[str]], dict[str, str]]

_resolvers: list[Resolver] = []
_lines: list[Line] = []
_titles: list[Titles] = []


@dataclass(frozen=True)
class About:
    """The title (and the step's) as they stood when the reporter came, and who is responsible."""

    title: str
    step_title: str = ""
    organisation_code: str = ""
    kind: str = ""
    code: str = ""
    step: str = ""

    def as_json(self) -> dict[str, Any]:
        """A plain object for the sealed draft and the talk cell."""
        return asdict(self)


def register_resolver(fn: Resolver) -> None:
    """Adds `fn(kind, code, step) -> About | None`; the first answer counts."""
    if fn not in _resolvers:
        _resolvers.append(fn)


def register_line(fn: Line) -> None:
    """Adds `fn(organisation code) -> [code, code of its parent …]`, nearest first."""
    if fn not in _lines:
        _lines.append(fn)


def register_titles(fn: Titles) -> None:
    """Adds `fn(kind, codes) -> {code: title}`, without those that are not disclosed."""
    if fn not in _titles:
        _titles.append(fn)


def titles(kind: str, codes: list[str]) -> dict[str, str]:
    """The titles of many at once: one question, however many codes."""
    found: dict[str, str] = {}
    for fn in _titles:
        found = {**fn(kind, codes), **found}
    return found


def organisation_line(code: str) -> list[str]:
    """The organisation and those above it, nearest first; itself alone where nobody knows its tree."""
    return next((line for fn in _lines if (line := fn(code))), [code])


def resolve_about(kind: str, code: str, step: str = "") -> About | None:
    """The published thing, or None where nobody knows it (or it is not disclosed)."""
    for resolver in _resolvers:
        if (found := resolver(kind, code, step)) is not None:
            return About(
                title=found.title,
                step_title=found.step_title,
                organisation_code=found.organisation_code,
                kind=kind,
                code=code,
                step=step if found.step_title else "",
            )
    return None


def from_parameters(about: str, step: str) -> About | None:
    """What `?about=power:<code>&step=<key>` names; None for anything unknown or malformed."""
    match = PARAMETER.fullmatch(about)
    if match is None or len(step) > 80 or "\0" in step:
        return None
    return resolve_about(match["kind"], match["code"], step)
