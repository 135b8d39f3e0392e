"""Addresses of search."""

from __future__ import annotations

from django.urls import path

from search import views

app_name = "search"
urlpatterns = [
    path("", views.search, name="search"),
    path("suggest/", views.suggestions, name="suggest"),
    path("feed.atom", views.feed, name="feed"),
    path("results.csv", views.as_csv, name="csv"),
    path("results.json", views.as_json, name="json"),
]
