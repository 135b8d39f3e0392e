"""What every page must be: read by all (axe), no wider than a small screen, worked by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Of its answer only what is wrong leaves the browser: the list of what is right is a hundred times as long.
AXE = """
async ([tags, rules, within]) => {
  // Of what a page loads axe needs the style sheets alone; a film that never plays would cost ten seconds.
  const preload = { assets: ["cssom"], timeout: 5000 };
  const how = { runOnly: tags, rules, preload, resultTypes: ["violations"] };
  const found = await axe.run(within || document, how);
  return found.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))]);
}
"""
TABS, STRIDE = 150, 6  # more stops than any page has before its main button; stops between two looks
# The button a page is for: the first of the main part that does something. What its focus looks like is noted
# when it comes: an outline, or a shadow.
MAIN = "main button.btn, main a.btn"
WATCH = """
(main) => {
  document.activeElement?.blur();
  const button = [...document.querySelectorAll(main)].find(e => e.checkVisibility());
  window.reached = button ? "" : "none";
  button?.addEventListener("focus", () => {
    const style = getComputedStyle(button);
    window.reached = style.outlineStyle !== "none" || style.boxShadow !== "none" ? "seen" : "unseen";
  });
}
"""
# Elements that stand out of the window, innermost first, to name the culprit.
OUT = """
() => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll"))
  .slice(-2).map(e => e.outerHTML.slice(0, 120))
"""


@cache
def source() -> str:
    """axe itself, as the package brings it."""
    from axe_playwright_python import base

    return (Path(base.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def axe(page: Any, *, colours: bool = True, within: str = "") -> list[str]:
    """What axe finds on the open page, or `within` the first element of a selector, as sentences.

    `colours` are its dearest rule by far.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(source())
    found = page.evaluate(AXE, [TAGS, {"color-contrast": {"enabled": colours}}, within])
    return [f"{rule}: {', '.join(nodes)}" for rule, nodes in found]


def sideways(page: Any) -> list[str]:
    """What makes the page wider than its window."""
    width = page.evaluate("document.scrollingElement.scrollWidth")
    return [f"{width} px wide: {page.evaluate(OUT)}"] if width > page.viewport_size["width"] else []


def keyboard(page: Any) -> list[str]:
    """Whether Tab alone comes to the main button, and shows it; a page without one needs none."""
    page.evaluate(WATCH, MAIN)
    for _ in range(0, TABS, STRIDE):
        match page.evaluate("window.reached"):
            case "none" | "seen":
                return []
            case "unseen":
                return ["focus on the main button is not seen"]
        for _ in range(STRIDE):
            page.keyboard.press("Tab")
    return ["the main button is not reached by Tab"]


def unsound(page: Any, *, wide: bool = True) -> Iterator[str]:
    """All that is wrong with the open page; `wide` looks at it in a large window first.

    Colours are looked at once: they do not change with the window.
    """
    if wide:
        page.set_viewport_size(WIDE)
        yield from axe(page)
        yield from sideways(page)
        yield from keyboard(page)
    page.set_viewport_size(NARROW)
    yield from axe(page, colours=not wide)
    yield from sideways(page)
