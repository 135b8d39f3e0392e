"""Elasticsearch 8.19 or 9: the search of disclosures on the production tier.

The index holds tokens and no source text: analysis is ours, the server splits at white space. Names are
an alias (in use) or one concrete index behind it (while it is built).
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, helpers
from elasticsearch import TransportError as Unreachable
from elasticsearch.dsl import A, Search
from elasticsearch.dsl import query as dsl

from search import numbers
from search.analysis import VERSION, tokens_of
from search.documents import FIELDS, Document, characters_for
from search.engines import clauses
from search.engines.base import (
    ANSWER_S,
    MAX_FACET_VALUES,
    BadPage,
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

SCHEMA_VERSION = f"3/{numbers.VERSION}/{VERSION}"
CHUNK = 500
"""Documents a bulk request."""
MOST_VALUES = 10_000
"""Values of all facets that are counted together; of each the MAX_FACET_VALUES most frequent are shown."""

# It writes each request's address at INFO; a site's log needs failures only.
logging.getLogger("elastic_transport").setLevel(logging.WARNING)

_TEXT = {"type": "text", "analyzer": "whitespace", "similarity": "qingfeng"}
_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "_meta": {"version": SCHEMA_VERSION},
    "_source": {"enabled": False},
    "properties": {
        **dict.fromkeys(FIELDS, _TEXT),
        "u": {**_TEXT, "index_options": "docs"},
        "num": {**_TEXT, "norms": False, "index_options": "docs"},
        "ref": {"type": "keyword"},
        "stamp": {"type": "keyword", "index": False},
        "facet": {"type": "keyword"},
        "day": {"type": "integer"},
        "ord": {"type": "keyword"},
    },
}
_SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,
    "max_result_window": 10_000,
    "similarity": {"qingfeng": {"type": "BM25", "k1": 0.9, "b": 0.9}},
}


@contextmanager
def _speaking_plainly() -> Iterator[None]:
    """Turn the client's errors into the engine's, without their text: it may quote the query."""
    try:
        yield
    except (Unreachable, helpers.ScanError) as error:
        raise EngineDown(type(error).__name__) from None
    except ApiError as error:
        if error.meta.status >= 500 or error.meta.status in (401, 403, 429):
            raise EngineDown(f"status {error.meta.status}") from None
        if error.meta.status == 404:
            raise IndexDamaged("the index is gone") from None
        raise EngineError(f"status {error.meta.status}") from None


class ElasticEngine:
    """The index behind `alias` (made when first used), or `concrete`, a new one that may take its place."""

    def __init__(
        self,
        url: str,
        alias: str,
        *,
        concrete: str = "",
        api_key: str = "",
        ca: str = "",
        timeout: float = 5,
        replicas: str = "0-1",
    ) -> None:
        self.alias = alias
        self.name = concrete or alias
        self.building = bool(concrete)
        self.replicas = replicas
        self._ready = self._whole = False
        self._lock = threading.Lock()
        self._es = Elasticsearch(
            url,
            api_key=api_key or None,
            request_timeout=60 if concrete else timeout,
            max_retries=1,
            ca_certs=ca or DEFAULT,
        )

    # Opening ------------------------------------------------------------------------------------------

    @contextmanager
    def _opened(self) -> Iterator[Elasticsearch]:
        with _speaking_plainly():
            if not self._ready:
                with self._lock:
                    self._open()
            try:
                yield self._es
            except NotFoundError:
                self._ready = self._whole = False  # someone dropped it: the next call makes or finds it
                raise

    def _open(self) -> None:
        if self.building:
            if not self._es.indices.exists(index=self.name):
                # One copy that is not refreshed, until it takes over: it is filled in half the time.
                self._create(self.name, "0", aliases={beside(self.alias, "building"): {}}, refresh="-1")
        elif not self._es.indices.exists_alias(name=self.alias):
            # The first name is the same for all, so that of two processes one makes it and the other
            # finds it.
            self._create(f"{self.alias}-0", self.replicas, aliases={self.alias: {}})
        for found in self._es.indices.get_mapping(index=self.name).body.values():
            meta = found["mappings"].get("_meta", {})
            if meta.get("version") != SCHEMA_VERSION:
                raise IndexDamaged("made by another version of the analysis")
            self._whole = bool(meta.get("whole"))
        self._ready = True

    def _create(self, name: str, replicas: str, *, aliases: dict[str, Any], refresh: str = "1s") -> None:
        settings = {**_SETTINGS, **_copies(replicas), "refresh_interval": refresh}
        try:
            self._es.indices.create(index=name, mappings=_MAPPING, settings=settings, aliases=aliases)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    def up(self) -> bool:
        """Whether the cluster answers and can serve this index. Does not ask `GET /`."""
        try:
            with _speaking_plainly():
                return bool(self._es.cluster.health(timeout="1s")["status"] != "red")
        except EngineError:
            return False

    def close(self) -> None:
        """Close the connections."""
        self._es.close()

    def destroy(self) -> None:
        """Drop this index (the concrete one, or every one behind the alias) and close."""
        with _speaking_plainly():
            for name in [self.name] if self.building else self._behind_alias():
                self._es.indices.delete(index=name, ignore_unavailable=True)
        self.close()

    def _behind_alias(self, alias: str = "") -> list[str]:
        try:
            return list(self._es.indices.get_alias(name=alias or self.alias).body)
        except NotFoundError:
            return []

    def named(self, role: str) -> str:
        """The concrete index that is being built, or was in use before ("previous"); "" where none is."""
        with _speaking_plainly():
            return next(iter(self._behind_alias(beside(self.alias, role))), "")

    def take_over(self) -> None:
        """Point the alias at this concrete index, in one step. What was behind it, if it ever was whole, is
        kept as the previous one; the previous one before that is dropped.
        """
        with self._opened() as es:
            copies = {**_copies(self.replicas), "refresh_interval": "1s"}
            es.indices.put_settings(index=self.name, settings=copies)
            es.indices.refresh(index=self.name)
            previous, building = beside(self.alias, "previous"), beside(self.alias, "building")
            old = [name for name in self._behind_alias() if name != self.name]
            kept = [name for name in old if self._was_whole(name)]
            dropped = ({*old, *self._behind_alias(previous)} - {*kept, self.name}) if old else set()
            actions: list[dict[str, Any]] = [{"remove_index": {"index": name}} for name in sorted(dropped)]
            for name in kept:
                actions.append({"remove": {"index": name, "alias": self.alias}})
                actions.append({"add": {"index": name, "alias": previous}})
            for alias in (previous, building):
                if self.name in self._behind_alias(alias):
                    actions.append({"remove": {"index": self.name, "alias": alias}})
            es.indices.update_aliases(actions=[*actions, {"add": {"index": self.name, "alias": self.alias}}])
            es.indices.refresh(index=self.name)  # what came since the one before

    def _was_whole(self, name: str) -> bool:
        mappings = self._es.indices.get_mapping(index=name).body[name]["mappings"]
        return bool(mappings.get("_meta", {}).get("whole"))

    def sweep(self) -> None:
        """Drop what no alias of ours names: the remains of rebuilds that died."""
        with _speaking_plainly():
            for name, index in self._es.indices.get(index=f"{self.alias}-*", allow_no_indices=True).items():
                if not index["aliases"]:
                    self._es.indices.delete(index=name, ignore_unavailable=True)

    # Writing ------------------------------------------------------------------------------------------

    def index(self, documents: Iterable[Document]) -> None:
        """Add or replace; one document is replaced in one step."""
        self._bulk({"_op_type": "index", "_id": d.id, "stamp": d.stamp, **_source(d)} for d in documents)

    def delete(self, ids: Collection[str]) -> None:
        """Take out; unknown ids are no error."""
        self._bulk({"_op_type": "delete", "_id": id} for id in ids)

    def _bulk(self, actions: Iterable[dict[str, Any]]) -> None:
        with self._opened() as es:
            outcome = helpers.streaming_bulk(
                es,
                actions,
                index=self.name,
                chunk_size=CHUNK,
                raise_on_error=False,
                max_retries=2,
                require_alias=not self.building,
            )
            wrote = False
            for ok, item in outcome:
                wrote = True
                if not ok:
                    self._judge(next(iter(item.values())))
            if wrote and not self.building:
                es.indices.refresh(index=self.name)

    def _judge(self, outcome: dict[str, Any]) -> None:
        """One write that did not go through; a delete of what is not there is none."""
        status = outcome.get("status")
        if "error" not in outcome and status == 404:
            return
        if status == 404:
            self._ready = self._whole = False
            raise IndexDamaged("the index is gone")
        raise EngineDown("bulk") if status in (429, 503) else EngineError(f"bulk status {status}")

    def clear(self) -> None:
        """Empty the index, keeping its name: readers see either all or nothing."""
        self.delete(self.ids())

    # Reading ------------------------------------------------------------------------------------------

    def count(self) -> int:
        """Documents in the index."""
        with self._opened() as es:
            if self.building:
                es.indices.refresh(index=self.name)
            answer = es.count(index=self.name)
        if answer["_shards"]["successful"] < answer["_shards"]["total"]:
            raise EngineDown("shards")  # it would count what it has
        return int(answer["count"])

    def size(self) -> int:
        """Bytes on the disk, without copies."""
        with self._opened() as es:
            es.indices.flush(index=self.name)
            stats = es.indices.stats(index=self.name, metric="store")
            return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])

    def ids(self) -> set[str]:
        """The ids of all documents."""
        with self._opened() as es:
            if self.building:
                es.indices.refresh(index=self.name)
            return {hit["_id"] for hit in helpers.scan(es, index=self.name, _source=False, size=5000)}

    def stamps(self) -> dict[str, str]:
        """The id of each document and the stamp of the version that is held."""
        asked = {"docvalue_fields": ["stamp"]}
        with self._opened() as es:
            if self.building:
                es.indices.refresh(index=self.name)
            hits = helpers.scan(es, asked, index=self.name, _source=False, size=5000)
            return {hit["_id"]: hit["fields"]["stamp"][0] for hit in hits}

    def whole(self) -> bool:
        """Whether everything there was to index has once been put in."""
        if not self._whole:
            self._ready = False  # another process may have said so meanwhile
        with self._opened():
            return self._whole

    def mark_whole(self) -> None:
        """Say so."""
        with self._opened() as es:
            es.indices.put_mapping(index=self.name, meta={"version": SCHEMA_VERSION, "whole": True})
            self._whole = True

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
        """See Engine.search."""
        check_page(limit, offset)
        loose = loosen(query)
        asked = clauses.relaxed(loose) if relaxed else clauses.strict(query)
        if sort == "relevance" and not (
            bool(loose.tokens or loose.characters) if relaxed else clauses.ranks(query)
        ):
            sort = "date"
        chosen = {name: values for name, values in (filters or {}).items() if values}
        search = Search().query(_among(asked, within, without, days)).source(False)
        search = search.extra(track_total_hits=True, size=min(limit + 1, 10_000 - offset), from_=offset)
        if chosen:
            search = search.post_filter(dsl.Bool(filter=clauses.filters(chosen)))
        first: dict[str, str] = {}
        for group in _alike(facets, chosen):
            first |= dict.fromkeys(group, group[0])
            others = {name: values for name, values in chosen.items() if name not in group}
            bucket = search.aggs.bucket(group[0], A("filter", dsl.Bool(filter=clauses.filters(others))))
            wanted = f"({'|'.join(group)})=.*"
            bucket.bucket("values", A("terms", field="facet", include=wanted, size=MOST_VALUES))
        search = search.sort(*_SORTS[sort])
        if after is not None:
            search = search.extra(search_after=_read_cursor(after, sort), from_=0)
        body = {**search.to_dict(), "timeout": f"{ANSWER_S:.0f}s"}
        with self._opened() as es:
            answer = es.search(index=self.name, body=body, allow_partial_search_results=False).body
        if answer["timed_out"]:
            raise EngineDown("too slow")  # what it found until then is not the answer
        rows = answer["hits"]["hits"]
        return Hits(
            ids=[row["_id"] for row in rows[:limit]],
            total=int(answer["hits"]["total"]["value"]),
            facets={name: _values(answer["aggregations"][first[name]], name) for name in facets},
            next=_cursor(rows[limit - 1]["sort"]) if limit and len(rows) > limit else None,
        )


def beside(alias: str, role: str) -> str:
    """The alias of the index that is being built ("building") or was in use before ("previous")."""
    return f"{alias}-{role}"


def _copies(replicas: str) -> dict[str, Any]:
    """As many copies as "1" says, or as there is room for between the two numbers of "0-1"."""
    return {"auto_expand_replicas": replicas if "-" in replicas else False} | (
        {} if "-" in replicas else {"number_of_replicas": int(replicas)}
    )


_SORTS: dict[Sort, tuple[Any, ...]] = {
    "relevance": ({"_score": "desc"}, {"ref": "asc"}),
    "date": ({"day": "desc"}, {"ref": "asc"}),
    "order": ({"ord": "asc"}, {"ref": "asc"}),
}


def _source(document: Document) -> dict[str, Any]:
    text = document.text
    return {
        **{name: " ".join(tokens_of(part)) for name, part in zip(FIELDS, text[: len(FIELDS)], strict=True)},
        "u": characters_for(text),
        "num": text[-1],
        "ref": document.id,
        "facet": [f"{name}={value}" for name, value in document.labels],
        "day": document.day,
        "ord": document.order,
    }


def _among(
    asked: dsl.Query, within: Collection[str] | None, without: Collection[str], days: Days | None
) -> dsl.Query:
    among = [] if within is None else [clauses.ids(within)]
    if days and any(days):
        among.append(clauses.dated(days))
    if not among and not without:
        return asked
    return dsl.Bool(must=[asked], filter=among, must_not=[clauses.ids(without)] if without else [])


def _alike(facets: Sequence[str], chosen: Filters) -> list[list[str]]:
    """The facets in groups that look at the same documents: those that nothing was chosen of together, each
    of the others alone. The labels of every document are walked once a group.
    """
    free = [name for name in facets if name not in chosen]
    return [group for group in (free, *([name] for name in facets if name in chosen)) if group]


def _values(bucket: Any, name: str) -> dict[str, int]:
    begin = f"{name}="
    counted = {
        b["key"].removeprefix(begin): int(b["doc_count"])
        for b in bucket["values"]["buckets"]
        if b["key"].startswith(begin)
    }
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_FACET_VALUES])


def _cursor(keys: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(keys)).encode()).decode()


def _read_cursor(cursor: str, sort: Sort) -> list[Any]:
    kinds: tuple[type, type] = {"relevance": (float, str), "date": (int, str), "order": (str, str)}[sort]
    try:
        first, second = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError, binascii.Error):
        raise BadPage("cursor") from None
    if not (isinstance(first, kinds[0]) and isinstance(second, kinds[1])):
        raise BadPage("cursor")
    return [first, second]
