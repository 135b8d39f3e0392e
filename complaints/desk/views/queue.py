"""The queue: filters in the address, words behind an id, fifty rows a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from accounts.decorators import unlocked_required
from accounts.keys import KeySeed
from accounts.models import User
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from workdays import calendar, clock, warnings

from complaints import access
from complaints.desk import (
    bulk,
    deadlines,
    finding_similar,
    opening,
    remits,
    results,
    saved_views,
    sorting,
    words,
)
from complaints.desk import queue as rows
from complaints.desk.entry import DeskRequest, band, desk, onward, own_key
from complaints.desk.forms import FILTERS, FilterForm, SearchForm, ViewForm
from complaints.desk.models import Job, Label, SavedView
from complaints.intake.models import Category, Region, Tip
from complaints.vault.models import Membership, Office
from search.engines.base import EngineError


@require_safe
@desk(None, unlocked=False)
def queue(request: DeskRequest) -> HttpResponseBase:
    """Everybody's first page: the tips of one's offices; an administrator's members; unlock where locked."""
    user = request.user
    if not access.offices_for(user, "queue").exists():
        if access.offices_for(user, "administer").exists():
            return onward("desk:members")
        return render(request, "desk/outside.html", {**band(request), **own_key(user)}, status=403)
    if access.offices_for(user, "open").exists():
        return unlocked_required(_queue)(request)
    return _queue(request)


@dataclass(frozen=True)
class Row:
    """One line of the queue. `subject` is None for those who may not open, "" where it does not open."""

    tip: Tip
    subject: str | None
    due: deadlines.Due
    can_claim: bool
    extra: sorting.Extra
    twins: list[str]  # numbers of tips that are likely the same report


def _queue(request: DeskRequest) -> HttpResponse:
    user: User = request.user
    seed: KeySeed | None = getattr(request, "staff_seed", None)
    categories, regions = list(Category.objects.all()), list(Region.objects.all())
    offices = list(access.offices_for(user, "queue"))
    keys = [office.pk for office in offices]
    asked = _asked(request, seed)
    text = asked.shown  # on the page
    people, labels = _people(keys), _labels(keys)
    form = FilterForm(
        request.GET if _filtering(request.GET) else None,
        categories=categories,
        regions=regions,
        words=bool(text),
        people=people,
        labels=labels,
    )
    chosen = _chosen(form, default_state="all" if text else "open")
    today = clock.today()

    def narrowed(tips: QuerySet[Tip], filters: dict[str, Any]) -> QuerySet[Tip]:
        return rows.filtered(tips, filters, user=user, today=today, categories=categories, regions=regions)

    held = access.roles_of(user)  # one question for all acts
    bound = any(m.bound for m in held)  # type: ignore[attr-defined]
    limits = access.limits(user, "queue") if bound else Q()
    newest, after = chosen["sort"] == "new", request.GET.get("after", "")
    near, found, down = bool(request.GET.get("near")), None, False
    page: list[Tip] = []
    following = ""
    try:
        if text and seed:
            searched = access.limits(user, "search") if bound else Q()
            found = results.search(
                user=user,
                seed=seed,
                offices=list(access.offices_for(user, "search")),
                text=asked.text,
                item=asked.item,
                tips=narrowed(Tip.objects.filter(searched, office__in=keys), chosen),
                filtered=_narrowed(chosen) or bool(searched),
                newest=newest,
                near=near,
                after=after,
            )
            page, following = found.tips, found.following
        else:
            tips = narrowed(Tip.objects.filter(limits), chosen)
            page, following = rows.page(tips, offices=keys, sort=chosen["sort"], after=after)
    except rows.NoSuchPage as error:
        raise Http404 from error
    except EngineError:
        down = True
    days, scale = calendar.load(strict=False), warnings.load(today)
    may = {action: {m.office_id for m in held if m.role in access.TABLE[action]} for action in ACTS}
    if bound:
        readable, claimable = (access.of_these(user, action, page) for action in ("open", "claim"))
    else:
        readable = {tip.pk for tip in page}
        claimable = {tip.pk for tip in page if tip.office_id in may["claim"]}
    opened = [tip for tip in page if tip.pk in readable]
    subjects = opening.subjects(user=user, seed=seed, tips=opened) if seed else {}
    shown = sorting.shown_with(page, user)
    twins = finding_similar.marks(user=user, seed=seed, tips=page) if seed else {}
    context = {
        **band(request, "queue"),
        "form": form,
        "filtering": _filtering(request.GET),
        "kept_filters": [(name, request.GET[name]) for name in FILTERS if request.GET.get(name)],
        "search_form": SearchForm(initial={"q": asked.text, "item": asked.item}),
        "may_search": seed is not None,
        "text": text,
        "words": request.GET.get("words", "") if text else "",
        "found": found,
        "down": down,
        "lost": bool(request.GET.get("words")) and not text,
        "near": _address(request.GET, near="1") if found and not near and not found.blank else "",
        "rows": [
            Row(
                tip,
                subjects.get(tip.uuid),
                deadlines.of(tip, today, days, scale),
                tip.pk in claimable,
                shown[tip.uuid],
                twins.get(tip.uuid, []),
            )
            for tip in page
        ],
        "acts": [(act.value, act.label) for act in Job.Act if may[bulk.NEEDS[act]]],
        "order": chosen["sort"],
        "following": following and _address(request.GET, after=following),
        "first": _address(request.GET) if after else "",
        "clear": _address(request.GET, words="", near="") if text else "",
        "views": _views(user, offices, limits, request.GET, narrowed, people, labels),
        "view_form": ViewForm(auto_id="v-%s"),
        "may_share": bool(may["share-view"]),
        "several_offices": len({tip.office_id for tip in page}) > 1,
        "mark": _mark(keys),
        "mentions": sorting.mentions_of(user),
        "remits": remits.words(user) if bound else [],
    }
    return render(request, "desk/queue.html", context)


ACTS = ("claim", "assign", "label", "priority", "transfer", "state:closed", "share-view")


@require_safe
@desk("queue", unlocked=False)
def fresh(request: DeskRequest) -> JsonResponse:
    """Whether anything has changed since a page was made: {"mark": "…"}; a number, and nothing of a tip."""
    keys = list(access.offices_for(request.user, "queue").values_list("pk", flat=True))
    return JsonResponse({"mark": _mark(keys)})


def _mark(offices: list[int]) -> str:
    """Rises with each change of a tip of these offices: their change numbers, added."""
    return str(sum(Office.objects.filter(pk__in=offices).values_list("change", flat=True)))


def narrowed_tips(user: User, params: QueryDict, *, today: dt.date) -> QuerySet[Tip]:
    """The tips that the queue shows for these filters, all pages of them; a wrong filter filters nothing."""
    categories, regions = list(Category.objects.all()), list(Region.objects.all())
    keys = list(access.offices_for(user, "queue").values_list("pk", flat=True))
    form = FilterForm(
        params if _filtering(params) else None,
        categories=categories,
        regions=regions,
        words=False,
        people=_people(keys),
        labels=_labels(keys),
    )
    chosen = _chosen(form, default_state="open")
    tips = Tip.objects.filter(access.limits(user, "queue"), office__in=keys)
    return rows.filtered(tips, chosen, user=user, today=today, categories=categories, regions=regions)


def _people(offices: list[int]) -> list[tuple[str, str]]:
    """Who may have tips in these offices."""
    held = Membership.objects.filter(
        office__in=offices, ended_at__isnull=True, role__in=sorted(access.TABLE["claim"])
    )
    users = User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("pk")
    return [(str(user.pk), user.name) for user in users]


def _labels(offices: list[int]) -> list[tuple[str, str]]:
    rows_ = Label.objects.filter(Q(office__in=offices) | Q(office=None), active=True)
    return [(str(row.pk), row.title) for row in rows_]


def _asked(request: DeskRequest, seed: KeySeed | None) -> words.Asked:
    """What is searched for, where the address names a search of this session."""
    pk = request.GET.get("words", "")
    kept = words.read(request, user=request.user, seed=seed, pk=pk) if pk and seed else None
    return words.unpack(kept or "")


def _filtering(params: QueryDict) -> bool:
    return any(name in params for name in FILTERS)


def _chosen(form: FilterForm, *, default_state: str) -> dict[str, Any]:
    """The valid filters; a wrong one is shown at its field and filters nothing."""
    form.is_valid()
    data: dict[str, Any] = getattr(form, "cleaned_data", {})
    return {**data, "state": data.get("state") or default_state, "sort": data.get("sort") or "due"}


def _narrowed(chosen: dict[str, Any]) -> bool:
    """Whether any filter leaves tips out."""
    return any(
        value and (name, value) != ("state", "all") for name, value in chosen.items() if name != "sort"
    )


def _address(params: QueryDict, **changes: str) -> str:
    """The same list with another place in it."""
    params = params.copy()
    params.pop("after", None)
    for name, value in changes.items():
        params[name] = value
        if not value:
            del params[name]
    return f"?{params.urlencode()}"


Narrow = Callable[[QuerySet[Tip], dict[str, Any]], QuerySet[Tip]]


def _views(
    user: User,
    offices: list[Office],
    limits: Q,
    params: QueryDict,
    narrowed: Narrow,
    people: list[tuple[str, str]],
    labels: list[tuple[str, str]],
) -> list[dict[str, Any]]:
    """The views used often and the saved ones, with how many tips each holds (one query for all counts)."""
    made: list[tuple[str, dict[str, str], SavedView | None]] = [
        (_("待办"), {}, None),
        (_("我办的"), {"assignee": "me"}, None),
        (_("未领取"), {"assignee": "none"}, None),
        (_("3 天内到期"), {"due": "soon"}, None),
        (_("超期"), {"due": "overdue"}, None),
        (_("有未读答复"), {"answer": "unread"}, None),
    ]
    for saved in saved_views.of(user, offices):
        made.append((saved.name, saved_views.filters(saved, people, labels), saved))

    def counted(filters: dict[str, str]) -> Callable[[QuerySet[Tip]], QuerySet[Tip]]:
        return lambda tips: narrowed(tips, {"state": "open", **filters})

    here = _current([filters for _n, filters, _s in made], params)
    numbers = rows.counts(
        Tip.objects.filter(limits),
        [counted(f) for _n, f, _s in made],
        offices=[office.pk for office in offices],
    )
    return [
        {
            "name": name,
            "query": urlencode(filters),
            "count": rows.count_words(count),
            "current": filters is here,
            "saved": saved,
            "mine": saved is not None and saved.owner_id == user.pk,
        }
        for (name, filters, saved), count in zip(made, numbers, strict=True)
    ]


def _current(views: list[dict[str, str]], params: QueryDict) -> dict[str, str] | None:
    """The view that the address shows: the one with its order too, else one that asks for no order."""
    if "words" in params:
        return None
    here = {name: str(params[name]) for name in FILTERS if params.get(name)}
    same = [view for view in views if _plain(view) == _plain(here)]
    exact = [view for view in same if view.get("sort", "due") == here.get("sort", "due")]
    return next(iter([*exact, *(view for view in same if "sort" not in view)]), None)


def _plain(filters: dict[str, str]) -> dict[str, str]:
    """Without what an empty address means anyway."""
    return {k: v for k, v in filters.items() if (k, v) != ("state", "open") and k != "sort"}


@require_POST
@desk("queue", unlocked=False)
def save_view(request: DeskRequest) -> HttpResponseBase:
    """Keep the filters of the address under a name; for everybody of one's office with the role for it."""
    form = ViewForm(request.POST, auto_id="v-%s")
    kept = {name: request.POST[name] for name in FILTERS if request.POST.get(name)}
    if not form.is_valid():
        context = {**band(request, "queue"), "form": form, "form_list": [form], "kept": list(kept.items())}
        return render(request, "desk/view.html", context, status=422)
    try:
        saved_views.keep(
            user=request.user, name=form.cleaned_data["name"], kept=kept, shared=form.cleaned_data["shared"]
        )
    except saved_views.Full as full:
        form.add_error("name", str(full))
        context = {**band(request, "queue"), "form": form, "form_list": [form], "kept": list(kept.items())}
        return render(request, "desk/view.html", context, status=422)
    return onward(f"{reverse('desk:queue')}?{urlencode(kept)}")


@require_POST
@desk("queue", unlocked=False)
def delete_view(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Forget one's own view. Another's is a view that there is not."""
    if not SavedView.objects.filter(pk=pk, owner=request.user).delete()[0]:
        raise Http404
    return onward("desk:queue")
