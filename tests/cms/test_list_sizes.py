"""The questions that a public list asks of the database do not grow with its rows: at 10 and at 1,000."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, router
from django.db.models import sql
from django.test.utils import CaptureQueriesContext
from outbox import services as outbox
from wagtail.models import Locale, Page
from workdays import clock

from cms.models import (
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    ConsultationPage,
    Flowchart,
    Law,
    NoticePage,
    NoticeType,
    Organisation,
    PowerItem,
    RiskPoint,
    SectionPage,
    Step,
    Tier,
)
from tests.bench import registers
from tests.cms import making
from tests.cms.test_visibility import PUBLIC

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed"), pytest.mark.once]

FEW, MANY = 10, 1_000
INDEXED = 25  # items that are found: more than a page of results
# One thing, or a file that reads in chunks (tests/cms/data), or hashes alone: no list.
NO_LIST = re.compile(
    r"\{(number|slug)\}|^(data/|ledger/|search/(feed|results|suggest)|about|privacy|accessibility)"
)
# Questions that may be new: a second page, one more kind of thing among what is found. A question a row would
# be ten more, for a page of twenty instead of ten.
MORE = 8


def lists() -> list[str]:
    """Every public list that the visibility test knows, with what it needs to be one."""
    found = [route for route in PUBLIC if not NO_LIST.search(route) and "{" not in route]
    found += ["organisations/9901-CG/", "laws/law-0001/", "power/basic/0100/", "power/?category=penalty"]
    found += [
        f"feeds/{kind}.atom" for kind in ("power-items", "organisations", "laws", "benchmarks", "notices")
    ]
    found += [
        "search/?q=%E4%BA%8B%E9%A1%B9",
        "notices/matrix/?year=2026",
        "sitemap-poweritem.xml",
        "sitemap-articlepage.xml",
    ]
    return found


def columns_of(model: type[models.Model], rows: list[Any]) -> None:
    """Insert the child rows of a page type: Django's bulk_create refuses them."""
    query = sql.InsertQuery(model)
    query.insert_values(model._meta.local_concrete_fields, rows, raw=True)
    query.get_compiler(using=router.db_for_write(model)).execute_sql()


def pages(model: type[Page], slug: str, wanted: int, fill: Callable[[int], dict[str, Any]]) -> None:
    """Published pages of one type under a section, until there are `wanted`."""
    section = SectionPage.objects.get(slug=slug, locale=Locale.get_default())
    now, have = clock.now(), model.objects.count()
    last = section.get_children().order_by("path").last()
    path = last.path if last else section.path + "0000"
    rows = []
    for number in range(have, wanted):
        path = Page(path=path)._inc_path()
        row = model(
            title=f"{slug} 第 {number} 条", draft_title=f"{number}", slug=f"{slug}-{number}", path=path,
            depth=section.depth + 1, locale=section.locale, live=True, first_published_at=now,
            last_published_at=now, url_path=f"{section.url_path}{slug}-{number}/", **fill(number),
        )  # fmt: skip
        rows.append(row)
    if not rows:
        return
    bases = [
        Page(
            **{f.attname: getattr(row, f.attname) for f in Page._meta.concrete_fields if f.name != "id"},
        )
        for row in rows
    ]
    content_type = ContentType.objects.get_for_model(model)
    for base in bases:
        base.content_type = content_type
    for base, row in zip(Page.objects.bulk_create(bases), rows, strict=True):
        row.page_ptr_id = row.pk = base.pk
    columns_of(model, rows)
    SectionPage.objects.filter(pk=section.pk).update(numchild=section.numchild + len(rows))


def fill(wanted: int) -> None:
    """Everything that a public list shows, `wanted` of each."""
    locale, now = Locale.get_default(), clock.now()
    live = {"locale": locale, "live": True, "first_published_at": now, "last_published_at": now}
    owner = making.organisation()

    def numbers(model: Any) -> range:
        return range(model.objects.count(), wanted)

    Organisation.objects.bulk_create(
        Organisation(code=f"9901-L{n}", name=f"第 {n} 办公室", parent=owner, **live)
        for n in numbers(Organisation)
    )
    registers.load(wanted)
    PowerItem.objects.update(basic_code="0100", organisation=owner)
    items = list(PowerItem.objects.order_by("pk"))
    Law.objects.bulk_create(Law(name=f"第 {n} 号条例", slug=f"law-{n + 1:04d}", **live) for n in numbers(Law))
    fresh = Benchmark.objects.bulk_create(
        Benchmark(title=f"第 {n} 项基准", slug=f"b-{n}", power_item=items[n], **live)
        for n in numbers(Benchmark)
    )
    Tier.objects.bulk_create(Tier(benchmark=row, name="一般", locale=locale) for row in fresh)
    charts = Flowchart.objects.bulk_create(
        Flowchart(title=f"第 {n} 张图", slug=f"c-{n}", power_item=items[n], **live)
        for n in numbers(Flowchart)
    )
    Step.objects.bulk_create(Step(flowchart=row, key="s1", name="受理", locale=locale) for row in charts)
    RiskPoint.objects.bulk_create(
        RiskPoint(flowchart=row, step_key="s1", description="压件不办", locale=locale) for row in charts
    )
    kind = NoticeType.objects.first()
    pages(ArticlePage, "library", wanted, lambda n: {"article_kind": "rule"})
    pages(CaseOutcomePage, "cases", wanted, lambda n: {"number": f"2026-{n}", "facts": "收受财物。"})
    pages(
        NoticePage,
        "notices",
        wanted,
        lambda n: {"notice_type": kind, "organisation": owner, "date": clock.today()},
    )
    pages(ConsultationPage, "consultations", wanted, lambda n: {"closes_on": clock.today()})
    for item in items[:INDEXED]:
        outbox.enqueue(kind="search.index", ref=f"power:{item.pk}")


def asked(client: Any, address: str) -> int:
    """How many questions an address asks. A parameter that no list knows keeps the cache of pages out."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"/{address}{'&' if '?' in address else '?'}size=1")
        assert answer.status_code == 200, address
        if answer.streaming:
            b"".join(answer.streaming_content)
    return len(queries)


def test_no_list_asks_more_for_more_rows(client: Any, run_outbox: Any) -> None:
    found: dict[str, list[int]] = {}
    for size in (FEW, MANY):
        fill(size)
        run_outbox()
        client.get("/?size=0")  # what is read once a process
        for address in lists():
            found.setdefault(address, []).append(asked(client, address))
    grown = {address: counts for address, counts in found.items() if counts[1] > counts[0] + MORE}
    assert grown == {}
    assert max(many for _few, many in found.values()) <= 40
