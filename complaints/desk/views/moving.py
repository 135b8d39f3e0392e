"""To another office and back; what is on its way; the halves of an identity that follow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.decorators import unlocked_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from workdays import calendar, clock, rules, warnings
from workdays.models import Rule

from complaints import access
from complaints.desk import asked, casefile, deadlines, joint, moving, opening, services
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import ReasonForm, TransferForm
from complaints.desk.models import Transfer
from complaints.intake.models import Tip
from complaints.vault.errors import Busy, NoIdentityOffice, NotAMember
from complaints.vault.models import Office


@require_http_methods(["GET", "HEAD", "POST"])
@desk("transfer")
def transfer(request: DeskRequest, tip: Tip) -> HttpResponseBase:
    """Choose an office above, below or beside. The page shows the clear columns only: nothing is opened."""
    offices = moving.targets(tip.office)
    choices = [(str(o.pk), f"{way.label}：{o.label}") for o, way in offices]
    if request.method != "POST":
        form = TransferForm(initial={"revision": tip.revision}, offices=choices, auto_id="t-%s")
        return _page(request, tip, form)
    form = TransferForm(request.POST, offices=choices, auto_id="t-%s")
    if not form.is_valid():
        return _page(request, tip, form, status=422)
    to = Office.objects.get(pk=form.cleaned_data["to"])
    return _act(request, tip, form, to=to)


@require_POST
@desk("transfer")
def give_back(request: DeskRequest, tip: Tip) -> HttpResponseBase:
    """Return what another office gave, with the reason."""
    form = ReasonForm(request.POST, auto_id="b-%s")
    if not form.is_valid():
        return _page(request, tip, form, status=422)
    return _act(request, tip, form, to=None)


def _act(request: DeskRequest, tip: Tip, form: Any, *, to: Office | None) -> HttpResponse:
    keys, office_seed, _cells = opening.open_tip(
        user=request.user, seed=request.staff_seed, tip=tip, labels=[]
    )
    given: dict[str, Any] = {"tip": tip, "user": request.user, "keys": keys, "office_seed": office_seed}
    given |= {"reason": form.cleaned_data["reason"], "revision": form.cleaned_data["revision"]}
    try:
        if to is None:
            moving.give_back(**given)
        else:
            moving.move(**given, to=to)
    except services.Stale as stale:
        data = form.data.copy()
        data["revision"] = str(stale.tip.revision)
        form.data = data
        return _page(request, tip, form, status=409, stale=stale)
    except services.Refused as refused:
        return _page(request, tip, form, status=409, refused=str(refused))
    except Busy:
        return _page(request, tip, form, status=503, refused=_("对方机构的钥匙正在更换，请过一会儿再转"))
    return onward("desk:transfers")


def _page(
    request: DeskRequest,
    tip: Tip,
    form: Any,
    *,
    status: int = 200,
    stale: services.Stale | None = None,
    refused: str = "",
) -> HttpResponse:
    if stale is not None and stale.tip.office_id != tip.office_id:
        raise Http404  # it is somebody else's by now
    days = calendar.load(strict=False)
    context = {
        **band(request, "transfers"),
        "tip": tip,
        "due": deadlines.of(tip, clock.today(), days, warnings.load(clock.today())),
        "form": form,
        "form_list": [form] if form.errors else [],
        "back": not isinstance(form, TransferForm),
        "stale": stale,
        "changes": casefile.changes(stale.tip) if stale else [],
        "refused": refused,
    }
    return render(request, "desk/transfer.html", context, status=status)


@require_safe
@desk("queue", unlocked=False)
def transfers(request: DeskRequest) -> HttpResponseBase:
    """What waits to be taken on here, and what became of what was given away. Numbers and days only."""
    halves = moving.halves_waiting(request.user)
    context = {
        **band(request, "transfers"),
        "today": clock.today(),
        "incoming": moving.incoming(request.user)[:200],
        "outgoing": moving.outgoing(request.user),
        "halves": halves,
        "asked": [(row, _rule(row.rule)) for row in asked.waiting(request.user)[:200]],
        "may_answer": access.offices_for(request.user, "transfer").exists(),
        "joined": joint.asked(request.user)[:200],
        "led": joint.led(request.user)[:200],
        "may_open": access.offices_for(request.user, "open").exists(),
    }
    return render(request, "desk/transfers.html", context)


def _rule(code: str) -> str:
    row = Rule.objects.filter(code=code).order_by("-version").first()
    return rules.name(row) if row else code


@require_POST
@desk("transfer", unlocked=False)
def asked_above(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """The office below was spoken to."""
    asked.done(pk=pk, user=request.user)
    return onward("desk:transfers")


@require_POST
@desk("half", sure=True)
def half(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """Send one half of an identity after its tip; the other half is somebody else's to send."""
    which = request.POST.get("half", "")
    row = Transfer.objects.filter(pk=pk).select_related("tip__office", "target").first()
    mine = {(t.pk, h) for t, h in moving.halves_waiting(request.user)}
    if row is None or (row.pk, which) not in mine:
        raise Http404
    return unlocked_required(_half)(request, row=row, which=which)


def _half(request: DeskRequest, row: Transfer, which: str) -> HttpResponse:
    try:
        moving.send_half(transfer=row, half=which, user=request.user, seed=request.staff_seed)
    except (services.Refused, NotAMember, NoIdentityOffice):
        return render(request, "desk/no_key.html", band(request, "transfers"), status=409)
    return onward("desk:transfers")
