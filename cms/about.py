"""What a report can be about, for the other room: `config` registers `resolve_about` there."""

from __future__ import annotations

from dataclasses import dataclass

from cms.models import CaseOutcomePage, Flowchart, Organisation, PowerItem
from cms.models.organisations import chain


@dataclass(frozen=True)
class About:
    """A disclosed thing, as a report keeps it: title, step's name ("" without one), organisation's code."""

    title: str
    step_title: str
    organisation_code: str


def resolve_about(kind: str, code: str, step: str = "") -> About | None:
    """The disclosed thing of `kind` (power, flow, case, organisation) under `code`; None where there is none.

    An unknown step leaves `step_title` empty: the report is then about the whole.
    """
    found = {"power": _power, "flow": _flow, "case": _case, "organisation": _organisation}.get(kind)
    return found(code, step) if found else None


def titles(kind: str, codes: list[str]) -> dict[str, str]:
    """The names of the disclosed items among `codes`, in one question; of other kinds nobody asks."""
    if kind != "power" or not codes:
        return {}
    return dict(PowerItem.objects.disclosed().source().filter(code__in=codes).values_list("code", "name"))


def _power(code: str, step: str) -> About | None:
    item = PowerItem.objects.disclosed().source().select_related("organisation").filter(code=code).first()
    if item is None:
        return None
    charts = Flowchart.objects.disclosed().source().filter(power_item=item)
    return About(item.name, _step_name(charts, step), item.organisation.code if item.organisation else "")


def _flow(slug: str, step: str) -> About | None:
    charts = Flowchart.objects.disclosed().source().filter(slug=slug)
    chart = charts.select_related("power_item__organisation").first()
    if chart is None:
        return None
    organisation = chart.power_item.organisation if chart.power_item else None
    return About(chart.title, _step_name(charts, step), organisation.code if organisation else "")


def _case(number: str, step: str) -> About | None:
    pages = CaseOutcomePage.objects.disclosed().select_related("organisation")
    page = pages.filter(number=number, locale__language_code="zh-hans").first()
    if page is None:
        return None
    return About(page.title, "", page.organisation.code if page.organisation else "")


def _organisation(code: str, step: str) -> About | None:
    organisation = Organisation.objects.disclosed().source().filter(code=code).first()
    return About(organisation.name, "", code) if organisation else None


def _step_name(charts, key: str) -> str:
    """The name of the step with this stable key in one of the disclosed `charts`."""
    if not key:
        return ""
    return charts.filter(steps__key=key).values_list("steps__name", flat=True).first() or ""


def organisation_line(code: str) -> list[str]:
    """The organisation's code and those above it, nearest first; empty for a code nobody has."""
    parents = Organisation.objects.tree_codes()
    return chain(code, parents) if code in parents else []
