"""The admin: the registers' menu group, and no deletion of what was once published."""

from __future__ import annotations

from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.snippets.models import register_snippet

from cms.admin import (
    bulk,
    erasing,
    flow,
    four_eyes,  # noqa: F401  (registers its hooks)
    imports,
    law_chooser,  # noqa: F401  (registers its viewset)
    law_warnings,  # noqa: F401  (registers its hook)
    overdue,  # noqa: F401  (registers its panel)
    worklist,  # noqa: F401  (so does it)
)
from cms.admin.openness import OpennessGroup
from cms.admin.viewsets import PowersGroup
from cms.models import Category, Level, PublishedVersion, RiskGrade
from cms.publishing.recording import Recorded

register_snippet(PowersGroup)
register_snippet(OpennessGroup)


@hooks.register("register_admin_urls")
def flow_urls():
    """The drawing of a chart being typed, and charts from files. Wagtail lets in who may enter the admin."""
    return [
        path("flow/preview/", flow.preview, name="flow_preview"),
        path("flow/import/", flow.bpmn_import, name="flow_bpmn_import"),
    ]


@hooks.register("register_admin_urls")
def bulk_urls():
    """What came of a bulk action. Each view lets in who asked for it, and administrators."""
    return [
        path("bulk-jobs/", bulk.jobs, name="bulk_jobs"),
        path("bulk-jobs/<int:pk>/", bulk.job, name="bulk_job"),
        path("bulk-jobs/<int:pk>/state/", bulk.state, name="bulk_state"),
    ]


@hooks.register("register_admin_urls")
def incident_urls():
    """Personal text published by mistake. The view lets in administrators of the whole site alone."""
    return [path("incident/erase/", erasing.erase, name="erase")]


@hooks.register("register_admin_urls")
def import_urls():
    """Imports. Wagtail lets in who may enter the admin; each view asks for more."""
    steps = ("columns", "renames", "hand_over", "discard", "strike", "send_back", "approve", "undo")
    return [
        path("imports/upload/", imports.upload, name="import_upload"),
        path("imports/<int:pk>/", imports.batch, name="import_batch"),
        path("imports/<int:pk>/state/", imports.state, name="import_state"),
        *(
            path(f"imports/<int:pk>/{name.replace('_', '-')}/", getattr(imports, name), name=f"import_{name}")
            for name in steps
        ),
    ]


def _kept(obj) -> bool:
    """Once published, or a table's row that published records point to."""
    if isinstance(obj, Recorded):
        return PublishedVersion.objects.of(obj).exists()
    return isinstance(obj, (Category, Level, RiskGrade))


def _refuse(request, obj):
    sentence = _("“%(name)s”公布过，不能删除；请改为撤下，它的地址和历史会保留。") % {"name": obj}
    messages.error(request, sentence)
    return redirect(request.META.get("HTTP_REFERER") or "wagtailadmin_home")


@hooks.register("before_delete_page")
def keep_published_pages(request, page):
    """Neither the page nor anything below it may have been public."""
    for each in page.get_descendants(inclusive=True).specific():
        if _kept(each):
            return _refuse(request, each)
    return None


@hooks.register("before_delete_snippet")
def keep_published_registers(request, instances):
    for obj in instances:
        if _kept(obj):
            return _refuse(request, obj)
    return None


@hooks.register("before_bulk_action")
def keep_published_in_bulk(request, action_type, objects, action):
    """Bulk deletion goes another way than the two views above."""
    if action_type != "delete":
        return None
    for obj in objects:
        found = keep_published_pages(request, obj) if hasattr(obj, "get_descendants") else None
        if found is None and _kept(obj):
            found = _refuse(request, obj)
        if found is not None:
            return found
    return None
