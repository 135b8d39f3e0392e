"""A cast for the vault: a root administrator, a lower office, and whoever a test names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from accounts import services as accounts
from accounts.keys import KeySeed
from accounts.models import User

from complaints.vault import offices, services
from complaints.vault.models import Office
from tests.support.founded import founded

PASSWORD = "correct horse battery staple"


@dataclass
class Cast:
    """People with their opened seeds, and the two offices they made."""

    codes: tuple[str, ...] = ()
    users: dict[str, User] = field(default_factory=dict)
    seeds: dict[str, KeySeed] = field(default_factory=dict)
    root: Office = None  # type: ignore[assignment]
    lower: Office = None  # type: ignore[assignment]

    def person(self, name: str) -> User:
        """A member of staff, made on first use."""
        if name not in self.users:
            user = accounts.create_staff(username=name, password=PASSWORD)
            self.users[name] = user
            self.seeds[name] = accounts.open_seed(user=user, password=PASSWORD)
        return self.users[name]

    def grant(self, office: Office, name: str, role: str, by: str) -> Any:
        """`by` gives `name` the role."""
        user = self.person(name)
        return offices.grant(
            office=office, user=user, role=role, granter_seed=self.seeds[by], granter=self.users[by]
        )

    def seed(self, office: Office, name: str, purpose: str = "office", epoch: int | None = None) -> KeySeed:
        """An office's seed as `name` opens it."""
        return offices.open_office_seed(self.users[name], self.seeds[name], office, purpose, epoch)


def make_cast() -> Cast:
    """root administered by chief, lower by head."""
    cast = Cast(codes=services.initialise().codes or ())
    chief, head = cast.person("chief"), cast.person("head")
    cast.root = offices.create_root(
        code="root",
        name="市纪委监委",
        administrator=chief,
        administrator_seed=cast.seeds["chief"],
        outside_address="省纪委监委",
    )
    cast.lower = offices.create_office(
        parent=cast.root,
        code="lower",
        name="区纪委监委",
        administrator=head,
        granter=cast.seeds["chief"],
        granted_by=chief,
    )
    return cast


@pytest.fixture
def cast(db: None, cheap_kdf: None) -> Cast:
    """Two offices, one transaction."""
    return founded(make_cast)


@pytest.fixture
def real_cast(transactional_db: None, cheap_kdf: None) -> Cast:
    """The same with real commits, which the pins wait for."""
    return make_cast()


@pytest.fixture
def guarded(cast: Cast) -> Cast:
    """The root office with a custodian and an approver."""
    cast.grant(cast.root, "keeper", "custodian", by="chief")
    cast.grant(cast.root, "judge", "approver", by="chief")
    return cast
