"""The door in Chromium: without JavaScript, narrow, in both languages, and for other eyes."""

import pytest
from accounts import services
from accounts.models import User

from tests.support.sound import axe

from .conftest import PASSWORD, code_of

PAGES = ["", "password/change/", "2fa/", "2fa/reauthenticate/", "reauthenticate/", "logout/", "inactive/"]


@pytest.fixture
def person(transactional_db, cheap_kdf):
    user = services.create_staff(username="linyizhou", password=PASSWORD, family_name="林", given_name="一舟")
    return user, services.add_totp(user)


def log_in(page, secret):
    page.goto("/accounts/login/")
    page.get_by_label("用户名").fill("linyizhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("验证码").fill(code_of(secret))
    page.get_by_role("button", name="登录", exact=True).click()


def sound(page):
    """No violation that axe knows, and nothing to scroll sideways."""
    assert axe(page) == [], page.url
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size({"width": 1280, "height": 800})


def test_login_without_javascript(page_nojs, person):
    log_in(page_nojs, person[1])
    assert page_nojs.url.endswith("/desk/")
    cookies = {cookie["name"]: cookie for cookie in page_nojs.context.cookies()}
    assert cookies["qf_desk"]["path"] == "/desk/"
    assert cookies["qf_desk"]["sameSite"] == "Strict"


def test_enrolment_is_drawn_without_any_blocked_content(page, transactional_db, cheap_kdf):
    services.create_staff(username="linyizhou", password=PASSWORD)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/accounts/login/")
    sound(page)
    page.get_by_label("用户名").fill("linyizhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    assert page.url.endswith("/accounts/2fa/totp/activate/")
    box = page.locator("svg.qr").bounding_box()
    assert box["width"] > 150
    sound(page)
    page.get_by_label("验证码").fill(code_of(page.locator("dd code").inner_text()))
    page.get_by_role("button", name="绑定").click()
    assert page.locator("li code").count() == 10
    sound(page)
    assert complaints == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_sound(page, person, language):
    log_in(page, person[1])
    User.objects.update(language=language)
    for path in PAGES:
        page.goto(f"/accounts/{path}")
        sound(page)


def test_errors_are_sound_and_named(page, person):
    page.goto("/accounts/login/")
    page.get_by_role("button", name="登录", exact=True).click()
    assert page.get_by_role("alert").count() == 1
    assert page.title().startswith("出错：")
    sound(page)
    page.get_by_role("alert").get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.id") == "id_login"
