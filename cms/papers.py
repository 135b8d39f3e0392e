"""The text of published files (PDF, Word, Excel, PowerPoint, OpenDocument, plain text), for the search alone.

A file is opened by a child process that has limits and nothing else (cms.papers_child). What it gives is kept
by the hash of the file; a file that cannot be read has no text, and is found by its name.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.cache import cache
from wagtail.documents import get_document_model
from wagtail.rich_text import RichText

log = logging.getLogger("cms.papers")

ROOT = Path(__file__).resolve().parents[1]
START = "import sys; sys.path.insert(0, sys.argv[1]); from cms.papers_child import main; main(sys.argv[2])"
SECONDS = 40
MAX_FILE = 50 * 2**20
MAX_TEXT = 200_000  # characters that are found
KEPT_S = 30 * 24 * 3600
VERSION = 1
READ = frozenset(["pdf", "docx", "xlsx", "xls", "pptx", "odt", "ods", "odp", "txt", "csv"])
_LINK = re.compile(r'<a\b[^>]*\blinktype="document"[^>]*>')
_KEY = re.compile(r'\bid="(\d{1,18})"')


def linked_keys(stream: Any) -> list[int]:
    """The ids of the documents that the running text of a StreamField links to, in order."""
    keys: dict[int, None] = {}
    for block in stream:
        values = block.value.values() if hasattr(block.value, "values") else [block.value]
        for value in values:
            if isinstance(value, RichText):
                for link in _LINK.findall(value.source):
                    if found := _KEY.search(link):
                        keys[int(found[1])] = None
    return list(keys)


def documents(keys: Iterable[int]) -> dict[int, Any]:
    """The documents with these ids, in one query, with what `file_text` asks of them."""
    wanted = set(keys)
    return get_document_model().objects.select_related("collection").in_bulk(wanted) if wanted else {}


def file_text(document: Any) -> str:
    """The text of a document, at most MAX_TEXT characters; "" where it is closed, unreadable or no text."""
    kind = document.filename.rpartition(".")[2].lower()
    if kind not in READ or document.collection.get_view_restrictions():
        return ""
    try:
        digest = document.file_hash or document.get_file_hash()
    except OSError:
        return ""
    key = f"cms:paper:{VERSION}:{kind}:{digest}"
    text = cache.get(key)
    if text is None:
        text = _read(document, kind)
        if text is None:  # the child was stopped: it may do better when the host is less busy
            return ""
        cache.set(key, text, KEPT_S)
    return text


def _read(document: Any, kind: str) -> str | None:
    try:
        with document.file.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError:
        return None
    return "" if len(data) > MAX_FILE else extract(data, kind)


def extract(data: bytes, kind: str, *, seconds: float = SECONDS) -> str | None:
    """The text of a file of `kind` (its suffix); "" where it has none, None if the child did not end well."""
    try:
        child = subprocess.run(  # noqa: S603  our own interpreter and a constant program
            [sys.executable, "-I", "-X", "utf8", "-c", START, str(ROOT), kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        log.warning("a file took too long to read (%s)", kind)
        return None
    if child.returncode:
        log.warning("a file could not be read (%s, status %s)", kind, child.returncode)
        return "" if child.returncode == 1 else None
    return child.stdout.decode("utf-8", "replace")[:MAX_TEXT]
