"""Unusual reading: which rule raised it, and what an auditor said to it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Alarm(models.Model):
    """One a rule, person, office and day; of a tip where the rule is about one. It holds no words."""

    class Rule(models.TextChoices):
        MANY = "many", _("一天看了很多件")
        HOURS = "hours", _("非工作时间查看")
        OWN_NAME = "own-name", _("查看写有本人姓名的件")
        OWN_SEARCH = "own-search", _("检索本人姓名")
        EXPORTS = "exports", _("一天导出很多件")
        EMERGENCY = "emergency", _("管理员应急查看")

    class Finding(models.TextChoices):
        NORMAL = "normal", _("核实过，是正常办理")
        ASKED = "asked", _("已要求本人说明")
        REPORTED = "reported", _("已报告负责人")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=12, choices=Rule)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.ForeignKey("vault.Office", models.PROTECT, related_name="+")
    tip = models.ForeignKey("intake.Tip", models.CASCADE, null=True, blank=True, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField()
    finding = models.CharField(max_length=10, choices=Finding, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-raised_at", "uuid"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "user", "office", "day"],
                condition=models.Q(tip=None),
                name="one_alarm_a_day",
            ),
            models.UniqueConstraint(
                fields=["rule", "user", "tip", "day"],
                condition=models.Q(tip__isnull=False),
                name="one_alarm_a_tip_and_day",
            ),
            models.CheckConstraint(
                condition=models.Q(seen_by=None) | ~models.Q(seen_by=models.F("user")),
                name="nobody_answers_for_oneself",
            ),
        ]
        indexes = [models.Index(fields=["office", "raised_at", "uuid"], name="alarm_of_office")]
