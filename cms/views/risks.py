"""/risks/: every integrity risk point that is public, by level, post and organisation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cms.flow.grades import Grade, Scale
from cms.models import Flowchart, PowerItem, RiskPoint, Step
from cms.views.paging import page_of, query_without

FACETS = ("level", "post", "organisation")


@dataclass(frozen=True)
class Value:
    """A facet's value: how many there are under the other facets, and whether it is chosen."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Row:
    """A risk point with where it stands, in the reader's language where that is public."""

    risk: RiskPoint
    grade: Grade
    due: Any
    step: str
    post: str
    chart: Flowchart
    organisation: str
    address: str


def disclosed_risks() -> QuerySet[RiskPoint]:
    """Risk points of disclosed charts, in the source language, with `step_name`, `post`, `org_code` and
    `org_name` (of the item, where that is public itself)."""
    charts = Flowchart.objects.disclosed().source()
    steps = Step.objects.filter(flowchart=OuterRef("flowchart"), key=OuterRef("step_key")).order_by("pk")
    items = PowerItem.objects.disclosed().filter(pk=OuterRef("flowchart__power_item"))
    return (
        RiskPoint.objects.filter(flowchart__in=charts.values("pk"))
        .annotate(
            step_name=Subquery(steps.values("name")[:1]),
            post=Subquery(steps.values("post")[:1]),
            org_code=Subquery(items.values("organisation__code")[:1]),
            org_name=Subquery(items.values("organisation__name")[:1]),
            slug=F("flowchart__slug"),
        )
        .order_by("slug", "sort_order", "pk")
    )


@require_safe
def risks(request: HttpRequest) -> HttpResponse:
    """The register: facets with counts (each excludes its own choice), twenty a page."""
    scale = Scale()
    chosen = {name: [v for v in request.GET.getlist(name)[:50] if len(v) <= 200] for name in FACETS}
    keys = disclosed_risks().values_list(
        "pk", "level", "likelihood", "severity", "post", "org_code", "org_name"
    )
    facts = [_fact(row, scale) for row in keys]
    names = {f["organisation"]: f["org_name"] for f in facts}
    facets = {name: _facet(name, facts, chosen, scale, names) for name in FACETS}
    found = [f["pk"] for f in facts if _fits(f, chosen, FACETS)]
    page, exists = page_of(request, found)
    rows = _rows(list(page), scale)
    context = {
        "page": page, "rows": rows, "facets": facets, "total": len(facts), "count": len(found),
        "beyond": not exists, "query": query_without(request, "page"),
        "chosen": any(chosen.values()),
    }  # fmt: skip
    return render(request, "cms/risks.html", context, status=200 if exists else 404)


def _fact(row: tuple[Any, ...], scale: Scale) -> dict[str, Any]:
    pk, level, likelihood, severity, post, code, name = row
    score = likelihood * severity if likelihood and severity else None
    return {
        "pk": pk,
        "level": scale.code_of(level, score),
        "post": post or "",
        "organisation": code or "",
        "org_name": name or "",
    }


def _fits(fact: dict[str, Any], chosen: dict[str, list[str]], names: tuple[str, ...]) -> bool:
    return all(not chosen[name] or fact[name] in chosen[name] for name in names)


def _facet(
    name: str, facts: list[Any], chosen: dict[str, list[str]], scale: Scale, names: dict[str, str]
) -> list[Value]:
    others = tuple(n for n in FACETS if n != name)
    counts = Counter(f[name] for f in facts if _fits(f, chosen, others))
    for value in chosen[name]:
        counts.setdefault(value, 0)
    known = {f[name] for f in facts}
    order = list(scale.grades) if name == "level" else []
    values = sorted(
        (v for v in counts if v and v in known),
        key=lambda v: (order.index(v) if v in order else len(order), -counts[v], v),
    )
    labels = {v: scale.named(v).name if name == "level" else names.get(v, v) for v in values}
    return [Value(v, labels[v] or v, counts[v], v in chosen[name]) for v in values]


def _rows(keys: list[int], scale: Scale) -> list[Row]:
    found = {r.pk: r for r in disclosed_risks().filter(pk__in=keys).select_related("flowchart__locale")}
    said = _translated(list(found.values()))
    rows = []
    for key in keys:
        risk = found.get(key)
        if risk is None:  # withdrawn since the page was counted
            continue
        other, step = said.get(key, (risk, None))
        rows.append(
            Row(
                other,
                scale.of(risk),
                scale.due(risk),
                step.name if step else (risk.step_name or risk.step_key),
                step.post if step else (risk.post or ""),
                other.flowchart,
                risk.org_name or "",
                f"{other.flowchart.get_absolute_url()}#{risk.step_key}",
            )
        )
    return rows


def _translated(found: list[RiskPoint]) -> dict[int, tuple[RiskPoint, Step | None]]:
    """In the reader's language, where that chart is disclosed: its risk point and step."""
    language = get_language() or ""
    charts = Flowchart.objects.disclosed().in_language(language)
    keys = {r.translation_key: r for r in found if r.flowchart.language != language}
    if not keys:
        return {}
    rows = RiskPoint.objects.filter(flowchart__in=charts.values("pk"), translation_key__in=keys)
    rows = list(rows.select_related("flowchart__locale"))
    steps = {
        (s.flowchart_id, s.key): s for s in Step.objects.filter(flowchart__in=[r.flowchart_id for r in rows])
    }
    return {keys[r.translation_key].pk: (r, steps.get((r.flowchart_id, r.step_key))) for r in rows}
