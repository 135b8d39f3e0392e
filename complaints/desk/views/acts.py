"""What one does to a tip: each a POST, one service, and back to its page."""

from __future__ import annotations

from accounts.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from complaints.desk import casefile, deciding, opening, services, transitions
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import DECIDES, AssignForm, NoteForm, ReplyForm, StateForm
from complaints.desk.views.tip import again, show
from complaints.intake.models import Tip


def _page(tip: Tip, part: str = "") -> HttpResponse:
    response = onward("desk:tip", number=tip.number)
    if part:
        response["Location"] += f"#{part}"
    return response


@require_POST
@desk("claim")
def claim(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Take the tip. The second of two learns who has it, since when."""
    try:
        services.claim(tip=tip, user=request.user)
    except services.Taken as taken:
        return render(request, "desk/taken.html", {**band(request, "queue"), "tip": taken.tip}, status=409)
    except services.Refused as refused:
        return show(request, tip, status=409, refused=str(refused))
    return _page(tip)


@require_POST
@desk("claim")
def release(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Give the tip back to the queue."""
    try:
        services.release(tip=tip, user=request.user)
    except services.Taken as taken:
        return render(request, "desk/taken.html", {**band(request, "queue"), "tip": taken.tip}, status=409)
    return onward("desk:queue")


@require_POST
@desk("assign")
def assign(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Give the tip to a colleague."""
    members = services.claimants(tip)
    form = AssignForm(request.POST, members=[(str(u.pk), u.name) for u in members], auto_id="a-%s")
    if not form.is_valid():
        return show(request, tip, status=422, forms={"assign": form})
    to = User.objects.get(pk=form.cleaned_data["to"])
    try:
        services.assign(tip=tip, user=request.user, to=to, revision=form.cleaned_data["revision"])
    except services.Refused as refused:
        return show(request, tip, status=409, refused=str(refused), forms={"assign": form})
    except services.Stale as stale:
        return show(request, tip, status=409, stale=stale, forms={"assign": again(form, stale)})
    return _page(tip)


@require_POST
@desk("reply")
def reply(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Write to the reporter; with "ask back" the tip waits for an answer."""
    form = ReplyForm(request.POST, auto_id="r-%s")
    if not form.is_valid():
        return show(request, tip, status=422, forms={"reply": form})
    keys, office_seed, _cells = opening.open_tip(
        user=request.user, seed=request.staff_seed, tip=tip, labels=[]
    )
    try:
        services.reply(
            tip=tip,
            user=request.user,
            keys=keys,
            office_seed=office_seed,
            text=form.cleaned_data["reply"],
            revision=form.cleaned_data["revision"],
            ask_back=form.cleaned_data["ask_back"],
        )
    except services.Stale as stale:
        return show(request, tip, status=409, stale=stale, forms={"reply": again(form, stale)})
    return _page(tip, "w3")


@require_POST
@desk("note")
def note(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Add an internal note."""
    form = NoteForm(request.POST, auto_id="n-%s")
    if not form.is_valid():
        return show(request, tip, status=422, forms={"note": form})
    keys, _seed, _cells = opening.open_tip(user=request.user, seed=request.staff_seed, tip=tip, labels=[])
    try:
        services.add_note(tip=tip, user=request.user, keys=keys, text=form.cleaned_data["note"])
    except services.Stale as stale:
        return show(request, tip, status=409, stale=stale, forms={"note": form})
    return _page(tip, "w4")


@require_POST
@desk("queue")
def state(request: DeskRequest, tip: Tip) -> HttpResponse:
    """One step of the table. What may be done by whom, the service asks the access table."""
    target = request.POST.get("target", "")
    step = transitions.find(tip.state, target)
    form = StateForm(
        request.POST,
        needs=step.needs if step else _typed(request),
        auto_id=f"s-{step.target.value if step else 'x'}-%s",
    )
    valid = form.is_valid()
    if step is not None and not valid:
        return show(request, tip, status=422, forms={"state": {target: form}})
    keys, office_seed, cells = opening.open_tip(
        user=request.user, seed=request.staff_seed, tip=tip, labels=["answers"]
    )
    data = form.cleaned_data
    try:
        if step is not None and step.second:
            deciding.propose(
                tip=tip,
                user=request.user,
                keys=keys,
                kind=step.second,
                choice=data["disposal"],
                reason=data["opinion"],
                review=data["review"],
                revision=data["revision"],
            )
            return _page(tip, "decisions")
        services.change_state(
            tip=tip,
            user=request.user,
            keys=keys,
            office_seed=office_seed,
            target=target,
            revision=data.get("revision") or 0,
            decision=services.Decision(
                **{name: data.get(name, "") for name in ("reason", "where", "disposal", "result")}
            ),
            language=casefile.language_of(cells),
        )
    except services.Stale as stale:
        return show(request, tip, status=409, stale=stale, forms={"state": {target: again(form, stale)}})
    except services.Refused as refused:
        return show(request, tip, status=409, refused=str(refused), forms={"state": {target: form}})
    return _page(tip)


@require_POST
@desk("reply")
def feedback(request: DeskRequest, tip: Tip) -> HttpResponse:
    """The named reporter has been told the result in person."""
    try:
        revision = int(request.POST.get("revision", ""))
    except ValueError:
        revision = 0
    try:
        services.give_feedback(tip=tip, user=request.user, revision=revision)
    except services.Stale as stale:
        return show(request, tip, status=409, stale=stale)
    except services.Refused as refused:
        return show(request, tip, status=409, refused=str(refused))
    return _page(tip)


def _typed(request: DeskRequest) -> frozenset[str]:
    """The fields that came, where the step itself is not one of the table's: what was typed is kept."""
    return frozenset(name for name in DECIDES if request.POST.get(name))
