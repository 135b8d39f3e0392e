"""Chinese in an English page: text that no lang="zh…" announces is read out as noise by a screen reader."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# Ideographs, kana of titles, CJK punctuation with its wide space, full-width forms.
CJK = re.compile(r"[\u2e80-\u2fdf\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uffee\U00020000-\U0003ffff]")
SPOKEN = ("alt", "aria-label", "aria-description", "title", "placeholder", "data-label", "label")
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class _Unannounced(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.found: list[str] = []

    @property
    def language(self) -> str:
        return self.open[-1][1] if self.open else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        language = given.get("lang", self.language)
        spoken = [*SPOKEN, *(["value"] if given.get("type") in ("submit", "button") else [])]
        for name in spoken:
            self._look(given.get(name, ""), language, f"{tag} {name}")
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in (names := [name for name, _ in self.open]):
            del self.open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        tag = self.open[-1][0] if self.open else ""
        if tag not in ("script", "style"):
            self._look(data, self.language, tag)

    def _look(self, text: str, language: str, where: str) -> None:
        if CJK.search(text) and not language.lower().startswith("zh"):
            self.found.append(f"<{where}> {' '.join(text.split())[:80]}")


def unannounced(html: str) -> list[str]:
    """Each text or spoken attribute of `html` with Chinese in it outside an element whose lang is zh."""
    page = _Unannounced()
    page.feed(html)
    page.close()
    return page.found
