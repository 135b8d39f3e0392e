"""Addresses of staff accounts: allauth's, without those that nobody here needs.

Accounts are given by invitation and have no mail, so whatever signs up, mails, or logs in by other means
answers 404. The names stay, because allauth makes links to them.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from accounts import views


def off(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """404 for an address of allauth that is not in use."""
    raise Http404


OFF = (
    r"^(?:signup|email|confirm-email|phone|password/set|password/reset(?!/key/)|login/code"
    r"|2fa/webauthn(?!/add/$|/reauthenticate/$|/keys/\d+/remove/$)|2fa/trust)(?:/|$)"
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.account, name="account_index"),
    path("sessions/", views.sessions, name="account_sessions"),
    # The list stands on the page of the second step.
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index")),
    path("2fa/webauthn/add/", views.add_passkey),
    path("2fa/webauthn/keys/<int:pk>/remove/", views.remove_passkey),
    re_path(OFF, off),
    path("", include("allauth.urls")),
]
