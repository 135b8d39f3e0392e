"""What is searched: documents without a model, and the sources that give them.

A room registers a `Source` for each kind it publishes; search asks it, and knows nothing else of the room.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.cache import cache
from workdays import clock

from search import numbers
from search.analysis import canonical, characters_of, name_word

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIELDS = ("title", "body", "low", "code")
"""The text fields of an index, in order; `num` (see numbers) and `u` come after them."""


@dataclass(frozen=True)
class Document:
    """One thing that can be found.

    `id` is "kind:key" and unique in its index. A query word matches if one of the text fields contains it.
    `facets` are codes, for trees with those of all ancestors ({"body": ["市", "市交通局"]}).
    """

    id: str
    kind: str
    title: str
    body: str = ""
    low: str = ""  # matched, ranked below the body (repeated or boilerplate text)
    code: str = ""  # matched, ranked above the title; several are separated by line breaks
    language: str = "zh-hans"
    url: str = ""
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    date: datetime.date | None = None
    order: str = ""  # for lists that have an order of their own (sort="order")
    meta: Sequence[str] = ()  # short public facts for a result list, in the document's language

    @property
    def text(self) -> tuple[str, ...]:
        """The canonical text of each of FIELDS, then the words of `num`."""
        return (
            canonical(self.title),
            canonical(self.body),
            canonical(self.low),
            canonical(_codes(self.code)),
            " ".join([*self._names, numbers.words_of(self.title, self.body, self.low, self.code)]),
        )

    @property
    def _names(self) -> list[str]:
        """Each line of the title and each code as one word."""
        whole = (canonical(line) for line in [*self.title.split("\n"), *_codes(self.code).split("\n")])
        return list(dict.fromkeys(name_word(name) for name in whole if name))

    @property
    def day(self) -> int:
        """The date as a number that sorts (0 without one)."""
        return self.date.toordinal() if self.date else 0

    @property
    def stamp(self) -> str:
        """The version of what an index holds of it, as 24 hex digits: another one where anything differs."""
        held = [self.title, self.body, self.low, self.code, self.day, self.order, sorted(self.labels)]
        return hashlib.blake2b(json.dumps(held).encode(), digest_size=12).hexdigest()

    @property
    def labels(self) -> list[tuple[str, str]]:
        """(facet, value) pairs, without repeats; the kind and the language are facets too."""
        pairs = [(name, value) for name, values in self.facets.items() for value in values]
        return list(dict.fromkeys([("kind", self.kind), ("language", self.language), *pairs]))


def _codes(code: str) -> str:
    """Each code as written and, where it has separators, also in one piece (9901-CG and 9901CG)."""
    codes = code.split("\n")
    return "\n".join([*codes, *(c.replace("-", "") for c in codes if "-" in c)])


def characters_for(text: Sequence[str]) -> str:
    """The field `u` of a document: the distinct characters of all its canonical fields."""
    return characters_of(" ".join(text[: len(FIELDS)]))


class Source(ABC):
    """Gives the documents of one kind. Every method answers for what is disclosed now, and nothing else.

    One document is one record, with the text of all its languages, however many translations it has.
    """

    kind: str
    name: StrOrPromise = ""  # of the kind, in a facet
    facets: Mapping[str, StrOrPromise] = {}  # facet → its label, in the order a list shows them

    @abstractmethod
    def iterate(self) -> Iterator[Document]:
        """Every disclosed document, in batches from the database."""

    @abstractmethod
    def get(self, id: str) -> Document | None:
        """The document, or None where it is not disclosed (any more)."""

    def get_many(self, ids: Collection[str]) -> dict[str, Document]:
        """The documents of `ids` that are disclosed.

        A source overrides this with a number of questions that does not grow with the ids.
        """
        return {id: document for id in ids if (document := self.get(id)) is not None}

    @abstractmethod
    def disclosed_ids(self, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are disclosed, in one question. Ids that are no ids are not."""

    def lapsing(self) -> list[tuple[str, datetime.datetime]]:
        """(id, when it ends) of what is disclosed until a known time: an index hears of it a little late."""
        return []

    def shown(self, ids: Sequence[str], language: str) -> dict[str, Document]:
        """The documents of a result list, with title, body and meta as a reader of `language` sees them.

        A source overrides this with one question for all ids.
        """
        return {id: document for id in ids if (document := self.get(id)) is not None}

    def labels(self, facet: str, values: Collection[str], language: str) -> Mapping[str, str]:
        """The words for facet values; a value without one is shown as it is."""
        return {}


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Make a kind findable; called once per kind from AppConfig.ready()."""
    _sources[source.kind] = source


def source_for(id: str) -> Source | None:
    """The source of a document id ("kind:key"), or None for a kind nobody registered."""
    return _sources.get(id.partition(":")[0])


def sources() -> list[Source]:
    """All registered sources, in the order of their registration."""
    return list(_sources.values())


def get_many(ids: Collection[str]) -> dict[str, Document]:
    """The documents of `ids` that are disclosed now."""
    found: dict[str, Document] = {}
    for kind in dict.fromkeys(id.partition(":")[0] for id in ids):
        if (source := _sources.get(kind)) is not None:
            found.update(source.get_many([id for id in ids if id.partition(":")[0] == kind]))
    return found


def shown(ids: Sequence[str], language: str) -> dict[str, Document]:
    """The documents of `ids` that are disclosed now, as a reader of `language` sees them."""
    found: dict[str, Document] = {}
    for kind in dict.fromkeys(id.partition(":")[0] for id in ids):
        if (source := _sources.get(kind)) is not None:
            found.update(source.shown([id for id in ids if id.partition(":")[0] == kind], language))
    return found


LAPSING_S = 5
"""Seconds for which the list of what ends is kept."""


def lapsed(kinds: Collection[str]) -> set[str]:
    """The ids of these kinds whose time is over and that an index may still hold."""
    over: set[str] = set()
    for kind in kinds:
        if (source := _sources.get(kind)) is None:
            continue
        key = f"search:lapsing:{kind}"
        ends = cache.get(key)
        if ends is None:
            ends = source.lapsing()
            cache.set(key, ends, LAPSING_S)
        over |= {id for id, end in ends if end <= clock.now()}
    return over


def disclosed_ids(ids: Collection[str]) -> set[str]:
    """Those of `ids` that their sources call disclosed."""
    kept: set[str] = set()
    for kind in {id.partition(":")[0] for id in ids}:
        if (source := _sources.get(kind)) is not None:
            kept |= source.disclosed_ids([id for id in ids if id.partition(":")[0] == kind])
    return kept
