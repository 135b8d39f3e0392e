"""What every page of the reporter's has around it.

CSRF reads the body before a view can choose its upload handlers, so each view is exempt on the outside,
sets its handlers, and is protected within. A file sent to a page that takes none goes nowhere, least
of all to disk.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from complaints.intake import limits, routing
from complaints.intake.uploads import BodyTooLarge, DroppingHandler, readable
from complaints.vault.errors import Busy, DirectoryBroken, NotReady

log = logging.getLogger("qingfeng.intake")
View = Callable[..., HttpResponseBase]
BUTTONS = {"go", "add", "remove", "upload", "not_this", "first_office", "fresh", "drop_about"}


def page(*methods: str, own_handlers: bool = False) -> Callable[[View], View]:
    """A page that answers `methods`; whatever else happens becomes a page with a sentence.

    `own_handlers`: the view sets its upload handlers itself, before it calls a `csrf_protect`ed one.
    """

    def decorate(view: View) -> View:
        inner = view if own_handlers else csrf_protect(view)

        @functools.wraps(view)
        def outer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
                return HttpResponseNotAllowed(methods)
            if request.method == "POST" and not own_handlers:
                request.upload_handlers = [DroppingHandler(request)]
            try:
                return inner(request, *args, **kwargs)
            except (Busy, limits.Crowded):
                return waiting(request, status=503)
            except (DirectoryBroken, NotReady, routing.NoOffice) as error:
                # Nothing may be sealed to a key that does not verify; what was typed stays in the draft.
                log.error("nothing can be sealed: %s", type(error).__name__)
                return closed(request)
            except BodyTooLarge:
                return too_large(request)
            except RequestDataTooBig:
                return too_much(request)
            except (SuspiciousOperation, MultiPartParserError, UnreadablePostError, RawPostDataException):
                return broken(request)

        return csrf_exempt(outer)

    return decorate


def see_other(name: str, *args: Any, anchor: str = "", query: str = "") -> HttpResponse:
    """303 to one of our pages."""
    address = reverse(f"intake:{name}", args=args)
    response = HttpResponseRedirect(
        address + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")
    )
    response.status_code = 303
    return response


def waiting(request: HttpRequest, *, status: int) -> HttpResponse:
    """Too many at once: a page with everything that was sent, and a button that sends it again."""
    sent: list[tuple[str, str]] = []
    if request.method == "POST":
        sent = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in BUTTONS | {"csrfmiddlewaretoken"}
        ]
    context = {"sent": sent, "seconds": limits.RETRY_AFTER, "post": request.method == "POST"}
    response = render(request, "intake/waiting.html", context, status=status)
    response.headers["Retry-After"] = str(limits.RETRY_AFTER)
    return response


def notice(
    request: HttpRequest, title: str, *sentences: str, status: int, back: str = "", start: bool = False
) -> HttpResponse:
    """A page that says one thing and names one way on."""
    context = {"title": title, "sentences": sentences, "back": back, "start": start}
    return render(request, "intake/notice.html", context, status=status)


def closed(request: HttpRequest) -> HttpResponse:
    """503: this site cannot seal anything now."""
    return notice(
        request,
        _("现在不能接收举报"),
        _("您写的都还在，停下不超过 2 小时可以接着写。请过一会儿再来。"),
        _("急的话，请拨打 %(phone)s。") % {"phone": settings.QINGFENG["phone"]},
        status=503,
        back=request.path,
    )


def too_much(request: HttpRequest) -> HttpResponse:
    """413: a page of text larger than the server reads."""
    return notice(
        request,
        _("这一页写得太多，没有收下"),
        _(
            "请用浏览器的“后退”回到刚才那一页，把文字删短，或者存成文件在材料那一页交来。之前各页的回答都还在。"
        ),
        status=413,
        back=request.path,
    )


def too_large(request: HttpRequest) -> HttpResponse:
    """413: files larger than may be sent at once. Nothing of them was read."""
    return notice(
        request,
        _("一次交得太多，没有收下"),
        _("每个文件不超过 %(size)s，合起来不超过 %(whole)s。请分几次交；之前各页的回答都还在。")
        % {
            "size": readable(settings.UPLOAD_MAX_BYTES),
            "whole": readable(settings.UPLOAD_TIP_BYTES),
        },
        status=413,
        back=request.path,
    )


def broken(request: HttpRequest) -> HttpResponse:
    """400: a request that arrived in pieces."""
    return notice(
        request,
        _("没有收全"),
        _("这一页在路上断了。请用浏览器的“后退”回去，再点一次；之前各页的回答都还在。"),
        status=400,
        back=request.path,
    )


def posted(request: HttpRequest) -> dict[str, str]:
    """The last value of each field sent."""
    return {name: str(value) for name, value in request.POST.items()}


def base_revision(data: dict[str, str]) -> int:
    """The revision a form was made from; anything else than a number is the oldest."""
    value = data.get("rev", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
