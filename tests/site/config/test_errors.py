"""What went wrong is said in the user's language, with the right status, and nothing typed comes back."""

from __future__ import annotations

from typing import Any

import pytest
from config import urls
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_POST

pytestmark = pytest.mark.django_db
TYPED = "王小明"


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(TYPED)


@require_POST
def only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


urlpatterns = [
    path("breaks/", breaks),
    path("en/breaks/", breaks),
    path("only/", only_post),
    *urls.urlpatterns,
]
handler400, handler404 = "config.errors.bad_request", "config.errors.not_found"
handler403, handler500 = "config.errors.forbidden", "config.errors.server_error"


@pytest.fixture(autouse=True)
def _addresses(settings: Any, wagtail_root: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize(("prefix", "words"), [("", "没有这一页"), ("/en", "This page does not exist")])
def test_an_unknown_address(client: Client, prefix: str, words: str) -> None:
    answer = client.get(f"{prefix}/nothing/here/?q={TYPED}")
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert TYPED not in answer.content.decode()


def test_accept_language_moves_nobody(client: Client) -> None:
    answer = client.get("/nothing/here/", headers={"Accept-Language": "en"})
    assert "没有这一页" in answer.content.decode()


@pytest.mark.parametrize(("prefix", "words"), [("", "这一步没有成功"), ("/en", "That step did not work")])
def test_our_own_fault_is_a_page_with_a_number(
    client: Client, caplog: pytest.LogCaptureFixture, prefix: str, words: str
) -> None:
    client.raise_request_exception = False
    answer = client.get(f"{prefix}/breaks/?q={TYPED}")
    html = answer.content.decode()
    assert answer.status_code == 500
    assert words in html
    assert TYPED not in html
    assert "Traceback" not in html
    number = next(record.request.error_number for record in caplog.records if hasattr(record, "request"))
    assert number in html


def test_the_page_comes_although_its_template_is_broken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.template import loader

    def broken(*args: Any, **kwargs: Any) -> str:
        raise OSError

    monkeypatch.setattr(loader, "render_to_string", broken)
    client.raise_request_exception = False
    answer = client.get("/breaks/")
    assert answer.status_code == 500
    assert "编号" in answer.content.decode()


def test_a_wrong_method_is_named(client: Client) -> None:
    answer = client.get("/only/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "这个地址不能这样打开" in answer.content.decode()


def test_a_form_without_its_token(wagtail_root: Any) -> None:
    answer = Client(enforce_csrf_checks=True).post("/only/", {"narrative": TYPED})
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "这一页放得太久了" in html
    assert TYPED not in html


def test_a_body_with_too_many_fields(client: Client) -> None:
    answer = client.post("/accounts/login/", {f"f{n}": "x" for n in range(2500)})
    assert answer.status_code == 400
    assert "没看懂这次请求" in answer.content.decode()


def test_a_host_that_is_not_ours(client: Client) -> None:
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400
