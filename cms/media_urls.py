"""Addresses of files. The name is Wagtail's, so that its documents know their address."""

from django.urls import path

from cms import media

urlpatterns = [
    path("documents/<int:document_id>/<str:document_filename>", media.document, name="wagtaildocs_serve"),
    path("media/<path:path>", media.rendition, name="media"),
]
