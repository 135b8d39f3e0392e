"""What people say on a published page, without an account: what is kept of it is the same everywhere."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST = 4_000  # characters of one text


class Said(models.Model):
    """The words and the day, and nothing of the sender; the same words sent again raise `times`.

    A model that is one of these has `page` and is unique by (page, digest).
    """

    text = models.TextField(_("意见"), max_length=LONGEST)
    digest = models.CharField(max_length=64, editable=False)
    times = models.PositiveIntegerField(_("次数"), default=1)
    received_on = models.DateField(_("收到日期"))

    on_pages = False  # one that comes clears no page of the cache

    class Meta:
        abstract = True
