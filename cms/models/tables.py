"""Categories and levels: tables that the operator extends, each with the other names real lists use."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Orderable


class TableQuerySet(models.QuerySet):
    def by_name(self, name: str):
        """The row whose name or alias is exactly `name` (blanks aside), or None."""
        name = "".join(name.split())
        return self.filter(models.Q(name=name) | models.Q(aliases__name=name)).distinct().first()


class Table(ClusterableModel):
    """A code with a name in both languages and an order."""

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=100, unique=True)
    name_en = models.CharField(_("英文名称"), max_length=100, blank=True)
    order = models.PositiveIntegerField(_("顺序"), default=0)

    objects = TableQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name


class Alias(Orderable):
    """Another name that means the same (其他行政权力 = 其他权力)."""

    name = models.CharField(_("别名"), max_length=100, unique=True)

    class Meta(Orderable.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.name


class Category(Table):
    """A kind of power: 行政许可, 行政处罚 … The letters stand in codes that this site makes."""

    letters = models.CharField(
        _("编码字母"),
        max_length=4,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{2,4}$", _("两到四个大写字母。"))],
    )
    on_application = models.BooleanField(
        _("依申请"), default=False, help_text=_("依申请的事项必须写明时限、条件和材料。")
    )

    panels = [
        FieldPanel("name"),
        FieldPanel("name_en"),
        FieldPanel("code"),
        FieldPanel("letters"),
        FieldPanel("on_application"),
        FieldPanel("order"),
        InlinePanel("aliases", label=_("别名")),
    ]

    class Meta(Table.Meta):
        verbose_name = _("权力类别")
        verbose_name_plural = _("权力类别")


class CategoryAlias(Alias):
    category = ParentalKey(Category, on_delete=models.CASCADE, related_name="aliases")


class Level(Table):
    """A level of government that exercises a power: 国家, 省, 市, 县, 乡, 村."""

    panels = [
        FieldPanel("name"),
        FieldPanel("name_en"),
        FieldPanel("code"),
        FieldPanel("order"),
        InlinePanel("aliases", label=_("别名")),
    ]

    class Meta(Table.Meta):
        verbose_name = _("行使层级")
        verbose_name_plural = _("行使层级")


class LevelAlias(Alias):
    level = ParentalKey(Level, on_delete=models.CASCADE, related_name="aliases")
