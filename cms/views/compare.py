"""Two power items side by side: the same power at two levels or of two bodies, with what differs marked."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cms.flow.chart_of import limit_text
from cms.models import PowerItem
from cms.publishing.difference import LONGEST, marked
from cms.views.gone import moved_or_gone
from cms.views.paging import page_of, query_without

LIKE = 50  # items offered beside one
ALIKE = 0.6  # ratio of difflib


@dataclass(frozen=True)
class Line:
    """One field of both: its name, what the first says, and the second with what differs marked."""

    label: str
    first: str
    second: SafeString
    differs: bool


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """`?a=<code>&b=<code>`; with `a` alone the items that are like it; without, a form. Open to anyone."""
    codes = [request.GET.get(name, "").strip()[:64] for name in ("a", "b")]
    items = [_item(code) for code in codes]
    if any(code and item is None for code, item in zip(codes, items, strict=True)):
        return moved_or_gone(request)
    first, second = items
    if first is None:
        first, second = second, None
    context: dict[str, Any] = {"first": first, "second": second}
    if first and second:
        context["lines"] = lines(first, second)
        context["differ"] = sum(line.differs for line in context["lines"])
    elif first:
        context["like"] = like(first)
    return render(request, "cms/compare.html", context)


@require_safe
def basic(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody who exercises the power with this basic code, and the way to compare two. Open to anyone."""
    rows = PowerItem.objects.disclosed().source().in_force().with_parts().filter(basic_code=code)
    page, exists = page_of(request, rows.order_by("organisation__order", "organisation__code", "code"))
    if not page.paginator.count:
        raise Http404
    context = {"page": page, "beyond": not exists, "query": query_without(request, "page"), "basic": code}
    return render(request, "cms/basic.html", context, status=200 if exists else 404)


def _item(code: str) -> PowerItem | None:
    rows = PowerItem.objects.disclosed().source().select_related("organisation", "category")
    found = rows.filter(code=code).first() if code else None
    return found.for_reader(get_language() or "") if found else None


def like(item: PowerItem) -> Any:
    """Disclosed items with the same basic code, or without one of the same name, of whatever body."""
    source = item.source_record()
    same = Q(basic_code=source.basic_code) if source.basic_code else Q(name=source.name)
    rows = PowerItem.objects.disclosed().source().filter(same).exclude(pk=source.pk)
    return rows.select_related("organisation", "category").order_by("organisation__order", "code")[:LIKE]


def lines(first: PowerItem, second: PowerItem) -> list[Line]:
    """The fields that at least one of them states, in the order of the fact sheet."""
    ours, theirs = said(first), said(second)
    found = []
    for label, text in ours.items():
        other = theirs[label]
        if text or other:
            differs = "".join(text.split()) != "".join(other.split())
            shown = marked(text, other) if differs and alike(text, other) else format_html("{}", other)
            found.append(Line(label, text, shown, differs))
    return found


def alike(text: str, other: str) -> bool:
    """Whether two texts share so much that a difference by character can be read."""
    if not text or not other or len(text) + len(other) > LONGEST:
        return False
    return SequenceMatcher(None, text, other, autojunk=False).ratio() >= ALIKE


def said(item: PowerItem) -> dict[str, str]:
    """What the item says, by the labels of the fact sheet."""
    return {
        _("类别"): item.category.label if item.category else "",
        _("清单所属机构"): item.organisation.label if item.organisation else "",
        _("实施主体"): item.exercising_body,
        _("承办机构"): _lines(f"{unit.name} {unit.post}".strip() for unit in item.handling_units.all()),
        _("行使层级"): _lines([*(str(level) for level in item.levels.all()), item.level_text]),
        _("承诺办结时限"): limit_text(item.promised_limit, item.promised_unit, item.promised_note),
        _("法定办结时限"): limit_text(item.statutory_limit, item.statutory_unit, item.statutory_note),
        _("收费"): _lines(
            [
                _("不收费") if item.no_fees else "",
                *(f"{fee.name} {fee.standard}" for fee in item.fees.all()),
                item.fees_note,
            ]
        ),
        _("要带什么"): _lines(material.name for material in item.materials.all()),
        _("办理条件"): item.conditions,
        _("处罚种类和幅度"): _lines([item.penalty_kinds, item.penalty_range]),
        _("设定依据"): _lines(basis.text for basis in item.legal_bases.all()),
        _("责任事项"): _lines(f"{duty.stage} {duty.text}".strip() for duty in item.duties.all()),
        _("追责情形"): _lines(row.text for row in item.accountabilities.all()),
        _("救济渠道"): item.remedy,
        _("监督投诉"): item.supervision,
        _("咨询"): item.contact,
    }


def _lines(texts: Any) -> str:
    return "\n".join(text for text in texts if text)
