"""The child process that reads files: limits first, then standard input, text to standard output.

It is given no environment, no path and no connection: what it can lose is itself. Pure: no Django.
Status 1: the file cannot be read.
"""

from __future__ import annotations

import resource
import sys

from search.filetext import text_of

MEMORY = 2**30  # bytes of address space
SECONDS = 30


def limit() -> None:
    """Bound this process before it reads a byte of the file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def main(kind: str) -> None:
    """Standard input to standard output."""
    limit()
    try:
        text = text_of(sys.stdin.buffer.read(), kind)
    except BaseException:  # noqa: BLE001  whatever the reader of a stranger's file does
        sys.exit(1)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
