"""What is not disclosed stands at no public address: every route that the resolver knows, in both languages.

Each kind of thing is put into each state; then every address is fetched and searched for its words.
A route that nobody classified fails.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from cms.data.registers import BY_MODEL
from cms.models import Address, Flowchart, Law, NoticeType, PowerItem, RiskPoint
from tests.cms import making
from tests.cms.data.support import consultation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]

WORD = "紫貂七号"  # stands in every text of the thing that must not be seen
# Routes that are not of this room: confided, for staff, or without content.
ELSEWHERE = re.compile(r"^(healthz|readyz|accounts/|desk/|calendar/|admin/|report/|static/|_util/)")
# Hashes and signatures alone, whatever is asked (tests/cms/test_ledger_page.py).
HASHES = ("ledger/checkpoints/", "ledger/tile/", "ledger/proof/", "ledger/cosignatures")
# Public routes of this room and of search. {code} … are the thing's own; those without are lists.
PUBLIC = [
    "", "power/", "power/compare/", "power/basic/{code}/", "power/{code}/", "power/{code}/versions/{number}/",
    "flow/{slug}/",
    "flow/{slug}/chart.bpmn", "flow/{slug}/chart.svg", "flow/{slug}/chart.png",
    "flow/{slug}/versions/{number}/", "risks/", "benchmarks/",
    "benchmarks/{slug}/", "organisations/", "organisations/{code}/", "laws/", "laws/{slug}/", "cases/",
    "cases/{number}/", "library/",
    "library/{slug}/", "notices/", "notices/{slug}/", "about/", "privacy/", "accessibility/", "site-map/",
    "notices/matrix/", "consultations/", "consultations/{slug}/",
    "stats/", "ledger/", "data/", "data/{kind}.csv", "data/{kind}.jsonl", "data/{kind}.xlsx",
    "data/schema/{kind}.json", "data/dictionary/fields.csv", "data/qingfeng.zip", "data/catalogue.jsonld",
    "feeds/latest.atom", "feeds/{kind}.atom", "feeds/{kind}/{key}.atom", "search/",
    "search/suggest/", "search/feed.atom", "search/results.csv", "search/results.json",
    "sitemap.xml", "sitemap-{section}.xml", "ledger/latest.json", "ledger/feed.atom", "ledger/key-changes",
    "ledger/checkpoint", "ledger/verify.py",
]  # fmt: skip


def things(number: int) -> dict[str, Any]:
    """One unsaved or draft thing of each kind, with WORD and `number` in its texts."""
    word = f"{WORD}{number}"
    item = making.item(f"公开的事项{number}")
    chart = making.draft_chart(item, title=f"流程{word}")
    chart.steps.first().name = f"环节{word}"
    chart.risk_points.add(RiskPoint(step_key="s2", description=word, measures=word))
    benchmark = making.draft_benchmark(item, title=f"基准{word}")
    hidden = making.draft_item(f"事项{word}")
    organisation = type(making.organisation())(
        code=f"9901-X{number}", name=f"机构{word}", locale=item.locale, contact=word
    )
    law = Law(name=f"法律{word}", short_names=word, locale=item.locale)
    for thing in (law, chart, benchmark, hidden, organisation):
        thing.live = False
        thing.save()
    return {
        "power": hidden,
        "flow": chart,
        "law": law,
        "benchmark": benchmark,
        "organisation": organisation,
        "article": making.article(f"文章{word}", live=False, lede=word),
        "notice": making.notice(
            f"通知{word}",
            live=False,
            lede=word,
            notice_type=NoticeType.objects.first(),
            organisation=making.organisation(),
        ),
        "consultation": consultation(f"草案{word}", live=False, lede=word, summary=word, answer=word),
        "case": making.case(f"案例{word}", live=False, lede=word, power_items=[item]),
    }


def put(thing: Any, state: str) -> None:
    """Bring `thing` into a state in which nobody may see it."""
    now, rows = timezone.now(), type(thing).objects.filter(pk=thing.pk)
    if state == "draft":
        thing.save_revision()
    elif state == "future":
        thing.go_live_at = now + timedelta(days=2)
        thing.save_revision().publish()
    else:
        thing.save_revision().publish()
        live = rows.get()
        if state == "withdrawn":
            live.withdrawal_reason = "内容有误"
            live.unpublish()
        elif state == "expired":  # but not yet swept: live stays True
            rows.update(expire_at=now - timedelta(minutes=1))
        elif state == "not due":
            rows.update(go_live_at=now + timedelta(days=2))
        elif state == "private":
            PageViewRestriction.objects.create(page=live, restriction_type=PageViewRestriction.LOGIN)


STATES = ["draft", "future", "expired", "not due", "withdrawn", "private"]


def addresses(thing: Any) -> list[str]:
    """All public addresses, with the thing's own code in the place of parameters."""
    code, kind = thing.address_code, BY_MODEL[type(thing)].name
    key = {"code": code, "slug": code, "number": code, "key": code, "kind": kind}
    found = [f"/data/risk-points.{form}" for form in ("csv", "jsonl")]
    for route in PUBLIC:
        try:
            path = route.format(**({**key, "number": 1} if "versions" in route else key))
        except KeyError:
            continue
        found += [f"/{path}", f"/en/{path}"]
    found += [f"/{kind}/?q={WORD}" for kind in ("power", "search", "en/power", "en/search", "benchmarks")]
    found += [f"/search/{file}?q={WORD}" for file in ("suggest/", "feed.atom", "results.csv", "results.json")]
    found += [
        "/api/v1/changes",
        "/api/v1/power",
        f"/api/v1/{kind}",
        f"/api/v1/{kind}/{code}",
        "/api/v1/risk-points",
    ]
    found += [f"/api/v1/{route}" for route in api_routes(thing)]
    return [*found, thing.get_absolute_url()]


def sitemaps(client: Client) -> list[str]:
    """The parts that the sitemap's index names."""
    found = re.findall(r"<loc>https?://[^/]+(/[^<]*\.xml)</loc>", body(client.get("/sitemap.xml")))
    assert found
    return found


def api_routes(thing: Any) -> list[str]:
    from cms.api import urls

    routes = [str(p.pattern) for p in flat(urls.urlpatterns)]
    return [re.sub(r"<[^>]+>", thing.address_code, route) for route in routes]


def flat(patterns: list, prefix: str = "") -> list:
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += flat(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            pattern.whole = prefix + str(pattern.pattern)
            found.append(pattern)
    return found


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):  # an archive or a workbook: what is inside
        package = zipfile.ZipFile(io.BytesIO(content))
        content = b"\n".join(package.read(name) for name in package.namelist())
    return content.decode("utf-8", "replace")


def test_it_works(client: Client, run_outbox):
    """The same words are found where the things are disclosed: the search below can fail."""
    item = making.item(f"事项{WORD}")
    while run_outbox(200):
        pass
    assert WORD in body(client.get(item.get_absolute_url()))
    assert WORD in body(client.get("/power/"))
    article = making.article(f"文章{WORD}")
    assert WORD in body(client.get(article.get_absolute_url()))
    assert WORD in body(client.get("/library/"))


def hidden_in(state: str) -> dict[str, Any]:
    """The things of a state, which its number in STATES tells apart."""
    hidden = things(STATES.index(state))
    if state == "private":
        hidden = {name: thing for name, thing in hidden.items() if isinstance(thing, Page)}
    for thing in hidden.values():
        put(thing, state)
    return hidden


def test_nothing_shows_it(client: Client, run_outbox):
    hidden = {state: hidden_in(state) for state in STATES}
    while run_outbox(200):
        pass
    # A list is the same address for each of them, and is fetched once.
    paths = dict.fromkeys(p for of in hidden.values() for thing in of.values() for p in addresses(thing))
    for path in dict.fromkeys([*paths, *sitemaps(client)]):
        response = client.get(path)
        shown = body(response).replace(f'value="{WORD}"', "")
        if "q=" in path:
            shown = re.sub(r"<title>.*?</title>|没有找到[^<]*|Nothing found[^<]*", "", shown)
            assert f"事项{WORD}" not in shown, f"{path}: {state_shown(shown)}"
        elif response.status_code == 200:
            assert WORD not in shown, f"{path}: {state_shown(shown)}"
    for state, of in hidden.items():
        for name, thing in of.items():
            own = client.get(thing.get_absolute_url())
            assert own.status_code in ((410,) if state == "withdrawn" else (404, 410)), (
                f"{state} {name}: {own.status_code}"
            )
            assert thing not in type(thing).objects.disclosed()
            if state == "withdrawn":
                assert Address.objects.get(path=thing.get_absolute_url()).status == 410
                assert "内容有误" in body(own)


def state_shown(text: str) -> str:
    """Which state stands open, and after which words."""
    before, _, after = text.partition(WORD)
    return f"{STATES[int(after[0])] if after[:1].isdigit() else '?'}: …{before[-80:]}"


def test_sources_give_nothing_that_is_hidden():
    from cms.sources import ALL

    for state in STATES:
        if state == "private":
            continue
        item = making.draft_item(f"事项{WORD}{state}")
        item.save()
        put(item, state)
        source = next(source for source in ALL if source.kind == "power")
        assert source.get(f"power:{item.pk}") is None
        assert source.disclosed_ids([f"power:{item.pk}"]) == set()
        assert WORD not in "".join(document.title for document in source.iterate())


def test_a_hidden_chart_is_not_in_the_text_of_its_item():
    from cms.sources import ALL

    item = making.item()
    chart = making.draft_chart(item, title=f"流程{WORD}")
    chart.save()
    source = next(source for source in ALL if source.kind == "power")
    assert WORD not in source.get(f"power:{item.pk}").body
    chart.save_revision().publish()
    document = source.get(f"power:{item.pk}")
    assert WORD in document.body
    assert document.facets["has"] == ["flowchart"]
    assert Flowchart.objects.disclosed().count() == 1


def test_every_route_is_classified():
    """A new public route must be added to PUBLIC (and thereby to the crossing) or belong elsewhere."""
    known = {re.sub(r"{\w+}", "X", route) for route in PUBLIC}
    unknown = []
    for pattern in flat(get_resolver().url_patterns):
        route = pattern.whole.lstrip("^").replace("(?:en/)?", "")
        if ELSEWHERE.match(route) or route.startswith(("api/v1/", "documents/", "media/", *HASHES)):
            continue
        plain = re.sub(r"<[^>]+>", "X", route)
        if plain not in known and "wagtail" not in (pattern.name or ""):
            unknown.append(route)
    assert not unknown, f"Public routes that the visibility test does not know: {unknown}"


def test_nobody_updates_live_around_the_record():
    """`.update(live=…)` would publish without version, ledger or index."""
    from pathlib import Path

    root = Path(__file__).parents[2]
    found = [
        path.relative_to(root)
        for folder in ("cms", "search", "complaints", "site")
        for path in (root / folder).rglob("*.py")
        if re.search(r"\.update\([^)]*\blive\s*=", path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_batch_items_are_hidden_until_the_switch(client: Client):
    from cms.models import ImportBatch

    batch = ImportBatch.objects.create(state=ImportBatch.State.APPLYING)
    item = making.item(f"事项{WORD}", batch=batch)
    assert client.get(item.get_absolute_url()).status_code == 404
    assert WORD not in body(client.get("/power/"))
    assert not PowerItem.objects.disclosed().filter(pk=item.pk).exists()
