"""The 权责 group of the admin's menu: registers, and the tables behind them."""

from __future__ import annotations

from functools import wraps

from django.contrib.admin.utils import unquote
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column, UpdatedAtColumn
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet, SnippetViewSetGroup

from cms.models import (
    Benchmark,
    Category,
    Flowchart,
    HeaderSynonym,
    ImportBatch,
    Law,
    Level,
    Organisation,
    PowerItem,
    Responsibility,
    RiskGrade,
)
from cms.publishing import scope
from cms.publishing.rules import asked_fields
from search.models import Synonym


class GapsColumn(Column):
    """ "n of m": how much of what DOMAIN asks the item states."""

    def get_value(self, instance):
        asked = asked_fields(instance)
        return f"{asked - len(instance.missing())} / {asked}"


class Scoped:
    """A viewset whose every view shows and changes only what the person's organisations own."""

    def construct_view(self, view_class, **kwargs):
        return within_reach(self.model, super().construct_view(view_class, **kwargs))

    def get_queryset(self, request):
        return scope.limited(self.model._default_manager.all(), request.user)


def within_reach(model, view):
    """The view, to which other people's records do not exist: each address with a key passes here."""

    @wraps(view)
    def bound(request, *args, **kwargs):
        key = kwargs.get("pk", args[0] if args else None)
        if key is not None:
            rows = model._default_manager.filter(pk=unquote(str(key)))
            if not scope.limited(rows, request.user).exists():
                raise Http404
        return view(request, *args, **kwargs)

    return bound


class BoundPolicy(ModelPermissionPolicy):
    """What Django's permissions allow, on records of the person's organisations."""

    def user_has_permission_for_instance(self, user, action, instance):
        return self.user_has_permission(user, action) and scope.within(user, instance)

    def instances_user_has_any_permission_for(self, user, actions):
        return scope.limited(super().instances_user_has_any_permission_for(user, actions), user)


for bound in (PowerItem, Flowchart, Benchmark, Organisation, HeaderSynonym):
    register_permission_policy(bound, BoundPolicy(bound))


class RegisterViewSet(Scoped, SnippetViewSet):
    list_per_page = 20
    list_export: list[str] = []


class PowerIndexView(IndexView):
    """The list of items, with the way to what was done to many of them at once."""

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        buttons.append(Button(_("批量操作"), url=reverse("bulk_jobs"), icon_name="history", priority=60))
        return buttons


class PowerViewSet(RegisterViewSet):
    model = PowerItem
    index_view_class = PowerIndexView
    icon = "list-ul"
    list_display = [
        "name",
        "code",
        "organisation",
        "category",
        GapsColumn("gaps", label=_("已填")),
        UpdatedAtColumn(),
    ]
    list_filter = ["organisation", "category", "in_force", "live"]
    add_to_admin_menu = False

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("organisation", "category", "locale")
        return rows.prefetch_related("levels", "duties", "accountabilities", "materials")


class FlowchartIndexView(IndexView):
    """The list of charts, with the way to a chart from a file."""

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.permission_policy.user_has_permission(self.request.user, "add"):
            url = reverse("flow_bpmn_import")
            buttons.append(Button(_("从 BPMN 文件导入"), url=url, icon_name="upload", priority=50))
        return buttons


class RiskGradeViewSet(SnippetViewSet):
    model = RiskGrade
    icon = "warning"
    list_display = ["name", "code", "from_score", "review_months", "order"]


class FlowchartViewSet(RegisterViewSet):
    model = Flowchart
    index_view_class = FlowchartIndexView
    icon = "arrow-right-full"
    list_display = ["title", "power_item", "slug", UpdatedAtColumn()]


class BenchmarkViewSet(RegisterViewSet):
    model = Benchmark
    icon = "order"
    list_display = ["title", "power_item", "document_no", "effective_on", UpdatedAtColumn()]


class OrganisationViewSet(RegisterViewSet):
    model = Organisation
    icon = "group"
    list_display = ["name", "code", "parent", "level", UpdatedAtColumn()]
    list_filter = ["level", "live"]


class LawViewSet(RegisterViewSet):
    model = Law
    icon = "openquote"
    list_display = ["name", "rank", "issuer", UpdatedAtColumn()]
    list_filter = ["rank", "live"]


class CategoryViewSet(SnippetViewSet):
    model = Category
    icon = "tag"
    list_display = ["name", "letters", "code", "order"]


class LevelViewSet(SnippetViewSet):
    model = Level
    icon = "sliders"
    list_display = ["name", "code", "order"]


class HeaderSynonymViewSet(Scoped, SnippetViewSet):
    model = HeaderSynonym
    icon = "table"
    list_display = ["text", "field", "organisation"]
    list_filter = ["organisation"]


class SynonymViewSet(SnippetViewSet):
    """Words that mean the same to the site's search, from the next search on."""

    model = Synonym
    icon = "search"
    list_display = ["__str__", "active", "note"]
    list_filter = ["active"]
    panels = [FieldPanel("words"), FieldPanel("active"), FieldPanel("note")]


class ReadOnlyPolicy(ModelPermissionPolicy):
    """A batch is made, applied and withdrawn by the importer alone; here it is looked at."""

    def user_has_permission(self, user, action):
        return action in ("view", "choose") and super().user_has_permission(user, "view")

    def user_has_any_permission(self, user, actions):
        return any(self.user_has_permission(user, action) for action in actions)


register_permission_policy(ImportBatch, ReadOnlyPolicy(ImportBatch))


class ImportColumn(Column):
    """The batch's number and state, with the way to its page."""

    cell_template_name = "cms/admin/import_cell.html"

    def get_value(self, instance):
        return instance


class ImportIndexView(IndexView):
    """All imports, with the way to a new one."""

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.request.user.has_perm("cms.add_importbatch"):
            url = reverse("import_upload")
            buttons.append(Button(_("上传清单或者基准"), url=url, icon_name="upload", priority=50))
        return buttons


class ImportBatchViewSet(Scoped, SnippetViewSet):
    model = ImportBatch
    index_view_class = ImportIndexView
    icon = "download"
    list_display = [
        ImportColumn("batch", label=_("批次")),
        "organisation",
        "uploaded_by",
        "created_at",
        "applied_at",
    ]
    list_filter = ["state"]


class ResponsibilityViewSet(SnippetViewSet):
    """Who works for which organisation. Only administrators have the permission."""

    model = Responsibility
    icon = "user"
    list_display = ["user", "organisation"]
    list_filter = ["organisation"]


class PowersGroup(SnippetViewSetGroup):
    menu_label = _("权责")
    menu_icon = "list-ul"
    menu_order = 150
    items = (
        PowerViewSet,
        FlowchartViewSet,
        BenchmarkViewSet,
        OrganisationViewSet,
        LawViewSet,
        ImportBatchViewSet,
        CategoryViewSet,
        LevelViewSet,
        RiskGradeViewSet,
        HeaderSynonymViewSet,
        SynonymViewSet,
        ResponsibilityViewSet,
    )
