"""/consultations/: drafts on which anyone may say what they think, without an account and without a trace.

No cookie is set and no address, time of day or browser is kept; the rate is counted by network under a hash
that changes (cms.limits). A form without a cookie has no CSRF token: it does nothing in anybody's name, and
one that another site sends is refused by where it says it comes from.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from workdays import clock

from cms import limits
from cms.models import ConsultationPage, ConsultationParagraph, Opinion
from cms.models.consultations import LONGEST
from cms.views.gone import moved_or_gone
from cms.views.pages import _in_language, _list, _one, intro

STATES = {
    "coming": gettext_lazy("未开始"),
    "open": gettext_lazy("正在征求意见"),
    "closed": gettext_lazy("已截止，等待汇总"),
    "answered": pgettext_lazy("consultation", "已答复"),
}
MOST_WORDS = 20_000  # characters of one sending, over all paragraphs
WHOLE = "whole"


@require_safe
def consultation_list(request: HttpRequest) -> HttpResponse:
    """Consultations, those that close last first, filtered by state (`?state=`)."""
    from cms.data.registers import BY_NAME

    rows = _in_language(ConsultationPage.objects.disclosed()).select_related("locale")
    state = request.GET.get("state", "")
    if state in STATES:
        (given,) = (given for given in BY_NAME["consultations"].filters if given.name == "state")
        rows = given.apply(rows, state)
    rows = rows.order_by("-closes_on", "-pk")
    more = {"states": STATES, "state": state, "section": intro("consultations")}
    return _list(request, "cms/consultation_list.html", rows, **more)


def numbered(page: ConsultationPage) -> list[tuple[str, ConsultationParagraph]]:
    """The paragraphs with their numbers: as written, else by their place."""
    return [(one.number or str(place), one) for place, one in enumerate(page.paragraphs.all(), 1)]


class OpinionForm(forms.Form):
    """One box a paragraph, one for the whole; at least one is filled in."""

    def __init__(self, page: ConsultationPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page, self.paragraphs = page, numbered(page)
        for place, (number, _one_of) in enumerate(self.paragraphs, 1):
            self._box(f"p{place}", _("对 %(number)s 的意见") % {"number": number})
        self._box(WHOLE, _("对整个草案的意见"))

    def _box(self, name: str, label: str) -> None:
        sentence = _("“%(label)s”最多写 %(n)d 个字。") % {"label": label, "n": LONGEST}
        self.fields[name] = forms.CharField(
            label=label, required=False, max_length=LONGEST, error_messages={"max_length": sentence},
            widget=forms.Textarea(attrs={"rows": 4}),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        words = sum(len(text) for text in given.values())
        if not self.errors and not words:
            raise forms.ValidationError(_("还没有写意见。请至少在一个框里写一句。"))
        if words > MOST_WORDS:
            raise forms.ValidationError(_("一次最多写 %(n)d 个字，请分几次提交。") % {"n": MOST_WORDS})
        return given

    def rows(self) -> list[tuple[Any, Any]]:
        """Paragraph and its box, in order; the whole draft stands apart."""
        return [(number, one, self[f"p{place}"]) for place, (number, one) in enumerate(self.paragraphs, 1)]

    def keep(self) -> int:
        """Writes what was said; how many opinions. The same words again raise a number, and make no row."""
        said = []
        for place, (number, one) in enumerate(self.paragraphs, 1):
            said.append((one.translation_key, number, self.cleaned_data[f"p{place}"]))
        said.append((None, "", self.cleaned_data[WHOLE]))
        head = source_of(self.page)
        with transaction.atomic():
            for key, number, text in said:
                if text:
                    _keep(head, key, number, text)
        return sum(bool(text) for _key, _number, text in said)


def _keep(page: ConsultationPage, key: Any, number: str, text: str) -> None:
    same = hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()
    rows = Opinion.objects.filter(page=page, digest=same)
    if rows.update(times=F("times") + 1):
        return
    try:
        with transaction.atomic():
            Opinion.objects.create(
                page=page, paragraph=key, place=number[:60], text=text, digest=same,
                received_on=clock.today(),
            )  # fmt: skip
    except IntegrityError:  # the same words from two at once
        rows.update(times=F("times") + 1)


def source_of(page: ConsultationPage) -> ConsultationPage:
    """The page in the source language: opinions in either language are on one draft."""
    if page.is_source:
        return page
    rows = ConsultationPage.objects.filter(translation_key=page.translation_key)
    return next((row for row in rows.select_related("locale") if row.is_source), page)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, slug: str) -> HttpResponse:
    """A draft with its paragraphs; POST takes opinions on them while it is open."""
    page = _one(ConsultationPage, slug=slug)
    if page is None:
        return moved_or_gone(request)
    if request.method == "POST":
        return _take(request, page)
    return _show(request, page, OpinionForm(page), sent=request.GET.get("sent") == "1")


def _take(request: HttpRequest, page: ConsultationPage) -> HttpResponse:
    """403 from another site, 409 once closed, 429 over the rate, 400 with what is wrong; the text stays."""
    form = OpinionForm(page, request.POST)
    if not _from_here(request):
        return _refuse(request, page, form, _("这份表单不是从本页提交的，请在本页重新提交。"), 403)
    if page.state != "open":
        return _refuse(request, page, form, _("现在不在征求意见的时间里，没有收下。"), 409)
    if wait := limits.seconds_to_wait(request, "opinion"):
        response = _refuse(request, page, form, _("现在提交的人太多，请过几分钟再交一次。"), 429)
        response["Retry-After"] = str(wait)
        return response
    if not form.is_valid():
        return _show(request, page, form, status=400)
    form.keep()
    return HttpResponseRedirect(f"{request.path}?sent=1#sent", status=303)


def _from_here(request: HttpRequest) -> bool:
    """Not sent by a form of another site, as far as the browser says (Fetch Metadata, Origin)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin", "")
    return not origin or urlsplit(origin).netloc == request.get_host()


def _refuse(
    request: HttpRequest, page: ConsultationPage, form: OpinionForm, sentence: str, status: int
) -> HttpResponse:
    form.is_valid()
    form.add_error(None, sentence)
    return _show(request, page, form, status=status)


def _show(
    request: HttpRequest, page: ConsultationPage, form: OpinionForm, *, sent: bool = False, status: int = 200
) -> HttpResponse:
    context = {**context_of(page), "form": form, "sent": sent}
    response = render(request, "cms/consultation.html", context, status=status)
    if request.method == "POST" or sent:
        response["Cache-Control"] = "no-store"
    return response


def context_of(page: ConsultationPage) -> dict[str, Any]:
    """What the page shows; its preview too."""
    return {
        "page": page,
        "state": STATES[page.state],
        "takes": page.state == "open",
        "paragraphs": numbered(page),
        "form": OpinionForm(page),
    }
