"""Runs the reader in a child process and waits for it, never longer than a minute."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from .child import SECONDS
from .refusals import Problem

ROOT = Path(__file__).resolve().parents[2]
MAX_ANSWER = 256 * 2**20  # bytes of JSON
START = "import sys; sys.path.insert(0, sys.argv[1]); from cms.importing.child import main; main()"


class FileRefused(Exception):
    """A file cannot be read at all. `problem` says why, with sheet and row where they are known."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def read_workbook(
    file: IO[bytes],
    *,
    synonyms: Sequence[tuple[str, str]] = (),
    categories: Sequence[tuple[str, str]] = (),
    levels: Sequence[tuple[str, str]] = (),
    layout: str = "items",
    given: dict[str, Any] | None = None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """The JSON of `parse.Parsed` for an open file on disk (it must have a descriptor); with `layout` tiers,
    that of `tier_tables.Found`.

    `synonyms` are (header text, field); `categories` and `levels` are (code, name or alias) and replace the
    defaults; `given` are corrected columns by sheet (parse_book). Raises FileRefused: not a workbook, no
    header, too large, too slow, reader died.
    """
    options = json.dumps(
        {
            "synonyms": synonyms,
            "categories": categories,
            "levels": levels,
            "layout": layout,
            "given": given or {},
        },
        ensure_ascii=False,
    )
    file.seek(0)
    child = subprocess.Popen(  # noqa: S603  our own interpreter and a constant program
        [sys.executable, "-I", "-X", "utf8", "-c", START, str(ROOT), options],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        cwd="/",
        close_fds=True,
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        assert child.stdout is not None  # noqa: S101  for the type checker: we asked for a pipe
        output = child.stdout.read(MAX_ANSWER + 1)
        if len(output) > MAX_ANSWER:
            child.kill()
    finally:
        child.stdout and child.stdout.close()
        child.wait()
        timer.cancel()
    if late.is_set():
        raise FileRefused(Problem("too_slow", params={"seconds": int(seconds)}))
    if len(output) > MAX_ANSWER or child.returncode != 0:
        raise FileRefused(Problem("too_much_memory"))
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise FileRefused(Problem("too_much_memory")) from error
    if refused := answer.get("refused"):
        raise FileRefused(Problem(**refused))
    return answer
