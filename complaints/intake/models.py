"""What citizens are asked, where it goes, and what they handed in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable


class Named(models.Model):
    """A code with a name in both languages, in a tree that the operator edits."""

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("英文名称"), max_length=100, blank=True)
    hint = models.CharField(_("说明"), max_length=300, blank=True)
    hint_en = models.CharField(_("英文说明"), max_length=300, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    order = models.PositiveIntegerField(_("顺序"), default=0)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        abstract = True
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name

    @property
    def explanation(self) -> str:
        """The hint in the reader's language."""
        return self.hint_en if (get_language() or "").startswith("en") and self.hint_en else self.hint


def below(nodes: Iterable[Named], keys: set[int]) -> set[int]:
    """These ids and those of all nodes under them."""
    nodes, found = list(nodes), set(keys)
    while more := {n.pk for n in nodes if n.parent_id in found} - found:  # type: ignore[attr-defined]
        found |= more
    return found


class Category(Named):
    # Shown instead of the form: "this is for 12345", "this is an emergency". Empty: it may be reported.
    stop_message = models.TextField(_("不在这里受理时的说明"), blank=True)
    stop_message_en = models.TextField(_("英文"), blank=True)

    class Meta(Named.Meta):
        verbose_name = _("举报类别")
        verbose_name_plural = _("举报类别")


class Region(Named):
    class Meta(Named.Meta):
        verbose_name = _("地区")
        verbose_name_plural = _("地区")


def in_language(chinese: str, english: str) -> str:
    """What an editor wrote in the reader's language; Chinese where there is no English."""
    return english if english and (get_language() or "").startswith("en") else chinese


class Question(ClusterableModel):
    """A question of the operator's own, asked after the category that it belongs to.

    A branch's question is asked for each of its leaves. It is asked only where its conditions hold: of each
    earlier question that they name, one of the answers named was given.
    """

    class Kind(models.TextChoices):
        CHOICE = "choice", _("从几个回答里选一个")
        LINE = "line", _("一行字")
        TEXT = "text", _("一段话")

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    category = models.ForeignKey(Category, models.CASCADE, related_name="+", verbose_name=_("举报类别"))
    kind = models.CharField(_("怎样回答"), max_length=10, choices=Kind, default=Kind.CHOICE)
    text = models.CharField(_("问题"), max_length=200)
    text_en = models.CharField(_("英文问题"), max_length=200, blank=True)
    hint = models.CharField(_("说明"), max_length=300, blank=True)
    hint_en = models.CharField(_("英文说明"), max_length=300, blank=True)
    required = models.BooleanField(_("必须回答"), default=False)
    only_if = models.ManyToManyField(
        "intake.Choice", blank=True, related_name="opens", verbose_name=_("只在选了这些回答时才问")
    )
    order = models.PositiveIntegerField(_("顺序"), default=0)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["order", "id"]
        verbose_name = _("类别的问题")
        verbose_name_plural = _("类别的问题")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The question in the reader's language."""
        return in_language(self.text, self.text_en)

    @property
    def explanation(self) -> str:
        """The hint in the reader's language."""
        return in_language(self.hint, self.hint_en)


class Choice(Orderable):
    """An answer to choose. With a message it ends the report here: this is for somebody else."""

    question = ParentalKey(Question, on_delete=models.CASCADE, related_name="choices")
    name = models.CharField(_("回答"), max_length=100)
    name_en = models.CharField(_("英文回答"), max_length=100, blank=True)
    stop_message = models.TextField(_("选了它就不在这里受理：说明向哪里反映"), blank=True, max_length=2000)
    stop_message_en = models.TextField(_("英文说明"), blank=True, max_length=2000)

    class Meta:
        ordering = ["sort_order", "id"]
        verbose_name = _("回答")
        verbose_name_plural = _("回答")

    def __str__(self) -> str:
        return f"{self.question.category.name}：{self.question.text}：{self.name}"

    @property
    def label(self) -> str:
        """The answer in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def message(self) -> str:
        """Where to go instead, in the reader's language; "" where the report goes on."""
        return in_language(self.stop_message, self.stop_message_en) if self.stop_message else ""


class Route(models.Model):
    """The most specific row wins: (category, region), (category, any), (any, region)."""

    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True)
    region = models.ForeignKey(Region, models.CASCADE, null=True, blank=True)
    office = models.ForeignKey("vault.Office", models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category", "region"], name="one_route"),
            models.UniqueConstraint(
                fields=["category"], condition=models.Q(region=None), name="one_route_a_category"
            ),
            models.UniqueConstraint(
                fields=["region"], condition=models.Q(category=None), name="one_route_a_region"
            ),
        ]


class Remit(models.Model):
    """A node of the categories or regions to which a person's role in an office is bound.

    A role without rows is for all tips of the office. Kept by person and role, not by membership: a role that
    ends and is given again is as narrow as before. What it means, complaints.access decides.
    """

    office = models.ForeignKey("vault.Office", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    role = models.CharField(max_length=16)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(category=None, region__isnull=False)
                | models.Q(category__isnull=False, region=None),
                name="remit_one_node",
            ),
            models.UniqueConstraint(
                fields=["user", "office", "role", "category"],
                condition=models.Q(region=None),
                name="remit_category_once",
            ),
            models.UniqueConstraint(
                fields=["user", "office", "role", "region"],
                condition=models.Q(category=None),
                name="remit_region_once",
            ),
        ]


class OrganisationOffice(models.Model):
    """Which office takes reports on an organisation, by its code; inherited down the tree."""

    organisation_code = models.CharField(max_length=40, unique=True)
    office = models.ForeignKey("vault.Office", models.PROTECT)


class Draft(models.Model):
    """What a citizen has typed so far, sealed under a key that only the browser's cookie holds."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.PositiveIntegerField(default=1)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    # Set by submit; the page with the receipt can be reloaded for 30 minutes from then.
    sent_at = models.DateTimeField(null=True, blank=True)


class ReturnSession(models.Model):
    """An opened receipt: which tip and the reporter's seed, sealed under a key that only a cookie holds."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()


class Counter(models.Model):
    """The last number given in a year."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class State(models.TextChoices):
    """Stored states (DESIGN section 6); the label is the one name used everywhere."""

    SUBMITTED = "submitted", _("已提交")
    SCREENING = "screening", _("审核中")
    ACCEPTED = "accepted", _("已受理")
    REFUSED = "refused", _("不予受理")
    MOVED = "moved", _("已转送")
    DISPOSING = "disposing", _("处置中")
    CLOSED = "closed", _("已办结")
    REPEAT = "repeat", _("重复件")


# What is still to be done, for the conditions of indexes and of the queue.
_OPEN = ("accepted", "disposing", "screening", "submitted")
OPEN = models.Q(state__in=_OPEN)


class IsOpen(models.Func):
    """OPEN with its states written out: SQLite finds no partial index by a condition of parameters."""

    template = f"%(expressions)s IN {_OPEN}"
    output_field = models.BooleanField()

    def __init__(self) -> None:
        super().__init__(models.F("state"))


class Tip(models.Model):
    """What stands in clear about a tip, and no more (VAULT: in clear, and in the thief's table)."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)  # "2026-17": never reused, not shown to reporters
    lookup_id = models.BinaryField(max_length=32, unique=True)  # from the receipt; also the idempotency key
    salt_version = models.PositiveSmallIntegerField(default=1)
    tag = models.BinaryField(max_length=16, unique=True)  # names the tip in the ledger
    office = models.ForeignKey("vault.Office", models.PROTECT, related_name="tips")
    epoch = models.PositiveIntegerField()  # of the office, at sealing
    talk_generation = models.PositiveIntegerField(default=1)
    case_generation = models.PositiveIntegerField(default=1)
    category = models.ForeignKey(Category, models.PROTECT)
    region = models.ForeignKey(Region, models.PROTECT)
    state = models.CharField(max_length=12, choices=State, default=State.SUBMITTED)
    named = models.BooleanField()
    files = models.PositiveIntegerField(default=0)
    received_on = models.DateField()  # the day only
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    due_rule = models.CharField(max_length=40, blank=True)
    priority = models.PositiveSmallIntegerField(default=0)
    hold = models.BooleanField(default=False)
    waiting = models.BooleanField(default=False)  # an answer of the reporter is asked for
    unread = models.BooleanField(default=True)  # something of the reporter is not yet opened
    proposed = models.BooleanField(default=False)
    objected = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 3, once, after closing
    mailbox_closed = models.BooleanField(default=False)  # by the reporter: no receipt opens it any more
    # The reporter's seed under the seed of a later receipt (complaints.intake.afterwards); empty: the first.
    passed_on = models.BinaryField(default=b"", blank=True)
    change = models.BigIntegerField()  # of its office, for the index
    revision = models.PositiveIntegerField(default=1)  # for conditional updates

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "change"], name="one_change_a_number")]
        indexes = [
            models.Index(fields=["office", "state", "due_on", "uuid"]),
            models.Index(fields=["office", "received_on", "uuid"]),
            # The queue at a million tips (docs/decisions/queue-indexes.md): its first page and its counts
            # read what is open in the order in which it is shown, and stop after a page or a thousand.
            models.Index(fields=["office", "due_on", "uuid"], name="tip_open", condition=OPEN),
            models.Index(
                fields=["office", "due_on", "uuid"],
                name="tip_open_free",
                condition=OPEN & models.Q(assignee__isnull=True),
            ),
            models.Index(
                fields=["office", "assignee", "due_on", "uuid"], name="tip_open_assignee", condition=OPEN
            ),
            models.Index(fields=["category", "due_on", "uuid"], name="tip_open_category", condition=OPEN),
            models.Index(fields=["region", "due_on", "uuid"], name="tip_open_region", condition=OPEN),
            models.Index(fields=["office", "received_on", "uuid"], name="tip_open_age", condition=OPEN),
            # Not partial: the order by priority reads each level of it, on either database.
            models.Index(fields=["office", "priority", "due_on", "uuid"], name="tip_priority"),
            # Rare marks: what has one is found without reading what has not.
            models.Index(fields=["office", "due_on", "uuid"], name="tip_hold", condition=models.Q(hold=True)),
            models.Index(
                fields=["office", "due_on", "uuid"], name="tip_unread", condition=models.Q(unread=True)
            ),
            models.Index(fields=["office", "due_on", "uuid"], name="tip_all"),
            # The statistics page counts these and nothing else.
            models.Index(fields=["office", "category", "region", "state", "due_on"], name="tip_figures"),
        ]


class Tombstone(models.Model):
    """A tip that an office's indexes must forget."""

    office = models.ForeignKey("vault.Office", models.CASCADE, related_name="tombstones")
    tip = models.UUIDField()
    change = models.BigIntegerField()
    created_at = models.DateTimeField()


class Message(models.Model):
    """A message between reporter and office; its text is a cell under the talk key."""

    class Author(models.TextChoices):
        REPORTER = "reporter", _("举报人")
        OFFICE = "office", pgettext_lazy("tip", "承办机构")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey(Tip, models.CASCADE, related_name="messages")
    author = models.CharField(max_length=10, choices=Author)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    cell = models.OneToOneField("vault.Cell", models.PROTECT)
    sent_on = models.DateField()
    sent_at = models.DateTimeField(null=True, blank=True)  # staff only: of a reporter the day is kept
    number = models.PositiveIntegerField()  # order within the tip
    read_on = models.DateField(null=True, blank=True)  # by the other side
    signature = models.BinaryField(blank=True, default=b"")  # of the writing office

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tip", "number"], name="one_message_a_number")]
        ordering = ["number"]
