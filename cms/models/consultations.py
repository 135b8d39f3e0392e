"""Consultations: a draft in numbered paragraphs, opinions on it, and the summary with answers.

An opinion is taken without an account, an address or a time of day. It is never shown by itself: what becomes
public is the summary that the department writes (docs/decisions/opinions.md).
"""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField
from workdays import clock

from .base import Row
from .blocks import FEATURES, BodyBlock
from .pages import PublishedPage
from .said import Said


class ConsultationPage(PublishedPage):
    """A draft on which opinions are asked for, from one day to another."""

    kind, slug_stem = "consultation", "consultation"

    organisation = models.ForeignKey(
        "cms.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("征求意见的机构"),
    )
    lede = models.TextField(_("导语"), blank=True)
    opens_on = models.DateField(_("开始日期"), default=clock.today)
    closes_on = models.DateField(_("截止日期（含当天）"))
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("背景说明"))
    summary = RichTextField(
        _("意见汇总"),
        features=FEATURES,
        blank=True,
        help_text=_("截止以后填写：收到多少、集中在哪里、怎样处理。不要照抄可以认出个人的话。"),
    )
    summary_on = models.DateField(_("汇总日期"), null=True, blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("organisation"),
        FieldPanel("lede"),
        MultiFieldPanel([FieldPanel("opens_on"), FieldPanel("closes_on")], heading=_("征求意见的时间")),
        FieldPanel("body"),
        InlinePanel("paragraphs", label=_("条文"), min_num=1),
        MultiFieldPanel([FieldPanel("summary_on"), FieldPanel("summary")], heading=_("结果")),
        InlinePanel("answers", label=_("意见和答复")),
        InlinePanel("papers", label=_("附件")),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lede"),
        index.SearchField("body"),
        index.FilterField("closes_on"),
    ]
    override_translatable_fields = [
        *(TranslatableField(n) for n in ("lede", "body", "summary", "paragraphs", "answers")),
        *(
            SynchronizedField(n, overridable=False)
            for n in ("organisation", "opens_on", "closes_on", "summary_on", "papers")
        ),
    ]
    parent_page_types = ["cms.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "cms/consultation.html"

    class Meta:
        verbose_name = _("征求意见")
        verbose_name_plural = _("征求意见")

    def clean(self) -> None:
        super().clean()
        if self.closes_on and self.opens_on and self.closes_on < self.opens_on:
            raise ValidationError({"closes_on": _("截止日期不能早于开始日期。")})

    def get_context(self, request, *args, **kwargs):
        from cms.views.consultations import context_of

        return {**super().get_context(request, *args, **kwargs), **context_of(self)}

    @property
    def state(self) -> str:
        """`coming`, `open`, `closed` or `answered` today."""
        today = clock.today()
        if today < self.opens_on:
            return "coming"
        if today <= self.closes_on:
            return "open"
        return "answered" if self.summary_on and self.summary_on <= today and self.summary else "closed"

    @property
    def days_left(self) -> int:
        """Whole days after today on which it is still open."""
        return (self.closes_on - clock.today()).days

    @property
    def answered(self) -> bool:
        """Whether the summary is to be shown: from its day on, whatever the closing day."""
        return bool(self.summary and self.summary_on and self.summary_on <= clock.today())


class ConsultationParagraph(Row):
    """One paragraph; its translation_key is what opinions point to, in either language."""

    page = ParentalKey(ConsultationPage, on_delete=models.CASCADE, related_name="paragraphs")
    number = models.CharField(
        _("编号"), max_length=20, blank=True, help_text=_("例如“第三条”；空着就按顺序编号。")
    )
    text = models.TextField(_("内容"))

    class Meta(Row.Meta):
        verbose_name = _("条文")

    def __str__(self) -> str:
        return self.number or self.text[:30]


class ConsultationAnswer(Row):
    """What was said, in the department's words, and what it says to that."""

    class Verdict(models.TextChoices):
        ADOPTED = "adopted", _("采纳")
        PARTLY = "partly", _("部分采纳")
        NOT = "not-adopted", _("未采纳")
        EXPLAINED = "explained", _("作出说明")

    page = ParentalKey(ConsultationPage, on_delete=models.CASCADE, related_name="answers")
    opinion = models.TextField(_("意见（概括）"))
    number = models.PositiveIntegerField(_("多少条"), null=True, blank=True)
    verdict = models.CharField(_("处理"), max_length=12, choices=Verdict, default=Verdict.ADOPTED)
    answer = models.TextField(_("答复"))

    class Meta(Row.Meta):
        verbose_name = _("意见和答复")

    def __str__(self) -> str:
        return self.opinion[:40]


class ConsultationPaper(Row):
    page = ParentalKey(ConsultationPage, on_delete=models.CASCADE, related_name="papers")
    file = models.ForeignKey("wagtaildocs.Document", models.PROTECT, related_name="+", verbose_name=_("文件"))
    name = models.CharField(_("名称"), max_length=200, blank=True)

    class Meta(Row.Meta):
        verbose_name = _("附件")

    def __str__(self) -> str:
        return self.name or self.file.title


class OpinionQuerySet(models.QuerySet):
    """Reads of opinions."""

    def waiting(self) -> OpinionQuerySet:
        return self.filter(state=Opinion.State.WAITING)


class Opinion(Said):
    """What somebody thinks of a draft. The day alone is kept; the same words sent again raise `times`."""

    class State(models.TextChoices):
        WAITING = "waiting", _("未审")
        COUNTED = "counted", _("列入汇总")
        ASIDE = "aside", _("不列入")

    page = models.ForeignKey(
        ConsultationPage, models.PROTECT, related_name="opinions", verbose_name=_("征求意见")
    )
    paragraph = models.UUIDField(null=True, blank=True, editable=False)  # translation_key; None: the whole
    place = models.CharField(_("对哪一条"), max_length=60, blank=True)
    state = models.CharField(_("审看"), max_length=8, choices=State, default=State.WAITING)
    note = models.CharField(
        _("审看说明"), max_length=200, blank=True, help_text=_("不列入的，写明理由，例如与草案无关。")
    )

    objects = OpinionQuerySet.as_manager()

    panels = [
        FieldPanel("page", read_only=True),
        FieldPanel("place", read_only=True),
        FieldPanel("text", read_only=True),
        FieldPanel("times", read_only=True),
        FieldPanel("received_on", read_only=True),
        FieldPanel("state"),
        FieldPanel("note"),
    ]

    class Meta:
        verbose_name = _("收到的意见")
        verbose_name_plural = _("收到的意见")
        ordering = ["page", "received_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["page", "digest"], name="one_opinion_a_text")]

    def __str__(self) -> str:
        return f"{self.place or self.page.title}：{self.text[:30]}"

    def clean(self) -> None:
        super().clean()
        if self.state == self.State.ASIDE and not self.note:
            raise ValidationError({"note": _("不列入汇总的，请写明理由。")})
