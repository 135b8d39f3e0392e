"""Imports: a batch, its rows, and the header words that editors extend."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from workdays import clock

from cms.admin.forms import BoundForm


class ImportBatch(models.Model):
    """One import. Its items are written in short transactions and become visible by one switch."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("等待读取")
        REFUSED = "refused", _("读不了")
        PARSED = "parsed", _("已读取")
        SUBMITTED = "submitted", _("等待批准")
        APPROVED = "approved", _("已批准，等待写入")
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
    # Everyone who uploaded, corrected or handed it over: none of them approves it.
    hands = models.JSONField(_("经手人"), default=list, editable=False)
    accept_rejected = models.BooleanField(_("接受没读懂的行"), default=False)
    confirmed = models.BooleanField(_("已确认阶次的提醒"), default=False)
    # {file: {sheet: {"header": row from 1, "fields": {column letters: field, "" for none}}}}
    columns = models.JSONField(_("改过的列"), default=dict, editable=False)
    given = models.JSONField(_("上传时填写的"), default=dict, editable=False)
    note = models.CharField(_("退回的原因"), max_length=500, blank=True)
    written = models.PositiveIntegerField(_("已写"), default=0, editable=False)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    undo_reason = models.CharField(_("撤回的原因"), max_length=300, blank=True)
    undo_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("撤回人"),
    )
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

    @property
    def busy(self) -> bool:
        """Whether a worker has it, or will."""
        if self.state == self.State.APPLIED:
            return bool(self.undo_reason)
        return self.state in (self.State.UPLOADED, self.State.APPROVED, self.State.APPLYING)


class ImportFile(models.Model):
    """A file as it was uploaded. It is read by a worker's child process and never served as media."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to="imports/", max_length=300)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


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
    changes = models.JSONField(default=list)  # names of the fields that would change, when it was read
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

    base_form_class = BoundForm

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


class Responsibility(models.Model):
    """An editor or approver works for this organisation and all below it.

    Whoever has no row works on nothing, unless nobody has one (cms.publishing.scope).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="responsibilities", verbose_name=_("人员")
    )
    organisation = models.ForeignKey(
        "cms.Organisation", models.CASCADE, related_name="+", verbose_name=_("机构")
    )

    class Meta:
        verbose_name = _("编辑负责的机构")
        verbose_name_plural = _("编辑负责的机构")
        ordering = ["user", "organisation"]
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="one_responsibility_each")
        ]

    def __str__(self) -> str:
        return f"{self.user.name} → {self.organisation}"
