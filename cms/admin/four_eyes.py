"""Four eyes in the admin: the button “publish” keeps a draft of one's own, for another person to let out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page

from cms.publishing.four_eyes import is_own
from cms.publishing.recording import Recorded


@hooks.register("before_publish_page")
@hooks.register("before_publish")
def keep_as_draft(request: HttpRequest, record: Any) -> HttpResponse | None:
    """The draft is saved already; it waits for somebody else."""
    record = getattr(record, "specific", record)
    if not isinstance(record, Recorded) or not is_own(request.user, record):
        return None
    messages.warning(request, _("已存为草稿。自己写的要由另一个人公布：请提交审批。"))
    return redirect(AdminURLFinder(request.user).get_edit_url(record) or "wagtailadmin_home")


@hooks.register("before_bulk_action")
def not_in_bulk_either(
    request: HttpRequest, action_type: str, objects: Iterable[Any], action: Any
) -> HttpResponse | None:
    """Wagtail's own bulk publication of pages goes past the hook above."""
    if action_type != "publish":
        return None
    own = [record for record in objects if isinstance(record, Page) and is_own(request.user, record.specific)]
    if not own:
        return None
    names = _("、").join(record.title for record in own[:5])
    messages.error(request, _("“%(names)s”是您写的，要由另一个人公布。什么也没有公布。") % {"names": names})
    return redirect("wagtailadmin_home")


@hooks.register("before_copy_page")
def copies_are_drafts(request: HttpRequest, _page: Any) -> HttpResponse | None:
    """A copy that is public at once would be public on one person's word."""
    if request.user.is_superuser or not request.POST.get("publish_copies"):
        return None
    messages.error(request, _("复制的页面先存成草稿，由另一个人公布；请不要选“公布副本”。"))
    return redirect(request.get_full_path())


@hooks.register("construct_page_action_menu")
@hooks.register("construct_snippet_action_menu")
def no_button_for_ones_own(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """What would be refused is not offered; whoever opens another's draft finds the button."""
    record = context.get("page") or context.get("instance")
    if context.get("view") == "edit" and isinstance(record, Recorded) and is_own(request.user, record):
        menu_items[:] = [item for item in menu_items if item.name != "action-publish"]
