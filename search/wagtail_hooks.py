"""The index of disclosures among Wagtail's reports."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from search import reports


class _Item(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        """For those who may open it."""
        return reports.may_look(request.user)


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    """Its address; Wagtail lets nobody in who may not enter the admin."""
    return [path("reports/search-index/", reports.report, name="search_report")]


@hooks.register("register_reports_menu_item")
def item() -> MenuItem:
    """Its place in the menu."""
    return _Item(_("搜索索引"), reverse("search_report"), icon_name="search", order=1200)
