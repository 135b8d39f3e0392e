"""How long tips are kept, what is to be destroyed each month, and the trace that stays."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.intake.models import State

ENDED = (State.CLOSED, State.REFUSED, State.MOVED, State.REPEAT)


class RetentionRule(models.Model):
    """So many months after the last act, a tip of this state and category may be destroyed.

    The most specific row wins: the category itself, the nearest above it, then any. Without a row nothing is
    ever proposed. A rule is never changed: a new row takes its place, so that a trace can name the old one.
    """

    category = models.ForeignKey("intake.Category", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=12, choices=[(s.value, s.label) for s in ENDED])
    months = models.PositiveIntegerField()
    source = models.CharField(max_length=200)  # the decision by which it holds
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "state"],
                condition=models.Q(ended_at=None),
                name="one_live_retention_a_category",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(ended_at=None, category=None),
                name="one_live_retention_for_any",
            ),
        ]


class DestructionList(models.Model):
    """What one office may destroy this month, if two of its people agree."""

    class Answer(models.TextChoices):
        OPEN = "open", _("等两人批准")
        APPROVED = "approved", _("已批准，正在销毁")
        DESTROYED = "destroyed", _("已销毁")
        DECLINED = "declined", _("未批准销毁")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey("vault.Office", models.PROTECT, related_name="+")
    month = models.DateField()  # its first day
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)  # raised when a tip is taken off
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_at = models.DateTimeField(null=True, blank=True)
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(null=True, blank=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)  # keys, texts and files are gone from the rows
    scrubbed_at = models.DateTimeField(null=True, blank=True)  # and from what the database keeps of old rows

    class Meta:
        ordering = ["-month", "uuid"]
        constraints = [
            models.UniqueConstraint(fields=["office", "month"], name="one_destruction_list_a_month"),
            models.CheckConstraint(
                condition=models.Q(second_by=None) | ~models.Q(second_by=models.F("first_by")),
                name="two_persons_destroy",
            ),
            models.CheckConstraint(
                condition=~models.Q(answer__in=["approved", "destroyed"])
                | models.Q(first_by__isnull=False, second_by__isnull=False),
                name="destroyed_by_two",
            ),
        ]


class DestructionItem(models.Model):
    """One tip of a list, as it was when it was listed; afterwards the trace: no content, no key, no id."""

    class Result(models.TextChoices):
        WAITING = "waiting", _("等批准")
        TAKEN_OFF = "taken-off", pgettext_lazy("destruction", "不销毁，已从清单拿下")
        KEPT = "kept", pgettext_lazy("destruction", "列入之后有变动，没有销毁")
        DESTROYED = "destroyed", pgettext_lazy("destruction", "已销毁")

    list = models.ForeignKey(DestructionList, models.CASCADE, related_name="items")
    tip = models.UUIDField(null=True, blank=True)  # gone with the tip
    number = models.CharField(max_length=20)
    category = models.CharField(max_length=40)  # code
    state = models.CharField(max_length=12, choices=State)
    received_on = models.DateField()
    last_on = models.DateField()  # the last act of anybody, looking apart
    rule = models.ForeignKey(RetentionRule, models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    change = models.BigIntegerField(default=0)
    result = models.CharField(max_length=10, choices=Result, default=Result.WAITING)
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["list", "number"], name="one_line_a_number")]
        indexes = [models.Index(fields=["number"], name="destroyed_number")]
