"""A member of staff who can really log in: password, key, TOTP."""

import time
from dataclasses import dataclass

import pytest
from accounts import services
from accounts.models import User

PASSWORD = "清风 correct horse 一二三"


def code_of(secret: str, ahead: int = 0) -> str:
    """The six digits an authenticator app shows now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def let_in(client) -> bool:
    """Whether the desk's door stands open; a person without an office still gets a refusal behind it."""
    return client.get("/desk/").status_code in (200, 403)


@dataclass
class Staff:
    """A person and what only that person knows."""

    user: User
    secret: str
    password: str = PASSWORD

    def start(self, client, **extra):
        """The first step."""
        return client.post(
            "/accounts/login/", {"login": self.user.username, "password": self.password} | extra
        )

    def login(self, client):
        """Both steps; the last answer."""
        answer = self.start(client)
        assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
        return client.post("/accounts/2fa/authenticate/", {"code": code_of(self.secret)})


@pytest.fixture
def staff(db, cheap_kdf, wagtail_root):
    user = services.create_staff(username="linyizhou", password=PASSWORD, family_name="林", given_name="一舟")
    return Staff(user, services.add_totp(user))


@pytest.fixture
def newcomer(db, cheap_kdf, wagtail_root):
    """Has a password, and no authenticator yet."""
    return Staff(services.create_staff(username="xuzhiyao", password=PASSWORD), "")
