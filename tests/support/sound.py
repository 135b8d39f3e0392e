"""What every page must be: read by all (axe), no wider than a small screen, worked by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TABS = 150  # more stops than any page has before its main button
# The button a page is for: the first of the main part that does something.
MAIN = "main button.btn, main a.btn"
# Focus on it must be seen: an outline, or a shadow.
REACHED = """
(main) => {
  const here = document.activeElement;
  if (!here || here !== [...document.querySelectorAll(main)].find(e => e.checkVisibility())) return "";
  const style = getComputedStyle(here);
  return style.outlineStyle !== "none" || style.boxShadow !== "none" ? "seen" : "unseen";
}
"""
# Elements that stand out of the window, innermost first, to name the culprit.
OUT = """
() => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll"))
  .slice(-2).map(e => e.outerHTML.slice(0, 120))
"""


def axe(page: Any) -> list[str]:
    """What axe finds on the open page, as sentences."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": TAGS, "resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {', '.join(n['html'][:160] for n in v['nodes'][:3])}" for v in found]


def sideways(page: Any) -> list[str]:
    """What makes the page wider than its window."""
    width = page.evaluate("document.scrollingElement.scrollWidth")
    return [f"{width} px wide: {page.evaluate(OUT)}"] if width > page.viewport_size["width"] else []


def keyboard(page: Any) -> list[str]:
    """Whether Tab alone comes to the main button, and shows it; a page without one needs none."""
    if not page.locator(MAIN).locator("visible=true").count():
        return []
    page.evaluate("document.activeElement?.blur()")
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if reached := page.evaluate(REACHED, MAIN):
            return [] if reached == "seen" else ["focus on the main button is not seen"]
    return ["the main button is not reached by Tab"]


def unsound(page: Any, *, wide: bool = True) -> Iterator[str]:
    """All that is wrong with the open page; `wide` looks at it in a large window too."""
    if wide:
        page.set_viewport_size(WIDE)
        yield from axe(page)
        yield from sideways(page)
        yield from keyboard(page)
    page.set_viewport_size(NARROW)
    yield from axe(page)
    yield from sideways(page)
