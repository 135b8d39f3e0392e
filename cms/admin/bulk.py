"""Bulk actions on the list of power items, and the page of what came of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from cms.models import BulkJob, BulkRow, Category, Organisation, PowerItem
from cms.publishing import many, scope

PAGE = 50
Kind, Result = BulkJob.Kind, BulkRow.Result


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("撤下的理由（会公开）"), max_length=300)


class CategoryForm(forms.Form):
    category = forms.ModelChoiceField(Category.objects.all(), label=_("改成的类别"))


class OrganisationForm(forms.Form):
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("改到的机构"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Organisation.objects.source().order_by("order", "code")
        self.fields["organisation"].queryset = scope.limited(rows, user)


class PowerBulkAction(SnippetBulkAction):
    """Asks once more, then hands the items to a worker and shows its progress."""

    models = [PowerItem]
    template_name = "cms/admin/bulk_confirm.html"
    kind = ""
    hint: Any = ""

    def get_all_objects_in_listing_query(self, parent_id: Any) -> Any:
        listing = parse_qs(urlsplit(self.next_url).query)
        if set(listing) - {"p", "ordering"}:  # Wagtail's own "all" would forget the filter
            return []
        rows = scope.limited(PowerItem.objects.order_by("pk"), self.request.user)
        return rows.values_list("pk", flat=True)[: many.MOST]

    @classmethod
    def get_queryset(cls, model: Any, object_ids: Any) -> Any:
        keys = [int(key) for key in map(str, object_ids) if key.isascii() and key.isdigit()][: many.MOST]
        return list(PowerItem.objects.filter(pk__in=keys).select_related("organisation").order_by("pk"))

    def object_context(self, snippet: Any) -> dict[str, Any]:
        return {"item": snippet}  # the way to its form costs a query each, and there may be thousands

    def check_perm(self, obj: Any) -> bool:
        if not hasattr(self, "_reach"):
            codes = scope.codes_of(self.request.user)
            self._reach = None if codes is None else set(codes)
        owner = obj.organisation
        within = self._reach is None or (owner is not None and owner.code in self._reach)
        return within and many.may(self.request.user, self.kind)

    def get_form_kwargs(self) -> dict[str, Any]:
        more = {"user": self.request.user} if self.form_class is OrganisationForm else {}
        return super().get_form_kwargs() | more

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"name": self.display_name, "hint": self.hint, "shown": context["items"][:PAGE]}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        items, _none = self.get_actionable_objects()
        if not items:
            raise PermissionDenied
        return redirect("bulk_job", many.start(self.request.user, self.kind, items, **form.cleaned_data).pk)


@hooks.register("register_bulk_action")
class PublishMany(PowerBulkAction):
    action_type, kind = "qf-publish", Kind.PUBLISH
    display_name, aria_label = _("公布草稿"), _("公布选中事项的草稿")
    hint = _("自己写的草稿由另一个人公布；不能公布的会逐项说明原因。")
    action_priority = 40


@hooks.register("register_bulk_action")
class WithdrawMany(PowerBulkAction):
    action_type, kind, form_class = "qf-withdraw", Kind.WITHDRAW, ReasonForm
    display_name, aria_label = _("撤下"), _("撤下选中的事项")
    hint = _("撤下以后，原来的地址说明已撤下和理由。")
    action_priority, classes = 50, {"serious"}


@hooks.register("register_bulk_action")
class RecategoriseMany(PowerBulkAction):
    action_type, kind, form_class = "qf-category", Kind.CATEGORY, CategoryForm
    display_name, aria_label = _("改类别"), _("改选中事项的类别")
    hint = _("改动先存成草稿，由另一个人公布。")
    action_priority = 60


@hooks.register("register_bulk_action")
class ReassignMany(PowerBulkAction):
    action_type, kind, form_class = "qf-organisation", Kind.ORGANISATION, OrganisationForm
    display_name, aria_label = _("改机构"), _("改选中事项的机构")
    hint = _("改动先存成草稿，由另一个人公布。编码和地址不变。")
    action_priority = 70


def theirs(request: HttpRequest) -> Any:
    """The jobs that this person asked for; all of them for administrators."""
    rows = BulkJob.objects.select_related("by", "category", "organisation")
    return rows if request.user.is_superuser else rows.filter(by=request.user)


def found(request: HttpRequest, pk: int) -> BulkJob:
    """The job, for who asked for it and for administrators. Raises Http404."""
    job = theirs(request).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def counted(job: BulkJob) -> dict[str, int]:
    rows = job.rows.order_by().values_list("result").annotate(n=Count("pk"))
    counts = dict.fromkeys(Result.values, 0) | dict(rows)
    return counts | {"of": sum(counts.values()), "over": counts[Result.DONE] + counts[Result.REFUSED]}


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """What was done to many items at once, newest first. Who asked for it, and administrators."""
    counts = {f"{value}_n": Count("rows", filter=Q(rows__result=value)) for value in Result.values}
    rows = theirs(request).annotate(of=Count("rows"), **counts).order_by("-at", "-pk")
    context = {"page": Paginator(rows, PAGE).get_page(request.GET.get("page", "1")[:8])}
    return render(request, "cms/admin/bulk_jobs.html", context)


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is and what came of each item. Who asked for it, and administrators."""
    row = found(request, pk)
    asked = request.GET.get("show", "")
    rows = row.rows.select_related("item").order_by("pk")
    if asked in Result.values:
        rows = rows.filter(result=asked)
    counts = counted(row)
    context = {
        "job": row,
        "counts": counts,
        "parts": [(value, label, counts[value]) for value, label in Result.choices],
        "show": asked,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page", "1")[:8]),
    }
    return render(request, "cms/admin/bulk_job.html", context)


@require_safe
def state(request: HttpRequest, pk: int) -> JsonResponse:
    """{"busy", "written", "of"} for the page that waits."""
    counts = counted(found(request, pk))
    return JsonResponse({"busy": bool(counts[Result.WAITING]), "written": counts["over"], "of": counts["of"]})
