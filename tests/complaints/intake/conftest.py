"""A site with two offices, categories and regions, and a reporter who walks through the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from accounts.keys import KeySeed
from django.test import Client
from workdays import rules

from complaints.intake import defaults, services
from complaints.intake.answers import Answers
from complaints.intake.models import Region, Route, Tip
from complaints.vault import receipts
from tests.complaints.vault.conftest import Cast, make_cast
from tests.support.founded import founded

RECEIPT = re.compile(r"\d{5}(?: \d{5}){4}")
# What a reporter answers; a test changes single answers.
PAGES: dict[str, dict[str, Any]] = {
    "category": {"category": "bribery"},
    "region": {"region": "linhe"},
    "what": {"subject": "窗口多收钱", "narrative": "十月以来，窗口每办一件多收五十元。"},
    "who": {"respondents-0-name": "张某", "respondents-0-unit": "某局", "respondents-0-post": "科长"},
    "office": {"concerns_office": "no"},
    "files": {"strip": "1"},
    "identity": {"identity_mode": "anonymous"},
    "check": {},
}


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if tag == "input" and a.get("type") == "hidden" and a.get("name") == "rev":
            self.values["rev"] = a.get("value") or ""


@dataclass
class Reporter:
    """A browser of its own that answers one page after another."""

    prefix: str = ""
    client: Client = field(default_factory=lambda: Client())

    def url(self, key: str) -> str:
        """The address of a step, or of a page by its own path."""
        return f"{self.prefix}/report/{key}/" if key else f"{self.prefix}/report/"

    def start(self, **data: str) -> Any:
        """Begins a draft."""
        return self.client.post(self.url(""), {"go": "1", **data})

    def get(self, key: str) -> Any:
        """The page of a step."""
        return self.client.get(self.url(key))

    def rev(self, key: str) -> str:
        """The revision that the form of a step carries."""
        page = _Inputs()
        page.feed(self.get(key).content.decode())
        return page.values["rev"]

    def send(self, key: str, button: str = "go", rev: str | None = None, **data: Any) -> Any:
        """Answers a page; fields replace those of PAGES, None leaves one out as a box that is not ticked."""
        fields = {**PAGES[key], "rev": self.rev(key) if rev is None else rev, button: "1", **data}
        return self.client.post(
            self.url(key), {k.replace("__", "-"): v for k, v in fields.items() if v is not None}
        )

    def answer_until(self, last: str, **changes: dict[str, Any]) -> Any:
        """Starts and answers every page up to and with `last`."""
        response = self.start()
        assert response.status_code == 303, response.content.decode()[-2000:]
        for key in PAGES:
            response = self.send(key, **changes.get(key, {}))
            assert response.status_code == 303, (key, response.status_code, response.content.decode())
            if key == last:
                break
        return response

    def report(self, **changes: dict[str, Any]) -> str:
        """The whole way; the receipt, 25 digits."""
        self.answer_until("check", **changes)
        found = RECEIPT.search(self.client.get(self.url("sent")).content.decode())
        assert found is not None
        return found[0].replace(" ", "")

    def come_back(self, receipt: str) -> Any:
        """The return page."""
        response = self.client.post(self.url("return"), {"receipt": receipt})
        assert response.status_code == 303, response.content.decode()
        return self.client.get(response["Location"])


@dataclass
class Site:
    """The cast of the vault, with what intake needs."""

    cast: Cast

    @property
    def seed(self) -> KeySeed:
        """The lower office's seed."""
        return self.cast.seed(self.cast.lower, "head")

    def reporter(self, prefix: str = "", **kwargs: Any) -> Reporter:
        """A new browser."""
        return Reporter(prefix, Client(**kwargs))

    def tip(self, **answers: Any) -> tuple[Tip, str]:
        """A tip through the service, and its receipt."""
        receipt = receipts.new_receipt()
        given = {
            "category": "bribery",
            "region": "linhe",
            "subject": "事由",
            "narrative": "经过",
            "files": (),
            **answers,
        }
        files = given.pop("files")
        made = services.submit_tip(
            receipt=receipt, master=receipts.derive(receipt), answers=Answers(**given), files=files
        )
        return made.tip, receipt


def make_site() -> Site:
    """Two offices; the lower one takes the region linhe; the root has a custodian and an approver."""
    cast = make_cast()
    cast.grant(cast.root, "keeper", "custodian", by="chief")
    cast.grant(cast.root, "judge", "approver", by="chief")
    rules.install_defaults()
    defaults.install()
    Route.objects.create(region=Region.objects.get(code="linhe"), office=cast.lower)
    return Site(cast)


@pytest.fixture
def site(db: None, cheap_kdf: None) -> Site:
    """In one transaction."""
    return founded(make_site)


@pytest.fixture
def committed_site(transactional_db: None, cheap_kdf: None) -> Site:
    """With real commits."""
    return make_site()
