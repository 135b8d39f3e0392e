"""What a cleaner answers: a copy was made, or why it could not be."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Answer:
    """A copy: its MIME type, what a viewer must know, a thumbnail (JPEG), and what was `dropped`."""

    mime: str
    width: int = 0
    height: int = 0
    pages: int = 0
    shrunk: bool = False  # smaller than what came, or its first frame only
    thumb: bytes = b""
    dropped: list[str] = field(default_factory=list)


class Unable(Exception):
    """No copy: `why` is a code of `run.REASONS`, `detail` a number or a name for the log of a test."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why, detail)
        self.why, self.detail = why, detail
