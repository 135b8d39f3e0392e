"""What every register shares: drafts, revisions, workflow, lock, preview, translation, and `disclosed()`."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import (
    DraftStateMixin,
    Locale,
    LockableMixin,
    Orderable,
    PreviewableMixin,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)
from wagtail.search import index
from wagtail.search.queryset import SearchableQuerySetMixin

from cms.admin.forms import RegisterForm
from cms.publishing.recording import Recorded
from cms.publishing.visibility import disclosed_q

CODE = RegexValidator(
    r"^(?=.*[0-9])[0-9A-Za-z][0-9A-Za-z_.-]*$",
    _("编码只能有字母、数字、点、横线和下划线，并且至少有一个数字。"),
)


class RegisterQuerySet(SearchableQuerySetMixin, models.QuerySet):
    """Reads of a register."""

    def disclosed(self) -> Self:
        """What anyone may see now: live, unexpired, due, and its import batch (if any) switched on."""
        return self.filter(disclosed_q(), models.Q(batch=None) | models.Q(batch__state="applied"))

    def source(self) -> Self:
        """One row a record: the source language. Counts, facets, lists and exports use this."""
        return self.filter(locale__language_code=settings.LANGUAGE_CODE)

    def in_language(self, language: str) -> Self:
        """The rows in one language (`zh-hans` or `en`)."""
        return self.filter(locale__language_code=language)


class Register(
    Recorded,
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    TranslatableMixin,
    index.Indexed,
    ClusterableModel,
):
    """A register's row. Relations between registers always point to rows in the source language."""

    # New rows start as drafts: nothing is public because a field was forgotten.
    live = models.BooleanField(_("已公布"), default=False, editable=False)
    batch = models.ForeignKey(
        "cms.ImportBatch",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("导入批次"),
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        for_concrete_model=False,
    )
    _revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        for_concrete_model=False,
    )

    objects = RegisterQuerySet.as_manager()
    base_form_class = RegisterForm

    # The first part of the public address, and the kind in search, ledger and API.
    kind: ClassVar[str] = ""
    route: ClassVar[str] = ""
    searched: ClassVar[bool] = False  # whether search has documents of this kind
    base_search_fields: ClassVar[list] = [
        index.FilterField("live"),
        index.FilterField("locale_id"),
        index.FilterField("expire_at"),
        index.FilterField("go_live_at"),
    ]

    class Meta(TranslatableMixin.Meta):
        abstract = True

    @property
    def revisions(self):
        return self._revisions

    @property
    def language(self) -> str:
        return self.locale.language_code

    @property
    def is_source(self) -> bool:
        return self.language == settings.LANGUAGE_CODE

    @property
    def address_code(self) -> str:
        """The last part of the public address: a code or a slug."""
        raise NotImplementedError

    def get_absolute_url(self) -> str:
        """The permanent public address, in the row's own language."""
        prefix = "" if self.is_source else f"/{self.language}"
        return f"{prefix}/{self.route}/{self.address_code}/"

    @property
    def full_url(self) -> str:
        return settings.SITE_URL + self.get_absolute_url()

    def affected(self) -> list[str]:
        """The index refs that a publication or withdrawal of this row concerns."""
        pk = self.source_record().pk
        # A translation's words stand in the document of its record; without a source it is one itself.
        return [f"{self.kind}:{key}" for key in dict.fromkeys((pk, self.pk))] if self.searched else []

    def source_record(self) -> Self:
        """The row in the source language: what relations, counts and codes belong to."""
        if self.is_source:
            return self
        locale = Locale.get_default()
        return type(self).objects.filter(translation_key=self.translation_key, locale=locale).first() or self

    def for_reader(self, language: str) -> Self:
        """The disclosed row in `language`, else this one (whose own `language` says what it is)."""
        if self.language == language:
            return self
        rows = type(self).objects.disclosed().in_language(language)
        return rows.filter(translation_key=self.translation_key).first() or self

    def copy_for_translation(self, locale, exclude_fields=None):
        """A translation starts as a draft without history; Wagtail's would come out live."""
        copy = super().copy_for_translation(locale, exclude_fields)
        copy.live, copy.has_unpublished_changes, copy.expired = False, True, False
        copy.live_revision = copy.latest_revision = None
        copy.first_published_at = copy.last_published_at = None
        copy.batch = None
        return copy

    def get_preview_template(self, request, mode_name):
        return f"cms/{self.kind}.html"

    def get_preview_context(self, request, mode_name):
        from cms import views

        return views.preview_context(request, self)


class Row(TranslatableMixin, Orderable):
    """A child row of a register, translated with it."""

    search_fields: ClassVar[list] = []

    class Meta(TranslatableMixin.Meta, Orderable.Meta):
        abstract = True

    def get_default_locale(self) -> Locale:
        """The parent's locale, from the object at hand (Wagtail's would query for each row)."""
        for field in self._meta.get_fields():
            if isinstance(field, ParentalKey):
                return getattr(self, field.name).locale
        return Locale.get_default()


class Limit(models.TextChoices):
    """Unit of a time limit."""

    WORKDAY = "workday", _("个工作日")
    DAY = "day", _("日")
    MONTH = "month", _("个月")
