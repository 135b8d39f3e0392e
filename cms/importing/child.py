"""The child process that opens workbooks: limits first, then standard input, JSON to standard output.

It is given no environment, no path and no connection: what it can lose is itself. Pure: no Django.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

MEMORY = 2**30  # bytes of address space
SECONDS = 60


def limit() -> None:
    """Bound this process before it reads a byte of the file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def answer(options: dict[str, Any]) -> dict[str, Any]:
    """What the file on standard input says, or why it is refused."""
    from .grids import read_book
    from .headers import Vocabulary
    from .names import Names
    from .parse import parse_book
    from .precheck import MAX_FILE
    from .refusals import Refused

    try:
        data = sys.stdin.buffer.read(MAX_FILE + 1)
        if options.get("layout") == "tiers":
            return tiers(data, options.get("given"))
        book = read_book(data)
        words = Vocabulary(tuple((text, name) for text, name in options.get("synonyms", [])))
        parsed = parse_book(
            book,
            words,
            Names.of_categories(options.get("categories")),
            Names.of_levels(options.get("levels")),
            options.get("given"),
        )
    except Refused as refused:
        return {"refused": refused.problem.as_json()}
    except MemoryError:
        return {"refused": {"code": "too_much_memory", "sheet": "", "row": None, "params": {}}}
    except BaseException as error:  # noqa: BLE001  a panic of the reader is no Exception
        found = {"kind": type(error).__name__}
        return {"refused": {"code": "reader_failed", "sheet": "", "row": None, "params": found}}
    return parsed.as_json()


def tiers(data: bytes, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a file of discretion benchmarks says, a workbook or JSON."""
    from .grids import read_book
    from .tier_tables import parse_json, parse_tables

    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return parse_json(data).as_json()
    return parse_tables(read_book(data), given).as_json()


def main() -> None:
    limit()
    result = answer(json.loads(sys.argv[2]))
    sys.stdout.buffer.write(json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
