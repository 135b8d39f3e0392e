"""A thousand canary words of tips, while staff search: in no file, store or server, in no encoding."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings

from complaints.intake.services import Respondent
from search.engines.fts5 import Fts5Engine
from tests.support import bytesearch

# Each word is a stem with a number: whoever looks for the stems looks for all of them. Their pairs, as an
# index of tokens keeps them, stand nowhere else either.
HAN, LATIN = "鱻麤齾籱爩", "qxkanarigrawortzq"
SOUGHT = (HAN, LATIN, HAN[:3], HAN[1:4], HAN[2:])
TIPS, EACH = 20, 50
LINK = re.compile(r'<a href="/desk/tips/([^/]+)/"')


def words(n: int) -> str:
    """Fifty of the thousand."""
    return "，".join(f"{HAN}{k:03d} {LATIN}{k:03d}" for k in range(n * EACH, (n + 1) * EACH))


@pytest.fixture
def folders(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Where this process writes: its state, its temporary files, its log at the finest grain."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    handler = logging.FileHandler(tmp_path / "everything.log")
    root = logging.getLogger()
    root.addHandler(handler)
    for name in ("search", "complaints", "django.request", "outbox", "security"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    yield [tmp_path]
    root.removeHandler(handler)
    handler.close()


def servers() -> Iterator[tuple[str, bytes]]:
    """What Redis and Elasticsearch hold, on the tier that has them."""
    from tests.e2e.test_canary import elasticsearch, redis

    if os.environ.get("REDIS_URL"):
        yield "the cache", redis(django_settings.CACHES["default"]["LOCATION"])
    if url := os.environ.get("CELERY_BROKER_URL"):
        yield "the broker", redis(url)
    if url := os.environ.get("ELASTICSEARCH_URL"):
        yield from elasticsearch(url, django_settings.ELASTICSEARCH_PREFIX)


def hits(folders: list[Path]) -> list[str]:
    return [hit for folder in folders for hit in bytesearch.search_files(folder, SOUGHT)[0]]


@contextmanager
def looking_on(folders: list[Path], seen: list[str], times: list[int]) -> Iterator[None]:
    """Looks at the disk in the middle of some searches, with its tables of hits still there."""
    reading = Fts5Engine._reading

    @contextmanager
    def watched(self: Fts5Engine) -> Iterator[Any]:
        with reading(self) as db:
            yield db
            times.append(len(times))
            if len(times) % 5 == 1:
                seen.extend(hits(folders))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fts5Engine, "_reading", watched)
        yield


def test_a_thousand_words_of_tips_are_nowhere(desk: Any, folders: list[Path]) -> None:
    tips = [
        desk.tip(
            f"反映{HAN}{n:03d}",
            words(n),
            respondents=(Respondent(f"{HAN}{n:03d}", f"{LATIN}{n:03d}", ""),),
        )
        for n in range(TIPS)
    ]
    clients = [desk.client(name) for name in ("triage", "handler")]
    while_searching: list[str] = []
    times: list[int] = []
    with looking_on(folders, while_searching, times):
        for n in range(0, TIPS * EACH, 77):
            client = clients[n % 2]
            query = (f"{LATIN}{n:03d} {HAN}", f'"{HAN}{n:03d} {LATIN}{n:03d}" -绝无此事')[n % 2]
            answer = client.post("/desk/search/", {"q": query})
            page = client.get(answer["Location"])
            assert tips[n // EACH].number in LINK.findall(page.text), query
        clients[0].post("/desk/search/", {"q": f"{HAN}{LATIN}" * 80})
    clients[0].get(f"/desk/?q={quote(HAN)}")
    assert len(times) >= 13
    assert while_searching == []
    assert hits(folders) == []
    assert [name for name, data in servers() if list(bytesearch.found_in(data, SOUGHT))] == []
    index = list(Path(django_settings.FIND_DIR).glob("*.db"))
    assert index, "there is an index to look at"
    planted = folders[0] / "planted"
    planted.write_text(words(3), encoding="utf-8")
    assert hits(folders), "and what lies in clear is seen"
