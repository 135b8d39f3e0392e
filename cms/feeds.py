"""Atom feeds (RFC 4287) of what was published."""

from __future__ import annotations

import datetime as dt

from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext_lazy as _

from cms.models import PublishedVersion
from cms.publishing.visibility import mark_disclosed


class Latest(Feed):
    """The newest publications and changes, of every register and page. Withdrawals carry no content."""

    feed_type = Atom1Feed
    title = _("清风：新近公开")
    subtitle = _("新公布、修改和撤下的内容")
    link = "/"

    def items(self) -> list[PublishedVersion]:
        """Nothing that was withdrawn, has expired or went private since: one question a kind."""
        versions = PublishedVersion.objects.visible().filter(action="published").order_by("-sequence")[:100]
        return [version for version in mark_disclosed(versions) if version.disclosed][:50]

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
