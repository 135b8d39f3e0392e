"""/api/v1/"""

from django.urls import path

from cms.api.site import api
from cms.api.views import not_found

urlpatterns = [path("", api.urls), path("<path:rest>", not_found)]
