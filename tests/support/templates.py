"""Which templates a walk has drawn, and which there are: so that a new one cannot be forgotten by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.test.signals import template_rendered


@contextmanager
def drawn() -> Iterator[set[str]]:
    """The names of all templates drawn meanwhile, by the live server too."""
    names: set[str] = set()

    def note(template: Any, **_rest: Any) -> None:
        if template.name:
            names.add(template.name)

    template_rendered.connect(note)
    try:
        yield names
    finally:
        template_rendered.disconnect(note)


def below(folder: Path) -> set[str]:
    """Every file of a folder of templates, by the name it is drawn by."""
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
