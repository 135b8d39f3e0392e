"""A tip that two offices handle together: the leading one has it, the other has a part (desk.joint)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

LIVE = ("open", "agreed", "done")  # while these stand, the joined office can read the tip


class Joint(models.Model):
    """One part: which office was asked, for when, and what became of it. The tip's own office leads."""

    class Answer(models.TextChoices):
        OPEN = "open", _("等对方答复")
        AGREED = "agreed", pgettext_lazy("joint", "共同办理中")
        DECLINED = "declined", pgettext_lazy("joint", "对方不参加")
        DONE = "done", pgettext_lazy("joint", "已交结果")
        ENDED = "ended", pgettext_lazy("joint", "已结束")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="joints")
    number = models.PositiveSmallIntegerField()  # of the part within the tip: its key's generations
    office = models.ForeignKey("vault.Office", models.PROTECT, related_name="+")  # that was asked
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField()  # of this part; the tip's own deadline is the leading office's
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tip", "number"], name="one_part_a_number"),
            models.UniqueConstraint(
                fields=["tip", "office"],
                condition=models.Q(answer__in=LIVE),
                name="one_live_part_an_office",
            ),
        ]
        indexes = [models.Index(fields=["office", "answer", "due_on"])]

    @classmethod
    def stands_for(cls, tip: models.Model) -> bool:
        """Whether another office can read this tip now."""
        return cls._default_manager.filter(tip=tip.pk, answer__in=LIVE).exists()


class JointNote(models.Model):
    """What one of the two offices writes to the other; its text is a cell under the part's key."""

    class Kind(models.TextChoices):
        TASK = "task", pgettext_lazy("joint", "请对方办的事")
        NOTE = "note", pgettext_lazy("joint", "往来")
        DECLINE = "decline", pgettext_lazy("joint", "不参加的理由")
        RESULT = "result", pgettext_lazy("joint", "结果")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    joint = models.ForeignKey(Joint, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=10, choices=Kind)
    office = models.ForeignKey("vault.Office", models.PROTECT, related_name="+")  # that wrote it
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    cell = models.OneToOneField("vault.Cell", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "uuid"]
