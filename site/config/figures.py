"""Numbers of reports for the public: counted on schedule by one room, released by an editor of the other."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem

from cms import figures
from cms.publishing import generations
from complaints.desk import public
from complaints.desk.models import PublicFigures

MAY = "cms.publish_poweritem"  # whoever may publish a power item may release the numbers too
figures.register(public.released)


@require_http_methods(["GET", "HEAD", "POST"])
def releases(request: HttpRequest) -> HttpResponse:
    """The counted quarters; POST releases one or takes it back."""
    user: Any = request.user
    if not user.has_perm(MAY):
        raise PermissionDenied
    if request.method == "POST":
        row = get_object_or_404(PublicFigures, pk=request.POST.get("period") or 0)
        act = public.withdraw if request.POST.get("act") == "withdraw" else public.release
        if act(row, by=user):
            generations.raise_now()
            messages.success(request, _("已办好，公开页马上跟着变。"))
        else:
            messages.warning(request, _("别人刚刚办过，没有再办一次。"))
        return redirect("figures")
    rows = [(row, public.shown(row, get_language() or "zh-hans")) for row in PublicFigures.objects.all()[:40]]
    return render(request, "config/figures.html", {"rows": rows, "least": public.LEAST})


@hooks.register("register_admin_urls")
def urls() -> list[Any]:
    """Wagtail lets in who may enter the admin; the view asks for more."""
    return [path("figures/", releases, name="figures")]


class _Item(MenuItem):
    """In the menu of those who may release."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this person may release."""
        return bool(request.user.has_perm(MAY))


@hooks.register("register_admin_menu_item")
def menu() -> MenuItem:
    """Among the reports of the side menu."""
    return _Item(_("举报数字的公布"), reverse("figures"), icon_name="table", order=900)
