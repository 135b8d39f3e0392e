"""/api/v1/"""

from django.urls import path

import cms.api.views  # noqa: F401  (adds the operations to the API)
from cms.api.guard import guarded, not_found
from cms.api.site import api

_routes, _app, _namespace = api.urls
for _route in _routes:
    _route.callback = guarded(_route.callback)
urlpatterns = [
    path("", (_routes, _app, _namespace)),
    path("<path:rest>", guarded(not_found)),
]
