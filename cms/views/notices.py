"""/notices/<slug>/: a notice, what residents said to it with the answers, and the form for more."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cms.models import NoticeFeedback, NoticePage
from cms.views import saying
from cms.views.gone import moved_or_gone
from cms.views.pages import _one

SAID = "said"
SHOWN = 100  # answered texts that a page shows, the newest first


class FeedbackForm(saying.SayingForm):
    """One box."""

    def __init__(self, page: NoticePage, *args: Any, **kwargs: Any) -> None:
        super().__init__(page, *args, **kwargs)
        self.empty = _("还没有写反馈。")
        self.box(SAID, _("您的反馈"))

    def keep(self) -> None:
        saying.keep(NoticeFeedback, saying.source_of(self.page), self.cleaned_data[SAID])


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    """A notice; POST takes feedback where its type asks for it. Anyone."""
    page = _one(NoticePage, slug=slug)
    if page is None:
        return moved_or_gone(request)
    show = partial(saying.answer, request, "cms/notice.html", page.get_context(request))
    if request.method != "POST":
        return show(FeedbackForm(page))
    closed = "" if page.takes_feedback else _("这份公告不收反馈，没有收下。")
    return saying.take(request, FeedbackForm(page, request.POST), closed, show)


def context_of(page: NoticePage) -> dict[str, Any]:
    """What the page shows beside itself; its preview too."""
    rows = NoticeFeedback.objects.public().filter(page=saying.source_of(page))
    return {
        "answered": rows.order_by("-answered_on", "-pk")[:SHOWN] if page.pk else [],
        "takes": page.takes_feedback,
        "form": FeedbackForm(page),
    }
