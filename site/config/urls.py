"""All addresses, each in one place (DESIGN: they do not change).

The conf is whole in every process; config.middleware.interfaces answers 404 for what one does not serve.
"""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from config import health

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

# Wagtail's own ways to log in ask for a password alone. They stay unreachable, whatever its settings say.
_login = RedirectView.as_view(url="/accounts/login/?next=/admin/")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("accounts.urls")),
    path("desk/", include("complaints.desk.urls")),
    # Outside /desk/, where nothing answers without a second step: its address is the secret.
    path("calendar/", include("complaints.desk.calendar_urls")),
    path("admin/login/", _login),
    re_path(r"^admin/password_reset/", _login),
    re_path(r"^(?:en/)?_util/login/", _login),
    path("admin/", include(wagtailadmin_urls)),
    path("", include("cms.media_urls")),
    path("api/v1/", include("cms.api.urls")),
    path("ledger/", include("cms.ledger_urls")),
]
urlpatterns += i18n_patterns(
    path("report/", include("complaints.intake.urls")),
    path("search/", include("search.urls")),
    path("", include("cms.urls")),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
