"""A room that publishes, in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from search.documents import Document, Source


class Shelf(Source):
    """A source whose documents the test puts in and takes out."""

    def __init__(self, kind: str, name: str = "") -> None:
        self.kind, self.name = kind, name or kind
        self.facets = {"category": "类别", "body": "单位"}
        self.documents: dict[str, Document] = {}

    def put(self, key: object, title: str, body: str = "", **rest: object) -> str:
        id = f"{self.kind}:{key}"
        self.documents[id] = Document(id, self.kind, title, body, url=f"/{self.kind}/{key}/", **rest)  # type: ignore[arg-type]
        return id

    def iterate(self) -> Iterator[Document]:
        yield from list(self.documents.values())

    def get(self, id: str) -> Document | None:
        return self.documents.get(id)

    def disclosed_ids(self, ids: Collection[str]) -> set[str]:
        return set(ids) & set(self.documents)

    def labels(self, facet: str, values: Collection[str], language: str) -> Mapping[str, str]:
        return {"CF": "行政处罚", "XK": "行政许可"} if facet == "category" else {}
