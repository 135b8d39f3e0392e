"""A case file to take away, and the masked version of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from accounts import slots
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from complaints.desk import casefile, export, opening, redaction, services
from complaints.desk.entry import DeskRequest, band, desk, onward, wrong_password
from complaints.desk.export_forms import ExportForm, RedactForm
from complaints.intake.models import Message, Tip
from complaints.vault import age
from complaints.vault.errors import Corrupt


@sensitive_post_parameters("password", "passphrase")
@require_http_methods(["GET", "HEAD", "POST"])
@desk("export")
def take(request: DeskRequest, tip: Tip) -> HttpResponseBase:
    """Ask what for and for the password, record it, then send it as it is made."""
    keys, _seed, cells = opening.open_tip(user=request.user, seed=request.staff_seed, tip=tip)
    files = export.attachments(tip, cells)
    kept = [(str(row.pk), _title(row)) for row in redaction.of(tip)]
    if request.method != "POST":
        return _form(request, tip, ExportForm(versions=kept, initial={"form": "zip"}), files)
    form = ExportForm(request.POST, versions=kept)
    if not form.is_valid():
        return _form(request, tip, form, files, status=422)
    if (wrong := wrong_password(request, form.cleaned_data["password"])) is not None:
        form.add_error("password", wrong)
        return _form(request, tip, form, files, status=422)
    data = form.cleaned_data
    seal = export.Seal(
        recipient=data["recipient"] if data["seal"] == "key" else "",
        passphrase=data["passphrase"] if data["seal"] == "passphrase" else "",
    )
    told, inside = _told(request, tip, data["version"], cells, files)
    try:
        made = export.make(tip, told, inside, form=data["form"], seal=seal)
        export.record(
            tip=tip,
            user=request.user,
            keys=keys,
            made=made,
            form=data["form"],
            seal=seal,
            reason=data["reason"],
        )
        return _sent(made)
    except slots.Busy:
        form.add_error("passphrase", _("现在人多，请等一下"))
    except services.Stale:
        raise Http404 from None  # with another office by now
    except (services.Refused, age.BadRecipient) as refused:
        form.add_error("reason", str(refused))
    return _form(request, tip, form, files, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@desk("redact")
def redact(request: DeskRequest, tip: Tip) -> HttpResponse:
    """Say what to hide, look at what comes out, then keep it."""
    keys, _seed, cells = opening.open_tip(user=request.user, seed=request.staff_seed, tip=tip)
    form = RedactForm(request.POST) if request.method == "POST" else RedactForm()
    case = casefile.read(tip, cells)
    whole = redaction.passages(case)
    if request.method != "POST" or not form.is_valid():
        return _redact(request, tip, form, whole, status=422 if form.errors else 200)
    data = form.cleaned_data
    try:
        wish = redaction.Wish(
            words=redaction.phrases(data["words"]) + redaction.ticked(whole, request.POST.getlist("passage")),
            numbers=data["numbers"],
            respondents=data["respondents"],
            messages=data["messages"],
        )
    except services.Refused as refused:
        form.add_error("words", str(refused))
        return _redact(request, tip, form, whole, status=422)
    version = redaction.make(case, wish)
    if request.POST.get("go") != "keep":
        return _redact(request, tip, form, whole, version)
    try:
        row = redaction.keep(tip=tip, user=request.user, keys=keys, version=version)
    except services.Stale:
        raise Http404 from None
    return onward("desk:redaction", number=tip.number, pk=row.pk)


@require_safe
@desk("open")
def masked(request: DeskRequest, tip: Tip, pk: UUID) -> HttpResponse:
    """One kept version, as it may be handed over."""
    _keys, _seed, cells = opening.open_tip(
        user=request.user, seed=request.staff_seed, tip=tip, labels=[redaction.LABEL]
    )
    found = redaction.read(tip, pk, cells)
    if found is None:
        raise Http404
    row, body = found
    context = {**band(request, "queue"), "tip": tip, "row": row, "body": _shown(body)}
    return render(request, "desk/redaction.html", context)


# Parts --------------------------------------------------------------------------------------------------


def _told(
    request: DeskRequest, tip: Tip, version: str, cells: Any, files: list[export.Attachment]
) -> tuple[dict[str, Any], list[export.Attachment]]:
    """What the case file says, and which attachments go with it: with a masked version none."""
    if version == "full":
        return export.facts(tip, casefile.read(tip, cells), request.user, files), files
    found = redaction.read(tip, UUID(version), cells)
    if found is None:
        raise Http404
    return export.masked_facts(tip, found[1], request.user), []


def _form(
    request: DeskRequest, tip: Tip, form: ExportForm, files: list[export.Attachment], *, status: int = 200
) -> HttpResponse:
    context = {
        **band(request, "queue"),
        "tip": tip,
        "form": form,
        "form_list": [form] if form.errors else [],
        "files": len(files),
        "size": sum(file.size for file in files),
    }
    return render(request, "desk/export.html", context, status=status)


def _redact(
    request: DeskRequest,
    tip: Tip,
    form: RedactForm,
    whole: list[redaction.Passage],
    version: redaction.Version | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    picked = set(request.POST.getlist("passage"))
    context = {
        **band(request, "queue"),
        "tip": tip,
        "form": form,
        "form_list": [form] if form.errors else [],
        "version": version,
        "body": _shown(version.body) if version else None,
        "kept": redaction.of(tip),
        "passages": [(row, row.id in picked) for row in whole],
        "picked": bool(picked),
    }
    return render(request, "desk/redact.html", context, status=status)


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    authors = dict(Message.Author.choices)
    messages = [{**m, "who": authors[m["author"]]} for m in body.get("messages", [])]
    return {**body, "messages": messages}


def _title(row: Any) -> str:
    return _("遮盖本，%(who)s %(at)s") % {"who": row.by.name, "at": f"{row.at:%Y-%m-%d}"}


def _sent(made: export.Made) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_until_broken(made.blocks), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, made.name)
    response["Content-Length"] = str(made.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _until_broken(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """A file that does not open ends the download before its announced size, without a stack in any log."""
    try:
        yield from blocks
    except (Corrupt, OSError):
        return
