"""What the desk keeps for its own work."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
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
    """A reply that is written often: one's own (`owner`), an office's (`office`), with neither everybody's.

    It lies in clear, so nothing of a tip belongs into it; the page says so.
    """

    name = models.CharField(_("名称"), max_length=100)
    text = models.TextField(_("内容"))
    name_en = models.CharField(_("英文名称"), max_length=100, blank=True)
    text_en = models.TextField(_("英文内容"), blank=True)
    order = models.PositiveIntegerField(_("顺序"), default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    office = models.ForeignKey("vault.Office", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["order", "id"]
        verbose_name = _("答复模板")
        verbose_name_plural = _("答复模板")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Plain text with known fields only (complaints.desk.replies)."""
        from complaints.desk import replies

        replies.check(self.text)
        replies.check(self.text_en)


class Label(models.Model):
    """A word by which an office sorts its tips; of one office, or of all where none is named."""

    name = models.CharField(_("标签"), max_length=40)
    name_en = models.CharField(_("英文名称"), max_length=40, blank=True)
    office = models.ForeignKey("vault.Office", models.CASCADE, null=True, blank=True, related_name="+")
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="one_label_a_name"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(office=None), name="one_common_label_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name


class Labelled(models.Model):
    """A label on a tip."""

    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="labelled")
    label = models.ForeignKey(Label, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "tip"], name="one_label_a_tip")]


class SavedView(models.Model):
    """Filters that somebody uses often: one's own, or, with an office, everybody's there. Never words."""

    name = models.CharField(_("名称"), max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    office = models.ForeignKey("vault.Office", models.CASCADE, null=True, blank=True, related_name="+")
    query = models.CharField(max_length=400, blank=True)  # as in the address, only known filters
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class Transfer(models.Model):
    """A tip given by one office to another: its direction, and whether it was accepted or came back."""

    class Direction(models.TextChoices):
        UP = "up", _("报上级")
        DOWN = "down", _("转下级")
        ACROSS = "across", _("转平级")

    class Answer(models.TextChoices):
        OPEN = "open", _("等对方接收")
        ACCEPTED = "accepted", pgettext_lazy("transfer", "已接收")
        RETURNED = "returned", _("已退回")
        ONWARD = "onward", _("已再转出")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="transfers")
    number = models.PositiveIntegerField()  # order within the tip
    source = models.ForeignKey("vault.Office", models.PROTECT, related_name="+")
    target = models.ForeignKey("vault.Office", models.PROTECT, related_name="+")
    direction = models.CharField(max_length=8, choices=Direction)
    unread = models.BooleanField(default=False)  # nobody of the sending office had opened it
    cell = models.OneToOneField("vault.Cell", models.PROTECT)  # the reason, under the new case key
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True)  # accept or return by then
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    # What the sender's clock said, for a tip that is accepted elsewhere or comes back.
    before = models.JSONField(default=dict)
    # The two halves of the identity follow; null where none has to.
    halves_due_on = models.DateField(null=True, blank=True)
    half_a_at = models.DateTimeField(null=True, blank=True)
    half_b_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tip", "number"], name="one_transfer_a_number"),
            models.UniqueConstraint(
                fields=["tip"], condition=models.Q(answer="open"), name="one_open_transfer_a_tip"
            ),
        ]
        indexes = [models.Index(fields=["source", "at"]), models.Index(fields=["target", "at"])]


class Proposal(models.Model):
    """What two persons decide: one proposes with a reason, another one agrees or does not."""

    class Kind(models.TextChoices):
        DISPOSAL = "disposal", _("处置方式")
        FALSE_ACCUSATION = "false-accusation", _("认定诬告")
        LIFT_HOLD = "lift-hold", _("解除保全")
        CLEAR_WARNING = "clear-warning", _("消除预警")

    class Answer(models.TextChoices):
        OPEN = "open", _("等另一人批准")
        AGREED = "agreed", _("已批准")
        DECLINED = "declined", pgettext_lazy("proposal", "未批准")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=20, choices=Kind)
    choice = models.CharField(max_length=40, blank=True)  # the disposal, or the warning's rule
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    cell = models.OneToOneField("vault.Cell", models.PROTECT, related_name="+")  # reason, collective review
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_by=None) | ~models.Q(answered_by=models.F("by")),
                name="another_person_decides",
            ),
            models.UniqueConstraint(
                fields=["tip", "kind", "choice"],
                condition=models.Q(answer="open"),
                name="one_open_proposal_a_kind",
            ),
        ]


class Pause(models.Model):
    """Days on which the clock of a deadline stands still: from `began_on`, up to but without `ended_on`."""

    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="pauses")
    rule = models.CharField(max_length=40)  # of the deadline that stood
    reason = models.CharField(max_length=20)  # one of deadlines.STOPS
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["began_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tip"], condition=models.Q(ended_on=None), name="one_running_pause_a_tip"
            )
        ]


class Warning(models.Model):
    """One a tip, rule and due day: how loud, raised when, cleared by which proposal (its cell says why)."""

    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="warnings")
    rule = models.CharField(max_length=40)
    due_on = models.DateField()
    level = models.PositiveSmallIntegerField()  # workdays.warnings: 1 prompt, 2 yellow, 3 red
    raised_on = models.DateField()
    cleared = models.OneToOneField(Proposal, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["raised_on", "id"]
        constraints = [models.UniqueConstraint(fields=["tip", "rule", "due_on"], name="one_warning_a_rule")]


class Link(models.Model):
    """Two tips that belong together. A merge or duplicate changes `tip`; `before` is how it was."""

    class Kind(models.TextChoices):
        RELATED = "related", pgettext_lazy("link", "有关联")
        DUPLICATE = "duplicate", pgettext_lazy("link", "重复")
        MERGED = "merged", pgettext_lazy("link", "并入")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="links")
    other = models.ForeignKey("intake.Tip", models.CASCADE, related_name="linked")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    before = models.JSONField(default=dict)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(tip=models.F("other")), name="not_linked_to_itself"),
            models.UniqueConstraint(
                fields=["tip", "other"], condition=models.Q(undone_at=None), name="one_live_link_a_pair"
            ),
        ]


class Mention(models.Model):
    """Somebody is named in a note and has not looked yet."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="one_mention_a_note")]
        indexes = [
            models.Index(fields=["user"], name="mention_unseen", condition=models.Q(seen_at__isnull=True))
        ]


class Reading(models.Model):
    """Who has a tip open: renewed with each look, worth something for five minutes."""

    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tip", "user"], name="one_reading_a_person")]


class Job(models.Model):
    """One act on many tips; what became of each stands in its items."""

    class Act(models.TextChoices):
        CLAIM = "claim", pgettext_lazy("act", "领取")
        ASSIGN = "assign", pgettext_lazy("act", "分给")
        LABEL = "label", _("加标签")
        UNLABEL = "unlabel", _("去标签")
        PRIORITY = "priority", _("改轻重缓急")
        CLOSE = "close", pgettext_lazy("act", "办结")
        MOVE = "move", pgettext_lazy("act", "转办")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    act = models.CharField(max_length=10, choices=Act)
    value = models.CharField(max_length=40, blank=True)  # a colleague's, label's or office's id; a priority
    sealed = models.BinaryField(blank=True, default=b"")  # a reason, under the key of the session
    total = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)


class JobItem(models.Model):
    """One tip of a job, as it was when it was chosen."""

    class Result(models.TextChoices):
        WAITING = "waiting", _("还没轮到")
        DONE = "done", pgettext_lazy("job", "办成了")
        STALE = "stale", _("选定之后变了，没有动它")
        TAKEN = "taken", _("已被别人领取")
        REFUSED = "refused", _("现在不能这样办")

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    result = models.CharField(max_length=10, choices=Result, default=Result.WAITING)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(null=True, blank=True)  # when that person did it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "tip"], name="one_item_a_tip")]
        indexes = [
            models.Index(fields=["job", "id"], name="item_waiting", condition=models.Q(result="waiting"))
        ]


class Feed(models.Model):
    """A calendar address of one person: the hash of its secret, so that the row opens nothing."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()


# What has files of its own, and belongs to this room all the same.
from complaints.desk.audit_models import Alarm as Alarm  # noqa: E402
from complaints.desk.joint_models import Joint as Joint  # noqa: E402
from complaints.desk.joint_models import JointNote as JointNote  # noqa: E402
from complaints.desk.redaction_models import Redaction as Redaction  # noqa: E402
from complaints.desk.retention_models import DestructionItem as DestructionItem  # noqa: E402
from complaints.desk.retention_models import DestructionList as DestructionList  # noqa: E402
from complaints.desk.retention_models import RetentionRule as RetentionRule  # noqa: E402


class Asked(models.Model):
    """A reporter asks the level above why a promised day was missed: number, rule and dates, no key."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey("intake.Tip", models.CASCADE, related_name="+")
    office = models.ForeignKey("vault.Office", models.CASCADE, related_name="+")  # that was asked
    below = models.ForeignKey("vault.Office", models.CASCADE, related_name="+")  # that was late
    rule = models.CharField(max_length=40)
    due_on = models.DateField()
    asked_on = models.DateField()
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tip", "rule", "due_on"], name="asked_once_a_day_missed")
        ]


class PublicFigures(models.Model):
    """Numbers of one quarter for the public, counted once (complaints.desk.public); shown when released."""

    first_day = models.DateField(unique=True)
    last_day = models.DateField()
    counted_at = models.DateTimeField()
    data = models.JSONField()  # nothing in it is smaller than public.LEAST
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-first_day"]
