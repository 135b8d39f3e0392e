"""Every answer says who may read, frame and keep it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.test.client import RequestFactory as Factory

pytestmark = pytest.mark.django_db
CONFIDED = ["/report/", "/en/report/", "/report/return/", "/desk/", "/accounts/login/", "/admin/"]


@pytest.mark.parametrize("path", ["/power/", "/en/power/", *CONFIDED, "/nothing/here/", "/healthz"])
def test_no_other_site_reads_or_frames_us(client: Client, wagtail_root: Any, path: str) -> None:
    answer = client.get(path)
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", CONFIDED)
def test_nothing_confided_is_kept(client: Client, wagtail_root: Any, path: str) -> None:
    answer = client.get(path)
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("path", ["/power/", "/report/", "/accounts/login/", "/nothing/here/"])
def test_no_inline_script_or_style_outside_the_admin(client: Client, wagtail_root: Any, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_admin_has_inline_but_never_eval(client: Client, wagtail_root: Any) -> None:
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'self'" in policy


def test_a_preview_may_be_framed_by_the_admin_alone(rf: RequestFactory, wagtail_root: Any) -> None:
    from config.middleware import csp_middleware
    from django.http import HttpResponse

    request = Factory().get("/power/")
    request.is_dummy = True  # type: ignore[attr-defined]
    policy = csp_middleware(lambda r: HttpResponse("x"))(request)["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "/admin/login/",
        "/admin/password_reset/",
        "/admin/password_reset/confirm/a/b/",
        "/_util/login/",
        "/en/_util/login/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_one_way_to_log_in(client: Client, wagtail_root: Any, path: str, method: str) -> None:
    answer = getattr(client, method)(path, {"username": "x", "password": "y"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
