"""The door of every desk view: who may enter, what they bring, and that no browser keeps any of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from accounts import slots
from accounts import unlock as session
from accounts.decorators import staff_required, unlocked_required
from accounts.keys import KeySeed
from accounts.models import User
from accounts.services import WrongPassword
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext

from complaints import access
from complaints.desk.forms import UnlockForm
from complaints.intake.models import Tip
from complaints.vault import jobs, offices
from complaints.vault.errors import DirectoryBroken, NotAMember, Refused
from complaints.vault.models import Office


class DeskRequest(HttpRequest):
    """A request that has passed the door: a member of staff, and, where asked for, their key."""

    user: User
    staff_seed: KeySeed


View = Callable[..., HttpResponseBase]
CARRY = "carry-"
HELP_S = 60


def desk(action: str | None, *, unlocked: bool = True, sure: bool = False) -> Callable[[View], View]:
    """Staff with MFA, whose role may do `action`, with an unlocked session where content is shown.

    `sure`: what is POSTed touches identities, keys or roles; a session that was left open is not enough for
    it, the password must have been given a short while ago (accounts.unlock.SURE_SECONDS).

    A view with a `number` in its address gets the tip instead: 404 where it is another office's, 403 where
    the role may not. `action=None`: any member of staff (unlock, lock).
    """

    def decorate(view: View) -> View:
        entered = _enter(_surely(view) if sure else view, action)
        inner = _with_key(entered) if unlocked or sure else entered

        @wraps(view)
        def outer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = staff_required(inner)(request, *args, **kwargs)
            add_never_cache_headers(response)  # no-store among them
            return response

        outer.desk_action = action  # type: ignore[attr-defined]  # for the test that every view has one
        return outer

    return decorate


def _with_key(view: View) -> View:
    """unlocked_required; but what somebody typed until the session locked is carried over the unlock page."""
    with_key = unlocked_required(view)

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and session.unlocked(request) is None:
            return ask_password(
                request, UnlockForm(), to=request.path, carried=typed(request.POST), status=403
            )
        return with_key(request, *args, **kwargs)

    return inner


def _surely(view: View) -> View:
    """The view; what is POSTed goes over the unlock page first where the password was given long ago."""

    @wraps(view)
    def inner(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not session.lately(request):
            carried = typed(request.POST)
            return ask_password(
                request, UnlockForm(), to=request.path, carried=carried, sure=True, status=403
            )
        return view(request, *args, **kwargs)

    return inner


def _help(request: HttpRequest) -> None:
    """Once a minute, an unlocked session hands waiting large work its keys (complaints.vault.jobs)."""
    seed = session.unlocked(request)
    if seed is None or not isinstance(request.user, User):
        return
    if cache.add(f"desk-help:{request.user.pk}", 1, HELP_S):
        with suppress(DirectoryBroken):  # the page itself says so
            jobs.offer(request.user, seed)


def typed(data: QueryDict) -> list[tuple[str, str]]:
    """The fields of a form, without its token."""
    return [(name, value) for name in data for value in data.getlist(name) if name != "csrfmiddlewaretoken"]


def ask_password(
    request: HttpRequest,
    form: UnlockForm,
    *,
    following: str = "",
    to: str = "",
    carried: list[tuple[str, str]] | None = None,
    sure: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The unlock page. `to` and `carried`: where a form was going, and its fields, which travel in it.

    `sure`: the session is open, and the password is asked for because of what the form does.
    """
    context = {
        "form": form,
        "form_list": [form] if form.errors else [],
        "next": following,
        "to": to,
        "carried": [(CARRY + name, value) for name, value in carried or []],
        "sure": sure,
    }
    return render(request, "desk/unlock.html", context, status=status)


def _enter(view: View, action: str | None) -> View:
    """The question of the access table, put before the view."""

    @wraps(view)
    def inner(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "number" in kwargs:
            kwargs["tip"] = access.tip_or_404(request.user, kwargs.pop("number"), action or "queue")
        elif action is not None and not access.offices_for(request.user, action).exists():
            raise PermissionDenied
        _help(request)
        try:
            return view(request, *args, **kwargs)
        except NotAMember:
            _still_here(kwargs.get("tip"))
            return render(request, "desk/no_key.html", {**band(request), **own_key(request.user)}, status=403)
        except DirectoryBroken:
            return render(request, "desk/directory_broken.html", band(request), status=503)

    return inner


def _still_here(tip: Tip | None) -> None:
    """404 where the tip was given to another office while this was asked for: it is not there any more."""
    if tip is not None and not Tip.objects.filter(pk=tip.pk, office=tip.office_id).exists():
        raise Http404


def wrong_password(request: DeskRequest, password: str) -> str | None:
    """Whose session this is, asked once more; the sentence where it is not right."""
    try:
        session.unlock_with_password(request, password)
    except WrongPassword:
        return gettext("密码不正确。")
    except session.Throttled:
        return gettext("尝试次数过多，请稍后再试。")
    except slots.Busy:
        return gettext("现在人多，请等一下")
    return None


def band(request: DeskRequest, section: str = "") -> dict[str, Any]:
    """What the header shows: the part one is in, roles, minutes until the session locks."""
    held = access.roles_of(request.user)
    roles = list(dict.fromkeys(str(m.get_role_display()) for m in held))
    loud = {m.office_id for m in held if m.loud}  # type: ignore[attr-defined]
    broken = list(access.emergencies(Office.objects.filter(pk__in=loud))) if loud else []
    return {
        "section": section,
        "desk_roles": gettext("、").join(roles),
        "minutes_left": session.minutes_left(request),
        "can_administer": any(m.role == access.ADMINISTRATOR for m in held),
        "can_identity": any(m.role in access.TABLE["half"] for m in held),
        "can_search": any(m.role in access.TABLE["search"] for m in held),
        "can_queue": any(m.role in access.TABLE["queue"] for m in held)
        or any(row.user_id == request.user.pk for row in broken),
        "emergencies": broken,
        "can_audit": any(m.role in access.TABLE["audit"] for m in held),
        "can_retain": any(m.role in access.TABLE["retention"] for m in held),
    }


def own_key(user: User) -> dict[str, str]:
    """The fingerprint of a person's own key, for who waits for a grant; nothing where there is no key."""
    try:
        return {"fingerprint": offices.fingerprint(user)}
    except Refused:
        return {}


def onward(to: str, *args: Any, **kwargs: Any) -> HttpResponseRedirect:
    """303: after a POST, the browser GETs this (a path or the name of a route)."""
    response = HttpResponseRedirect(resolve_url(to, *args, **kwargs))
    response.status_code = 303
    return response
