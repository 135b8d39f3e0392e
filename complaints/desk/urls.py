"""Addresses of the desk. None holds a word of a tip or of a search."""

from __future__ import annotations

from django.urls import path

from complaints.desk.views import acts, files, keys, members, queue, search, stats, tip

app_name = "desk"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("unlock/", keys.unlock, name="unlock"),
    path("lock/", keys.lock, name="lock"),
    path("search/", search.search, name="search"),
    path("stats/", stats.stats, name="stats"),
    path("members/", members.members, name="members"),
    path("tips/<str:number>/", tip.tip, name="tip"),
    path("tips/<str:number>/claim/", acts.claim, name="claim"),
    path("tips/<str:number>/release/", acts.release, name="release"),
    path("tips/<str:number>/assign/", acts.assign, name="assign"),
    path("tips/<str:number>/reply/", acts.reply, name="reply"),
    path("tips/<str:number>/note/", acts.note, name="note"),
    path("tips/<str:number>/state/", acts.state, name="state"),
    path("tips/<str:number>/feedback/", acts.feedback, name="feedback"),
    path("tips/<str:number>/files/<uuid:pk>/", files.download, name="file"),
]
