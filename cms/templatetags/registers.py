"""Tags of the public pages: drawings, amounts, limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.db.models import Count
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from cms import feeds
from cms.flow.chart_of import chart_of, limit_text, listed_steps
from cms.flow.grades import Grade
from cms.flow.svg import narrow_svg, wide_for_paper
from cms.models import (
    Benchmark,
    CaseOutcomePage,
    Category,
    Flowchart,
    Law,
    LawVersion,
    LegalBasis,
    PowerItem,
    PublishedVersion,
)
from cms.models.benchmarks import Amount, Tier
from cms.publishing.calculator import Match
from cms.publishing.law_text import key_of
from cms.publishing.visibility import is_shown
from cms.views import stats

register = template.Library()


@register.simple_tag
def flow_svg(flowchart: Flowchart, steps: list | None = None, prefix: str = "") -> SafeString:
    """The narrow drawing, inline; its badges lead to the list whose ids begin with `prefix`."""
    return narrow_svg(chart_of(flowchart, steps, prefix), ident=f"flow-{flowchart.pk or 0}")


@register.simple_tag
def flow_wide_svg(flowchart: Flowchart, steps: list | None = None, prefix: str = "") -> SafeString:
    """The wide drawing, inline."""
    return wide_for_paper(chart_of(flowchart, steps, prefix), ident=f"flow-wide-{flowchart.pk or 0}")


@register.simple_tag
def risk_chip(grade: Grade) -> SafeString:
    """A level of the site's risk scale as word, glyph, edge, hue."""
    if not grade.look:
        return format_html('<span class="tag">{}</span>', grade.word)
    return format_html('<span class="lv lv-{}">{}</span>', grade.look, grade.word)


@register.simple_tag
def limit(value: int | None, unit: str, note: str = "") -> str:
    """A time limit in words."""
    return limit_text(value, unit, note)


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan with thousands: 150000 → "1,500"; with the fen where there are any."""
    if fen is None:
        return ""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}.{rest:02d}" if rest else f"{whole:,}"


def _factor(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


@register.filter
def amount(tier: Amount) -> str:
    """An amount in words, with the ends said as the law says them (以上，不满)."""
    kind = tier.amount_kind
    if kind == "none":
        return gettext("不罚款")
    if kind == "non-monetary":
        return ""
    low, high = tier.bounds
    if kind == "multiple":
        return _multiple(tier, low, high)
    if kind == "fixed":
        return gettext("{n} 元").format(n=yuan(low))
    each = tier.per or tier.base
    unit = gettext("{n} 元") if kind == "range" else gettext("每{base} {n} 元").replace("{base}", each)
    if kind == "rate" and low == high:
        return unit.format(n=yuan(low))
    return _span(tier, yuan(low), yuan(high), unit, "")


@register.filter
def sums(match: Match) -> str:
    """The sums that the calculator worked out, in words."""
    if match.low is not None and match.low == match.high:
        return gettext("{n} 元").format(n=yuan(match.low))
    return _span(match.tier, yuan(match.low), yuan(match.high), gettext("{n} 元"), "")


@register.filter
def beside(tier: Tier) -> str:
    """The accessory penalty, where the standard's own words do not already say it."""
    return "" if tier.accessory and tier.accessory.split("、")[0] in tier.standard else tier.accessory


def _multiple(tier: Amount, low: Decimal | None, high: Decimal | None) -> str:
    """Times of a base; small factors as per cent, as the law writes them; with the cap in money."""
    part = max(low or 0, high or 0) < 1
    unit = "{n}%" if part else gettext("{n} 倍")
    ends = [None if end is None else end * 100 if part else end for end in (low, high)]
    if ends[0] is not None and ends[0] == ends[1]:
        text = f"{tier.base}{unit.format(n=_factor(ends[0]))}"
    else:
        text = _span(tier, _factor(ends[0]), _factor(ends[1]), unit, tier.base)
    if tier.maximum is not None:
        text += gettext("，最高不超过 {n} 元").format(n=yuan(tier.maximum))
    return text


def _span(tier: Amount, low: str, high: str, unit: str, base: str) -> str:
    parts = []
    if low:
        parts.append(
            (gettext("{x}以上") if tier.min_inclusive else gettext("超过 {x}")).format(x=unit.format(n=low))
        )
    if high:
        word = gettext("{x}以下") if tier.max_inclusive else gettext("不满 {x}")
        parts.append(word.format(x=unit.format(n=high)))
    text = gettext("，").join(parts)
    return f"{base} {text}" if base and get_language() == "en" else f"{base}{text}"


@register.simple_tag
def scale(tier: Amount, head: Amount) -> SafeString:
    """Where a tier lies in the statutory range, in per cent; nothing where they cannot be compared."""
    (low, high), (first, last) = tier.bounds, head.bounds
    if (
        tier.amount_kind not in (head.amount_kind, "fixed")
        or None in (low, high, first, last)
        or last <= first
    ):
        return SafeString("")
    span = float(last - first)
    x = min(max(float(low - first) / span * 100, 0), 100)
    w = min(max(float(high - low) / span * 100, 1.5), 100 - x) if x < 100 else 1.5
    x = min(x, 98.5)
    return format_html(
        '<svg class="scale" width="100%" height="12" aria-hidden="true" focusable="false">'
        '<rect class="rail" x="0" y="3" width="100%" height="6"/>'
        '<rect class="span" x="{}%" y="1" width="{}%" height="10"/></svg>',
        f"{x:.1f}", f"{w:.1f}",
    )  # fmt: skip


@register.simple_tag
def published_numbers() -> dict[str, int]:
    """How many of each register are public now."""
    return stats.numbers()


@register.simple_tag
def categories_counted() -> list[tuple[Category, int]]:
    """Each category with its items in force; those without items are left out."""
    items = PowerItem.objects.disclosed().source().in_force()
    counts = dict(items.order_by().values_list("category").annotate(n=Count("pk")))
    return [(c, counts[c.pk]) for c in Category.objects.all() if c.pk in counts]


@register.simple_tag
def latest_publications(most: int = 6) -> list[PublishedVersion]:
    """The newest publications that are still public, each address once."""
    found: dict[str, PublishedVersion] = {}
    for version in feeds.Latest().items():
        found.setdefault(version.address, version)
    return list(found.values())[:most]


@dataclass(frozen=True)
class CitedLaw:
    """Where a basis leads, down to the article; `repealed` is said of the version it cites."""

    url: str
    repealed: bool


@register.simple_tag
def law_of(basis: LegalBasis) -> CitedLaw | None:
    """The register's law behind a legal basis, where it is disclosed itself."""
    if basis.law_version_id is None:
        return None
    version = _versions_cited(basis.item).get(basis.law_version_id)
    if version is None:
        return None
    key = key_of(basis.article)
    address = version.law.for_reader(get_language() or "").get_absolute_url()
    return CitedLaw(address + (f"#{key}" if key else ""), version.ended)


def _versions_cited(item: PowerItem) -> dict[int, LawVersion]:
    """id → version, of disclosed laws alone, for all bases of an item; asked once a page."""
    if not hasattr(item, "_versions_cited"):
        keys = {basis.law_version_id for basis in item.legal_bases.all()} - {None}
        laws = Law.objects.disclosed().filter(versions__in=keys)
        rows = LawVersion.objects.filter(pk__in=keys, law__in=laws.values("pk")).select_related("law__locale")
        item._versions_cited = {version.pk: version for version in rows}
    return item._versions_cited


@dataclass(frozen=True)
class RelatedStep:
    url: str
    name: str
    level: int


@register.filter
def shown(related: Any) -> Any:
    """What a record is linked to, where anyone may see it now; else None."""
    return related if related is not None and is_shown(related) else None


@register.simple_tag
def related_of(page: CaseOutcomePage) -> dict[str, list]:
    """What a case is about: its disclosed items and benchmarks, and the steps where it went wrong."""
    items = PowerItem.objects.disclosed().filter(pk__in=[i.pk for i in page.power_items.all()])
    steps = []
    for link in page.steps.select_related("flowchart"):
        chart = Flowchart.objects.disclosed().filter(pk=link.flowchart_id).first()
        if chart is None:
            continue
        for listed in listed_steps(chart):
            if listed.row.key == link.step_key:
                level = max((r.level for r in listed.risks), default=0)
                url = f"{chart.get_absolute_url()}#{link.step_key}"
                steps.append(RelatedStep(url, listed.row.name, level))
    benchmarks = Benchmark.objects.disclosed().filter(pk__in=[b.pk for b in page.benchmarks.all()])
    return {"items": list(items), "steps": steps, "benchmarks": list(benchmarks)}
