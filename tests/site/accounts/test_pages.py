"""The account page, and every page in both languages."""

import pytest
from accounts.models import User

from .conftest import PASSWORD


def test_the_language_is_the_persons_own(client, staff):
    staff.login(client)
    assert "我的账户" in client.get("/accounts/").content.decode()
    assert client.post("/accounts/", {"language": "en"}).status_code == 302
    assert User.objects.get().language == "en"
    assert '<html lang="en">' in client.get("/accounts/").content.decode()


@pytest.mark.parametrize("language", ["", "xx", "zh-hans\0"])
def test_a_language_we_do_not_have(client, staff, language):
    staff.login(client)
    answer = client.post("/accounts/", {"language": language})
    assert answer.status_code == 200
    assert 'class="errs"' in answer.content.decode()
    assert User.objects.get().language == "zh-hans"


def test_a_wrong_method(client, staff):
    staff.login(client)
    assert client.put("/accounts/").status_code == 405


def test_it_needs_login(client, wagtail_root):
    assert client.get("/accounts/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", [
    "", "password/change/", "2fa/", "2fa/totp/deactivate/", "logout/", "2fa/recovery-codes/generate/",
    "reauthenticate/", "2fa/reauthenticate/",
])  # fmt: skip
def test_every_page_opens(client, staff, path, language):
    User.objects.update(language=language)
    staff.login(client)
    if path.endswith(("deactivate/", "generate/")):
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = client.get(f"/accounts/{path}")
    assert answer.status_code == 200
    page = answer.content.decode()
    for inline in ("style=", "<script", "onclick=", "data:", "http://", "https://"):
        assert inline not in page.replace("http://www.w3.org/2000/svg", "")
    assert page.count("<h1") == 1


def test_one_page_takes_few_queries(client, staff, django_assert_max_num_queries):
    staff.login(client)
    with django_assert_max_num_queries(6):
        client.get("/accounts/")
