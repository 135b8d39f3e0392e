"""Pages: home, section, article, case outcome, notice."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField
from workdays import clock

from cms.admin.case_form import CaseForm
from cms.publishing import case_check
from cms.publishing.recording import Recorded
from cms.publishing.visibility import disclosed_q, private_q

from .base import Row
from .blocks import FEATURES, BodyBlock
from .flowcharts import KEY
from .openness import PERIOD

# First parts of fixed routes: only a section page may stand there, to own the intro and the menu title.
ROUTES = frozenset(
    [
        "power",
        "flow",
        "benchmarks",
        "cases",
        "library",
        "notices",
        "organisations",
        "laws",
        "risks",
        "data",
        "stats",
        "ledger",
        "search",
        "feeds",
        "consultations",
    ]
)
CLOSED = frozenset(
    [
        "report",
        "desk",
        "accounts",
        "admin",
        "api",
        "documents",
        "media",
        "static",
        "en",
        "healthz",
        "readyz",
        "sitemap",
    ]
)
SEARCHED = frozenset({"article", "case", "consultation", "notice"})


class PublishedPageQuerySet(PageQuerySet):
    def disclosed(self) -> Self:
        """What anyone may see now: live, unexpired, due, and under no view restriction."""
        return self.filter(disclosed_q()).exclude(private_q())

    def in_language(self, language: str) -> Self:
        """The pages of one language's tree."""
        return self.filter(locale__language_code=language)


class PublishedPage(Recorded, Page):
    """A page whose publications are recorded."""

    kind: ClassVar[str] = ""
    slug_stem: ClassVar[str] = "page"

    objects = PageManager.from_queryset(PublishedPageQuerySet)()

    class Meta:
        abstract = True

    @property
    def language(self) -> str:
        return self.locale.language_code

    @property
    def is_source(self) -> bool:
        return self.language == settings.LANGUAGE_CODE

    @property
    def address_code(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        """The path without host, or "" outside any site's tree."""
        parts = self.get_url_parts()
        return (parts[2] or "") if parts else ""

    def affected(self) -> list[str]:
        """The index refs that a publication of this page concerns."""
        # A translation's words stand in the document of its record, whichever row that is.
        keys = Page.objects.filter(translation_key=self.translation_key).values_list("pk", flat=True)
        return [f"{self.kind}:{key}" for key in keys] if self.kind in SEARCHED else []

    def make_slug(self) -> str:
        """The last part of the address, made once and from no title: a title edit never moves a page."""
        from cms.publishing.numbers import made_slug

        return made_slug(self.slug_stem)

    def _set_core_field_defaults(self) -> None:
        # Wagtail's hook of both full and minimal validation; its own would take the slug from the title.
        known = self.path or getattr(self, "_cached_parent_obj", None)
        if self._state.adding and known and not (self.slug and self.slug.isascii()):
            self.slug = self.make_slug()
        super()._set_core_field_defaults()

    def clean(self) -> None:
        super().clean()
        if not self.slug.isascii():
            raise ValidationError({"slug": _("地址只能用英文字母、数字和短横线。")})
        below_home = self.depth == 3 or (self.depth is None)
        if below_home and self.slug in CLOSED | ROUTES and not isinstance(self, SectionPage):
            raise ValidationError({"slug": _("这个地址已有固定用途，请换一个。")})


class HomePage(PublishedPage):
    kind = "home"

    heading = models.CharField(_("大标题"), max_length=100, blank=True)
    intro = models.TextField(_("导语"), blank=True)
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("正文"))

    content_panels = [*Page.content_panels, FieldPanel("heading"), FieldPanel("intro"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("body")]
    parent_page_types = ["wagtailcore.Page"]
    template = "cms/home.html"

    class Meta:
        verbose_name = _("首页")
        verbose_name_plural = _("首页")


class SectionPage(PublishedPage):
    """Owns the intro and menu title of a part of the site; a register's list stands at the same address."""

    kind, slug_stem = "section", "section"

    intro = RichTextField(_("导语"), features=FEATURES, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.ArticlePage", "cms.CaseOutcomePage", "cms.NoticePage", "cms.ConsultationPage"]
    template = "cms/section.html"

    class Meta:
        verbose_name = _("栏目")
        verbose_name_plural = _("栏目")


class ArticlePage(PublishedPage):
    kind, slug_stem = "article", "article"

    class Kind(models.TextChoices):
        RULE = "rule", _("制度规定")
        EDUCATION = "education", _("廉洁教育")
        NEWS = "news", _("工作动态")
        PAGE = "page", _("本站说明")

    article_kind = models.CharField(_("文章类型"), max_length=10, choices=Kind, default=Kind.NEWS)
    date = models.DateField(_("日期"), default=clock.today)
    lede = models.TextField(_("导语"), blank=True)
    document_no = models.CharField(_("文号"), max_length=100, blank=True)
    issuer = models.CharField(_("制发机关"), max_length=200, blank=True)
    effective_on = models.DateField(_("施行日期"), null=True, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("正文"))

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("article_kind"), FieldPanel("date")], heading=_("类型和日期")),
        FieldPanel("lede"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("document_no"), FieldPanel("issuer"), FieldPanel("effective_on")],
            heading=_("制度规定填写"),
        ),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lede"),
        index.SearchField("body"),
        index.FilterField("article_kind"),
        index.FilterField("date"),
    ]
    parent_page_types = ["cms.HomePage", "cms.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "cms/article.html"

    class Meta:
        verbose_name = _("文章")
        verbose_name_plural = _("文章")


class NoticePage(PublishedPage):
    kind, slug_stem = "notice", "notice"

    date = models.DateField(_("日期"), default=clock.today)
    document_no = models.CharField(_("文号"), max_length=100, blank=True)
    issuer = models.CharField(_("发布机关"), max_length=200, blank=True)
    lede = models.TextField(_("导语"), blank=True)
    notice_type = models.ForeignKey(
        "cms.NoticeType",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("公开事项类型"),
    )
    organisation = models.ForeignKey(
        "cms.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("公开的机构"),
    )
    period = models.CharField(
        _("所属期间"),
        max_length=7,
        blank=True,
        validators=[PERIOD],
        help_text=_("定期公开的写明是哪一期：2026、2026-Q3 或者 2026-07。"),
    )
    body = StreamField(BodyBlock(), verbose_name=_("正文"))

    content_panels = [
        *Page.content_panels,
        FieldPanel("date"),
        MultiFieldPanel(
            [FieldPanel("notice_type"), FieldPanel("organisation"), FieldPanel("period")],
            heading=_("党务、政务、厂务、村务公开填写"),
        ),
        FieldPanel("lede"),
        FieldPanel("body"),
        MultiFieldPanel([FieldPanel("document_no"), FieldPanel("issuer")], heading=_("文号和机关")),
        InlinePanel("attachments", label=_("附件")),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lede"),
        index.SearchField("body"),
        index.FilterField("date"),
    ]
    parent_page_types = ["cms.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "cms/notice.html"

    class Meta:
        verbose_name = _("通知公告")
        verbose_name_plural = _("通知公告")

    def get_context(self, request, *args, **kwargs):
        from cms.views.notices import context_of

        return {**super().get_context(request, *args, **kwargs), **context_of(self)}

    @property
    def takes_feedback(self) -> bool:
        """Whether its type asks for what residents think."""
        return self.notice_type is not None and self.notice_type.feedback


class NoticeAttachment(Row):
    page = ParentalKey(NoticePage, on_delete=models.CASCADE, related_name="attachments")
    file = models.ForeignKey("wagtaildocs.Document", models.PROTECT, related_name="+", verbose_name=_("文件"))
    name = models.CharField(_("名称"), max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name or self.file.title


class CaseOutcomePage(PublishedPage):
    """A typical case, a notice of a case, or a penalty decision, with what it teaches."""

    kind, slug_stem = "case", "case"

    class Kind(models.TextChoices):
        TYPICAL = "typical", pgettext_lazy("kind", "典型案例")
        CIRCULAR = "circular", _("通报")
        PENALTY = "penalty", _("处罚决定")

    class Masking(models.TextChoices):
        FULL = "full", _("不出现姓名")
        SURNAME = "surname", _("姓加“某”")
        NONE = "none", _("不处理")

    number = models.CharField(
        _("案号"),
        max_length=20,
        unique=False,
        blank=True,
        validators=[RegexValidator(r"^\d{4}-\d+$", _("年份、短横线、序号，例如 2026-37。"))],
    )
    case_kind = models.CharField(_("类型"), max_length=10, choices=Kind, default=Kind.TYPICAL)
    lede = models.TextField(_("一句话概括"), blank=True)
    display_name = models.CharField(_("当事人（公开的写法）"), max_length=100, blank=True)
    unit = models.CharField(_("单位"), max_length=200, blank=True)
    post = models.CharField(_("职务（公开的写法）"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        "cms.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("涉及的机构"),
    )
    facts = models.TextField(_("查明的事实"))
    lesson = models.TextField(_("教训与整改"), blank=True)
    deciding_body = models.CharField(_("决定机关"), max_length=200, blank=True)
    decided_on = models.DateField(_("决定日期"), null=True, blank=True)
    publish_due = models.DateField(_("公开期限"), null=True, blank=True)
    withdraw_on = models.DateField(_("撤下日期"), null=True, blank=True)
    masking = models.CharField(_("姓名处理"), max_length=10, choices=Masking, default=Masking.SURNAME)
    # What the check found and an editor confirmed: {text, findings: [key], by, at}; bound to the exact text.
    masking_confirmed = models.JSONField(_("已核对的个人信息"), default=dict, blank=True, editable=False)
    source_document = models.ForeignKey(
        "wagtaildocs.Document",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("来源文件"),
    )
    source_number = models.CharField(_("来源文号"), max_length=100, blank=True)
    power_items = ParentalManyToManyField(
        "cms.PowerItem", blank=True, related_name="cases", verbose_name=_("相关权责事项")
    )
    benchmarks = ParentalManyToManyField(
        "cms.Benchmark", blank=True, related_name="cases", verbose_name=_("相关裁量基准")
    )

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("number"), FieldPanel("case_kind"), FieldPanel("lede")], heading=_("概要")
        ),
        MultiFieldPanel(
            [
                FieldPanel("display_name"),
                FieldPanel("unit"),
                FieldPanel("post"),
                FieldPanel("organisation"),
                FieldPanel("masking"),
            ],
            heading=_("当事人"),
        ),
        FieldPanel("facts"),
        InlinePanel("provisions", label=_("适用的规定")),
        InlinePanel("results", label=_("处理决定")),
        FieldPanel("lesson"),
        MultiFieldPanel(
            [FieldPanel("power_items"), FieldPanel("benchmarks")], heading=_("相关事项和裁量基准")
        ),
        InlinePanel("steps", label=_("问题出在哪一步")),
        FieldPanel("masking_confirm"),
        MultiFieldPanel(
            [
                FieldPanel("deciding_body"),
                FieldPanel("decided_on"),
                FieldPanel("publish_due"),
                FieldPanel("withdraw_on", help_text=_("到这一天零点自动撤下，网址以后答复已撤下。")),
                FieldPanel("source_number"),
                FieldPanel("source_document"),
            ],
            heading=_("公开信息"),
        ),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lede"),
        index.SearchField("facts"),
        index.SearchField("lesson"),
        index.SearchField("number"),
        index.FilterField("case_kind"),
        index.FilterField("decided_on"),
    ]
    override_translatable_fields = [
        *(
            TranslatableField(n)
            for n in ("lede", "display_name", "unit", "post", "facts", "lesson", "deciding_body")
        ),
        TranslatableField("provisions"),
        TranslatableField("results"),
        *(
            SynchronizedField(n, overridable=False)
            for n in (
                "number",
                "case_kind",
                "organisation",
                "decided_on",
                "publish_due",
                "withdraw_on",
                "masking",
                "source_document",
                "source_number",
                "power_items",
                "benchmarks",
                "steps",
            )
        ),
    ]
    parent_page_types = ["cms.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "cms/case.html"

    base_form_class = CaseForm

    class Meta:
        verbose_name = _("案例")
        verbose_name_plural = _("案例")
        ordering = ["-decided_on"]

    def save(self, *args, **kwargs) -> None:
        # The limit runs from the decision; an editor's own date stands.
        if self.publish_due is None and self.decided_on and kwargs.get("update_fields") is None:
            from cms.publishing.clock import due_of

            self.publish_due = due_of(self)
        super().save(*args, **kwargs)

    @property
    def days_late(self) -> int:
        """How many days after its limit it was first published; 0 or less in time, 0 where there is none."""
        if self.publish_due is None or self.first_published_at is None:
            return 0
        return (timezone.localdate(self.first_published_at) - self.publish_due).days

    def published_text(self) -> str:
        """All words of this page that a reader, a feed or a search engine gets, a line a field."""
        fields = ("title", "seo_title", "search_description", "lede", "display_name", "unit", "post", "facts",
                  "lesson", "deciding_body", "source_number")  # fmt: skip
        rows = [*(row.text for row in self.provisions.all()), *(str(row) for row in self.results.all())]
        return "\n".join([*(getattr(self, name) or "" for name in fields), *rows])

    def masking_left(self) -> list:
        """What the masking check finds in the text and this page's level forbids, each once, unconfirmed."""
        return [f for f in case_check.forbidden(self) if not case_check.is_confirmed(self, f)]

    def publishing_errors(self) -> list[str]:
        left = self.masking_left()
        return [case_check.sentence(finding) for finding in left]

    def make_slug(self) -> str:
        # The number is the address; it is given once, and a translation keeps it.
        if not self.number:
            from cms.publishing.numbers import next_number

            year = (self.decided_on or clock.today()).year
            self.number = f"{year}-{next_number(f'case:{year}')}"
        return self.number

    def clean(self) -> None:
        super().clean()
        others = CaseOutcomePage.objects.filter(number=self.number, locale=self.locale_id).exclude(pk=self.pk)
        if self.locale_id and others.exists():
            raise ValidationError({"number": _("案号 %(number)s 已经用过。") % {"number": self.number}})
        self.expire_on_withdrawal()

    def expire_on_withdrawal(self) -> None:
        """The day of withdrawal is when the page expires: the schedule takes it down like any other."""
        before = self.latest_revision.content.get("withdraw_on") if self.latest_revision else None
        if self.withdraw_on:
            self.expire_at = clock.first_moment(self.withdraw_on)
        elif before and self.expire_at == clock.first_moment(dt.date.fromisoformat(before)):
            self.expire_at = None

    def affected(self) -> list[str]:
        return [*super().affected(), *(f"power:{item.pk}" for item in self.power_items.all())]


class CaseProvision(Row):
    page = ParentalKey(CaseOutcomePage, on_delete=models.CASCADE, related_name="provisions")
    text = models.CharField(_("规定"), max_length=500)

    def __str__(self) -> str:
        return self.text


class CaseResult(Row):
    page = ParentalKey(CaseOutcomePage, on_delete=models.CASCADE, related_name="results")
    label = models.CharField(_("名目"), max_length=40)
    text = models.CharField(_("内容"), max_length=500)

    def __str__(self) -> str:
        return f"{self.label}：{self.text}"


class CaseStep(Row):
    """The step where it went wrong, by its stable key."""

    page = ParentalKey(CaseOutcomePage, on_delete=models.CASCADE, related_name="steps")
    flowchart = models.ForeignKey(
        "cms.Flowchart", models.PROTECT, related_name="case_steps", verbose_name=_("流程图")
    )
    step_key = models.CharField(_("环节标识"), max_length=40, validators=[KEY])

    def __str__(self) -> str:
        return self.step_key
