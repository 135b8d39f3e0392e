"""Replies that are written often: one's own, and one's office's where the role may share."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from complaints import access
from complaints.desk import replies
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import TemplateForm
from complaints.desk.models import ReplyTemplate


@require_http_methods(["GET", "HEAD", "POST"])
@desk("reply", unlocked=False)
def listing(request: DeskRequest) -> HttpResponse:
    """All that one may use; POST adds one."""
    form = TemplateForm(request.POST or None)
    if request.method == "POST" and _kept(request, form, None):
        return onward("desk:templates")
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@desk("reply", unlocked=False)
def one(request: DeskRequest, pk: int) -> HttpResponse:
    """Change one that is one's own to keep. Another's is one that there is not."""
    row = _own(request, pk)
    initial = {"name": row.name, "text": row.text, "shared": row.office_id is not None}
    form = TemplateForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and _kept(request, form, row):
        return onward("desk:templates")
    return _page(request, form, row)


@require_POST
@desk("reply", unlocked=False)
def delete(request: DeskRequest, pk: int) -> HttpResponse:
    """Forget it."""
    _own(request, pk).delete()
    return onward("desk:templates")


def _own(request: DeskRequest, pk: int) -> ReplyTemplate:
    row = replies.kept_by(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _kept(request: DeskRequest, form: TemplateForm, row: ReplyTemplate | None) -> bool:
    """Whether what was sent could be saved; else the form says why not."""
    if not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        replies.keep(user=request.user, name=data["name"], text=data["text"], shared=data["shared"], row=row)
    except replies.Full as full:
        form.add_error("name", str(full))
        return False
    return True


def _page(request: DeskRequest, form: TemplateForm, row: ReplyTemplate | None) -> HttpResponse:
    own = set(replies.kept_by(request.user).values_list("pk", flat=True))
    context = {
        **band(request, "queue"),
        "form": form,
        "form_list": [form] if form.errors else [],
        "row": row,
        "rows": [(each, each.pk in own) for each in replies.of(request.user).select_related("office")],
        "may_share": access.offices_for(request.user, "share-view").exists(),
    }
    return render(request, "desk/templates.html", context, status=422 if form.errors else 200)
