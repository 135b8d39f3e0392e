"""SQLite FTS5 in a file of its own: the search of disclosures on the embedded tier, and the base of the
sealed one.

The table is contentless: FTS5 keeps postings and positions, no text. To take a document out, FTS5 must
be handed exactly the tokens that went in, so the file keeps each document's canonical text beside them,
compressed (about a fifth of the file). Every replacement is delete, then insert, in one transaction. The
`ascii` tokenizer takes every character beyond ASCII as part of a token, so that SQLite's own Unicode
tables, older than Python's, decide nothing.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from sqlcipher3 import dbapi2 as sqlite

from search import numbers
from search.analysis import VERSION, tokens_of
from search.documents import FIELDS, Document, characters_for
from search.engines import answers, bitmaps, match
from search.engines.base import (
    ANSWER_S,
    Days,
    EngineDown,
    EngineError,
    Filters,
    Hits,
    IndexDamaged,
    Sort,
    check_page,
)
from search.query import Query, loosen

SCHEMA_VERSION = f"6/{numbers.VERSION}/{VERSION}"
BUSY_MS = 20_000
CACHE_KB = 65_536
"""Memory a connection may keep pages in; it takes what it reads."""
MERGED = 100
"""Pages of the full-text index that are merged in one transaction: a few milliseconds."""
_STEPS = 50_000  # of SQLite's machine between two looks at the clock: under a millisecond

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE doc (n INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, day INTEGER NOT NULL, ord TEXT NOT NULL);
CREATE TABLE named (short INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE source (n INTEGER PRIMARY KEY, text BLOB NOT NULL, stamp BLOB NOT NULL);
CREATE INDEX doc_day ON doc (day DESC, ref);
CREATE INDEX doc_ord ON doc (ord, ref);
CREATE TABLE facet (name TEXT, value TEXT, n INTEGER, PRIMARY KEY (name, value, n)) WITHOUT ROWID;
CREATE INDEX facet_n ON facet (n);
CREATE VIRTUAL TABLE text USING fts5(body, title, low, code, num, u, content='', tokenize='ascii');
INSERT INTO text (text, rank) VALUES ('secure-delete', 1);
INSERT INTO text (text, rank) VALUES ('pgsz', 3900);
INSERT INTO text (text, rank) VALUES ('usermerge', 2);
INSERT INTO meta VALUES ('change', 0);
INSERT INTO meta VALUES ('documents', 0);
INSERT INTO meta VALUES ('labels', random() >> 2);
CREATE TRIGGER doc_more AFTER INSERT ON doc BEGIN
  UPDATE meta SET value = value + 1 WHERE key IN ('documents', 'labels'); END;
CREATE TRIGGER doc_less AFTER DELETE ON doc BEGIN
  UPDATE meta SET value = value + CASE key WHEN 'labels' THEN 1 ELSE -1 END
  WHERE key IN ('documents', 'labels'); END;
"""
_COLUMNS = ", ".join(answers.ORDER)
_STAMPS = "SELECT ref, stamp FROM doc JOIN source USING (n)"


@contextmanager
def _speaking_plainly() -> Iterator[None]:
    """Turn SQLite's errors into the engine's, without their text: it may quote the query."""
    try:
        yield
    except sqlite.DatabaseError as error:
        told = str(error).lower()
        kind = type(error).__name__
    else:
        return
    down = ("locked", "busy", "unable to open", "i/o", "full", "readonly", "interrupted")
    if any(word in told for word in down):
        raise EngineDown(kind) from None
    if any(
        word in told for word in ("not a database", "malformed", "corrupt", "no such", "vtable", "decrypt")
    ):
        raise IndexDamaged(kind) from None
    raise EngineError(kind) from None


class Fts5Engine:
    """An index in the file `path` (made when first opened), without a key. One connection a thread."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._local = threading.local()
        self._opened: list[Any] = []
        self._labels: bitmaps.Bitmaps | None = None

    # Opening ------------------------------------------------------------------------------------------

    def _unlock(self, connection: Any) -> None:
        """Hand the key over, where there is one."""

    @property
    def _db(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._opened.append(connection)
        return connection

    def _connect(self) -> Any:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite.connect(str(self.path), isolation_level=None, check_same_thread=False)
        try:
            self._unlock(connection)
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA synchronous=NORMAL")
            self._write_ahead(connection)
            self._ready(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _write_ahead(connection: Any) -> None:
        """WAL; SQLite answers "locked" at once, whatever the timeout, when two processes change it
        together.
        """
        for wait in (0.05, 0.1, 0.2, 0.4, 0.8, None):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite.OperationalError:
                if wait is None:
                    raise
                time.sleep(wait)
            else:
                return

    @staticmethod
    def _ready(connection: Any) -> None:
        """Make the tables in an empty file; refuse a file of another version."""
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    for statement in _statements(_SCHEMA):
                        connection.execute(statement)
                    connection.execute("INSERT INTO meta VALUES ('version', ?)", (SCHEMA_VERSION,))
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        version = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        if version is None or version[0] != SCHEMA_VERSION:
            raise IndexDamaged("made by another version of the analysis")

    def close(self) -> None:
        """Close the connections of all threads; the next use opens anew."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()
        self._labels = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def destroy(self) -> None:
        """Close and unlink the file and its companions. Needs no key."""
        self.close()
        destroy(self.path)

    # Writing ------------------------------------------------------------------------------------------

    def index(self, documents: Iterable[Document]) -> None:
        """Add or replace, in one transaction."""
        self.update(documents)

    def delete(self, ids: Collection[str]) -> None:
        """Take out, in one transaction."""
        self.update((), deletes=ids)

    def update(
        self,
        documents: Iterable[Document],
        *,
        deletes: Collection[str] = (),
        change: int | None = None,
        since: int | None = None,
    ) -> bool:
        """Add, replace and take out in one transaction; with `change`, note how far the index has read.

        With `since`, only if the index still stands there: False where another process has gone on meanwhile,
        and then nothing was written (what this one read may be older than what the other wrote).
        """
        # Analysis happens before the write lock is taken.
        prepared = [(d, d.text) for d in documents]
        rows = [(d, text, _tokens(text)) for d, text in prepared]
        with _speaking_plainly(), self._writing() as db:
            if since is not None and _change(db) != since:
                return False
            for ref in deletes:
                _remove(db, ref)
            for document, text, tokens in rows:
                _put(db, document, text, tokens)
            if change is not None:
                db.execute("UPDATE meta SET value = ? WHERE key = 'change'", (change,))
        return True

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            with suppress(sqlite.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def clear(self) -> None:
        """Empty the index and set its change number to 0."""
        with _speaking_plainly(), self._writing() as db:
            db.execute("INSERT INTO text (text) VALUES ('delete-all')")
            db.execute("DELETE FROM doc")
            db.execute("DELETE FROM source")
            db.execute("DELETE FROM named")
            db.execute("DELETE FROM facet")
            db.execute("UPDATE meta SET value = 0 WHERE key = 'change'")

    def settle(self, budget_s: float) -> bool:
        """Merge the parts of the full-text index, always two of a size, for at most so long; whether all
        is done. A question reads some pages of each part, and of every sealed page it pays for the key.
        """
        end = time.monotonic() + budget_s
        with _speaking_plainly():
            while time.monotonic() < end:
                before = self._db.total_changes
                self._db.execute("INSERT INTO text (text, rank) VALUES ('merge', ?)", (MERGED,))
                if self._db.total_changes - before < 2:  # FTS5's sign that there was nothing to do
                    return True
        return False

    def optimize(self) -> None:
        """Merge FTS5's segments into one and the WAL into the file: after a load, and before deletion is
        reported.
        """
        with _speaking_plainly():
            self._db.execute("INSERT INTO text (text) VALUES ('optimize')")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # Reading ------------------------------------------------------------------------------------------

    def change(self) -> int:
        """The change number up to which the index has read its source; 0 when new."""
        with _speaking_plainly():
            return _change(self._db)

    def count(self) -> int:
        """Documents in the index."""
        with _speaking_plainly():
            return answers.documents(self._db)

    def size(self) -> int:
        """Bytes on the disk, once segments and write-ahead log are merged."""
        self.optimize()
        return sum(file.stat().st_size for file in self.path.parent.glob(f"{self.path.name}*"))

    def ids(self) -> set[str]:
        """The ids of all documents."""
        with _speaking_plainly():
            return {row[0] for row in self._db.execute("SELECT ref FROM doc")}

    def stamps(self) -> dict[str, str]:
        """The id of each document and the stamp of the version that is held."""
        with _speaking_plainly():
            return {ref: bytes(stamp).hex() for ref, stamp in self._db.execute(_STAMPS)}

    def whole(self) -> bool:
        """Whether everything there was to index has once been put in."""
        with _speaking_plainly():
            return self._db.execute("SELECT 1 FROM meta WHERE key = 'whole'").fetchone() is not None

    def mark_whole(self) -> None:
        """Say so, on the disk."""
        with _speaking_plainly(), self._writing() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('whole', 1)")

    def check(self) -> None:
        """Raises IndexDamaged unless file and full-text structure are whole. Reads everything: seconds."""
        with _speaking_plainly():
            if self._db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise IndexDamaged("quick_check")
            self._db.execute("INSERT INTO text (text) VALUES ('integrity-check')")

    def search(
        self,
        query: Query,
        *,
        filters: Filters | None = None,
        sort: Sort = "relevance",
        limit: int = 20,
        offset: int = 0,
        after: str | None = None,
        facets: Sequence[str] = (),
        within: Collection[str] | None = None,
        without: Collection[str] = (),
        relaxed: bool = False,
        days: Days | None = None,
    ) -> Hits:
        """See Engine.search. Reads one snapshot."""
        check_page(limit, offset)
        plan = match.relaxed(loosen(query)) if relaxed else match.strict(query)
        if sort == "relevance" and not plan.ranking:
            sort = "date"
        chosen = {name: values for name, values in (filters or {}).items() if values}
        with _speaking_plainly(), self._reading() as db:
            base = shown = answers.found(db, plan, answers.Among(within, without, days or (None, None)))
            labelled = self._labelled(db)
            found = answers.bits_of(db, base, labelled) if chosen or facets else 0
            sets = {name: labelled.any(db, name, values) for name, values in chosen.items()}
            if chosen:
                shown = answers.these(answers.all_of(found, sets.values()))
            # What MATCH ranks has matched already, unless there is more to fulfil.
            free = not (plan.ranked_where or within is not None or without or answers.dated(days) or chosen)
            rows: list[answers.Row] = []
            if limit and sort == "relevance":
                rows = answers.best(db, plan.ranking, None if free else shown, after, limit + 1, offset)
            elif limit:
                rows = answers.in_order(db, shown, sort, after, limit + 1, offset)
            return Hits(
                ids=[row[0] for row in rows[:limit]],
                total=shown.size,
                facets={
                    name: labelled.count(
                        db, name, answers.all_of(found, (sets[other] for other in sets if other != name))
                    )
                    for name in facets
                },
                next=answers.cursor_of(rows[limit - 1]) if limit and len(rows) > limit else None,
            )

    def _labelled(self, db: Any) -> bitmaps.Bitmaps:
        """The labels as this snapshot of the file has them; shared by all threads until something changes."""
        version = int(db.execute("SELECT value FROM meta WHERE key = 'labels'").fetchone()[0])
        labels = self._labels
        if labels is None or labels.version != version:
            labels = self._labels = bitmaps.Bitmaps(version)
        return labels

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        db = self._db
        until = time.monotonic() + ANSWER_S
        db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.set_progress_handler(None, 0)
            with suppress(sqlite.Error):
                db.execute("ROLLBACK")  # takes the temporary tables with it


def destroy(path: Path) -> None:
    """Unlink an index file and its companions; no error where there is none."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


# Rows -------------------------------------------------------------------------------------------------


def _tokens(text: Sequence[str]) -> list[str]:
    """The value of each column of the full-text table, from what Document.text gives."""
    *fields, num = text
    columns = {name: " ".join(tokens_of(part)) for name, part in zip(FIELDS, fields, strict=True)}
    return [({**columns, "num": num, "u": characters_for(text)})[name] for name in answers.ORDER]


def _statements(schema: str) -> list[str]:
    """The statements of a schema; a trigger's end is no end of a line."""
    return [statement for statement in schema.split(";\n") if statement.strip()]


def _change(db: Any) -> int:
    return int(db.execute("SELECT value FROM meta WHERE key = 'change'").fetchone()[0])


def _put(db: Any, document: Document, text: Sequence[str], tokens: list[str]) -> None:
    n = _remove(db, document.id)
    kept = zlib.compress("\n".join(text).encode(), 6)
    n = db.execute(
        "INSERT INTO doc (n, ref, day, ord) VALUES (?, ?, ?, ?)",
        (n, document.id, document.day, document.order),
    ).lastrowid
    db.execute("INSERT INTO named VALUES (?, ?)", (answers.short(document.id), n))
    db.execute("INSERT INTO source VALUES (?, ?, ?)", (n, kept, bytes.fromhex(document.stamp)))
    marks = ", ".join("?" * (len(tokens) + 1))
    db.execute(f"INSERT INTO text (rowid, {_COLUMNS}) VALUES ({marks})", (n, *tokens))  # noqa: S608
    db.executemany("INSERT INTO facet VALUES (?, ?, ?)", [(*label, n) for label in document.labels])


def _remove(db: Any, ref: str) -> int | None:
    """Take one document out; its number, or None where it was not there."""
    row = db.execute("SELECT n, text FROM doc JOIN source USING (n) WHERE ref = ?", (ref,)).fetchone()
    if row is None:
        return None
    n, kept = row
    try:
        tokens = _tokens(zlib.decompress(kept).decode().split("\n"))
    except (zlib.error, ValueError):
        raise IndexDamaged("text") from None
    marks = ", ".join("?" * (len(tokens) + 1))
    db.execute(f"INSERT INTO text (text, rowid, {_COLUMNS}) VALUES ('delete', {marks})", (n, *tokens))  # noqa: S608
    db.execute("DELETE FROM doc WHERE n = ?", (n,))
    db.execute("DELETE FROM named WHERE short = ?", (answers.short(ref),))
    db.execute("DELETE FROM source WHERE n = ?", (n,))
    db.execute("DELETE FROM facet WHERE n = ?", (n,))
    return int(n)
