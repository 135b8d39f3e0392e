"""One step asked for many power items at once, and what came of it for each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from workdays import clock


class BulkJob(models.Model):
    """What somebody asked a worker to do, item by item (cms.publishing.many)."""

    class Kind(models.TextChoices):
        PUBLISH = "publish", _("公布草稿")
        WITHDRAW = "withdraw", _("撤下")
        CATEGORY = "category", _("改类别")
        ORGANISATION = "organisation", _("改机构")

    kind = models.CharField(_("操作"), max_length=12, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("操作人")
    )
    at = models.DateTimeField(_("时间"), default=clock.now)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    category = models.ForeignKey(
        "cms.Category", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("类别")
    )
    organisation = models.ForeignKey(
        "cms.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("机构")
    )

    on_pages = False

    class Meta:
        verbose_name = _("批量操作")
        verbose_name_plural = _("批量操作")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class BulkRow(models.Model):
    """One item of a job: not yet come to, done, or left as it was and why."""

    class Result(models.TextChoices):
        WAITING = "waiting", _("等待")
        DONE = "done", _("完成")
        REFUSED = "refused", _("没有做")

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="rows")
    item = models.ForeignKey("cms.PowerItem", models.CASCADE, related_name="+")
    result = models.CharField(max_length=8, choices=Result, default=Result.WAITING)
    note = models.CharField(max_length=500, blank=True)

    on_pages = False

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["job", "item"], name="one_row_an_item_of_a_job")]

    def __str__(self) -> str:
        return f"{self.item} {self.get_result_display()}"
