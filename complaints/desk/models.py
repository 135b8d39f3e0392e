"""What the desk keeps for its own work."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Query(models.Model):
    """The words somebody searched for, sealed under the key of the session: addresses hold only its id."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)


class Note(models.Model):
    """An internal note; its text is a cell under the case key."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="notes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cell = models.OneToOneField("vault.Cell", models.PROTECT)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]


class ReplyTemplate(models.Model):
    """A reply that is written often."""

    name = models.CharField(_("名称"), max_length=100)
    text = models.TextField(_("内容"))
    name_en = models.CharField(_("英文名称"), max_length=100, blank=True)
    text_en = models.TextField(_("英文内容"), blank=True)
    order = models.PositiveIntegerField(_("顺序"), default=0)

    class Meta:
        ordering = ["order", "id"]
        verbose_name = _("答复模板")
        verbose_name_plural = _("答复模板")

    def __str__(self) -> str:
        return self.name
