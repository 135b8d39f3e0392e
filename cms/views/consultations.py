"""/consultations/: drafts on which anyone may say what they think (cms.views.saying: without a trace)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cms.models import ConsultationPage, ConsultationParagraph, Opinion
from cms.views import saying
from cms.views.gone import moved_or_gone
from cms.views.pages import _in_language, _list, _one, intro

STATES = {
    "coming": gettext_lazy("未开始"),
    "open": gettext_lazy("正在征求意见"),
    "closed": gettext_lazy("已截止，等待汇总"),
    "answered": pgettext_lazy("consultation", "已答复"),
}
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


class OpinionForm(saying.SayingForm):
    """One box a paragraph, one for the whole."""

    def __init__(self, page: ConsultationPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(page, *args, **kwargs)
        self.empty = _("还没有写意见。请至少在一个框里写一句。")
        self.paragraphs = numbered(page)
        for place, (number, _one_of) in enumerate(self.paragraphs, 1):
            self.box(f"p{place}", _("对 %(number)s 的意见") % {"number": number})
        self.box(WHOLE, _("对整个草案的意见"))

    def rows(self) -> list[tuple[Any, Any]]:
        """Paragraph and its box, in order; the whole draft stands apart."""
        return [(number, one, self[f"p{place}"]) for place, (number, one) in enumerate(self.paragraphs, 1)]

    def keep(self) -> None:
        page = saying.source_of(self.page)
        for place, (number, one) in enumerate(self.paragraphs, 1):
            if text := self.cleaned_data[f"p{place}"]:
                key = one.translation_key
                saying.keep(Opinion, page, text, key=key, paragraph=key, place=number[:60])
        if text := self.cleaned_data[WHOLE]:
            saying.keep(Opinion, page, text, key=None)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, slug: str) -> HttpResponse:
    """A draft with its paragraphs; POST takes opinions on them while it is open."""
    page = _one(ConsultationPage, slug=slug)
    if page is None:
        return moved_or_gone(request)
    show = partial(saying.answer, request, "cms/consultation.html", context_of(page))
    if request.method != "POST":
        return show(OpinionForm(page))
    closed = "" if page.state == "open" else _("现在不在征求意见的时间里，没有收下。")
    return saying.take(request, OpinionForm(page, request.POST), closed, show)


def context_of(page: ConsultationPage) -> dict[str, Any]:
    """What the page shows; its preview too."""
    return {
        "page": page,
        "state": STATES[page.state],
        "takes": page.state == "open",
        "paragraphs": numbered(page),
        "form": OpinionForm(page),
    }
