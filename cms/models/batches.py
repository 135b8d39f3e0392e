"""Imports: a batch, its rows, and the header words that editors extend."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from workdays import clock


class ImportBatch(models.Model):
    """One import. Its items are written in short transactions and become visible by one switch."""

    class State(models.TextChoices):
        PARSED = "parsed", _("已读取")
        APPLYING = "applying", _("正在写入")
        APPLIED = "applied", _("已生效")
        FAILED = "failed", _("中断")
        WITHDRAWN = "withdrawn", _("已撤回")

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("导入内容"), max_length=20, default="power")  # power, benchmark
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PARSED)
    organisation = models.ForeignKey(
        "cms.Organisation", models.PROTECT, null=True, related_name="+", verbose_name=_("机构")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("上传人"),
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("批准人"),
    )
    accept_rejected = models.BooleanField(_("接受没读懂的行"), default=False)
    files = models.JSONField(_("文件"), default=list)  # [{name, sha256, size, sheets}]
    counts = models.JSONField(_("数量"), default=dict)  # {items, created, changed, unchanged, rejected}
    created_at = models.DateTimeField(_("创建时间"), default=clock.now)
    applied_at = models.DateTimeField(_("生效时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("导入批次")
        verbose_name_plural = _("导入批次")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_state_display()}"

    @property
    def visible(self) -> bool:
        return self.state == self.State.APPLIED


class ImportRow(models.Model):
    """One row of a workbook: what was understood of it, what it became, or why not."""

    class Outcome(models.TextChoices):
        ITEM = "item", _("事项")
        REJECTED = "rejected", _("没读懂")
        NOTE = "note", _("附注")
        STRUCK = "struck", _("审核划去")

    class Action(models.TextChoices):
        CREATE = "create", _("新增")
        CHANGE = "change", _("修改")
        SAME = "same", _("没有变化")
        MISSING = "missing", _("新表中没有")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    file = models.CharField(max_length=255)
    sheet = models.CharField(max_length=255)
    row = models.PositiveIntegerField()  # from 1
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict)  # the keys of PUBLISHING's `items[]`
    action = models.CharField(max_length=10, choices=Action, blank=True)
    done = models.BooleanField(default=False)
    # What it became. SET_NULL: an unpublished draft may be thrown away, the row stays.
    item = models.ForeignKey(
        "cms.PowerItem", models.SET_NULL, null=True, blank=True, related_name="import_rows"
    )
    benchmark = models.ForeignKey(
        "cms.Benchmark", models.SET_NULL, null=True, blank=True, related_name="import_rows"
    )
    # The version to return to on undo; empty for what the batch created.
    version_before = models.ForeignKey(
        "cms.PublishedVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The draft that waits for the switch, and the version the switch made of it.
    revision = models.ForeignKey(
        "wagtailcore.Revision", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version_after = models.ForeignKey(
        "cms.PublishedVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("导入的行")
        verbose_name_plural = _("导入的行")
        ordering = ["id"]
        indexes = [models.Index(fields=["batch", "outcome"]), models.Index(fields=["batch", "done"])]


class HeaderSynonym(models.Model):
    """A header word that means a field; empty organisation: everywhere."""

    organisation = models.ForeignKey(
        "cms.Organisation",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("机构"),
    )
    field = models.CharField(_("字段"), max_length=40)
    text = models.CharField(_("表头文字"), max_length=200)

    class Meta:
        verbose_name = _("表头用语")
        verbose_name_plural = _("表头用语")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "text"], name="one_field_a_header"),
            models.UniqueConstraint(
                fields=["text"], condition=models.Q(organisation=None), name="one_field_a_header_everywhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text} → {self.field}"
