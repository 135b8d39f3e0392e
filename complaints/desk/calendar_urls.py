"""Deadlines for a calendar program, which cannot log in: the address itself is the secret."""

from __future__ import annotations

from django.urls import path

from complaints.desk.views import feed

app_name = "calendar"
urlpatterns = [path("<str:secret>.ics", feed.ics, name="ics")]
