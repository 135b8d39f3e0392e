"""What import-linter cannot say: parts of Django that a room does not know, names nobody may take."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FORBIDDEN = ("django.http", "django.forms", "django.template", "django.shortcuts", "django.views")


def imported(file: Path) -> set[str]:
    """The modules a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", ["complaints/vault", "site/ledger"])
def test_vault_and_ledger_know_no_request_form_or_template(room: str) -> None:
    for file in (ROOT / room).rglob("*.py"):
        known = {name for name in imported(file) if name.startswith(FORBIDDEN)}
        assert not known, f"{file.relative_to(ROOT)}: {known}"


def test_the_time_comes_from_the_clock() -> None:
    """`demo` sets the clock back, tests move it: who asks Django instead does not notice."""
    allowed = {"site/workdays/clock.py"}
    for room in ("site", "cms", "complaints", "search"):
        for file in (ROOT / room).rglob("*.py"):
            name = str(file.relative_to(ROOT))
            if name in allowed or "/migrations/" in name:
                continue
            text = file.read_text(encoding="utf-8")
            assert "timezone.now()" not in text, name
            assert "datetime.now()" not in text, name


def test_no_command_shadows_the_frameworks() -> None:
    rooms = ("site", "cms", "complaints", "search")
    commands = {file.stem for room in rooms for file in ROOT.glob(f"{room}/**/management/commands/*.py")}
    assert commands.isdisjoint({"update_index", "runserver", "shell", "check", "migrate"})
