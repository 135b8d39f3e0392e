"""One act on many tips: choose, look at what is meant, then a page that shows how far it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from workdays import clock

from complaints import access
from complaints.desk import bulk, casefile, moving, opening, services, sorting, words
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import FILTERS, LINE_MAX, PRIORITIES
from complaints.desk.models import Job, JobItem
from complaints.desk.views.queue import narrowed_tips
from complaints.intake.models import Tip
from complaints.intake.text import hides
from complaints.vault.models import Office

SHOWN = 100


@require_POST
@desk("bulk")
def choose(request: DeskRequest) -> HttpResponseBase:
    """What was ticked (or all that the filters show), and what to do with it: named before it is done."""
    return _ask(request)


def _ask(request: DeskRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    act = request.POST.get("act", "")
    try:
        chosen = _chosen(request)
    except services.Refused as refused:
        chosen, error, status = [], str(refused), 409
    if act not in bulk.NEEDS:
        error, status = error or _("请选要做什么"), 422 if status == 200 else status
    elif not access.offices_for(request.user, bulk.NEEDS[bulk.Act(act)]).exists():
        raise PermissionDenied
    if not chosen and not error:
        error, status = _("请先选来件"), 422
    mine = access.tips_for(request.user)
    rows = list(mine.filter(pk__in=[item.tip for item in chosen[:SHOWN]]).order_by("number"))
    if len(rows) < len(chosen[:SHOWN]):
        raise Http404
    context = {
        **band(request, "queue"),
        "act": act,
        "label": dict(Job.Act.choices).get(act, ""),
        "rows": rows,
        "total": len(chosen),
        "more": max(0, len(chosen) - SHOWN),
        "tips": " ".join(f"{item.tip.hex}.{item.revision}" for item in chosen),
        "values": _values(request, act),
        "value": request.POST.get("value", ""),
        "needs_reason": act in bulk.KEYED,
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return render(request, "desk/bulk.html", context, status=status)


@require_POST
@desk("bulk")
def run(request: DeskRequest) -> HttpResponseBase:
    """Write the job down; a worker does it, or, where something is sealed, this session."""
    act, value = request.POST.get("act", ""), request.POST.get("value", "")
    reason = request.POST.get("reason", "").strip()
    if act in bulk.KEYED and (not reason or len(reason) > LINE_MAX or hides(reason)):
        return _ask(request, error=_("请写明理由或者结果，不超过 500 字"), status=422)
    pk, sealed = uuid4(), b""
    if act in bulk.KEYED:
        text = json.dumps({"reason": reason})
        sealed = words.seal(request, seed=request.staff_seed, row=pk, user=request.user, text=text)
    try:
        job = bulk.begin(
            user=request.user, act=act, value=value, chosen=_chosen(request), sealed=sealed, pk=pk
        )
    except bulk.Foreign as foreign:
        raise Http404 from foreign
    except services.Refused as refused:
        return _ask(request, error=str(refused), status=409)
    return onward("desk:job", pk=job.pk)


@require_safe
@desk("bulk", unlocked=False)
def job(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """How far it is, and each tip that was not done, with the reason."""
    row = _mine(request, pk)
    numbers = bulk.counts(row)
    failed = list(
        JobItem.objects.filter(job=row)
        .exclude(result__in=[JobItem.Result.DONE, JobItem.Result.WAITING])
        .select_related("tip", "who")
        .order_by("id")[:500]
    )
    seen = access.of_these(request.user, "queue", [item.tip for item in failed])
    context = {
        **band(request, "queue"),
        "job": row,
        "numbers": numbers,
        "done": row.total - numbers[JobItem.Result.WAITING],
        "failed": [(item, item.tip_id in seen) for item in failed],
        "keyed": row.act in bulk.KEYED,
    }
    return render(request, "desk/job.html", context)


@require_POST
@desk("bulk")
def go(request: DeskRequest, pk: UUID) -> HttpResponseBase:
    """The next seconds of a job that needs this session's key."""
    row = _mine(request, pk)
    if row.act not in bulk.KEYED or row.done_at is not None:
        return onward("desk:job", pk=row.pk)
    text = words.unseal(
        request, seed=request.staff_seed, row=row.pk, user=request.user, sealed=bytes(row.sealed)
    )
    reason = json.loads(text)["reason"] if text else ""
    bulk.run(row, _verb(request, row, reason), budget_s=bulk.SLICE_S, most=bulk.SLICE)
    return onward("desk:job", pk=row.pk)


def _verb(request: DeskRequest, job: Job, reason: str) -> bulk.Verb:
    """Closing or moving one tip, with the keys of this session."""

    def act(tip: Tip, revision: int) -> None:
        if not reason:  # it was sealed under a session that has ended
            raise services.Refused(_("理由只在解锁期间保留，请重新选择一次"))
        if not access.can(request.user, bulk.NEEDS[bulk.Act(job.act)], office=tip.office_id, tip=tip):
            raise services.Refused(_("您在本机构的角色不能做这一步"))
        keys, office_seed, cells = opening.open_tip(
            user=request.user, seed=request.staff_seed, tip=tip, labels=["answers"]
        )
        given: dict[str, Any] = {"tip": tip, "user": request.user, "keys": keys, "office_seed": office_seed}
        if job.act == bulk.Act.MOVE:
            to = Office.objects.get(pk=job.value)
            moving.move(**given, to=to, reason=reason, revision=revision)
        else:
            services.change_state(
                **given,
                target="closed",
                revision=revision,
                decision=services.Decision(result=reason),
                language=casefile.language_of(cells),
            )

    return act


# Parts --------------------------------------------------------------------------------------------------


def _mine(request: DeskRequest, pk: UUID) -> Job:
    row = Job.objects.filter(pk=pk, user=request.user).first()
    if row is None:
        raise Http404
    return row


def _chosen(request: DeskRequest) -> list[bulk.Chosen]:
    """The ticked tips, or all that the filters show. Raises TooMany; Http404 for what is no id."""
    if request.POST.get("scope") == "all":
        params = QueryDict(mutable=True)
        for name in FILTERS:
            if value := request.POST.get(name):
                params[name] = value
        rows = narrowed_tips(request.user, params, today=clock.today()).order_by("pk")
        found = [bulk.Chosen(*row) for row in rows.values_list("pk", "revision")[: bulk.MOST + 1]]
        if len(found) > bulk.MOST:
            raise bulk.TooMany
        return found
    texts: Iterable[str] = [*request.POST.getlist("tip"), *request.POST.get("tips", "").split()]
    try:
        found = list({item.tip: item for item in map(bulk.Chosen.read, texts)}.values())
    except ValueError as error:
        raise Http404 from error
    if len(found) > bulk.MOST:
        raise bulk.TooMany
    return found


def _values(request: DeskRequest, act: str) -> list[tuple[str, Any]]:
    """What can be chosen with this act: a colleague, a label, a priority, an office."""
    if act not in bulk.NEEDS:
        return []
    offices = list(access.offices_for(request.user, bulk.NEEDS[bulk.Act(act)]))
    found: dict[str, Any] = {}
    for office in offices:
        if act == bulk.Act.ASSIGN:
            found |= {str(u.pk): u.name for u in services.claimants_of(office.pk)}
        elif act in (bulk.Act.LABEL, bulk.Act.UNLABEL):
            found |= {str(row.pk): row.title for row in sorting.labels_for(office.pk)}
        elif act == bulk.Act.MOVE:
            found |= {str(o.pk): f"{way.label}：{o.label}" for o, way in moving.targets(office)}
    return list(PRIORITIES) if act == bulk.Act.PRIORITY else list(found.items())
