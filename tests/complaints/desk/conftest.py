"""A cast for the desk: two offices, a person for each role, tips, and clients that are already unlocked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from accounts import services as accounts
from accounts import unlock
from accounts.keys import KeySeed
from accounts.models import User
from allauth.account.internal.flows.login import record_authentication
from django.db import transaction
from django.test import Client, RequestFactory
from ledger import services as ledger
from ledger.models import Event
from workdays import rules

from complaints.desk import opening
from complaints.intake import services as intake
from complaints.intake.models import Category, Region, Route, Tip
from complaints.vault import offices, receipts, services
from complaints.vault.models import Office
from tests.support.founded import founded

PASSWORD = "correct horse battery staple"
ROLES = ("triage", "handler", "approver", "custodian", "auditor")


@dataclass
class Desk:
    """People by name with their opened seeds; `city` and the office below it, `lake`."""

    users: dict[str, User] = field(default_factory=dict)
    seeds: dict[str, KeySeed] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    city: Office = None  # type: ignore[assignment]
    lake: Office = None  # type: ignore[assignment]

    def person(self, name: str) -> User:
        """A member of staff, made on first use."""
        if name not in self.users:
            family, given = ("林", name)
            user = accounts.create_staff(
                username=name, password=PASSWORD, family_name=family, given_name=given
            )
            self.users[name] = user
            self.seeds[name] = accounts.open_seed(user=user, password=PASSWORD)
        return self.users[name]

    def member(self, name: str, role: str, office: Office | None = None) -> User:
        """A person with a role; of the lake office where none is named."""
        office = office or self.lake
        by = "chief" if office == self.city else "head"
        user = self.person(name)
        offices.grant(
            office=office, user=user, role=role, granter_seed=self.seeds[by], granter=self.users[by]
        )
        return user

    def client(self, name: str, *, unlocked: bool = True, **kwargs: Any) -> Client:
        """A browser of this person: logged in with a second step, and unlocked unless said otherwise."""
        user = self.person(name)
        client = Client(**kwargs)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        request = RequestFactory().get("/desk/")
        request.user, request.session = user, client.session
        record_authentication(request, user, method="mfa", type="totp")
        if unlocked:
            unlock.unlock(request, self.seeds[name])
            client.cookies[unlock.COOKIE] = request._desk_cookie  # type: ignore[attr-defined]
        request.session.save()
        return client

    def tip(
        self, subject: str = "窗口多收押金", narrative: str = "办事窗口收了押金不退。", **answers: Any
    ) -> Tip:
        """A tip through the real intake; of the lake region where none is named."""
        receipt = receipts.new_receipt()
        given = {"category": "fees", "region": "lake", **answers}
        files = given.pop("files", ())
        made = intake.submit_tip(
            receipt=receipt,
            master=receipts.derive(receipt),
            answers=intake.Answers(subject=subject, narrative=narrative, **given),
            files=files,
        )
        self.receipts[made.tip.number] = receipt
        return Tip.objects.get(pk=made.tip.pk)

    def open(self, name: str, tip: Tip) -> dict[str, Any]:
        """user, keys, office_seed: what the services ask for."""
        user = self.users[name]
        keys, office_seed, _cells = opening.open_tip(user=user, seed=self.seeds[name], tip=tip)
        return {"tip": tip, "user": user, "keys": keys, "office_seed": office_seed}

    def answer(self, tip: Tip, text: str) -> None:
        """The reporter writes, with the receipt."""
        from complaints.vault import tips as sealing

        reporter = receipts.derive(self.receipts[tip.number]).reporter
        keys = sealing.open_as_reporter(tip_uuid=tip.uuid, reporter=reporter)
        intake.add_message(tip=tip, keys=keys, author="reporter", text=text)


def make_desk() -> Desk:
    """Both offices with their administrators, a person for each role in the lake office, routes by region."""
    rules.install_defaults()
    desk = Desk()
    services.initialise()
    chief, head = desk.person("chief"), desk.person("head")
    desk.city = offices.create_root(
        code="city",
        name="云泽市纪委监委",
        administrator=chief,
        administrator_seed=desk.seeds["chief"],
        outside_address="省纪委监委",
    )
    desk.lake = offices.create_office(
        parent=desk.city,
        code="lake",
        name="望湖区纪委监委",
        administrator=head,
        granter=desk.seeds["chief"],
        granted_by=chief,
    )
    for role in ROLES:
        desk.member(role, role)
    desk.member("outsider", "triage", desk.city)
    Category.objects.create(code="fees", name="乱收费")
    Category.objects.create(code="penalty", name="处罚不公")
    for code, name, office in (("town", "云泽市", desk.city), ("lake", "望湖区", desk.lake)):
        Route.objects.create(region=Region.objects.create(code=code, name=name), office=office)
    return desk


@pytest.fixture(autouse=True)
def transactions_are_the_codes_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that is written outside any transaction is noticed here too, where each test runs in one."""
    write = ledger.write

    def noticed(event: Event) -> Event:
        blocks = transaction.get_connection().atomic_blocks
        if all(getattr(block, "_from_testcase", False) for block in blocks):
            raise ledger.NotInTransaction(event.kind)
        return write(event)

    monkeypatch.setattr(ledger, "write", noticed)


@pytest.fixture
def desk(db: None, cheap_kdf: None) -> Desk:
    """The cast in one transaction."""
    return founded(make_desk)


@pytest.fixture
def real_desk(transactional_db: None, cheap_kdf: None) -> Desk:
    """The cast with real commits, for tests with threads."""
    return make_desk()
