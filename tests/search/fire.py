"""An index that is rebuilt while its documents change and people search: a world in processes of its own.

    python -m tests.search.fire world N      N documents, somebody who changes them, somebody who searches
    python -m tests.search.fire rebuild      a rebuild of that world, slow enough to be hit
    python -m tests.search.fire 5000 [ELASTICSEARCH_URL [COMMAND]]     all of it by hand, with its figures

The world is a table beside the outbox in the database of its environment. Its documents are of two sorts:
lasting ones, which change all the time and hold one word for ever, and floating ones, which come and go.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LASTING, FLOATING = "恒久", "浮动"
EVERY_S = 0.05
PAGE = 100


def main() -> None:
    """One of the roles above."""
    if sys.argv[1].isdigit():
        by_hand(int(sys.argv[1]), *sys.argv[2:])
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    import django

    django.setup()
    register(slow=sys.argv[1] == "rebuild")
    if sys.argv[1] == "rebuild":
        from search import indexing

        indexing.BATCH = PAGE
        count = indexing.rebuild(patience_s=120, say=lambda line: print(line, flush=True))
        print(json.dumps({"count": count}), flush=True)
    else:
        world(int(sys.argv[2]))


def register(*, slow: bool) -> None:
    """The world's documents, as a source; `slow` waits a little at each page and says how far it is."""
    from django.db import connection

    from search import documents
    from search.documents import Document, Source

    class Rows(Source):
        kind = "d"

        def iterate(self) -> Iterator[Document]:
            after = 0
            while rows := self.rows("AND id > %s ORDER BY id LIMIT %s", after, PAGE):
                yield from rows
                after = int(rows[-1].id.partition(":")[2])
                if slow:
                    print(f"read up to {after}", flush=True)
                    time.sleep(0.05)

        def get(self, id: str) -> Document | None:
            return next(iter(self.rows("AND id = %s", int(id.partition(":")[2]))), None)

        def disclosed_ids(self, ids: Collection[str]) -> set[str]:
            return {document.id for document in self.rows("") if document.id in ids}

        def rows(self, where: str, *values: int) -> list[Document]:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT id, lasting, version FROM fire WHERE live = 1 {where}", values)
                return [document(*row) for row in cursor.fetchall()]

    def document(id: int, lasting: int, version: int) -> Document:
        word = LASTING if lasting else FLOATING
        body = f"版本{version}，{word}，编号v{id}x{version}。" + "占用道路收费的通知。" * 8
        return Document(f"d:{id}", "d", f"第{id}号{word}事项", body)

    documents._sources.clear()
    documents.register_source(Rows())


# The world -------------------------------------------------------------------------------------------


def world(size: int) -> None:
    """Fills the table and builds the index; changes and searches until its input ends; then compares."""
    from django.db import connection
    from outbox import services
    from outbox.models import Entry

    from search import indexing
    from search.engines import current

    services._send = lambda pk, kind: None  # there is no worker but `change`
    with connection.schema_editor() as tables:
        tables.create_model(Entry)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fire (id int PRIMARY KEY, lasting int, version int, live int)")
        for id in range(1, size + 1):
            cursor.execute("INSERT INTO fire VALUES (%s, %s, 1, 1)", [id, int(id % 5 > 0)])
    indexing.rebuild()
    stop, seen = threading.Event(), Counter[str]()
    threads = [
        threading.Thread(target=change, args=(size, stop, seen)),
        threading.Thread(target=search, args=(size - size // 5, stop, seen)),
    ]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    drain()
    held, should = current.disclosures().stamps(), dict(truth())
    outcome = dict(seen) | {
        "differences": len(held.items() ^ should.items()),
        "documents": len(should),
        "found": len(found("事项")),
        "left": int(current.building() is not None),
    }
    print(json.dumps(outcome), flush=True)


def truth() -> Iterator[tuple[str, str]]:
    from search.documents import sources

    for source in sources():
        yield from ((document.id, document.stamp) for document in source.iterate())


def found(q: str) -> list[str]:
    from search.engines import disclosures
    from search.query import parse

    ids, after = [], None
    while True:
        hits = disclosures().search(parse(q), sort="date", limit=1000, after=after)
        ids += hits.ids
        if (after := hits.next) is None:
            return ids


def change(size: int, stop: threading.Event, seen: Counter[str]) -> None:
    """Edits one document after another, each with its entry; and is the worker that does the entries.

    What it has indexed itself must be found at once, whatever the rebuild does meanwhile.
    """
    from django.db import connection, transaction
    from outbox.models import Entry
    from outbox.services import enqueue, run_due

    chance = random.Random(3)
    while not stop.is_set():
        id = chance.randrange(1, size + 1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE fire SET version = version + 1 WHERE id = %s", [id])
            if id % 5 == 0:
                cursor.execute("UPDATE fire SET live = 1 - live WHERE id = %s", [id])
            entry = enqueue(kind="search.index", ref=f"d:{id}")
            cursor.execute("SELECT version, live FROM fire WHERE id = %s", [id])
            version, live = cursor.fetchone()
        seen["changes"] += 1
        run_due()
        if Entry.objects.filter(pk=entry.pk, done_at=None).exists():
            continue  # the engine is down: later
        with suppress_down(seen):
            if found(f'"编号v{id}x{version}"') != ([f"d:{id}"] if live else []):
                seen["not at once"] += 1
        time.sleep(0.01)
    connection.close()


def search(lasting: int, stop: threading.Event, seen: Counter[str]) -> None:
    """Every 50 ms, as the page asks: all that last must be there."""
    from search.engines import disclosures
    from search.query import parse

    query = parse(LASTING)
    while not stop.is_set():
        start = time.monotonic()
        with suppress_down(seen):
            engine = disclosures()
            if not engine.whole():
                seen["not whole"] += 1
            total = engine.search(query, facets=["kind"], limit=10).total
            seen["searches"] += 1
            seen["empty"] += total == 0
            seen["partial"] += 0 < total < lasting
            seen["too many"] += total > lasting
        time.sleep(max(0.0, EVERY_S - (time.monotonic() - start)))


class suppress_down(suppress):
    """An engine that is down is counted; whether that may be, the caller knows."""

    def __init__(self, seen: Counter[str]) -> None:
        from search.engines.base import EngineDown

        super().__init__(EngineDown)
        self.seen = seen

    def __exit__(self, kind: Any, *rest: Any) -> bool:
        suppressed = bool(super().__exit__(kind, *rest))
        self.seen["down"] += suppressed
        return suppressed


def drain() -> None:
    """Does what is left in the outbox, also what a fault had put off."""
    from outbox.models import Entry
    from outbox.services import run_due
    from workdays import clock

    end = time.monotonic() + 60
    while Entry.objects.filter(done_at=None).exists() and time.monotonic() < end:
        Entry.objects.filter(done_at=None).update(due_at=clock.now(), claimed_until=None)
        run_due()


# From outside ----------------------------------------------------------------------------------------


class Fire:
    """A world that burns in a process of its own."""

    def __init__(self, var: Path, size: int, environment: dict[str, str]) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = keep | environment | {"VAR_DIR": str(var), "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}"}
        self.size = size
        self.world = self.start("world", str(size))
        assert self.world.stdout is not None
        assert self.world.stdout.readline() == "ready\n", self.world.communicate()[0]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A process of this world."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.search.fire", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rebuild(self, *, at: int = 0, act: Any = None) -> list[str]:
        """A rebuild; once it has read `at` documents, `act(process)` happens. What it printed."""
        process = self.start("rebuild")
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if act and line.startswith("read up to") and int(line.split()[-1]) >= at:
                act(process)
                act = None
        process.wait()
        assert act is None or not at, "it was done before anything could happen to it"
        return lines

    def end(self) -> dict[str, int]:
        """What the world has seen."""
        return dict(json.loads(self.world.communicate("", timeout=120)[0].splitlines()[-1]))

    def quench(self) -> None:
        """End it, whatever it does."""
        if self.world.poll() is None:
            self.world.kill()
            self.world.communicate()


def by_hand(size: int, elasticsearch: str = "", restart: str = "") -> None:
    """Prints what happened to a rebuild, to one that was killed, and to the next, in the middle of which the
    command `restart` (of Elasticsearch, say) is run.
    """
    environment = {"ELASTICSEARCH_URL": elasticsearch, "ELASTICSEARCH_PREFIX": f"fire-{os.getpid()}"}
    half = size // 2
    acts: list[tuple[str, Callable[[subprocess.Popen[str]], object] | None]] = [
        ("a rebuild", None),
        ("killed in the middle", lambda process: process.kill()),
        ("gone on with", (lambda _: subprocess.run(restart, shell=True, check=True)) if restart else None),
    ]
    with tempfile.TemporaryDirectory(prefix="qingfeng-fire-") as folder:
        fire = Fire(Path(folder), size, environment)
        try:
            for name, act in acts:
                start = time.monotonic()
                told = fire.rebuild(at=half if act else 0, act=act)
                lines = [line for line in told if not line.startswith("read up to")]
                print(f"{name}, {time.monotonic() - start:.1f} s:", *lines, sep="\n    ", flush=True)
            print(json.dumps(fire.end(), ensure_ascii=False))
        finally:
            fire.quench()
            if elasticsearch:
                sys.path[:0] = [str(ROOT)]
                from tests.support.alone import forget

                forget(elasticsearch, environment["ELASTICSEARCH_PREFIX"])


if __name__ == "__main__":
    main()
