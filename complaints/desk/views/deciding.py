"""What two persons decide, holds, the clock, labels, priority and links: each a POST, and back to the tip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from complaints import access
from complaints.desk import deadlines, deciding, opening, services, sorting
from complaints.desk.entry import DeskRequest, desk, onward
from complaints.desk.forms import PRIORITIES, LinkForm, PickForm, ProposeForm, ReasonForm
from complaints.desk.models import Link, Proposal
from complaints.desk.views.tip import again, proposable, show
from complaints.intake.models import Tip


def _done(tip: Tip, part: str = "act") -> HttpResponse:
    response = onward("desk:tip", number=tip.number)
    response["Location"] += f"#{part}"
    return response


def _try(
    request: DeskRequest,
    tip: Tip,
    name: str,
    form: Any,
    act: Callable[[], Any],
    part: str = "act",
    kept: dict[str, Any] | None = None,
) -> HttpResponse:
    """Do it; a wrong form, a refusal or somebody faster brings the page back with all that was typed."""
    if form is not None and not form.is_valid():
        return show(request, tip, status=422, forms={name: form})
    kept = {name: form} if form is not None else kept or {}
    try:
        act()
    except services.Stale as stale:
        if form is not None:
            kept = {name: again(form, stale)}
        return show(request, tip, status=409, stale=stale, forms=kept)
    except services.Refused as refused:
        return show(request, tip, status=409, refused=str(refused), forms=kept)
    return _done(tip, part)


def _keys(request: DeskRequest, tip: Tip) -> Any:
    return opening.open_tip(user=request.user, seed=request.staff_seed, tip=tip, labels=[])[0]


@require_POST
@desk("propose")
def propose(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Put to another person what one alone may not decide."""
    form = ProposeForm(request.POST, kinds=proposable(tip), auto_id="p-%s")

    def act() -> None:
        kind, _colon, choice = form.cleaned_data["kind"].partition(":")
        deciding.propose(
            tip=tip,
            user=request.user,
            keys=_keys(request, tip),
            kind=kind,
            choice=choice,
            reason=form.cleaned_data["reason"],
            revision=form.cleaned_data["revision"],
        )

    return _try(request, tip, "propose", form, act)


@require_POST
@desk("decide")
def answer(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Agree or not, as another person."""
    row = Proposal.objects.filter(tip=tip, pk=_uuid(request.POST.get("proposal", ""))).first()
    if row is None or request.POST.get("agree") not in ("yes", "no"):
        raise Http404
    row.tip = tip

    def act() -> None:
        try:
            deciding.answer(proposal=row, user=request.user, agree=request.POST["agree"] == "yes")
        except deciding.Answered as answered:
            raise services.Refused(_already(answered.proposal)) from answered

    return _try(request, tip, "", None, act)


def _already(row: Proposal) -> str:
    values = {"answer": row.get_answer_display(), "who": row.answered_by.name if row.answered_by else ""}
    at = f"{row.answered_at:%m-%d %H:%M}" if row.answered_at else ""
    return _("%(who)s在 %(at)s 已经答复：%(answer)s") % {**values, "at": at}


@require_POST
@desk("hold")
def hold(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Keep everything of this tip from being destroyed."""
    form = ReasonForm(request.POST, auto_id="h-%s")

    def act() -> None:
        data = form.cleaned_data
        keys = _keys(request, tip)
        deciding.hold(tip=tip, user=request.user, keys=keys, reason=data["reason"], revision=data["revision"])

    return _try(request, tip, "hold", form, act)


@require_POST
@desk("pause")
def pause(request: DeskRequest, tip: Tip) -> HttpResponse:
    """A special procedure stops the clock; the same form without a reason lets it go on."""
    if request.POST.get("go_on"):
        revision = _revision(request)
        return _try(
            request,
            tip,
            "",
            None,
            lambda: deadlines.go_on(tip=tip, user=request.user, revision=revision),
        )
    form = PickForm(
        request.POST, label=_("停止计算的事由"), choices=list(deadlines.STOPS.items()), auto_id="u-%s"
    )

    def act() -> None:
        data = form.cleaned_data
        deadlines.stop(tip=tip, user=request.user, reason=data["pick"], revision=data["revision"])

    return _try(request, tip, "pause", form, act)


@require_POST
@desk("priority")
def priority(request: DeskRequest, tip: Tip) -> HttpResponse:
    """How urgent it is."""
    form = PickForm(request.POST, label=_("轻重缓急"), choices=PRIORITIES, auto_id="y-%s")

    def act() -> None:
        data = form.cleaned_data
        sorting.set_priority(
            tip=tip, user=request.user, priority=int(data["pick"]), revision=data["revision"]
        )

    return _try(request, tip, "priority", form, act)


@require_POST
@desk("label")
def labels(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Exactly the labels that are ticked. The id of another office's label is the id of none."""
    texts = set(request.POST.getlist("label"))
    wanted = {int(pk) for pk in texts if pk.isascii() and pk.isdigit() and len(pk) < 10}
    known = set(sorting.labels_for(tip.office_id).values_list("pk", flat=True))
    if wanted - known or len(wanted) != len(texts):
        raise Http404
    revision = _revision(request)

    def act() -> None:
        sorting.set_labels(tip=tip, user=request.user, labels=wanted, revision=revision)

    return _try(request, tip, "", None, act, kept={"labels": wanted})


@require_POST
@desk("link")
def link(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Tie it to another tip. A number of another office is a number that there is not."""
    form = LinkForm(request.POST, auto_id="l-%s")
    other = None
    if form.is_valid():
        number = form.cleaned_data["number"].strip()
        other = access.tips_for(request.user).filter(number=number, office=tip.office_id).first()
        if other is None:
            form.add_error("number", _("本机构没有这个编号，请对照来件再写一次"))

    def act() -> None:
        assert other is not None  # noqa: S101  (the form has an error otherwise)
        data = form.cleaned_data
        sorting.link(tip=tip, user=request.user, other=other, kind=data["kind"], revision=data["revision"])

    return _try(request, tip, "link", form, act)


@require_POST
@desk("link")
def unlink(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Undo it; either of the two tips shows the button."""
    row = (
        Link.objects.filter(pk=_uuid(request.POST.get("link", "")), undone_at=None)
        .select_related("tip__office", "other__office")
        .first()
    )
    if row is None or tip.pk not in (row.tip_id, row.other_id) or row.tip.office_id != tip.office_id:
        raise Http404
    return _try(request, tip, "", None, lambda: sorting.undo(made=row, user=request.user))


def _uuid(text: str) -> UUID:
    """The id in a form. Raises Http404 for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _revision(request: DeskRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
