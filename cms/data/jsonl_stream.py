"""JSON Lines: one whole record a line, as the API gives it (and so by the same schema)."""

from __future__ import annotations

from collections.abc import Iterator

from cms.data.kinds import Kind


def lines(kind: Kind) -> Iterator[bytes]:
    """The file, line by line."""
    for record in kind.records():
        yield kind.schema.model_validate(record).model_dump_json(by_alias=True).encode() + b"\n"
