"""The calendar and the rules: both rows with a source, never constants in code."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Day(models.Model):
    """A day that is not what its weekday says: a public holiday, or a make-up workday."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("放假")
        WORKDAY = "workday", _("调休上班")

    date = models.DateField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200, blank=True)


class Rule(models.Model):
    """A limit with its source. A change makes a new version; old deadlines keep theirs."""

    class Unit(models.TextChoices):
        WORKDAY = "workday", _("个工作日")
        DAY = "day", _("日")
        MONTH = "month", _("个月")
        QUARTER = "quarter", _("季度")

    class Mark(models.TextChoices):
        VERIFIED = "V", _("据原文")
        PARAPHRASED = "P", _("据转述或地方规定")
        UNVERIFIED = "U", _("待核实")

    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    value = models.PositiveIntegerField()
    unit = models.CharField(max_length=10, choices=Unit)
    source = models.CharField(max_length=300)
    mark = models.CharField(max_length=1, choices=Mark)
    # What happens from this day on is counted by this version; empty: ever since.
    since = models.DateField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="one_rule_a_version")]
