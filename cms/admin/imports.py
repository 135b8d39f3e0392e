"""Imports in the admin: upload, what was understood, corrections, handing over, approval, undo.

The steps themselves, and that nobody approves their own, are in cms.importing.review.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from cms.importing import power, preview, review
from cms.importing.precheck import MAX_FILE
from cms.importing.refusals import Problem
from cms.importing.sentences import located
from cms.models import ImportBatch, ImportRow, Organisation
from cms.publishing import scope

State, Outcome, Action = ImportBatch.State, ImportRow.Outcome, ImportRow.Action
PAGE = 50
MOST_FILES = 20
KINDS = [
    ("power", gettext_lazy("权责清单（xlsx、xls、ods、csv）")),
    ("benchmark", gettext_lazy("裁量基准（工作簿或 JSON）")),
]
REFUSALS = {
    "state": gettext_lazy("这一批的状态刚刚变了，请看过现在的内容再操作。"),
    "same_person": gettext_lazy("您上传、改过或者提交过这一批，要由另一个人批准。"),
    "rejected": gettext_lazy("有没读懂的行。看过以后请勾选“不导入这些行”，再提交。"),
    "nothing": gettext_lazy("这一批没有要新增或者修改的内容。"),
}  # fmt: skip


# Who may ---------------------------------------------------------------------------------------------


def may_edit(user: Any) -> bool:
    return user.has_perm("cms.add_importbatch")


def may_approve(user: Any, batch: ImportBatch) -> bool:
    name = "benchmark" if batch.kind == "benchmark" else "poweritem"
    return user.has_perm(f"cms.publish_{name}")


def found(request: HttpRequest, pk: int) -> ImportBatch:
    """The batch, where the person may see imports and it is one of theirs. Raises PermissionDenied, 404."""
    if not (may_edit(request.user) or request.user.has_perm("cms.view_importbatch")):
        raise PermissionDenied
    rows = ImportBatch.objects.select_related("organisation", "uploaded_by", "approved_by", "undo_by")
    batch = scope.limited(rows, request.user).filter(pk=pk).first()
    if batch is None:
        raise Http404
    return batch


# Uploading -------------------------------------------------------------------------------------------


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several, each within the limit."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        cleaned = [super(FilesField, self).clean(one, initial) for one in given]
        if len(cleaned) > MOST_FILES:
            raise forms.ValidationError(_("一次最多传 %(n)d 个文件。") % {"n": MOST_FILES})
        for file in cleaned:
            if file.size > MAX_FILE:
                raise forms.ValidationError(
                    _("“%(name)s”超过 %(n)d MB。") % {"name": file.name, "n": MAX_FILE // 2**20}
                )
        return cleaned


class UploadForm(forms.Form):
    """The files, what they are, and whose list it is."""

    kind = forms.ChoiceField(label=gettext_lazy("内容"), choices=KINDS, widget=forms.RadioSelect)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=gettext_lazy("清单所属机构"))
    files = FilesField(label=gettext_lazy("文件"))
    issuer = forms.CharField(
        label=gettext_lazy("基准的制定机关"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("只在裁量基准里用；不填就按文件里写的。"),
    )
    document_no = forms.CharField(label=gettext_lazy("基准的文号"), required=False, max_length=100)
    effective = forms.DateField(
        label=gettext_lazy("基准的施行日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"kind": "power"}, **kwargs)
        rows = scope.limited(Organisation.objects.source().order_by("order", "code"), user)
        self.fields["organisation"].queryset = rows


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """A new import. Who may add batches may enter, for organisations they work for."""
    if not may_edit(request.user):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        batch = review.upload(
            user=request.user,
            kind=data["kind"],
            organisation=data["organisation"],
            files=data["files"],
            given={
                "issuer": data["issuer"].strip(),
                "document_no": data["document_no"].strip(),
                "effective": data["effective"].isoformat() if data["effective"] else "",
            },
        )
        return redirect("import_batch", batch.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "cms/admin/import_upload.html", {"form": form}, status=status)


# One batch -------------------------------------------------------------------------------------------

PARTS = [
    ("create", gettext_lazy("新增"), {"outcome": Outcome.ITEM, "action": Action.CREATE}),
    ("change", gettext_lazy("修改"), {"outcome": Outcome.ITEM, "action": Action.CHANGE}),
    ("rejected", gettext_lazy("没读懂"), {"outcome": Outcome.REJECTED}),
    ("missing", gettext_lazy("新表中没有"), {"action": Action.MISSING}),
    ("struck", gettext_lazy("审核划去"), {"outcome": Outcome.STRUCK}),
    ("same", gettext_lazy("没有变化"), {"outcome": Outcome.ITEM, "action": Action.SAME}),
    ("note", gettext_lazy("附注"), {"outcome": Outcome.NOTE, "action": ""}),
]


@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """What the batch is and would do. Who may see imports may enter, for organisations they work for."""
    row = found(request, pk)
    parts = [(key, name, row.rows.filter(**rule).count(), rule) for key, name, rule in PARTS]
    shown = next((p for p in parts if p[0] == request.GET.get("show")), None)
    shown = shown or next((p for p in parts if p[2]), parts[0])
    rows = row.rows.filter(**shown[3]).select_related("item", "benchmark").order_by("pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page", "1")[:8])
    explain(row, page.object_list)
    own = request.user.pk in row.hands or request.user.pk == row.uploaded_by_id
    context = {
        "batch": row,
        "parts": [(key, name, count) for key, name, count, _rule in parts if count or key == shown[0]],
        "show": shown[0],
        "page": page,
        "files": (files := files_of(row)),
        "correctable": any(f["samples"] or any(s["columns"] for s in f["sheets"]) for f in files),
        "renamed": row.counts.get("renamed", []),
        "edit": may_edit(request.user),
        "approve": may_approve(request.user, row),
        "own": own,
        "drafts": drafts_of(row),
    }
    return render(request, "cms/admin/import_batch.html", context)


def explain(batch: ImportBatch, rows: Any) -> None:
    """Give each row of the page what it would change: `differences` or `fields`, and its text."""
    waits = batch.state in (State.PARSED, State.SUBMITTED)
    lookups = power.Lookups.load() if waits and batch.kind == "power" else None
    for row in rows:
        row.text = row.data.get("name") or row.data.get("title") or row.data.get("text") or ""
        row.record = row.item or row.benchmark
        row.fields = preview.names_of(row)
        if lookups and row.action == Action.CHANGE:
            row.differences = preview.changes_of(row, lookups)


def drafts_of(batch: ImportBatch) -> int:
    """How many items the applied batch stored without publishing them: category or basis is missing."""
    if batch.kind != "power" or batch.state != State.APPLIED:
        return 0
    return batch.rows.filter(action=Action.CREATE, item__batch=batch, item__live=False).count()


def files_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """Each file with its sentence of refusal, its sheets and their columns, and samples to point at."""
    found = []
    for number, file in enumerate(batch.files):
        problem = Problem(**file["problem"]) if file.get("problem") else None
        sheets = [
            {
                "name": sheet["name"],
                "key": f"{number}-{n}",
                "header": sheet.get("header"),
                "items": sheet.get("items", 0),
                "columns": columns_of(sheet),
            }
            for n, sheet in enumerate(file.get("sheets", []))
            if not sheet.get("blank")
        ]
        samples = problem.params.get("sample", []) if problem else []
        found.append(
            {
                "name": file["name"],
                "refused": located(file["name"], problem) if problem else "",
                "warnings": [located(file["name"], Problem(**w)) for w in file.get("warnings", [])],
                "sheets": sheets,
                "samples": [sample_of(f"{number}-{n}", sample) for n, sample in enumerate(samples)],
            }
        )
    return found


def columns_of(sheet: dict[str, Any]) -> list[dict[str, str]]:
    """Letters, header words and the field of each column; "" where nobody knows the words."""
    known, labels = sheet.get("columns", {}), sheet.get("labels", {})
    letters = sorted({*known, *labels}, key=lambda name: (len(name), name))
    return [
        {"letters": name, "label": labels.get(name, ""), "field": known.get(name, "")} for name in letters
    ]


def sample_of(key: str, sample: dict[str, Any]) -> dict[str, Any]:
    from cms.importing.parse import letters

    width = max((len(cells) for _number, cells in sample["rows"]), default=0)
    return {
        "key": key,
        "name": sample["sheet"],
        "rows": sample["rows"],
        "letters": [letters(n) for n in range(width)],
    }


@require_safe
def state(request: HttpRequest, pk: int) -> JsonResponse:
    """{"state", "busy", "written", "of"} for the page that waits."""
    row = found(request, pk)
    of = row.counts.get("items", 0)
    return JsonResponse({"state": row.state, "busy": row.busy, "written": row.written, "of": of})


# Steps -----------------------------------------------------------------------------------------------


def step(request: HttpRequest, row: ImportBatch, work: Any, said: str) -> HttpResponse:
    """Take one step, say how it went, and show the batch."""
    try:
        work()
    except review.Refused as refused:
        messages.error(request, REFUSALS[refused.code])
    else:
        messages.success(request, said)
    return redirect("import_batch", row.pk)


def for_editor(request: HttpRequest, pk: int) -> ImportBatch:
    row = found(request, pk)
    if not may_edit(request.user):
        raise PermissionDenied
    return row


def for_approver(request: HttpRequest, pk: int) -> ImportBatch:
    row = found(request, pk)
    if not may_approve(request.user, row):
        raise PermissionDenied
    return row


@require_POST
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Read again with corrected columns. Editors."""
    row = for_editor(request, pk)
    given = typed_columns(request.POST, row)
    if not given:
        messages.warning(request, _("没有改动任何一列。"))
        return redirect("import_batch", row.pk)
    remember = request.POST.get("remember") == "on"
    return step(
        request,
        row,
        lambda: review.correct(row, user=request.user, columns=given, remember=remember),
        _("正在按改过的列重新读取。"),
    )


def typed_columns(post: Any, batch: ImportBatch) -> dict[str, dict[str, Any]]:
    """{file: {sheet: {"header", "fields"}}} of what the form changes; unknown names are left out."""
    given: dict[str, dict[str, Any]] = {}
    choices = review.CHOICES[batch.kind]
    for number, file in enumerate(batch.files):
        for n, sheet in enumerate(file.get("sheets", [])):
            fields = {}
            for column in columns_of(sheet):
                chosen = post.get(f"c-{number}-{n}-{column['letters']}")
                if chosen is not None and chosen != column["field"] and (not chosen or chosen in choices):
                    fields[column["letters"]] = chosen
            if fields:
                given.setdefault(file["name"], {})[sheet["name"]] = {"fields": fields}
        problem = file.get("problem") or {}
        for n, sample in enumerate(problem.get("params", {}).get("sample", [])):
            header = post.get(f"h-{number}-{n}", "")
            if header.isascii() and header.isdigit() and int(header) in {row for row, _ in sample["rows"]}:
                letters = sample_of("", sample)["letters"]
                chosen_fields = {name: post.get(f"s-{number}-{n}-{name}", "") for name in letters}
                fields = {name: field for name, field in chosen_fields.items() if field in choices}
                found = {"header": int(header), "fields": fields}
                given.setdefault(file["name"], {})[sample["sheet"]] = found
    return given


@require_POST
def renames(request: HttpRequest, pk: int) -> HttpResponse:
    """Items that are the same under a new name keep their codes. Editors."""
    row = for_editor(request, pk)
    pairs = [tuple(value.split("|", 1)) for value in request.POST.getlist("same")[:500] if "|" in value]
    return step(
        request,
        row,
        lambda: review.confirm_renames(row, user=request.user, pairs=pairs),
        _("已记下哪些事项只是改了名。"),
    )


@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for approval. Editors."""
    row = for_editor(request, pk)
    accept = request.POST.get("accept_rejected") == "on"
    return step(
        request,
        row,
        lambda: review.hand_over(row, user=request.user, accept_rejected=accept),
        _("已提交，等待另一个人批准。"),
    )


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away what nothing was written of. Editors."""
    row = for_editor(request, pk)
    return step(request, row, lambda: review.discard(row), _("这一批已作废。"))


@require_POST
def strike(request: HttpRequest, pk: int) -> HttpResponse:
    """Take rows out, or back in. Approvers."""
    row = for_approver(request, pk)
    keys = [int(key) for key in request.POST.getlist("row")[:PAGE] if key.isascii() and key.isdigit()]
    struck = request.POST.get("back") != "1"
    said = _("已划去选中的行。") if struck else _("已放回选中的行。")
    return step(request, row, lambda: review.strike(row, rows=keys, struck=struck), said)


@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the editor with a reason. Approvers."""
    row = for_approver(request, pk)
    note = request.POST.get("note", "").strip()
    if not note:
        messages.error(request, _("请写明退回的原因。"))
        return redirect("import_batch", row.pk)
    return step(request, row, lambda: review.send_back(row, note=note), _("已退回。"))


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it public. Approvers who did not have it in hand."""
    row = for_approver(request, pk)
    confirmed = request.POST.get("confirmed") == "on"
    return step(
        request,
        row,
        lambda: review.approve(row, user=request.user, confirmed=confirmed),
        _("已批准，正在写入；全部写完的一刻一起公开。"),
    )


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an applied batch back. Approvers."""
    row = for_approver(request, pk)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("请写明撤回的原因，它会公开。"))
        return redirect("import_batch", row.pk)
    return step(
        request,
        row,
        lambda: review.ask_undo(row, user=request.user, reason=reason),
        _("正在撤回。"),
    )
