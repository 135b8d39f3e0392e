"""Wagtail's search in the admin, for Chinese: its database backend with our tokens, on both tiers.

The databases' own parsers take a run of Chinese as one word. So a run is written into the index as its
characters and its pairs of neighbours, and asked for by its pairs (or the one character). Punctuation never
reaches the engine: `"规划` and `(` are syntax to it. This is not the search of the site (room `search`),
which is exact; editors look for a title among a few thousand pages.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db import connection
from modelsearch.query import Phrase, PlainText

CJK = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")
RUN = re.compile(f"[{CJK}]")
NOTHING = "∅"  # the engines refuse an empty query; this token is in no index


def index_tokens(text: str) -> str:
    """What stands in the index for `text`: words, and of Chinese runs characters and pairs."""
    return " ".join(
        token for word in _words(text) for token in ([*word, *_pairs(word)] if _cjk(word) else [word])
    )


def query_tokens(text: str) -> str:
    """What is asked for `text`: words, and of Chinese runs their pairs; never empty."""
    tokens = (
        token for word in _words(text) for token in ((_pairs(word) or [word]) if _cjk(word) else [word])
    )
    return " ".join(tokens) or NOTHING


def _words(text: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _cjk(word: str) -> bool:
    return RUN.match(word) is not None


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)]


if connection.vendor == "sqlite":
    from modelsearch.backends.database.sqlite import sqlite as engine

    Base = engine.SQLiteSearchBackend
    Words, Prefix = engine.SQLiteSearchQueryCompiler, engine.SQLiteAutocompleteQueryCompiler
    BUILD = "build_search_query_content"
else:
    from modelsearch.backends.database.postgres import postgres as engine

    Base = engine.PostgresSearchBackend
    Words, Prefix = engine.PostgresSearchQueryCompiler, engine.PostgresAutocompleteQueryCompiler
    BUILD = "build_tsquery_content"


class Indexer(engine.ObjectIndexer):
    """Writes tokens where the engine would write the text."""

    def prepare_value(self, value: Any) -> str:
        """The base class comes here again for the items of lists and dicts."""
        prepared: str = super().prepare_value(value)
        return index_tokens(prepared) if isinstance(value, str) else prepared


# The index looks the class up in its module, so this is the one place where it can be replaced.
engine.ObjectIndexer = Indexer


def _asking(compiler: type[Any]) -> type[Any]:
    """The engine's query compiler, with the words of each part of the query turned into tokens."""

    def build(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(query, PlainText):
            query = PlainText(query_tokens(query.query_string), operator=query.operator, boost=query.boost)
        elif isinstance(query, Phrase):
            query = Phrase(query_tokens(query.query_string))
        return getattr(compiler, BUILD)(self, query, *args, **kwargs)

    return type(f"Token{compiler.__name__}", (compiler,), {BUILD: build})


class SearchBackend(Base):  # type: ignore[misc, valid-type]
    """`WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "config.admin_search", …}}`."""

    query_compiler_class = _asking(Words)
    autocomplete_query_compiler_class = _asking(Prefix)
