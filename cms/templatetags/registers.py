"""Tags of the public pages: drawings, amounts, limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import template
from django.db.models import Count
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from cms import feeds
from cms.flow.chart_of import chart_of, limit_text, listed_steps
from cms.flow.svg import narrow_svg
from cms.models import CaseOutcomePage, Category, Flowchart, PowerItem, PublishedVersion
from cms.models.benchmarks import Amount
from cms.views import stats

register = template.Library()


@register.simple_tag
def flow_svg(flowchart: Flowchart, steps: list | None = None) -> SafeString:
    """The narrow drawing, inline."""
    return narrow_svg(chart_of(flowchart, steps), ident=f"flow-{flowchart.pk or 0}")


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
        return _span(tier, _factor(low), _factor(high), gettext("{n} 倍"), tier.base)
    if kind == "fixed":
        return gettext("{n} 元").format(n=yuan(low))
    unit = gettext("{n} 元") if kind == "range" else gettext("每{base} {n} 元").replace("{base}", tier.base)
    return _span(tier, yuan(low), yuan(high), unit, "")


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
class RelatedStep:
    url: str
    name: str
    level: int


@register.simple_tag
def related_of(page: CaseOutcomePage) -> dict[str, list]:
    """What a case is about: its disclosed items, and the steps where it went wrong."""
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
    return {"items": list(items), "steps": steps}
