"""Atom feeds (RFC 4287) of what was published."""

from __future__ import annotations

import datetime as dt

from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext_lazy as _

from cms.models import PublishedVersion


class Latest(Feed):
    """The newest publications and changes, of every register and page. Withdrawals carry no content."""

    feed_type = Atom1Feed
    title = _("清风：新近公开")
    subtitle = _("新公布、修改和撤下的内容")
    link = "/"

    def items(self) -> list[PublishedVersion]:
        versions = PublishedVersion.objects.visible().filter(action="published").order_by("-sequence")[:100]
        return [v for v in versions if _still_public(v)][:50]

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


def _still_public(version: PublishedVersion) -> bool:
    """A feed shows nothing that was withdrawn, has expired or went private since."""
    model = version.content_type.model_class()
    return bool(model and model.objects.disclosed().filter(pk=version.object_id).exists())
