"""The editors' list of case outcomes that are due, on the admin's home page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from workdays import clock as time

from cms.publishing import clock

SHOWN = 20


class DueCases(Component):
    """Cases that wait for publication, the longest overdue first; nothing where none does."""

    order = 150

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def render_html(self, parent_context: Any = None) -> SafeString:
        user, today = self.request.user, time.today()
        pages = [p for p in clock.waiting()[: SHOWN * 3] if p.permissions_for_user(user).can_edit()][:SHOWN]
        if not pages:
            return SafeString("")
        rows = format_html_join(
            "",
            '<tr><td><a href="{}">{}</a></td><td>{}</td><td>{}</td></tr>',
            (
                (reverse("wagtailadmin_pages:edit", args=[p.pk]), p.title, p.publish_due.isoformat(),
                 state((today - p.publish_due).days))
                for p in pages
            ),
        )  # fmt: skip
        return format_html(
            '<section class="w-panel" aria-labelledby="due-cases"><h2 id="due-cases">{}</h2>'
            '<table class="listing">'
            '<thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr></thead>'
            "<tbody>{}</tbody></table></section>",
            _("等待公开的案例"), _("案例"), _("公开期限"), _("状态"), rows,
        )  # fmt: skip


def state(late: int) -> SafeString | str:
    """How far from its last day, in words."""
    if late > 0:
        return format_html("<strong>{}</strong>", _("已超 %(days)s 天") % {"days": late})
    return _("今天到期") if late == 0 else _("还有 %(days)s 天") % {"days": -late}


@hooks.register("construct_homepage_panels")
def show_due_cases(request: HttpRequest, panels: list[Any]) -> None:
    panels.append(DueCases(request))
