"""The words for facets and their values, as the sources give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import get_language, gettext

from search.documents import Source

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def facet_label(sources: Sequence[Source], name: str) -> StrOrPromise:
    """The heading of a facet."""
    if name == "kind":
        return gettext("类型")
    return next((s.facets[name] for s in sources if name in s.facets), name)


def labels(sources: Sequence[Source], name: str, values: Sequence[str]) -> dict[str, str]:
    """The words for the values of a facet, in their order."""
    words: dict[str, str] = {}
    if name == "kind":
        words = {s.kind: str(s.name) for s in sources if s.name}
    for source in sources:
        missing = [value for value in values if value not in words]
        if missing and name in source.facets:
            words.update(source.labels(name, missing, get_language() or ""))
    return {value: words.get(value, value) for value in values}
