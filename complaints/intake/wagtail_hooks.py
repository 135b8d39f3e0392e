"""The reporter's categories, regions and questions in the editors' admin. No report is reachable from there.

What is taken out of use is switched off, not deleted: reports and open drafts may name it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
)
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import (
    SnippetViewSet,
    SnippetViewSetGroup,
)

from complaints.intake.models import Category, Choice, Named, Question, Region


class KeptPolicy(ModelPermissionPolicy):
    """Everything but deleting."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """Not even an administrator deletes."""
        return action != "delete" and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """One of them."""
        return any(self.user_has_permission(user, action) for action in actions)


for model in (Category, Region, Question):
    register_permission_policy(model, KeptPolicy(model))

NAMES = [
    FieldPanel("code", help_text=_("小写字母、数字和短横线；用过以后不要再改")),
    FieldPanel("name"),
    FieldPanel("name_en"),
    FieldPanel("hint"),
    FieldPanel("hint_en"),
    FieldPanel("parent"),
    FieldPanel("order"),
    FieldPanel("active"),
]


class CategoryViewSet(SnippetViewSet):
    """Categories; one with a message sends the reporter elsewhere."""

    model = Category
    icon = "tag"
    list_display = ["name", "code", "parent", "order", "active"]
    list_filter = ["active"]
    panels = [
        *NAMES,
        MultiFieldPanel(
            [FieldPanel("stop_message"), FieldPanel("stop_message_en")],
            heading=_("不在这里受理"),
            help_text=_("写了说明，选这一类的人就看到说明，不能往下填。"),
        ),
    ]


class RegionViewSet(SnippetViewSet):
    """Regions."""

    model = Region
    icon = "site"
    list_display = ["name", "code", "parent", "order", "active"]
    list_filter = ["active"]
    panels = NAMES


class QuestionForm(WagtailAdminModelForm):
    """Refuses what would never be asked, or could not be answered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "only_if" in self.fields:
            rows = Choice.objects.select_related("question__category").filter(stop_message="")
            if self.instance.pk:
                rows = rows.exclude(question=self.instance.pk)
            self.fields["only_if"].queryset = rows.order_by("question__category", "question__order", "id")

    def clean(self) -> dict[str, Any]:
        """Conditions name earlier questions of the same category or of its branch."""
        cleaned: dict[str, Any] = super().clean()
        category = cleaned.get("category")
        for choice in cleaned.get("only_if") or ():
            if category is None or choice.question.category_id not in _line(category):
                self.add_error(
                    "only_if", gettext("“%(answer)s”不是这一类的问题，永远不会先被问到") % {"answer": choice}
                )
            elif choice.question.category_id == category.pk and choice.question.order >= (
                cleaned.get("order") or 0
            ):
                self.add_error(
                    "only_if",
                    gettext("“%(answer)s”排在这个问题后面，请把这个问题的顺序改大") % {"answer": choice},
                )
        rows = self.formsets["choices"].forms if "choices" in self.formsets else []
        given = [row for row in rows if row.is_valid() and row.cleaned_data.get("name")]
        given = [row for row in given if not row.cleaned_data.get("DELETE")]
        if cleaned.get("kind") == Question.Kind.CHOICE and len(given) < 2:
            raise ValidationError(gettext("“选一个”的问题至少要有两个回答"))
        return cleaned


def _line(category: Category) -> set[int]:
    """The category and its branches."""
    found: set[int] = set()
    here: Named | None = category
    while here is not None and here.pk not in found:
        found.add(here.pk)
        here = here.parent
    return found


class QuestionViewSet(SnippetViewSet):
    """What is asked after a category."""

    model = Question
    icon = "help"
    list_display = ["text", "category", "kind", "order", "active"]
    list_filter = ["category", "active"]
    edit_handler = ObjectList(
        [
            HelpPanel(content=_("改好就生效：正在填写的人，下一页就看到新的问题。答案和举报一起加密。")),
            FieldPanel("code", help_text=_("小写字母、数字和短横线；用过以后不要再改")),
            FieldPanel("category", help_text=_("选大类，大类下的每一类都会问")),
            FieldPanel("order"),
            FieldPanel("text"),
            FieldPanel("text_en"),
            FieldPanel("hint"),
            FieldPanel("hint_en"),
            FieldPanel("kind"),
            FieldPanel("required"),
            InlinePanel(
                "choices",
                heading=_("回答"),
                label=_("回答"),
                help_text=_("只用于“从几个回答里选一个”。写了说明的回答到此为止，不能往下填。"),
                panels=[
                    FieldPanel("name"),
                    FieldPanel("name_en"),
                    FieldPanel("stop_message"),
                    FieldPanel("stop_message_en"),
                ],
            ),
            FieldPanel(
                "only_if",
                widget=forms.CheckboxSelectMultiple,
                help_text=_("同一个问题的几个回答，有一个就行；几个问题的，每个都要有。都不选就总是问。"),
            ),
            FieldPanel("active"),
        ],
        base_form_class=QuestionForm,
    )


class IntakeGroup(SnippetViewSetGroup):
    """One entry of the menu."""

    menu_label = _("举报页")
    menu_icon = "form"
    menu_order = 160
    items = (QuestionViewSet, CategoryViewSet, RegionViewSet)


register_snippet(IntakeGroup)
