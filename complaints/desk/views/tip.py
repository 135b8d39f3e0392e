"""The page of one tip: what was said on the left, what can be done on the right."""

from __future__ import annotations

from typing import Any

from accounts.decorators import unlocked_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from workdays import calendar, clock
from workdays import warnings as levels

from complaints import access
from complaints.desk import (
    audit_alarms,
    casefile,
    deadlines,
    deciding,
    finding_similar,
    joint,
    moving,
    opening,
    replies,
    services,
    sorting,
    transitions,
)
from complaints.desk.entry import DeskRequest, band, desk
from complaints.desk.forms import (
    PRIORITIES,
    AssignForm,
    LinkForm,
    NoteForm,
    PickForm,
    ProposeForm,
    ReasonForm,
    ReplyForm,
    StateForm,
)
from complaints.desk.models import Labelled, Proposal
from complaints.intake.models import Tip


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
    may = access.actions_of(request.user, office=tip.office_id, tip=tip)
    events = casefile.events_of(tip)
    days = calendar.load(strict=False)
    context = {
        **band(request, "queue"),
        "tip": tip,
        "due": deadlines.of(tip, clock.today(), days, levels.load(clock.today())),
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
    now = services.fresh(tip)
    if now.office_id != tip.office_id:  # it was given to another office while this was typed
        raise Http404
    _keys, _seed, cells = opening.open_tip(user=request.user, seed=request.staff_seed, tip=tip)
    services.record_opened(tip=tip, user=request.user)
    audit_alarms.on_opened(
        tip, request.user, (cell.text for cell in cells if cell.label in audit_alarms.READ)
    )
    sorting.mark_reading(tip, request.user)
    tip = services.fresh(tip)
    case, events = casefile.read(tip, cells), casefile.events_of(tip)
    may = access.actions_of(request.user, office=tip.office_id, tip=tip)
    days = calendar.load(strict=False)
    acted = tip.objected and services.acted(tip, request.user)
    choices = transitions.choices(tip, may.__contains__, acted=acted)
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
        "due": deadlines.of(tip, clock.today(), days, levels.load(clock.today())),
        "account": deadlines.explain(tip, events, days),
        "timeline": casefile.timeline(events),
        "stale": stale,
        "refused": refused,
        "reply_form": (forms or {}).get("reply")
        or ReplyForm(
            initial={"revision": tip.revision, "reply": _from_template(request, tip)}, auto_id="r-%s"
        ),
        "note_form": (forms or {}).get("note") or NoteForm(auto_id="n-%s"),
        "assign_form": (forms or {}).get("assign")
        or AssignForm(members=members, initial={"revision": tip.revision}, auto_id="a-%s"),
        "choices": [(choice, made.get(choice.target.value)) for choice in choices],
        "kept": kept,
        "templates": replies.of(request.user) if "reply" in may else [],
        "in_english": casefile.language_of(cells) == "en",
        "errors": _with_errors(forms or {}),
        **_more(request, tip, case, may, forms or {}),
        "changes": casefile.changes(stale.tip) if stale else [],
        "beside": finding_similar.beside(user=request.user, seed=request.staff_seed, tip=tip, cells=cells),
    }
    return render(request, "desk/tip.html", context, status=status)


def _more(
    request: DeskRequest, tip: Tip, case: casefile.CaseFile, may: frozenset[str], forms: dict[str, Any]
) -> dict[str, Any]:
    """What stands beside the tip: proposals, labels, priority, links, clock, transfer, readers."""
    initial = {"revision": tip.revision}
    stood = deadlines.pauses_of(tip)
    given = moving.open_transfer(tip)
    worn = set(Labelled.objects.filter(tip=tip).values_list("label", flat=True))
    usable = list(sorting.labels_for(tip.office_id))
    return {
        "to_decide": [row for row, _lines in case.proposals if row.answer == "open"],
        "propose_form": forms.get("propose")
        or ProposeForm(kinds=proposable(tip), initial=initial, auto_id="p-%s"),
        "hold_form": forms.get("hold") or ReasonForm(initial=initial, auto_id="h-%s"),
        "pause_form": forms.get("pause")
        or PickForm(
            label=_("停止计算的事由"),
            choices=[("", _("请选择")), *deadlines.STOPS.items()],
            initial=initial,
            auto_id="u-%s",
        ),
        "standing": bool(stood) and stood[-1].ended_on is None,
        "priority_form": forms.get("priority")
        or PickForm(
            label=_("轻重缓急"),
            choices=PRIORITIES,
            initial={**initial, "pick": str(tip.priority)},
            auto_id="y-%s",
        ),
        "link_form": forms.get("link") or LinkForm(initial=initial, auto_id="l-%s"),
        "links": sorting.links_of(tip, request.user),
        "labels": [(label, label.pk in worn) for label in usable],
        "label_boxes": [(label, label.pk in forms.get("labels", worn)) for label in usable],
        "warnings": deadlines.warnings_of(tip),
        "given": given,
        "back_form": ReasonForm(initial=initial, auto_id="b-%s") if given else None,
        "movable": tip.state in transitions.MOVABLE,
        "joints": joint.of_tip(tip),
        "open_state": tip.state in transitions.OPEN_STATES,
        "readers": sorting.readers([tip.pk], request.user),
        "priority_word": dict(PRIORITIES).get(str(tip.priority), ""),
    }


def _from_template(request: DeskRequest, tip: Tip) -> str:
    """The reply begun with a template that the address names, its fields filled in."""
    pk = request.GET.get("template", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 10):
        return ""
    row = replies.of(request.user).filter(pk=int(pk)).first()
    return replies.fill(replies.text_of(row), tip) if row else ""


def proposable(tip: Tip) -> list[tuple[str, Any]]:
    """What can be put to another person now; the disposal is a step of the table and not among them."""
    kinds: list[tuple[str, Any]] = []
    if tip.state in deciding.STATES[Proposal.Kind.FALSE_ACCUSATION]:
        kinds.append((Proposal.Kind.FALSE_ACCUSATION.value, Proposal.Kind.FALSE_ACCUSATION.label))
    if tip.hold:
        kinds.append((Proposal.Kind.LIFT_HOLD.value, Proposal.Kind.LIFT_HOLD.label))
    for row in deadlines.warnings_of(tip):
        if row.cleared_id is None:
            words = f"{Proposal.Kind.CLEAR_WARNING.label}：{levels.label(row.level)} {row.due_on}"
            kinds.append((f"{Proposal.Kind.CLEAR_WARNING.value}:{row.pk}", words))
    return kinds


def again(form: Any, stale: services.Stale) -> Any:
    """The same form with all that was typed, made for the tip as it is now: sending it again is a choice."""
    data = form.data.copy()
    data["revision"] = str(stale.tip.revision)
    form.data = data
    return form


def _with_errors(forms: dict[str, Any]) -> list[Any]:
    """The forms whose errors the summary at the top names."""
    flat = [form for name, form in forms.items() if name not in ("state", "labels")]
    flat += list(forms.get("state", {}).values())
    return [form for form in flat if form.errors]
