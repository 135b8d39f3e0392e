"""The same index inside SQLCipher: the search of tips, and what is like a tip.

Without its key the file shows its size and nothing else. Beside the index it keeps, sealed with it, which
documents were found to be alike, which goes with the documents, in the same transaction, and small things of
the caller (`keep`).
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.analysis import canonical, tokens_of
from search.engines.answers import BM25, documents
from search.engines.base import IndexDamaged
from search.engines.fts5 import Fts5Engine, _speaking_plainly

HEAVIEST = 30
"""Tokens of a text that are asked for (SEARCH.md, similar tips)."""
LABELLED_AT_MOST = 200
"""Documents with a label that are looked at, the newest."""
LEAST_TOKENS = 12
"""Tokens below which a text is too short to be called the same as another."""
READ_AT_MOST = 200
"""Distinct tokens of a text that are weighed; of a longer one every second, third … is."""
BACK = 0.1
"""The power of how much of a document the text says, by which the rest is multiplied for the order: one
sentence of a text may stand in many documents.
"""
ONCE = 1.2
"""A token that a document says c times counts c / (c + ONCE) for the order, as in BM25: what a document
is about it says again, and a title borrowed from it stands alone.
"""
LOOKED_AT = 30
"""Best candidates that are read again, token by token, and put in order by their share."""

_ASIDE = """
CREATE TABLE kept (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE compared (n INTEGER PRIMARY KEY);
CREATE TABLE twin (a INTEGER, b INTEGER, share REAL NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TRIGGER doc_gone AFTER DELETE ON doc BEGIN
  DELETE FROM compared WHERE n = old.n;
  DELETE FROM twin WHERE b = old.n AND a IN (SELECT b FROM twin WHERE a = old.n);
  DELETE FROM twin WHERE a = old.n;
END
"""


@dataclass(frozen=True)
class Like:
    """A document like a text. `share` (0 to 1): of the weight (idf) of the text's tokens, what it holds.

    `near` orders them: the share, more where the document says them again, less where it holds much else.
    """

    id: str
    share: float
    near: float = 0.0


class SealedEngine(Fts5Engine):
    """An index in the encrypted file `path`, opened with a raw key of 32 bytes (opening costs 20 to 45 ms).

    A wrong key and a damaged file look alike: IndexDamaged. Close it (or use `with`) when the session locks.
    """

    def __init__(self, path: Path | str, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the key of an index has 32 bytes")
        super().__init__(path)
        self._key = bytes(key)

    def _unlock(self, connection: Any) -> None:
        # SQLCipher's own log goes to stderr and may name pages of the file.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        # Each page is checked once for each opening; processors know SHA-256 by heart and SHA-512 not.
        connection.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")

    def _connect(self) -> Any:
        connection = super()._connect()
        try:
            _furnish(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    # What is like a text ------------------------------------------------------------------------------

    def similar(self, text: str, *, limit: int = 5, without: Collection[str] = ()) -> list[Like]:
        """The documents most like `text`, best first; those of `without` are left out.

        The text's heaviest tokens by tf-idf are asked for as an OR (SEARCH.md, similar tips); the best of
        those are put in order by how much of the whole text they hold. Words that the index does not hold say
        nothing.
        """
        tokens = Counter(tokens_of(canonical(text)))
        counts = _spread(tokens)
        with _speaking_plainly(), self._reading() as db:
            weights = _weights(db, counts)
            heavy = sorted(weights, key=lambda token: (-counts[token] * weights[token], token))[:HEAVIEST]
            if not heavy:
                return []
            rows = _candidates(db, heavy, max(limit, LOOKED_AT) + len(without))
        found = [_like(ref, weights, tokens, kept) for ref, kept in rows if ref not in without]
        return sorted(found, key=lambda like: -like.near)[:limit]

    def compare(self, ref: str, *, least: float, limit: int = 5) -> None:
        """Note which documents are like this one by at least `least` (`twins` tells them).

        Its title and body are compared, not what was added to it; a text of few words is like nothing.
        """
        with _speaking_plainly():
            row = self._db.execute(
                "SELECT n, text FROM doc JOIN source USING (n) WHERE ref = ?", (ref,)
            ).fetchone()
        if row is None:
            return
        text = "\n".join(_parts(row[1])[:2])
        like = self.similar(text, limit=limit, without=[ref]) if len(tokens_of(text)) >= LEAST_TOKENS else []
        with _speaking_plainly(), self._writing() as db:
            if db.execute("SELECT n FROM doc WHERE n = ? AND ref = ?", (row[0], ref)).fetchone() is None:
                return  # gone meanwhile
            db.execute("INSERT OR IGNORE INTO compared VALUES (?)", (row[0],))
            for other in like:
                there = db.execute("SELECT n FROM doc WHERE ref = ?", (other.id,)).fetchone()
                if other.share >= least and there:
                    pairs = [(row[0], there[0], other.share), (there[0], row[0], other.share)]
                    db.executemany("INSERT OR REPLACE INTO twin VALUES (?, ?, ?)", pairs)

    def uncompared(self, refs: Collection[str]) -> list[str]:
        """Those of `refs` that the index holds and that `compare` has not yet looked at."""
        with _speaking_plainly():
            rows = self._db.execute(
                f"SELECT ref FROM doc WHERE ref IN ({_marks(refs)}) "  # noqa: S608
                "AND n NOT IN (SELECT n FROM compared)",
                tuple(refs),
            ).fetchall()
        return [row[0] for row in rows]

    def twins(self, refs: Collection[str]) -> dict[str, list[Like]]:
        """For those of `refs` that have any: the documents like them, the most alike first."""
        found: dict[str, list[Like]] = {}
        with _speaking_plainly():
            rows = self._db.execute(
                f"""SELECT one.ref, other.ref, share FROM doc one JOIN twin ON a = one.n
                JOIN doc other ON b = other.n
                WHERE one.ref IN ({_marks(refs)}) ORDER BY share DESC, other.ref""",  # noqa: S608
                tuple(refs),
            ).fetchall()
        for ref, other, share in rows:
            found.setdefault(ref, []).append(Like(other, share))
        return found

    def texts(self, refs: Collection[str]) -> dict[str, tuple[str, str]]:
        """The canonical title and body of those of `refs` that the index holds."""
        found = {}
        with _speaking_plainly():
            for ref in refs:
                row = self._db.execute(
                    "SELECT text FROM doc JOIN source USING (n) WHERE ref = ?", (ref,)
                ).fetchone()
                if row is not None:
                    title, body, *_ = _parts(row[0])
                    found[ref] = title, body
        return found

    def labelled(self, wanted: Mapping[str, Collection[str]]) -> dict[str, list[tuple[str, str]]]:
        """For facet → values: the documents that have one of them, and which (facet, value) pairs."""
        found: dict[str, list[tuple[str, str]]] = {}
        with _speaking_plainly():
            for name, values in wanted.items():
                rows = self._db.execute(
                    f"""SELECT ref, value FROM facet JOIN doc USING (n)
                    WHERE name = ? AND value IN ({_marks(values)}) ORDER BY n DESC LIMIT ?""",  # noqa: S608
                    (name, *values, LABELLED_AT_MOST),
                ).fetchall()
                for ref, value in rows:
                    found.setdefault(ref, []).append((name, value))
        return found

    def labels(self, refs: Collection[str], name: str) -> dict[str, list[str]]:
        """The values of one facet of each of `refs`."""
        found: dict[str, list[str]] = {}
        with _speaking_plainly():
            rows = self._db.execute(
                f"SELECT ref, value FROM doc JOIN facet USING (n) WHERE ref IN ({_marks(refs)}) AND name = ?",  # noqa: S608
                (*refs, name),
            ).fetchall()
        for ref, value in rows:
            found.setdefault(ref, []).append(value)
        return found

    def holders(self, name: str) -> dict[str, list[str]]:
        """The values of one facet, each with the documents that have it."""
        found: dict[str, list[str]] = {}
        with _speaking_plainly():
            rows = self._db.execute(
                "SELECT value, ref FROM facet JOIN doc USING (n) WHERE name = ? ORDER BY value, n", (name,)
            ).fetchall()
        for value, ref in rows:
            found.setdefault(value, []).append(ref)
        return found

    # Small things -------------------------------------------------------------------------------------

    def keep(self, key: str, value: bytes) -> None:
        """Keep bytes in the sealed file, compressed, under a name; they go when the file goes."""
        with _speaking_plainly(), self._writing() as db:
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (key, zlib.compress(value, 1)))

    def kept(self, key: str) -> bytes | None:
        """What `keep` keeps under this name."""
        with _speaking_plainly():
            row = self._db.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    def truncate(self) -> None:
        """Put the write-ahead log into the file and empty it, where nobody is reading just now."""
        with _speaking_plainly():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _furnish(connection: Any) -> None:
    """The tables beside the index."""
    with _speaking_plainly():
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'doc_gone'").fetchone():
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'doc_gone'").fetchone():
                    head, trigger = _ASIDE.split("CREATE TRIGGER", 1)
                    for statement in filter(str.strip, head.split(";\n")):
                        connection.execute(statement)
                    connection.execute("CREATE TRIGGER" + trigger)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(Exception):
                    connection.execute("ROLLBACK")
                raise


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _spread(counts: Counter[str]) -> Counter[str]:
    """At most READ_AT_MOST of the tokens, from all over the text."""
    step = -(-len(counts) // READ_AT_MOST) or 1
    return Counter(dict(list(counts.items())[::step]))


def _weights(db: Any, counts: Counter[str]) -> dict[str, float]:
    """Token → idf, of those tokens that the index holds and that say something."""
    total = documents(db)
    weights = {}
    db.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'text', 'row')")  # till the rollback
    for token in sorted(counts):  # in the order in which the index holds them: pages are read once
        row = db.execute("SELECT doc FROM word WHERE term = ?", (token,)).fetchone()
        if row and (idf := math.log((total + 1) / (row[0] + 0.5))) > 0:
            weights[token] = idf
    return weights


def _candidates(db: Any, heavy: Iterable[str], limit: int) -> list[tuple[str, bytes]]:
    """(id, compressed text) of the documents that rank best for any of the tokens."""
    asked = " OR ".join(f'"{token}"' for token in heavy)
    rows: list[tuple[str, bytes]] = db.execute(
        f"SELECT ref, source.text FROM (SELECT rowid AS n, {BM25} AS s FROM text WHERE text MATCH ? "  # noqa: S608
        "ORDER BY s LIMIT ?) JOIN doc USING (n) JOIN source USING (n) ORDER BY s, n",
        (asked, limit),
    ).fetchall()
    return rows


def _parts(kept: bytes) -> list[str]:
    """The canonical text of each field, from what the file keeps."""
    try:
        return zlib.decompress(kept).decode().split("\n")
    except (zlib.error, UnicodeDecodeError):
        raise IndexDamaged("text") from None


def _like(ref: str, weights: Mapping[str, float], asked: Collection[str], kept: bytes) -> Like:
    """How much of the weight of the tokens a document holds, and how much of it is `asked`, from its
    compressed text. What was added to a document later (all but title and body) does not make it less like.
    """
    title, body, *rest = (tokens_of(part) for part in _parts(kept))
    said = {*title, *body}
    held = Counter([*title, *body, *(token for part in rest for token in part)])
    whole = sum(weights.values())
    share = sum(idf for token, idf in weights.items() if token in held) / whole
    again = sum(idf * held[token] / (held[token] + ONCE) for token, idf in weights.items()) / whole
    back = len(said.intersection(asked)) / max(1, len(said))
    return Like(ref, share, again * back**BACK)
