"""Who reads English meets English: Chinese stands only where its language is announced."""

from __future__ import annotations

import pytest

from tests.support.cities import City
from tests.support.client import RECEIPT, Client
from tests.support.han import unannounced

ITEM = "9901-CG-CF-0147"
PAGES = [
    "",
    "power/",
    "power/?category=penalty",
    f"power/{ITEM}/",
    f"power/{ITEM}/versions/2/",
    "power/9901-CG-JC-0003/",
    "benchmarks/",
    "benchmarks/9901-cg-cf-0147/",
    "organisations/",
    "organisations/9901-CG/",
    "cases/",
    "cases/2026-8/",
    "library/",
    "library/education-receipt-1/",
    "notices/",
    "notices/notice-list-1/",
    "about/",
    "privacy/",
    "accessibility/",
    "site-map/",
    "stats/",
    "ledger/",
    "data/",
    "search/",
    "search/?q=road",
    "search/?q=zzzz&kind=case",
    "search/?page=99",
    "nothing/here/",
    "report/",
    f"report/?about=power:{ITEM}&step=s2",
    "report/return/",
    "report/what/",
    "report/sent/",
]
GONE = {"nothing/here/", "search/?page=99", "report/what/", "report/sent/"}
ANSWERS = {
    "subject": "A deposit that was never returned",
    "narrative": "They kept my deposit in October and gave no receipt.",
    "respondents-0-name": "Counter 3",
    "concerns_office": "no",
    "identity_mode": "anonymous",
}


def test_public_pages(city: City) -> None:
    visitor = Client(city.url)
    found = {path: unannounced(visitor.get(f"/en/{path}").body.decode()) for path in PAGES}
    assert {path: texts for path, texts in found.items() if texts} == {}


def test_every_page_announces_its_language(city: City) -> None:
    visitor = Client(city.url)
    for path in PAGES:
        assert '<html lang="en">' in visitor.get(f"/en/{path}").body.decode(), path
        assert visitor.status == 200 or path in GONE, path


def test_a_report_from_the_first_page_to_the_last(city: City) -> None:
    """Also with nothing answered: each page is sent empty first, and says in English what is missing."""
    visitor = Client(city.url)
    visitor.get(f"/en/report/?about=power:{ITEM}&step=s2")
    receipt = None
    for _ in range(24):
        assert unannounced(visitor.body.decode()) == [], visitor.path
        if receipt := RECEIPT.search(visitor.text):
            break
        form = visitor.form()
        if visitor.path != "/en/report/" and not visitor.path.endswith("/check/"):
            visitor.submit(form, {"subject": "", "narrative": ""}, button="go")
            assert unannounced(visitor.body.decode()) == [], visitor.path
            form = visitor.form()
        choices = {f.name: f.value for f in reversed(form.fields) if f.type == "radio"}
        visitor.submit(
            form, {**choices, **ANSWERS}, files={"attachments": ("receipt.txt", b"50 yuan")}, button="go"
        )
    assert receipt is not None, visitor.path
    visitor.get("/en/report/return/")
    visitor.submit(visitor.form("receipt"), {"receipt": "1" * 25})
    assert unannounced(visitor.body.decode()) == []
    visitor.submit(visitor.form("receipt"), {"receipt": receipt[0]})
    assert "They kept my deposit" in visitor.text
    assert unannounced(visitor.body.decode()) == []


@pytest.mark.parametrize("path", ["/accounts/login/", "/desk/nothing/"])
def test_staff_pages_need_no_prefix(city: City, path: str) -> None:
    """Before login nobody's language is known: these are Chinese, and say so."""
    assert '<html lang="zh-Hans">' in Client(city.url).get(path).body.decode()
