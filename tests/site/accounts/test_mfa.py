"""The second step: enrolment, codes, and what lies in the database."""

import re

import pytest
from accounts import unlock
from allauth.mfa.models import Authenticator

from .conftest import PASSWORD, code_of, let_in


def enrol(client, newcomer):
    newcomer.start(client)
    assert client.get("/desk/").headers["Location"] == "/accounts/2fa/totp/activate/"
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    newcomer.secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    return page, client.post("/accounts/2fa/totp/activate/", {"code": code_of(newcomer.secret)})


@pytest.mark.django_db(transaction=True)  # the enrolment is told on commit
def test_the_first_login_leads_to_enrolment_and_then_in(client, newcomer):
    page, answer = enrol(client, newcomer)
    assert "<svg" in page
    assert "data:" not in page
    assert "style=" not in page
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    codes = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(re.findall(r"<li><code>", codes)) == 10
    assert let_in(client)  # this session did the second step, and is unlocked
    assert unlock.SESSION_KEY in client.session


def test_a_wrong_code_does_not_enrol_and_keeps_the_secret(client, newcomer):
    newcomer.start(client)
    first = client.get("/accounts/2fa/totp/activate/").content.decode()
    second = client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).content.decode()
    secret = re.compile(r"<code>([A-Z2-7]{32})</code>")
    assert secret.search(first)[1] == secret.search(second)[1]
    assert 'class="errs"' in second
    assert not Authenticator.objects.exists()


def test_secrets_lie_sealed(client, newcomer):
    enrol(client, newcomer)
    stored = " ".join(str(row.data) for row in Authenticator.objects.all())
    assert Authenticator.objects.count() == 2
    assert newcomer.secret not in stored
    assert newcomer.secret not in str(dict(client.session))


@pytest.mark.django_db(transaction=True)  # the enrolment is told on commit
def test_a_recovery_code_logs_in_once(client, newcomer):
    enrol(client, newcomer)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    code = re.search(r"<li><code>([^<]+)</code>", page)[1]
    client.post("/accounts/logout/")
    newcomer.start(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).headers["Location"] == "/desk/"
    client.post("/accounts/logout/")
    newcomer.start(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200


def prove(client, back):
    """The password once more, as changes of this page ask for it."""
    answer = client.get(back)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert (
        client.post(answer.headers["Location"], {"password": PASSWORD, "next": back}).headers["Location"]
        == back
    )


def test_a_new_phone(client, staff):
    staff.login(client)
    assert client.get("/accounts/2fa/").status_code == 200
    prove(client, "/accounts/2fa/totp/deactivate/")
    assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert "验证器已解除" in client.get("/accounts/2fa/").content.decode()
    client.post("/accounts/logout/")
    staff.start(client)
    assert client.get("/desk/").headers["Location"] == "/accounts/2fa/totp/activate/"


def test_proving_it_is_not_a_login(client, staff):
    staff.login(client)
    page = client.get("/accounts/reauthenticate/")
    assert "再输一次密码" in page.content.decode()
    sealed = client.session[unlock.SESSION_KEY]["sealed"]
    prove(client, "/accounts/2fa/totp/deactivate/")
    assert client.session[unlock.SESSION_KEY]["sealed"] == sealed  # the key stays as it is
    assert client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200


def test_new_recovery_codes(client, staff):
    staff.login(client)
    prove(client, "/accounts/2fa/recovery-codes/generate/")
    assert client.get("/accounts/2fa/recovery-codes/generate/").status_code == 200
    client.post("/accounts/2fa/recovery-codes/generate/")
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200


def test_the_security_log(client, staff, caplog):
    import logging

    log = logging.getLogger("security")
    log.addHandler(caplog.handler)
    try:
        client.post("/accounts/login/", {"login": "secretname", "password": "wrong"})
        staff.start(client)
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        client.post("/accounts/2fa/authenticate/", {"code": code_of(staff.secret)})
        client.post("/accounts/logout/")
    finally:
        log.removeHandler(caplog.handler)
    lines = [record.getMessage() for record in caplog.records if record.name == "security"]
    who = f"user={staff.user.pk}"
    assert lines == ["login failed", f"step password {who}", f"mfa failed {who}", f"step mfa {who}",
                     f"login {who}",                     f"logout {who}"]  # fmt: skip
    for secret in ("secretname", "127.0.0.1", PASSWORD, staff.secret):
        assert secret not in caplog.text
