"""What people say on a published page: forms without an account and without a trace, for all that take them.

No cookie is set and no address, time of day or browser is kept; the rate is counted by network under a hash
that changes (cms.limits). A form without a cookie has no CSRF token: it does nothing in anybody's name, and
one that another site sends is refused by where it says it comes from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from workdays import clock

from cms import limits
from cms.models.said import LONGEST

MOST_WORDS = 20_000  # characters of one sending, over all boxes


class SayingForm(forms.Form):
    """Boxes of words; at least one is filled in. A subclass adds them and keeps what was written."""

    empty = ""  # the sentence for a form without a word

    def __init__(self, page: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page

    def box(self, name: str, label: str) -> None:
        sentence = _("“%(label)s”最多写 %(n)d 个字。") % {"label": label, "n": LONGEST}
        self.fields[name] = forms.CharField(
            label=label, required=False, max_length=LONGEST, error_messages={"max_length": sentence},
            widget=forms.Textarea(attrs={"rows": 4}),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        words = sum(len(text) for text in given.values())
        if not self.errors and not words:
            raise forms.ValidationError(self.empty)
        if words > MOST_WORDS:
            raise forms.ValidationError(_("一次最多写 %(n)d 个字，请分几次提交。") % {"n": MOST_WORDS})
        return given

    def keep(self) -> None:
        """Writes what was said, once it is valid."""
        raise NotImplementedError


def keep(model: Any, page: Any, text: str, *, key: Any = "", **columns: Any) -> None:
    """One row of a `Said` model. The same words on the same place raise a number, and make no row."""
    same = hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()
    rows = model.objects.filter(page=page, digest=same)
    if rows.update(times=F("times") + 1):
        return
    try:
        with transaction.atomic():
            model.objects.create(
                page=page, text=text, digest=same, received_on=clock.today(), **columns
            )  # fmt: skip
    except IntegrityError:  # the same words from two at once
        rows.update(times=F("times") + 1)


def source_of(page: Any) -> Any:
    """The page in the source language: what is said in either language is on one page."""
    if page.is_source:
        return page
    rows = type(page).objects.filter(translation_key=page.translation_key)
    return next((row for row in rows.select_related("locale") if row.is_source), page)


def take(
    request: HttpRequest, form: SayingForm, closed: str, show: Callable[..., HttpResponse]
) -> HttpResponse:
    """403 from another site, 409 where it is closed (`closed` says so), 429 over the rate, 400 with what is
    wrong: `show(form, status=…)` draws the page with the text still there. 303 once it is kept.
    """
    if not _from_here(request):
        return _refuse(form, show, _("这份表单不是从本页提交的，请在本页重新提交。"), 403)
    if closed:
        return _refuse(form, show, closed, 409)
    if wait := limits.seconds_to_wait(request, "opinion"):
        response = _refuse(form, show, _("现在提交的人太多，请过几分钟再交一次。"), 429)
        response["Retry-After"] = str(wait)
        return response
    if not form.is_valid():
        return show(form, status=400)
    with transaction.atomic():
        form.keep()
    return HttpResponseRedirect(f"{request.path}?sent=1#sent", status=303)


def answer(
    request: HttpRequest, template: str, context: dict[str, Any], form: SayingForm, *, status: int = 200
) -> HttpResponse:
    """The page with its form; nobody keeps one that was posted, or that says it was."""
    sent = request.method != "POST" and request.GET.get("sent") == "1"
    response = render(request, template, {**context, "form": form, "sent": sent}, status=status)
    if request.method == "POST" or sent:
        response["Cache-Control"] = "no-store"
    return response


def _from_here(request: HttpRequest) -> bool:
    """Not sent by a form of another site, as far as the browser says (Fetch Metadata, Origin)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin", "")
    return not origin or urlsplit(origin).netloc == request.get_host()


def _refuse(form: SayingForm, show: Callable[..., HttpResponse], sentence: str, status: int) -> HttpResponse:
    form.is_valid()
    form.add_error(None, sentence)
    return show(form, status=status)
