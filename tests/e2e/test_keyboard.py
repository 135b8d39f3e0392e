"""The desk without a mouse: each role does its part by Tab, Enter and the queue's keys, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import day, sound
from tests.support.cities import City
from tests.support.client import code

OFFICE = "linjiang"
MOST = 400  # stops of Tab on one page
ACTIVE = "(wanted) => !!document.activeElement && document.activeElement.matches(wanted)"


class Hands:
    """One person at a keyboard: nothing is clicked, focused or filled in but by keys."""

    def __init__(self, page: Any) -> None:
        self.page, self.keys = page, page.keyboard
        self.problems: list[str] = []

    def to(self, wanted: str) -> None:
        """Tab until the focus is on `wanted`; fails where it is not on the way."""
        assert self.page.locator(wanted).count(), f"no {wanted} at {self.page.url}"
        for _ in range(MOST):
            if self.page.evaluate(ACTIVE, wanted):
                return
            self.keys.press("Tab")
        raise AssertionError(f"{wanted} is not reached by Tab at {self.page.url}")

    def press(self, wanted: str) -> None:
        """Tab to a button or link, then Enter; the page after it is looked at."""
        self.to(wanted)
        with self.page.expect_navigation():
            self.keys.press("Enter")
        self.problems += [f"{self.page.url}: {wide}" for wide in sound.sideways(self.page)]

    def write(self, field: str, text: str) -> None:
        """Tab to a field and type."""
        self.to(field)
        self.keys.insert_text(text)

    def open_(self, summary: str) -> None:
        """Tab to what is folded, and unfold it."""
        self.to(summary)
        self.keys.press("Enter")

    def pick(self, field: str, value: str) -> None:
        """Tab to a list, then arrows, until it says `value`."""
        self.to(field)
        for _ in range(20):
            if self.page.locator(field).input_value() == value:
                return
            self.keys.press("ArrowDown")
        raise AssertionError(f"{field} has no {value}")

    def log_in(self, account: dict[str, str]) -> None:
        """Name, password, code."""
        self.page.goto("/accounts/login/")
        self.write("#id_login", account["username"])
        self.write("#id_password", account["password"])
        with self.page.expect_navigation():
            self.keys.press("Enter")
        self.write("#id_code", code(account["totp_secret"]))
        with self.page.expect_navigation():
            self.keys.press("Enter")
        self.page.wait_for_url("**/desk/**")

    def state(self, target: str) -> str:
        """The button of a change of state."""
        return f'form[action$="/state/"]:has([value="{target}"]) button'


@pytest.fixture
def browser(windowless: Any) -> Any:
    """Each page that a key leads to is waited for."""
    return windowless


@pytest.fixture
def hands(visit: Any, city: City) -> Any:
    """Somebody of the office, logged in by keys, with a browser of their own."""
    people: list[Hands] = []

    def sit_down(role: str) -> Hands:
        hands = Hands(visit())
        hands.log_in(city.account(role, f"-{OFFICE}"))
        people.append(hands)
        return hands

    yield sit_down
    assert [problem for who in people for problem in who.problems] == []


@pytest.fixture(params=["zh-hans", "en"])
def language(request: Any, city: City) -> Iterator[str]:
    """The language of the people of this office; Chinese again afterwards."""
    from accounts.models import User

    people = User.objects.filter(username__endswith=f"-{OFFICE}")
    people.update(language=request.param)
    yield request.param
    people.update(language="zh-hans")


@pytest.mark.once
def test_every_role_by_keyboard(city: City, hands: Any, language: str) -> None:
    from complaints.intake.answers import Identity
    from complaints.intake.models import Tip

    person = Identity("演示人", "139 0000 0000")
    (number,) = day.submit(1, region=OFFICE, identity=person)
    path, tip = f"/desk/tips/{number}/", Tip.objects.filter(number=number)

    triage = hands("triage")
    triage.page.goto("/desk/?state=submitted")
    assert triage.page.locator("html").get_attribute("lang") == ("en" if language == "en" else "zh-Hans")
    assert cut(triage.page) == []
    triage.press(f'th a[href$="/{number}/"]')
    triage.press('form[action$="/claim/"] button')
    triage.press(triage.state("screening"))
    triage.press(triage.state("accepted"))
    handler = str(tip.get().office.memberships.get(role="handler", ended_at=None).user_id)
    triage.pick('form[action$="/assign/"] select', handler)
    triage.press('form[action$="/assign/"] button')
    assert tip.get().assignee_id == int(handler)

    worker = hands("handler")
    worker.page.goto("/desk/?assignee=me")
    worker.press(f'th a[href$="/{number}/"]')
    worker.write('form[action$="/reply/"] textarea', "请补充时间。")
    worker.press('form[action$="/reply/"] button:not([name])')
    worker.pick('form[action$="/state/"]:has([value="disposing"]) select', "check")
    worker.write('form[action$="/state/"]:has([value="disposing"]) [name=opinion]', "拟核实")
    worker.press(worker.state("disposing"))
    assert tip.get().proposed

    approver = hands("approver")
    approver.page.goto("/desk/?answer=proposed")
    approver.press(f'th a[href$="/{number}/"]')
    approver.press('form[action$="/answer/"] button[value="yes"]')
    assert tip.get().state == "disposing"

    custodian = hands("custodian")
    custodian.page.goto("/desk/identity/")
    custodian.write("[name=number]", number)
    custodian.write("[name=reason]", "当面反馈")
    custodian.press("main .ask-box button")
    approver.page.goto("/desk/identity/")
    approver.press("main [value=agree]")
    custodian.page.goto("/desk/identity/")
    custodian.press("main td form button")
    assert "演示人" in custodian.page.locator("main").inner_text()

    worker.page.goto(path)
    worker.write('form[action$="/state/"]:has([value="closed"]) textarea', "属实，已经改正")
    worker.press(worker.state("closed"))
    assert tip.get().state == "closed"

    auditor = hands("auditor")
    auditor.page.goto("/desk/?state=closed&sort=new")
    auditor.press(f'th a[href$="/{number}/"]')
    assert auditor.page.locator("ol.line li").count() >= 8

    administrator = hands("administrator")
    administrator.page.goto("/desk/members/")
    newcomer = f"keys-{language}"
    for field, text in (("family_name", "周"), ("given_name", "键"), ("username", newcomer)):
        administrator.write(f"[name={field}]", text)
    administrator.press('form[action$="/invite/"] button')
    assert administrator.page.locator("code").count()


def cut(page: Any) -> list[str]:
    """The lists of the filter bar that are narrower than what they say."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".bar select")].filter(list => {
            const free = list.cloneNode(true);
            free.style.cssText = "position:absolute;width:max-content;visibility:hidden";
            free.replaceChildren(...[...list.options].filter(o => o.selected).map(o => o.cloneNode(true)));
            list.after(free);
            const wider = free.offsetWidth > list.offsetWidth + 1;
            free.remove();
            return wider;
        }).map(list => list.name)"""
    )
    return found


@pytest.mark.once
def test_thirty_tips_by_the_keys_of_the_queue(city: City, hands: Any) -> None:
    """Ten taken one by one, twenty ticked and taken together; nothing but keys."""
    from outbox.services import run_due

    from complaints.intake.models import Tip

    numbers = day.submit(30, region=OFFICE)
    mine = Tip.objects.filter(number__in=numbers, assignee__username=f"triage-{OFFICE}")
    who = hands("triage")
    page, keys = who.page, who.keys
    for done in range(1, 11):
        page.goto("/desk/?assignee=none&sort=new&state=submitted")
        keys.press("j")
        with page.expect_navigation():
            keys.press("c")
        assert mine.count() == done
    page.goto("/desk/?assignee=none&sort=new&state=submitted")
    keys.press("?")
    assert page.locator("#keys").get_attribute("open") is not None
    keys.press("?")
    for _ in range(20):
        keys.press("j")
        keys.press("x")
    assert page.locator(".pick input:checked").count() == 20
    who.pick("#b-act", "claim")
    who.press(".bulk button:not([name])")
    who.press("main form button")
    while run_due(1000):
        pass
    assert mine.count() == 30
    page.reload()
    assert page.locator("progress").get_attribute("value") == "20"
