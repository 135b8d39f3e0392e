"""The record of publishing: versions, addresses, counters."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class VersionQuerySet(models.QuerySet):
    def of(self, obj):
        """Versions of one object, oldest first."""
        kind = ContentType.objects.get_for_model(obj, for_concrete_model=False)
        return self.filter(content_type=kind, object_id=str(obj.pk)).order_by("id")

    def visible(self):
        """Versions whose import batch (if any) was switched on."""
        return self.exclude(sequence=None)


class PublishedVersion(models.Model):
    """What was public, from when on. A withdrawal is a row too, without content."""

    class Action(models.TextChoices):
        PUBLISHED = "published", _("公布")
        WITHDRAWN = "withdrawn", _("撤下")

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.CharField(max_length=40)
    object = GenericForeignKey("content_type", "object_id", for_concrete_model=False)
    action = models.CharField(max_length=10, choices=Action, default=Action.PUBLISHED)
    number = models.PositiveIntegerField()  # 1, 2 …; a withdrawal has the number of what it withdrew
    # Gap-free over all objects, given when it becomes visible: what /changes pages by.
    sequence = models.BigIntegerField(null=True, blank=True, unique=True)
    address = models.CharField(max_length=1000)
    title = models.CharField(max_length=1000)
    language = models.CharField(max_length=20)
    content = models.JSONField(null=True, blank=True)  # None: withdrawn, or destroyed after an unmasking
    sha256 = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=64, blank=True)
    revision = models.ForeignKey(
        "wagtailcore.Revision", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    batch = models.ForeignKey(
        "cms.ImportBatch", models.PROTECT, null=True, blank=True, related_name="versions"
    )
    event = models.UUIDField(null=True, blank=True)  # of the ledger; None until its batch is switched on

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("公布的版本")
        verbose_name_plural = _("公布的版本")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "number"],
                condition=models.Q(action="published"),
                name="one_version_a_number",
            )
        ]
        indexes = [models.Index(fields=["content_type", "object_id"]), models.Index(fields=["published_at"])]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class Address(models.Model):
    """A public path and what it answers. Never deleted: an address once given stays an answer."""

    class Status(models.IntegerChoices):
        OK = 200, "200"
        MOVED = 301, "301"
        GONE = 410, "410"

    path = models.CharField(max_length=1000, unique=True)
    content_type = models.ForeignKey(ContentType, models.PROTECT, null=True, related_name="+")
    object_id = models.CharField(max_length=40)
    object = GenericForeignKey("content_type", "object_id", for_concrete_model=False)
    code = models.CharField(max_length=100, blank=True)
    status = models.PositiveSmallIntegerField(choices=Status, default=Status.OK)
    reason = models.CharField(max_length=300, blank=True)
    moved_to = models.CharField(max_length=1000, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("地址")
        verbose_name_plural = _("地址")
        indexes = [models.Index(fields=["content_type", "object_id"])]

    def __str__(self) -> str:
        return self.path


class Counter(models.Model):
    """The last number given under a key; numbers are never given twice."""

    key = models.CharField(max_length=120, primary_key=True)
    last = models.BigIntegerField(default=0)
