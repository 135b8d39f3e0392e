"""New offices and mergers, for administrators."""

from __future__ import annotations

from accounts.models import User
from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from complaints import access
from complaints.desk import offices as verbs
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.members_forms import LONG
from complaints.vault.errors import Refused
from complaints.vault.models import Office


class OfficeForm(forms.Form):
    """A new office; `heard` is the fingerprint of its first administrator."""

    parent = forms.ModelChoiceField(
        Office.objects.none(),
        label=_("上级机构"),
        empty_label=_("请选择"),
        error_messages={"required": _("请选上级机构"), "invalid_choice": _("请从列表里选机构")},
    )
    code = forms.CharField(
        label=_("代码"),
        max_length=40,
        help_text=_("小写字母、数字和短横线，以后不能改"),
        error_messages={"required": _("请写下代码"), **LONG},
    )
    name = forms.CharField(
        label=_("机构名称"), max_length=100, error_messages={"required": _("请写下名称"), **LONG}
    )
    name_en = forms.CharField(label=_("英文名称"), max_length=100, required=False, error_messages={**LONG})
    administrator = forms.CharField(
        label=_("第一位管理员的登录名"),
        max_length=150,
        error_messages={"required": _("请写下登录名"), **LONG},
    )
    heard = forms.CharField(
        label=_("对方读出的 30 位数字"),
        max_length=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("请写下对方读出的数字"), **LONG},
    )

    def clean_administrator(self) -> User:
        """The person. Raises ValidationError."""
        user = User.objects.filter(username=self.cleaned_data["administrator"], is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("没有这个登录名，请对照本人的登录名再写一次"))
        return user


class MergeForm(forms.Form):
    """Which office becomes part of which."""

    source = forms.ModelChoiceField(
        Office.objects.none(),
        label=_("不再受理的机构"),
        empty_label=_("请选择"),
        error_messages={"required": _("请选一个机构"), "invalid_choice": _("请从列表里选机构")},
    )
    target = forms.ModelChoiceField(
        Office.objects.none(),
        label=_("并入"),
        empty_label=_("请选择"),
        error_messages={"required": _("请选一个机构"), "invalid_choice": _("请从列表里选机构")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk("administer", sure=True)
def offices(request: DeskRequest) -> HttpResponse:
    """Both forms. POST with `source` merges, any other makes an office."""
    sent = request.POST if request.method == "POST" else None
    merging = sent is not None and "source" in sent
    form, merge_form = OfficeForm(None if merging else sent), MergeForm(sent if merging else None)
    held = access.offices_for(request.user, "administer").filter(active=True)
    for field in (form.fields["parent"], merge_form.fields["source"], merge_form.fields["target"]):
        field.queryset = held  # type: ignore[attr-defined]
    active = merge_form if merging else form
    if sent is not None and active.is_valid():
        try:
            if merging:
                verbs.merge(by=request.user, seed=request.staff_seed, **active.cleaned_data)
            else:
                verbs.create(by=request.user, seed=request.staff_seed, **active.cleaned_data)
        except Refused as error:
            heard = "heard" in error.args[1:]
            active.add_error("source" if merging else "heard" if heard else "code", str(error.args[0]))
        else:
            return onward("desk:members")
    context = {
        **band(request, "members"),
        "form": form,
        "merge_form": merge_form,
        "form_list": [active] if active.errors else [],
        "several": held.count() > 1,
    }
    return render(request, "desk/offices.html", context, status=422 if active.errors else 200)
