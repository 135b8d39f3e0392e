"""A masked version of a tip for hand-over; the original stays."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Redaction(models.Model):
    """What may be shown to others: its texts are a cell under the case key of the original's office."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="redactions")
    cell = models.OneToOneField("vault.Cell", models.PROTECT)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "uuid"]
