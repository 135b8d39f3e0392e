"""Who a reporter is: the custodian asks, an approver answers, the custodian looks once."""

from __future__ import annotations

from uuid import UUID

from accounts import unlock as session
from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints import access
from complaints.desk import identity as verbs
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import text_field
from complaints.intake.models import Tip
from complaints.vault import identity as vault
from complaints.vault.errors import BadSeal, NotAMember
from complaints.vault.models import IdentityRequest


class AskForm(forms.Form):
    """Which tip, and why."""

    number = forms.CharField(
        label=_("编号"),
        max_length=20,
        error_messages={
            "required": _("请写下编号"),
            "max_length": _("编号没有这么长，请再写一次"),
            "null_characters_not_allowed": _("请删去看不见的字符"),
        },
    )
    reason = text_field(
        _("为什么必须知道"),
        1000,
        _("请写明为什么必须知道"),
        rows=3,
        hint=_("写具体用途，例如“核对其提供的合同原件”。只有审批人能看到。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk("half", sure=True)
def identity(request: DeskRequest) -> HttpResponse:
    """One's own requests, and those that wait for one's answer. POST asks."""
    form = AskForm(request.POST if request.method == "POST" else None, initial={
        "number": request.GET.get("number", "")[:20]
    })  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            verbs.ask(user=request.user, **form.cleaned_data)
        except verbs.Refused as error:
            form.add_error("number", str(error))
        else:
            return onward("desk:identity")
    return _page(request, form, status=422 if form.errors else 200)


@require_POST
@desk("half:b", sure=True)
def answer(request: DeskRequest, pk: UUID) -> HttpResponse:
    """An approver agrees or does not."""
    asked = get_object_or_404(verbs.for_approver(request.user), pk=pk)
    try:
        if request.POST.get("answer") == "agree":
            verbs.agree(asked=asked, user=request.user, seed=request.staff_seed)
        else:
            verbs.decline(asked=asked, user=request.user)
    except verbs.Refused as error:
        return _page(request, AskForm(), refused=str(error), status=409)
    return onward("desk:identity")


@require_POST
@desk("identity-request", sure=True)
def look(request: DeskRequest, pk: UUID) -> HttpResponse:
    """The identity, on this one answer."""
    asked = get_object_or_404(IdentityRequest, pk=pk, custodian=request.user)
    try:
        shown = verbs.look(asked=asked, user=request.user, seed=request.staff_seed)
    except verbs.Refused as error:
        return _page(request, AskForm(), refused=str(error), status=409)
    return render(request, "desk/identity_view.html", {**band(request, "identity"), "shown": shown})


def _page(request: DeskRequest, form: AskForm, *, refused: str = "", status: int = 200) -> HttpResponse:
    verbs.lapse()
    waiting, own = list(verbs.for_approver(request.user)), list(verbs.of_custodian(request.user)[:50])
    numbers = dict(
        Tip.objects.filter(pk__in=[row.tip for row in (*waiting, *own)]).values_list("pk", "number")
    )
    seed = session.unlocked(request)
    context = {
        **band(request, "identity"),
        "form": form,
        "form_list": [form] if form.errors else [],
        "refused": refused,
        "may_ask": access.offices_for(request.user, "identity-request").exists(),
        "own": [(row, numbers.get(row.tip, "")) for row in own],
        "waiting": [(row, numbers.get(row.tip, ""), _reason(row, request, seed)) for row in waiting],
        "may_answer": access.offices_for(request.user, "half:b").exists(),
    }
    return render(request, "desk/identity.html", context, status=status)


def _reason(asked: IdentityRequest, request: DeskRequest, seed: object) -> str | None:
    """The reason as this approver reads it; None where their key does not open it."""
    try:
        return vault.read_reason(asked, request.user, request.staff_seed) if seed else None
    except (NotAMember, BadSeal):
        return None
