"""A tip that two offices handle: asking, the page of a part, and what either office does with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from workdays import calendar, clock, warnings

from complaints.desk import audit_alarms, casefile, joint, opening, services
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import JointForm, JointNoteForm
from complaints.desk.joint_models import LIVE, Joint
from complaints.intake.models import Tip
from complaints.vault.errors import Busy
from complaints.vault.models import Office


@require_http_methods(["GET", "HEAD", "POST"])
@desk("joint")
def ask(request: DeskRequest, tip: Tip) -> HttpResponseBase:
    """Choose an office, say what it is to do and by when. The page shows the clear columns only."""
    offices = [(str(office.pk), office.label) for office in joint.targets(tip)]
    if request.method != "POST":
        form = JointForm(initial={"revision": tip.revision}, offices=offices, auto_id="j-%s")
        return _asking(request, tip, form)
    form = JointForm(request.POST, offices=offices, auto_id="j-%s")
    if not form.is_valid():
        return _asking(request, tip, form, status=422)
    keys, office_seed, _cells = opening.open_tip(
        user=request.user, seed=request.staff_seed, tip=tip, labels=[]
    )
    data = form.cleaned_data
    try:
        row = joint.ask(
            tip=tip,
            user=request.user,
            keys=keys,
            office_seed=office_seed,
            to=Office.objects.get(pk=data["to"]),
            task=data["task"],
            due_on=data["due_on"],
            revision=data["revision"],
        )
    except services.Stale as stale:
        form.data = {**form.data.dict(), "revision": str(stale.tip.revision)}  # type: ignore[attr-defined]
        return _asking(request, tip, form, status=409, stale=stale)
    except services.Refused as refused:
        return _asking(request, tip, form, status=409, refused=str(refused))
    except Busy:
        return _asking(request, tip, form, status=503, refused=_("对方机构的钥匙正在更换，请过一会儿再试"))
    return onward("desk:joint", row.pk)


def _asking(
    request: DeskRequest,
    tip: Tip,
    form: JointForm,
    *,
    status: int = 200,
    stale: services.Stale | None = None,
    refused: str = "",
) -> HttpResponse:
    context = {
        **band(request, "transfers"),
        "tip": tip,
        "form": form,
        "form_list": [form] if form.errors else [],
        "stale": stale,
        "changes": casefile.changes(stale.tip) if stale else [],
        "refused": refused,
    }
    return render(request, "desk/joint_ask.html", context, status=status)


@require_safe
@desk("open")
def part(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """A part, as a member of either office sees it: the joined one reads the tip here and nowhere else."""
    return _part(request, joint.side_or_404(request.user, pk, "open"))


def _part(
    request: DeskRequest,
    side: joint.Side,
    *,
    form: JointNoteForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    side = joint.side_or_404(request.user, side.joint.pk, "open")  # as it is now
    row, tip = side.joint, side.joint.tip
    lines = joint.lines(side, request.user, request.staff_seed)
    case = None
    if not side.leads:
        case = joint.read(side, request.user, request.staff_seed)
        services.record_looked(tip=tip, user=request.user)
        texts = [case.subject, case.narrative, *case.respondents]
        audit_alarms.on_opened(tip, request.user, texts, office=side.office.pk)
    days, today = calendar.load(strict=False), clock.today()
    running = row.answer in (Joint.Answer.OPEN, Joint.Answer.AGREED)
    context = {
        **band(request, "transfers"),
        "side": side,
        "row": row,
        "tip": tip,
        "case": case,
        "lines": lines,
        "level": warnings.level(row.due_on, today, days, warnings.load(today)) if running else 0,
        "form": form or JointNoteForm(auto_id="k-%s"),
        "form_list": [form] if form is not None and form.errors else [],
        "refused": refused,
        "may_answer": not side.leads and row.answer == Joint.Answer.OPEN and "joint" in side.may,
        "may_write": row.answer in LIVE and "note" in side.may,
        "may_finish": not side.leads and row.answer == Joint.Answer.AGREED and "note" in side.may,
        "may_end": side.leads and row.answer in LIVE and "joint" in side.may,
    }
    return render(request, "desk/joint.html", context, status=status)


@require_POST
@desk("joint")
def answer(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """Take part, or say why not."""
    side = joint.side_or_404(request.user, pk, "joint")
    agree = request.POST.get("agree") == "yes"
    form = JointNoteForm(request.POST, auto_id="k-%s")
    if not agree and not form.is_valid():
        return _part(request, side, form=form, status=422)
    text = "" if agree else form.cleaned_data["text"]
    given: dict[str, Any] = {"agree": agree, "reason": text}
    try:
        joint.answer(side=side, user=request.user, seed=request.staff_seed, **given)
    except services.Refused as refused:
        return _part(request, side, form=form, refused=str(refused), status=409)
    return onward("desk:joint", pk) if agree else onward("desk:transfers")


@require_POST
@desk("note")
def write(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """A note to the other office, or, with `result`, what came of the part."""
    side = joint.side_or_404(request.user, pk, "note")
    form = JointNoteForm(request.POST, auto_id="k-%s")
    if not form.is_valid():
        return _part(request, side, form=form, status=422)
    try:
        joint.write(
            side=side,
            user=request.user,
            seed=request.staff_seed,
            text=form.cleaned_data["text"],
            result=request.POST.get("result") == "yes",
        )
    except services.Refused as refused:
        return _part(request, side, form=form, refused=str(refused), status=409)
    return onward("desk:joint", pk)


@require_POST
@desk("joint")
def end(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """The leading office ends it."""
    side = joint.side_or_404(request.user, pk, "joint")
    tip = side.joint.tip
    try:
        if not side.leads:
            raise services.Refused(_("由牵头的机构结束共同办理"))
        keys, office_seed, _cells = opening.open_tip(
            user=request.user, seed=request.staff_seed, tip=tip, labels=[]
        )
        joint.end(
            side=side,
            user=request.user,
            seed=request.staff_seed,
            keys=keys,
            office_seed=office_seed,
            revision=tip.revision,
        )
    except services.Refused as refused:
        return _part(request, side, refused=str(refused), status=409)
    except services.Stale:
        return _part(request, side, refused=_("您打开之后，这一件变了，刚才的操作没有生效。"), status=409)
    except Busy:
        return _part(request, side, refused=_("对方机构的钥匙正在更换，请过一会儿再试"), status=503)
    return onward("desk:tip", tip.number)
