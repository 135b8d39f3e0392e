"""The incident screen: personal text that was published by mistake. For administrators of the whole site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms.erasing import service


class EraseForm(forms.Form):
    """Which texts, why, and that it cannot be taken back."""

    texts = forms.CharField(
        label=gettext_lazy("要去掉的文字"),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("一行一处，照公开的原文写：姓名、电话、身份证号、车牌、住址。"),
        max_length=5_000,
    )
    instead = forms.CharField(
        label=gettext_lazy("换成"),
        initial=service.INSTEAD,
        max_length=40,
        help_text=gettext_lazy("比如“某某”。"),
    )
    reason = forms.CharField(
        label=gettext_lazy("原因（公开）"),
        max_length=300,
        help_text=gettext_lazy("记入防篡改账本，也写在重新公布的版本里；不能有要去掉的文字。"),
    )


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """First where the texts stand, then, on confirmation, out of every version. Superusers only."""
    if not request.user.is_superuser:
        raise PermissionDenied
    form = EraseForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            texts = service.checked(data["texts"].splitlines(), data["reason"], data["instead"])
            if request.POST.get("confirm") == "yes":
                actor = f"user:{request.user.pk}"
                done = service.erase(texts, reason=data["reason"], actor=actor, instead=data["instead"])
                context = {"done": done, "tables": dict(done.rows)}
            else:
                counts, versions = service.found(texts)
                context |= {"tables": dict(counts), "versions": versions, "looked": True}
        except service.Refused as refused:
            form.add_error(None, str(refused))
    return render(request, "cms/admin/erase.html", context)


class ForAdministrators(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


@hooks.register("register_settings_menu_item")
def menu_item() -> MenuItem:
    return ForAdministrators(_("去掉误公开的个人信息"), reverse("erase"), icon_name="warning", order=900)
