"""The law a basis rests on, chosen by name or document number; a repealed version says so in the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from cms.models import Law, LawVersion, PowerItem


class SearchForm(BaseFilterForm):
    """Names and numbers by any part of them: Chinese has no words to begin with."""

    q = forms.CharField(label=gettext_lazy("名称或者文号"), required=False, max_length=100)

    def filter(self, objects: QuerySet[LawVersion]) -> QuerySet[LawVersion]:
        rows: QuerySet[LawVersion] = super().filter(objects)
        for word in self.cleaned_data["q"].replace("《", " ").replace("》", " ").split()[:5]:
            rows = rows.filter(Q(law__name__icontains=word) | Q(document_no__icontains=word))
            self.is_searching, self.search_query = True, self.cleaned_data["q"]
        return rows


def state(version: LawVersion) -> str:
    """Whether a basis may still rest on it today."""
    if version.ended and version.repealed_on is not None:
        return _("已于 %(day)s 废止") % {"day": version.repealed_on.isoformat()}
    return _("尚未施行") if version.pending else _("有效")


class WritersOnly:
    """Who may add or change power items may enter."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not ModelPermissionPolicy(PowerItem).user_has_any_permission(request.user, ["add", "change"]):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class Listed(WritersOnly):
    filter_form_class = SearchForm

    def get_object_list(self) -> QuerySet[LawVersion]:
        laws = Law.objects.source()
        rows = LawVersion.objects.filter(law__in=laws.values("pk")).select_related("law")
        return rows.order_by("law__name", "-effective_on", "pk")

    @property
    def columns(self) -> list[Column]:
        return [
            *super().columns,  # type: ignore[misc]
            Column("document_no", label=_("文号"), accessor="document_no"),
            Column("state", label=_("效力"), accessor=state),
        ]


class ChooseLaw(Listed, chooser.ChooseView):
    pass


class ChooseLawResults(Listed, chooser.ChooseResultsView):
    pass


class ChosenLaw(WritersOnly, chooser.ChosenView):
    """The form shows the repeal at once, before anything is saved."""

    def get_chosen_response_data(self, item: LawVersion) -> dict[str, Any]:
        data: dict[str, Any] = super().get_chosen_response_data(item)
        if item.ended:
            data["title"] = f"{data['title']}（{state(item)}）"
        return data


class ChosenLaws(WritersOnly, chooser.ChosenMultipleView):
    pass


class LawChooserViewSet(ChooserViewSet):
    model = LawVersion
    icon = "openquote"
    choose_view_class = ChooseLaw
    choose_results_view_class = ChooseLawResults
    chosen_view_class = ChosenLaw
    chosen_multiple_view_class = ChosenLaws
    choose_one_text = gettext_lazy("选择法律法规")
    choose_another_text = gettext_lazy("另选法律法规")


@hooks.register("register_admin_viewset")
def law_chooser() -> LawChooserViewSet:
    return LawChooserViewSet("law_chooser")
