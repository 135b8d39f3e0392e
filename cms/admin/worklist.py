"""What waits for a person, on the admin's home page: imports, reviews that are due, repealed bases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from workdays import clock

from cms.models import Flowchart, ImportBatch, PowerItem
from cms.publishing import scope

State = ImportBatch.State
SHOWN = 10


def waiting(user: Any) -> Iterator[tuple[str, str]]:
    """(address, sentence) of each thing that waits for this person, within their organisations."""
    if user.has_perm("cms.add_importbatch") or user.has_perm("cms.publish_poweritem"):
        yield from _imports(user)
    if user.has_perm("cms.change_flowchart"):
        rows = scope.limited(Flowchart.objects.disclosed().source(), user)
        due = rows.filter(risk_points__next_review__lte=clock.today()).distinct()
        for chart in due.order_by("slug")[:SHOWN]:
            address = reverse("wagtailsnippets_cms_flowchart:edit", args=[chart.pk])
            yield address, _("流程图“%(title)s”有到期要复查的风险点。") % {"title": chart.title}
    if user.has_perm("cms.change_poweritem"):
        rows = scope.limited(PowerItem.objects.disclosed().source().in_force(), user)
        stale = rows.filter(legal_bases__law_version__repealed_on__lte=clock.today()).distinct()
        for item in stale.order_by("code")[:SHOWN]:
            address = reverse("wagtailsnippets_cms_poweritem:edit", args=[item.pk])
            yield address, _("事项“%(name)s”还引用已废止的法律法规。") % {"name": item.name}


def _imports(user: Any) -> Iterator[tuple[str, str]]:
    rows = scope.limited(ImportBatch.objects.select_related("organisation"), user).order_by("pk")
    for batch in rows.filter(state__in=[State.PARSED, State.REFUSED], uploaded_by=user)[:SHOWN]:
        yield reverse("import_batch", args=[batch.pk]), _("您上传的批次 %(n)d 还没有提交。") % {"n": batch.pk}
    for batch in rows.filter(state=State.SUBMITTED)[: SHOWN * 3]:
        name = "benchmark" if batch.kind == "benchmark" else "poweritem"
        if user.pk not in batch.hands and user.has_perm(f"cms.publish_{name}"):
            text = _("批次 %(n)d（%(organisation)s）等待您批准。")
            address = reverse("import_batch", args=[batch.pk])
            yield address, text % {"n": batch.pk, "organisation": batch.organisation}


class WorkList(Component):
    """A list of links; nothing where nothing waits."""

    order = 140

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def render_html(self, parent_context: Any = None) -> SafeString:
        rows = list(waiting(self.request.user))
        if not rows:
            return SafeString("")
        return format_html(
            '<section class="w-panel" aria-labelledby="work-list"><h2 id="work-list">{}</h2>'
            "<ul>{}</ul></section>",
            _("等着您办的"),
            format_html_join("", '<li><a href="{}">{}</a></li>', rows),
        )


@hooks.register("construct_homepage_panels")
def show_work_list(request: HttpRequest, panels: list[Any]) -> None:
    panels.append(WorkList(request))
