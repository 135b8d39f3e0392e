"""The page of one tip: what was said on the left, what can be done on the right."""

from __future__ import annotations

from typing import Any

from accounts.decorators import unlocked_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from workdays import calendar, clock

from complaints import access
from complaints.desk import casefile, deadlines, opening, services, transitions
from complaints.desk.entry import DeskRequest, band, desk
from complaints.desk.forms import AssignForm, NoteForm, ReplyForm, StateForm
from complaints.desk.models import ReplyTemplate
from complaints.intake.models import State, Tip


@require_safe
@desk("queue", unlocked=False)
def tip(request: DeskRequest, tip: Tip) -> HttpResponseBase:
    """With its content for those who may open it; its clear columns (and events) for the others."""
    if access.can(request.user, "open", office=tip.office_id, tip=tip):
        return unlocked_required(_open)(request, tip=tip)
    return _clear(request, tip=tip)


def _open(request: DeskRequest, tip: Tip) -> HttpResponse:
    return show(request, tip)


def _clear(request: DeskRequest, tip: Tip) -> HttpResponse:
    """For auditors: columns and events. For custodians: columns. No key is asked for."""
    may = access.actions_of(request.user, office=tip.office_id)
    events = casefile.events_of(tip)
    days = calendar.load(strict=False)
    context = {
        **band(request, "queue"),
        "tip": tip,
        "due": deadlines.of(tip, clock.today(), days),
        "account": deadlines.explain(tip, events, days),
        "timeline": casefile.timeline(events) if "audit" in may else None,
    }
    return render(request, "desk/tip_clear.html", context)


def show(
    request: DeskRequest,
    tip: Tip,
    *,
    status: int = 200,
    stale: services.Stale | None = None,
    refused: str = "",
    forms: dict[str, Any] | None = None,
) -> HttpResponse:
    """The open tip. `forms` are those that came back with an error, with all that was typed in them.

    `stale`: somebody else was faster; the page says what is different now and keeps what was typed (409).
    """
    _keys, _seed, cells = opening.open_tip(user=request.user, seed=request.staff_seed, tip=tip)
    services.record_opened(tip=tip, user=request.user)
    tip = services.fresh(tip)
    case, events = casefile.read(tip, cells), casefile.events_of(tip)
    may = access.actions_of(request.user, office=tip.office_id)
    days = calendar.load(strict=False)
    choices = transitions.choices(tip, may.__contains__)
    state_forms = (forms or {}).get("state", {})
    made = {
        choice.target.value: state_forms.get(choice.target.value)
        or StateForm(
            initial={"revision": tip.revision, "target": choice.target.value},
            needs=choice.needs,
            auto_id=f"s-{choice.target.value}-%s",
        )
        for choice in choices
        if not choice.why_not
    }
    # What was typed for a step that is shut by now is still on the page.
    kept = [form for target, form in state_forms.items() if target not in made]
    members = [(str(u.pk), u.name) for u in services.claimants(tip)] if "assign" in may else []
    context = {
        **band(request, "queue"),
        "tip": tip,
        "case": case,
        "may": may,
        "mine": tip.assignee_id == request.user.pk,
        "due": deadlines.of(tip, clock.today(), days),
        "account": deadlines.explain(tip, events, days),
        "timeline": casefile.timeline(events),
        "stale": stale,
        "stale_state": State(stale.tip.state).label if stale else "",
        "refused": refused,
        "reply_form": (forms or {}).get("reply")
        or ReplyForm(initial={"revision": tip.revision}, auto_id="r-%s"),
        "note_form": (forms or {}).get("note") or NoteForm(auto_id="n-%s"),
        "assign_form": (forms or {}).get("assign")
        or AssignForm(members=members, initial={"revision": tip.revision}, auto_id="a-%s"),
        "choices": [(choice, made.get(choice.target.value)) for choice in choices],
        "kept": kept,
        "templates": ReplyTemplate.objects.all() if "reply" in may else [],
        "in_english": casefile.language_of(cells) == "en",
        "errors": _with_errors(forms or {}),
    }
    return render(request, "desk/tip.html", context, status=status)


def _with_errors(forms: dict[str, Any]) -> list[Any]:
    """The forms whose errors the summary at the top names."""
    flat = [form for name, form in forms.items() if name != "state"]
    flat += list(forms.get("state", {}).values())
    return [form for form in flat if form.errors]
