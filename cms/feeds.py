"""Atom feeds (RFC 4287): of the whole site, of each register, of one record. Only what is disclosed now."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cms.models import PublishedVersion
from cms.publishing.visibility import mark_disclosed

MOST = 50


class Atom(Feed):
    """Reading alone; a wrong method is no page of ours."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise Http404
        return super().__call__(request, *args, **kwargs)


class Latest(Atom):
    """The newest publications and changes, of every register and page. Withdrawals carry no content."""

    title = _("清风：新近公开")
    subtitle = _("新公布、修改和撤下的内容")
    link = "/"

    def items(self) -> list[PublishedVersion]:
        """The newest edition of what is disclosed now, once each: an older title may have been taken back."""
        versions = PublishedVersion.objects.visible().filter(action="published").order_by("-sequence")
        newest = mark_disclosed(versions.defer("content").select_related("content_type")[:100])
        return [version for version in newest if version.disclosed and version.newest][:MOST]

    def item_title(self, item: PublishedVersion) -> str:
        return item.title

    def item_link(self, item: PublishedVersion) -> str:
        return item.address

    def item_description(self, item: PublishedVersion) -> str:
        return item.reason

    def item_guid(self, item: PublishedVersion) -> str:
        return f"{item.address}#{item.number}"

    def item_pubdate(self, item: PublishedVersion) -> dt.datetime:
        return item.published_at

    item_updateddate = item_pubdate


class Register(Atom):
    """The rows of one register, the newest edition first, in the reader's language where there is one."""

    def get_object(self, request: HttpRequest, kind: str) -> Any:
        from cms.data.registers import BY_NAME

        if kind not in BY_NAME:
            raise Http404
        return BY_NAME[kind]

    def title(self, kind: Any) -> str:
        return str(_("清风：%(name)s")) % {"name": kind.label}

    def subtitle(self, kind: Any) -> str:
        return str(kind.description)

    def link(self, kind: Any) -> str:
        return reverse("cms:data")

    def items(self, kind: Any) -> list[dict[str, Any]]:
        return entries(kind, kind.newest(MOST))

    def item_title(self, item: dict[str, Any]) -> str:
        return item["title"]

    def item_link(self, item: dict[str, Any]) -> str:
        return item["link"]

    def item_description(self, item: dict[str, Any]) -> str:
        return item["text"]

    def item_guid(self, item: dict[str, Any]) -> str:
        return item["guid"]

    def item_pubdate(self, item: dict[str, Any]) -> dt.datetime:
        return item["at"]

    item_updateddate = item_pubdate


class Record(Register):
    """The present edition of one record: for who wants to know when this law, item or body changes.

    An organisation's feed has the newest of its items too.
    """

    def get_object(self, request: HttpRequest, kind: str, key: str) -> Any:
        found = super().get_object(request, kind)
        if not found.key:
            raise Http404
        rows = list(found.rows().filter(**{found.key: key[:100]})[:1])
        if not rows:
            raise Http404
        return found, rows

    def title(self, obj: Any) -> str:
        kind, rows = obj
        return f"{kind.label}：{rows[0]}"

    def subtitle(self, obj: Any) -> str:
        return str(_("这一条公布新的版本时更新。"))

    def link(self, obj: Any) -> str:
        return obj[1][0].get_absolute_url()

    def items(self, obj: Any) -> list[dict[str, Any]]:
        kind, rows = obj
        found = entries(kind, rows)
        if kind.name == "organisations":
            from cms.data.registers import BY_NAME

            items = BY_NAME["power-items"]
            found += entries(items, items.newest(MOST - 1, organisation=rows[0]))
        return found


def entries(kind: Any, rows: list[Any]) -> list[dict[str, Any]]:
    """Rows of a register as entries; English titles where the translation is disclosed."""
    english = kind.english(rows) if get_language() == "en" else {}
    found = []
    for row in rows:
        at = row.version_at or kind.published_at(row)
        address = kind.address(row)
        found.append(
            {
                "title": english.get(getattr(row, "translation_key", None)) or str(row),
                "link": address,
                "guid": f"{address}#{row.pk}-{row.version or 1}",
                "text": getattr(row, "lede", "") or "",
                "at": at,
            }
        )
    return found
