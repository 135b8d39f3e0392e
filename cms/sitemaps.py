"""The sitemap for machines: what is disclosed, and the lists that lead to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from cms.models import (
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    ConsultationPage,
    Flowchart,
    HomePage,
    Law,
    NoticePage,
    Organisation,
    PowerItem,
)


class Records(Sitemap):
    """One model's disclosed records, in every language they have."""

    limit = 5000

    def __init__(self, model: Any) -> None:
        self.model = model

    def items(self) -> Any:
        return self.model.objects.disclosed().select_related("locale").order_by("pk")

    def lastmod(self, item: Any) -> dt.datetime | None:
        return item.last_published_at


class Lists(Sitemap):
    """The fixed lists of the site."""

    def items(self) -> list[str]:
        names = "power_list organisation_list benchmark_list law_list risks case_list library notice_list"
        names += " notice_matrix consultation_list stats data ledger"
        return [f"cms:{name}" for name in names.split()]

    def location(self, item: str) -> str:
        return reverse(item)


MODELS = (
    HomePage,
    PowerItem,
    Flowchart,
    Benchmark,
    CaseOutcomePage,
    ArticlePage,
    NoticePage,
    ConsultationPage,
    Organisation,
    Law,
)
SITEMAPS = {"lists": Lists(), **{m.__name__.lower(): Records(m) for m in MODELS}}
