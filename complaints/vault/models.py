"""Offices, their keys and everything sealed (VAULT). Nothing here can be read with what the server holds.

The vault knows tips only by uuid: what a tip is, intake and desk say.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class Office(models.Model):
    """An office that takes tips. Not an organisation: a table of intake maps those."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("英文名称"), max_length=100, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # Told to a reporter whose report concerns the topmost office; nothing is stored then.
    outside_address = models.CharField(_("外部渠道"), max_length=300, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    # Raised in the transaction of every change of a tip of this office; the index catches up by it.
    change = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("受理机构")
        verbose_name_plural = _("受理机构")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" and self.name_en else self.name


class Purpose(models.TextChoices):
    """The three seeds of an office."""

    OFFICE = "office", pgettext_lazy("key", "受理")
    IDENTITY = "identity", _("身份保管")
    APPROVAL = "approval", _("审批")


class Epoch(models.Model):
    """The public keys of one epoch of one of an office's seeds."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="epochs")
    purpose = models.CharField(max_length=10, choices=Purpose)
    number = models.PositiveIntegerField()
    box_public = models.BinaryField(max_length=32)
    sign_public = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "purpose", "number"], name="one_epoch_a_number")
        ]


class DirectoryEntry(models.Model):
    """One signed statement about a public key, chained to the one before it (VAULT: signed directory)."""

    class Kind(models.TextChoices):
        OFFICE = "office"  # first of every chain: signed by the root, or by the office above
        HOLDERS = "holders"  # the three holders' keys, in the topmost chain; below: from when new ones count
        CHILD = "child"  # names the first entry of an office below, so that its place in time is fixed
        EPOCH = "epoch"
        MEMBER = "member"
        REMOVAL = "removal"
        RECOVERY = "recovery"  # two holders name an administrator where nobody is left

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="directory")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    body = models.BinaryField()  # RFC 8785 JSON, as signed
    previous = models.BinaryField(max_length=32)  # SHA-256 of the entry before, zeros for the first
    hash = models.BinaryField(max_length=32, unique=True)
    signatures = models.JSONField()  # [{"by": "root" | "office" | "member", "key": hex, "signature": hex}]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "number"], name="one_entry_a_number")]


class Membership(models.Model):
    """A person's role in an office. What it may do, complaints.access decides."""

    class Role(models.TextChoices):
        TRIAGE = "triage", _("分办员")
        HANDLER = "handler", _("承办人")
        APPROVER = "approver", _("审批人")
        CUSTODIAN = "custodian", _("身份保管人")
        AUDITOR = "auditor", _("审计员")
        ADMINISTRATOR = "administrator", _("机构管理员")

    office = models.ForeignKey(Office, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "user", "role"], condition=models.Q(ended_at=None), name="one_live_role"
            )
        ]


class Emergency(models.Model):
    """An administrator, who works on no tip, may for an hour (complaints.access); everybody sees it."""

    class Reason(models.TextChoices):
        NOBODY = "nobody", _("分办员和承办人都不在岗，期限要到了")
        SAFETY = "safety", _("可能危及人身安全，等不到上班")
        FAULT = "fault", _("故障使别人都打不开来件")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(_("理由"), max_length=10, choices=Reason)
    began_at = models.DateTimeField()
    until = models.DateTimeField()  # it ends by itself; earlier where `ended_at` says so
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-began_at", "uuid"]
        indexes = [models.Index(fields=["office", "until"])]


class Wrap(models.Model):
    """A key sealed to one recipient (VAULT: wrap)."""

    class Kind(models.TextChoices):
        OFFICE_SEED = "office-seed"  # subject: office; recipient: member, holder pair, or the next epoch
        IDENTITY_SEED = "identity-seed"
        APPROVAL_SEED = "approval-seed"
        TALK = "talk"  # subject: tip; recipient: office epoch or reporter
        CASE = "case"
        IDENTITY_A = "identity-a"  # recipient: identity epoch
        IDENTITY_B = "identity-b"  # recipient: approval epoch
        CHAIN = "chain"  # an older generation under the newer key
        CANARY = "canary"  # subject: office; recipient: its epoch. Its cell shows that an epoch still opens
        REASON = "reason"  # subject: tip; recipient: approval epoch. Why somebody asks for an identity
        JOINT = "joint"  # subject: tip; recipient: epoch of the leading or the joined office (vault.joint)

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    subject = models.UUIDField(db_index=True)
    generation = models.PositiveIntegerField()  # of the key; for seeds: the epoch's number
    recipient = models.BinaryField(max_length=16)  # BLAKE2b-128 of the recipient's public key
    # The office whose epoch it is sealed to; for a seed, the office whose seed it is.
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    # The epoch it is sealed to (of the seed that the kind names); for a seed, the office epoch that signed.
    epoch = models.PositiveIntegerField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    sealed = models.BinaryField()
    signature = models.BinaryField(blank=True, default=b"")  # of the writing office; none at intake

    class Meta:
        indexes = [models.Index(fields=["subject", "kind", "recipient"])]


class Cell(models.Model):
    """A sealed text. Never changed: a changed text is a new row."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.UUIDField(db_index=True)
    label = models.CharField(max_length=40)
    generation = models.PositiveIntegerField(default=1)
    sealed = models.BinaryField()
    hash = models.BinaryField(max_length=32)  # SHA-256 of `sealed`; the event's leaf holds it too


class SealedFile(models.Model):
    """A sealed upload: of a draft until it is sent, then of a tip. Its key lies in a cell."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.UUIDField(null=True, blank=True, db_index=True)
    draft = models.UUIDField(null=True, blank=True, db_index=True)
    name = models.CharField(max_length=80, unique=True)  # in the store "sealed": random, says nothing
    size = models.BigIntegerField()  # padded
    cell = models.UUIDField(null=True, blank=True)
    created_on = models.DateField()


class ReceiptSalt(models.Model):
    """The site's salt of receipts, by version."""

    version = models.PositiveSmallIntegerField(primary_key=True)
    salt = models.BinaryField(max_length=16)
    retired = models.BooleanField(default=False)


class Job(models.Model):
    """Large work with keys: every tip of an office is sealed anew (VAULT: large work). It holds no key."""

    class Kind(models.TextChoices):
        RENEW = "renew", _("重新加密")  # after a removal: new generations under the newest epoch
        MERGE = "merge", _("并入另一机构")  # every tip goes to `target`

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    office = models.ForeignKey(Office, models.CASCADE, related_name="jobs")
    purpose = models.CharField(max_length=10, choices=Purpose)
    target = models.ForeignKey(Office, models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")  # who began it
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "purpose"], condition=models.Q(finished_at=None), name="one_open_job"
            )
        ]


class WorkerGrant(models.Model):
    """The keys that one job needs, sealed to the key in the memory of one worker: dead with that worker."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="grants")
    worker = models.BinaryField(max_length=32)  # the worker's X25519 public key
    sealed = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "worker"], name="one_grant_a_worker")]


class IdentityRequest(models.Model):
    """A custodian asks who a reporter is, an approver agrees or not; it opens once (VAULT: identity)."""

    class Answer(models.TextChoices):
        OPEN = "open", _("等审批人答复")
        AGREED = "agreed", pgettext_lazy("identity", "已同意")
        DECLINED = "declined", pgettext_lazy("identity", "未同意")
        SEEN = "seen", _("已看过")
        LAPSED = "lapsed", _("已过期")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.UUIDField(db_index=True)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")  # whose guardians keep the identity
    custodian = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.ForeignKey(Cell, models.PROTECT, related_name="+")  # its key: a wrap for the approvers
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approver=None) | ~models.Q(approver=models.F("custodian")),
                name="another_person_approves",
            ),
            models.UniqueConstraint(
                fields=["tip", "custodian"],
                condition=models.Q(answer__in=["open", "agreed"]),
                name="one_open_request_a_custodian",
            ),
        ]
