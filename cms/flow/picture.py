"""The wide drawing as a file that stands by itself: SVG with its own sheet, and PNG."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import resvg_py
from django.conf import settings

from cms.flow.chart import Chart
from cms.flow.svg import wide_svg

# Letters for the PNG (OFL, beside the file): a server has none of its own. Never sent to a browser.
FONT = Path(settings.BASE_DIR) / "site" / "config" / "fonts" / "NotoSansSC-Regular.ttf"
MARGIN, MOST_PIXELS, SCALE = 16, 24_000_000, 2.0


@cache
def sheet() -> str:
    """The rules of site.css for drawings, with the light colours of tokens.css in place of their names."""
    static = Path(settings.BASE_DIR) / "static"
    tokens = dict(
        re.findall(r"(--[\w-]+):\s*([^;]+);", (static / "tokens.css").read_text("utf-8").split("@media")[0])
    )
    rules = re.findall(
        r"^\.flow (?:text|\.[\w-]+)[^{]*\{[^}]*\}", (static / "site.css").read_text("utf-8"), re.M
    )
    text = "\n".join(re.sub(r"\.flow ", "", rule) for rule in rules if "a:focus" not in rule)
    text = re.sub(r"var\((--[\w-]+)\)", lambda m: tokens[m[1]].strip(), text)
    family = tokens["--sans"].replace("\n", " ")
    return f"text{{font-family:{re.sub(' +', ' ', family)};fill:{tokens['--ink'].strip()}}}\n{text}"


def svg(chart: Chart) -> str:
    """An SVG file: light colours, white ground, fonts by name."""
    inner = str(wide_svg(chart, ident="flow"))
    found = re.match(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*?(?= role)', inner)
    w, h = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    box = f"{-MARGIN} {-MARGIN} {w + 2 * MARGIN:g} {h + 2 * MARGIN:g}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{w + 2 * MARGIN:g}" '
        f'height="{h + 2 * MARGIN:g}"'
    )
    ground = f'<rect x="{-MARGIN}" y="{-MARGIN}" width="100%" height="100%" fill="{_white()}"/>'
    rest = inner[found.end() :] if found else inner
    rest = rest.replace(' focusable="false"', "", 1)
    rest = rest.replace("<defs>", f"<style>{sheet()}</style>{ground}<defs>", 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{rest}\n'


def png(chart: Chart) -> bytes:
    """A PNG at twice the size, less where it would be more than 24 million pixels."""
    text = svg(chart)
    found = re.search(r'width="([\d.]+)" height="([\d.]+)"', text)
    area = float(found[1]) * float(found[2]) if found else 1.0
    zoom = min(SCALE, (MOST_PIXELS / area) ** 0.5)
    text = re.sub(r"font-family:[^;]+", "font-family:Noto Sans SC", text, count=1)
    rare = not set(re.sub(r"<[^>]*>", "", text.partition("</style>")[2])) <= _glyphs()
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=text,
            zoom=zoom,
            font_files=[str(FONT)],
            skip_system_fonts=not rare,  # reading those takes a second: only for rare characters
            sans_serif_family="Noto Sans SC",
            font_family="Noto Sans SC",
        )
    )


@cache
def _glyphs() -> frozenset[str]:
    """What the font was cut to: GB 2312, ASCII and our marks."""
    pairs = (bytes([a, b]) for a in range(0xA1, 0xF8) for b in range(0xA1, 0xFF))
    wide = "".join(p.decode("gb2312", "ignore") for p in pairs)
    return frozenset(wide) | frozenset(map(chr, range(0x20, 0x7F))) | frozenset("\n\t…—→“”‘’▲△")


def _white() -> str:
    return "#fff" if (m := re.search(r"--bg:\s*(#\w+)", _tokens())) is None else m[1]


@cache
def _tokens() -> str:
    return (Path(settings.BASE_DIR) / "static" / "tokens.css").read_text("utf-8")
