"""The queue: filters in the address, words behind an id, fifty rows a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from accounts.decorators import unlocked_required
from accounts.keys import KeySeed
from accounts.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from workdays import calendar, clock

from complaints import access
from complaints.desk import deadlines, opening, results, words
from complaints.desk import queue as rows
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import FILTERS, FilterForm, SearchForm
from complaints.intake.models import Category, Region, Tip
from search.engines.base import EngineError


@require_safe
@desk(None, unlocked=False)
def queue(request: DeskRequest) -> HttpResponseBase:
    """Everybody's first page: the tips of one's offices; an administrator's members; unlock where locked."""
    user = request.user
    if not access.offices_for(user, "queue").exists():
        if access.offices_for(user, "administer").exists():
            return onward("desk:members")
        return render(request, "desk/outside.html", band(request), status=403)
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


def _queue(request: DeskRequest) -> HttpResponse:
    user: User = request.user
    seed: KeySeed | None = getattr(request, "staff_seed", None)
    categories, regions = list(Category.objects.all()), list(Region.objects.all())
    text = _words(request, seed)
    form = FilterForm(
        request.GET if _filtering(request.GET) else None,
        categories=categories,
        regions=regions,
        words=bool(text),
    )
    chosen = _chosen(form, default_state="all" if text else "open")
    mine, today = access.tips_for(user), clock.today()
    tips = rows.filtered(mine, chosen, user=user, today=today, categories=categories, regions=regions)
    newest, after = chosen["sort"] == "new", request.GET.get("after", "")
    near, found, down = bool(request.GET.get("near")), None, False
    page: list[Tip] = []
    following = ""
    try:
        if text and seed:
            found = results.search(
                user=user,
                seed=seed,
                offices=list(access.offices_for(user, "search")),
                text=text,
                tips=tips,
                filtered=_narrowed(chosen),
                newest=newest,
                near=near,
                after=after,
            )
            page, following = found.tips, found.following
        else:
            page, following = rows.page(tips, sort=chosen["sort"], after=after)
    except rows.NoSuchPage as error:
        raise Http404 from error
    except EngineError:
        down = True
    subjects = opening.subjects(user=user, seed=seed, tips=page) if seed else {}
    days = calendar.load(strict=False)
    claims = set(access.offices_for(user, "claim").values_list("pk", flat=True))
    context = {
        **band(request, "queue"),
        "form": form,
        "filtering": _filtering(request.GET),
        "kept_filters": [(name, request.GET[name]) for name in FILTERS if request.GET.get(name)],
        "search_form": SearchForm(initial={"q": text or ""}),
        "may_search": seed is not None,
        "text": text,
        "words": request.GET.get("words", "") if text else "",
        "found": found,
        "down": down,
        "lost": bool(request.GET.get("words")) and not text,
        "near": _address(request.GET, near="1") if found and not near and not found.blank else "",
        "rows": [
            Row(tip, subjects.get(tip.uuid), deadlines.of(tip, today, days), tip.office_id in claims)
            for tip in page
        ],
        "newest_first": newest,
        "following": following and _address(request.GET, after=following),
        "first": _address(request.GET) if after else "",
        "clear": _address(request.GET, words="", near="") if text else "",
        "views": _views(mine, user, request.GET),
        "several_offices": len({tip.office_id for tip in page}) > 1,
    }
    return render(request, "desk/queue.html", context)


def _words(request: DeskRequest, seed: KeySeed | None) -> str | None:
    """What is searched for, where the address names a search of this session."""
    pk = request.GET.get("words", "")
    return words.read(request, user=request.user, seed=seed, pk=pk) if pk and seed else None


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


def _views(tips: QuerySet[Tip], user: User, params: QueryDict) -> list[dict[str, Any]]:
    """The views used often, with how many tips each holds (one query)."""
    n = rows.counts(tips, user=user, today=clock.today())
    here = {name: params[name] for name in FILTERS if params.get(name) and name != "sort"}
    if here.get("state") == "open":
        del here["state"]
    made: list[tuple[str, dict[str, str], int]] = [
        (_("待办"), {}, n["open"]),
        (_("我办的"), {"assignee": "me"}, n["mine"]),
        (_("未领取"), {"assignee": "none"}, n["free"]),
        (_("3 天内到期"), {"due": "soon"}, n["soon"]),
        (_("超期"), {"due": "overdue"}, n["overdue"]),
    ]
    return [
        {
            "name": name,
            "query": urlencode(filters),
            "count": count,
            "current": here == filters and "words" not in params,
        }
        for name, filters, count in made
    ]
