"""Unlocking a session with the password, and locking it."""

from __future__ import annotations

from accounts import unlock as session
from accounts.services import WrongPassword
from accounts.slots import Busy
from accounts.unlock import Throttled
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.desk import finding_similar
from complaints.desk.entry import CARRY, DeskRequest, ask_password, band, desk, onward, typed
from complaints.desk.forms import UnlockForm

OK = 200


@require_http_methods(["GET", "HEAD", "POST"])
@desk(None, unlocked=False)
def unlock(request: DeskRequest) -> HttpResponse:
    """Ask for the password, derive the key, keep it sealed in the session; then on to where one was going."""
    if request.method != "POST":
        if session.unlocked(request) is not None:
            return onward(_next(request))
        return ask_password(request, UnlockForm(), following=request.GET.get("next", ""))
    form = UnlockForm(request.POST)
    status = _try(request, form)
    to, carried, sure = request.POST.get("to", ""), _carried(request), bool(request.POST.get("sure"))
    if status != OK:
        following = request.POST.get("next", "")
        return ask_password(
            request, form, following=following, to=to, carried=carried, sure=sure, status=status
        )
    if (seed := session.unlocked(request)) is not None:
        finding_similar.warm(user=request.user, seed=seed)
    if (carried or sure) and _is_of_desk(to):
        context = {**band(request, "queue"), "to": to, "carried": carried, "sure": sure}
        return render(request, "desk/again.html", context)
    return onward(_next(request))


def _try(request: DeskRequest, form: UnlockForm) -> int:
    """Unlock with what the form brings; the status, with the error in the form."""
    if not form.is_valid():
        return 422
    try:
        session.unlock_with_password(request, form.cleaned_data["password"])
    except WrongPassword:
        form.add_error("password", _("密码不对，请再输一次"))
        return 422
    except Throttled:
        form.add_error("password", _("输错的次数太多，请过几分钟再试"))
        return 429
    except Busy:
        form.add_error("password", _("现在用的人多，请过几秒再按一次“解锁”"))
        return 503
    return OK


def _carried(request: DeskRequest) -> list[tuple[str, str]]:
    """The fields of the form that was sent when the session had locked."""
    fields = typed(request.POST)
    return [(name.removeprefix(CARRY), value) for name, value in fields if name.startswith(CARRY)]


@require_POST
@desk(None, unlocked=False)
def lock(request: DeskRequest) -> HttpResponse:
    """Forget the key at once, in the session and in the browser."""
    session.lock(request)
    return onward("desk:unlock")


def _next(request: DeskRequest) -> str:
    """The page asked for before, if it is one of the desk; else the queue."""
    url = request.POST.get("next") or request.GET.get("next", "")
    return url if _is_of_desk(url) else reverse("desk:queue")


def _is_of_desk(url: str) -> bool:
    return url.startswith(reverse("desk:queue")) and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
