"""Running the command as a person would, and what it says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def run(wagtail_root: Any) -> Callable[..., tuple[int, Any]]:
    """run(*files, organisation=…, json=True, **flags) → (exit code, JSON or text)."""

    from cms import setup

    setup.install_tables()

    def run(
        *files: Path, organisation: str = "测试局", as_json: bool = True, **flags: Any
    ) -> tuple[int, Any]:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(
                "import_power_list", *map(str, files), organisation=organisation, json=as_json, stdout=out,
                stderr=err, **flags,
            )  # fmt: skip
        except SystemExit as stop:
            code = int(stop.code or 0)
        else:
            pytest.fail("the command always ends with an exit code")
        return code, json.loads(out.getvalue()) if as_json else out.getvalue() + err.getvalue()

    return run


@pytest.fixture
def dry(run: Callable[..., tuple[int, Any]]) -> Callable[..., tuple[int, Any]]:
    """run() that writes nothing."""

    def dry(*files: Path, **flags: Any) -> tuple[int, Any]:
        return run(*files, dry_run=True, **flags)

    return dry
