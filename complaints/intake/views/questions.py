"""One question a page, the check at the end, and handing it in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from workdays.models import Rule

from complaints.intake import drafts, forms, limits, own_questions, routing, services, steps, uploads
from complaints.intake.browser import DRAFT_COOKIE, Handle
from complaints.intake.cleaning.run import REASONS
from complaints.intake.models import Category, in_language
from complaints.intake.views.common import (
    BUTTONS,
    base_revision,
    page,
    posted,
    see_other,
    waiting,
)
from complaints.vault import tips
from complaints.vault.errors import NoIdentityOffice
from complaints.vault.models import Office, SealedFile

STRIP_BY_DEFAULT = True
NEUTRAL = {"csrfmiddlewaretoken", "rev"}


@page("GET", "POST", own_handlers=True)
def question(request: HttpRequest, key: str) -> HttpResponse:
    """One of the questions, or the check. 404 for any other address."""
    if key != steps.CHECK and key not in steps.BY_KEY and own_questions.find(key) is None:
        raise Http404
    try:
        draft = drafts.read_unsent(Handle.of(request, DRAFT_COOKIE))
    except drafts.Gone:
        return uploads.receive(request, room=0, view=lambda r, _h: _gone(r))
    if request.method == "POST" and key == "files" and limits.over(request, "upload"):
        return uploads.receive(request, room=0, view=lambda r, _h: waiting(r, status=429))
    room = settings.UPLOAD_MAX_FILES - len(draft.content.files) if key == "files" else 0

    def answer(request: HttpRequest, handler: uploads.SealingHandler) -> HttpResponse:
        if not steps.reachable(draft.content, key):
            return see_other("step", steps.first_open(draft.content))
        if request.method != "POST":
            return _show(request, draft, key)
        for _try in range(drafts.SAVE_TRIES):
            try:
                return _act(request, drafts.read_unsent(draft.handle), key, handler)
            except drafts.Stale:
                continue
            except drafts.Gone:
                return _gone(request)
        raise limits.Crowded

    used = sum(file["size"] for file in draft.content.files)
    return uploads.receive(request, room=room, used=used, view=answer)


def _gone(request: HttpRequest) -> HttpResponse:
    """No draft to write to. What was sent with a form is shown once more, to be copied; nothing is kept."""
    handle = Handle.of(request, DRAFT_COOKIE)
    try:
        if drafts.read(handle).sent_at is not None:
            return see_other("sent")
    except drafts.Gone:
        pass
    sent = [
        value for name, value in posted(request).items() if name not in NEUTRAL | BUTTONS and len(value) > 20
    ]
    return render(request, "intake/gone.html", {"texts": sent, "had": DRAFT_COOKIE in request.COOKIES})


def _act(request: HttpRequest, draft: drafts.Open, key: str, handler: uploads.SealingHandler) -> HttpResponse:
    """What a POST does. Raises Stale where another tab saved in between."""
    if key == steps.CHECK:
        return _check_post(request, draft)
    step, data = steps.step_of(draft.content, key), posted(request)
    if key == "files":
        return _files_post(request, draft, data, handler)
    if key == "office" and ("not_this" in data or "first_office" in data):
        return _other_office(draft, up="not_this" in data)
    form = step.bound(data)
    if not form.is_valid():
        return _show(request, draft, key, form=form, status=422)
    if key == "category":
        category = Category.objects.get(code=form.cleaned_data["category"])
        if category.stop_message:
            message = in_language(category.stop_message, category.stop_message_en)
            return _stop(request, key, category.label, message)
    if isinstance(form, forms.AskedForm) and form.chosen and form.chosen.message:
        return _stop(request, key, form.chosen.label, form.chosen.message)
    if key == "identity" and form.cleaned_data["identity_mode"] == "named" and _keeper(draft) is None:
        form.add_error("identity_mode", _("这个受理机构现在不能保管姓名，请选匿名"))
        return _show(request, draft, key, form=form, status=422)
    values = _chosen(form.values(), data)
    if isinstance(form, forms.WhoForm) and ("add" in data or "remove" in data):
        return _rows(request, draft, form, data)
    clashes = _save(draft, step, values, base=base_revision(data))
    if clashes:
        return _two_versions(request, draft, key, clashes, data)
    if key == "office" and isinstance(outside := steps.destination(draft.content), routing.OutsideOnly):
        steps.unanswered(draft, "office")
        drafts.save(draft)
        return _outside(request, outside)
    return see_other("step", _next(draft, key))


def _next(draft: drafts.Open, key: str) -> str:
    """The next question not yet answered; the check once all are."""
    return steps.first_open(draft.content)


def _save(draft: drafts.Open, step: steps.Step, values: dict[str, Any], *, base: int) -> dict[str, Any]:
    """Merges and saves one page; returns what clashed (then nothing was saved)."""
    before = dict(draft.content.fields)
    clashes = draft.merge(values, base=base)
    if clashes:
        return clashes
    steps.answered(draft, step.key)
    if any(before.get(name) != draft.content.fields.get(name) for name in steps.ROUTED_BY):
        draft.content.fields["up"] = 0
        steps.unanswered(draft, "office")
    drafts.save(draft)
    return {}


def _chosen(values: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
    """Without the fields of which the stored version was chosen."""
    return {name: value for name, value in values.items() if data.get(f"choose-{name}") != "stored"}


def _two_versions(
    request: HttpRequest, draft: drafts.Open, key: str, clashes: dict[str, Any], data: dict[str, str]
) -> HttpResponse:
    """Another tab changed the same answer: both are shown, one is chosen, nothing is lost meanwhile."""
    fields = [
        {
            "name": name,
            "label": steps.label(name),
            "mine": steps.described(name, mine),
            "stored": steps.described(name, draft.content.fields.get(name)),
        }
        for name, mine in clashes.items()
    ]
    sent = [
        (name, value)
        for name, value in data.items()
        if name not in NEUTRAL | BUTTONS and not name.startswith("choose-")
    ]
    context = {"fields": fields, "sent": sent, "rev": draft.revision, "step": key}
    return render(request, "intake/versions.html", context)


def _rows(
    request: HttpRequest, draft: drafts.Open, form: forms.WhoForm, data: dict[str, str]
) -> HttpResponse:
    """Another respondent, or one fewer; what was typed is kept."""
    rows = form.everything()
    if "remove" in data and data["remove"].isascii() and data["remove"].isdigit():
        number = int(data["remove"])
        rows = rows[:number] + rows[number + 1 :]
    filled = [row for row in rows if any(row.values())]
    if clashes := draft.merge({"respondents": filled}, base=base_revision(data)):
        return _two_versions(request, draft, "who", clashes, data)
    drafts.save(draft)
    if "remove" in data:
        return see_other("step", "who", anchor="respondents-0-name")
    count = min(len(filled) + 1, forms.RESPONDENTS_MOST)
    return see_other("step", "who", query=f"rows={count}", anchor=f"respondents-{count - 1}-name")


def _other_office(draft: drafts.Open, *, up: bool) -> HttpResponse:
    """ "Not this one": the office above; or back to the first. The question is asked anew."""
    draft.content.fields["up"] = draft.content.fields.get("up", 0) + 1 if up else 0
    chosen = steps.destination(draft.content, concerns=False)
    steps.unanswered(draft, "office")
    if isinstance(chosen, routing.OutsideOnly):
        draft.content.fields["up"] -= 1
        draft.content.fields["outside"] = True
    else:
        draft.content.fields.pop("outside", None)
    drafts.save(draft)
    return see_other("step", "office", query="outside=1" if isinstance(chosen, routing.OutsideOnly) else "")


def _files_post(
    request: HttpRequest, draft: drafts.Open, data: dict[str, str], handler: uploads.SealingHandler
) -> HttpResponse:
    """Takes files, removes one, or goes on. Those that were taken stay, whatever became of the others."""
    content = draft.content
    if "remove" in data:
        return _remove_file(draft, data["remove"])
    content.fields["strip"] = "strip" in data
    if len(content.files) + len(handler.taken) > settings.UPLOAD_MAX_FILES:  # two tabs filled it at once
        raise limits.Crowded
    if content.fields["strip"]:
        uploads.strip_taken(handler)
    uploads.read_taken(handler, room=uploads.WORDS_MOST - sum(len(f.get("words", "")) for f in content.files))
    unclean = [uploads.Refused(file.name, _unclean(file.unclean)) for file in handler.taken if file.unclean]
    content.files += [file.as_json() for file in handler.taken]
    if not handler.refused and not unclean and "upload" not in data:
        steps.answered(draft, "files")
    with transaction.atomic():
        SealedFile.objects.bulk_create(uploads.rows_for_draft(handler.taken, draft=draft.handle.row))
        drafts.save(draft)
    handler.kept = True
    if handler.refused or unclean:
        return _show(request, draft, "files", refused=handler.refused + unclean, status=422)
    if "upload" in data:
        return see_other("step", "files")
    return see_other("step", _next(draft, "files"))


def _unclean(why: str) -> str:
    """Told before anything is sent: hidden data could not be taken out, and what one can do."""
    reason = REASONS.get(why, "")
    return _("已经收好，但里面隐藏的信息没能去掉：%(reason)s。可以移除它，也可以就这样交") % {
        "reason": reason
    }


def _remove_file(draft: drafts.Open, uuid: str) -> HttpResponse:
    kept = [file for file in draft.content.files if file["uuid"] != uuid]
    gone = [file for file in draft.content.files if file["uuid"] == uuid]
    draft.content.files = kept
    with transaction.atomic():
        SealedFile.objects.filter(uuid__in=[file["uuid"] for file in gone], draft=draft.handle.row).delete()
        drafts.save(draft)
    for file in gone:
        uploads.drop_blob(file["blob"])
    return see_other("step", "files")


def _stop(request: HttpRequest, key: str, title: str, message: str) -> HttpResponse:
    """What is not taken here, and who takes it. Nothing is kept of the choice."""
    return render(request, "intake/stop.html", {"title": title, "message": message, "step": key})


def _outside(request: HttpRequest, outside: routing.OutsideOnly) -> HttpResponse:
    """Nobody here may read it: where else to go. Nothing is handed in."""
    return render(request, "intake/outside.html", {"outside": outside})


def _keeper(draft: drafts.Open) -> Office | None:
    """Whose custodians would keep the name; None where nobody can."""
    office = steps.destination(draft.content)
    return tips.identity_office(office) if isinstance(office, Office) else None


# Showing ------------------------------------------------------------------------------------------------


def _show(
    request: HttpRequest,
    draft: drafts.Open,
    key: str,
    *,
    form: forms.Question | None = None,
    refused: list[uploads.Refused] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a question; with errors, the same page with a summary."""
    if key == steps.CHECK:
        return _check_page(request, draft)
    way = steps.way(draft.content)
    number, step = next((n, step) for n, step in enumerate(way, 1) if step.key == key)
    if key == "office" and request.GET.get("outside") and draft.content.fields.get("outside"):
        chosen = steps.destination(draft.content, concerns=False)
        if isinstance(chosen, Office):
            return _outside(request, routing.OutsideOnly(chosen, chosen.outside_address))
    form = form or step.fresh(draft.content, rows=_rows_asked(request))
    errors = form.summary() if form.is_bound else []
    errors += [("attachments", _named(item)) for item in refused or []]
    context: dict[str, Any] = {
        "step": step,
        "number": number,
        "total": len(way),
        "form": form,
        "errors": errors,
        "back": way[number - 2].key if number > 1 else None,
        "rev": draft.revision,
        "about": steps.about_of(draft.content),
        **_extra(draft, key),
    }
    return render(request, step.template, context, status=status)


def _named(item: uploads.Refused) -> str:
    return f"“{item.name}” {item.reason}" if item.name else item.reason


def _rows_asked(request: HttpRequest) -> int:
    value = request.GET.get("rows", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 3 else 1


def _extra(draft: drafts.Open, key: str) -> dict[str, Any]:
    """What single pages need besides their form."""
    if key == "office":
        chosen = steps.destination(draft.content, concerns=False)
        office = chosen if isinstance(chosen, Office) else chosen.office
        return {"office": office, "up": draft.content.fields.get("up", 0)}
    if key == "files":
        return {
            "files": [{**file, "readable": uploads.readable(file["size"])} for file in draft.content.files],
            "most": settings.UPLOAD_MAX_FILES,
            "size": uploads.readable(settings.UPLOAD_MAX_BYTES),
            "whole": uploads.readable(settings.UPLOAD_TIP_BYTES),
            "room": settings.UPLOAD_MAX_FILES - len(draft.content.files),
            "strip": draft.content.fields.get("strip", STRIP_BY_DEFAULT),
        }
    if key == "identity":
        return {
            "keeper": _keeper(draft),
            "office": steps.destination(draft.content),
            "ack_days": _days("ack_named"),
            "feedback_days": _days("feedback_named"),
        }
    return {}


def _days(code: str) -> int:
    """The value of a rule, for the promise on the page."""
    rule = Rule.objects.filter(code=code, active=True).order_by("-version").first()
    return rule.value if rule else 15


# Check and send -----------------------------------------------------------------------------------------


def _check_page(
    request: HttpRequest, draft: drafts.Open, *, status: int = 200, failed: str = ""
) -> HttpResponse:
    chosen = steps.destination(draft.content)
    if isinstance(chosen, routing.OutsideOnly):
        return _outside(request, chosen)
    fields = draft.content.fields
    rows: list[tuple[Any, str, str]] = [
        (steps.LABELS["category"], steps.described("category", fields.get("category")), "category")
    ]
    for question in own_questions.asked(fields.get("category", ""), fields):
        name = own_questions.key_of(question)
        rows.append((question.label, own_questions.described(question, fields.get(name)), name))
    rows += [
        (steps.LABELS[name], steps.described(name, fields.get(name)), step)
        for step, names in (
            ("region", ["region"]),
            ("what", ["subject", "narrative"]),
            ("who", ["respondents"]),
            ("office", ["concerns_office"]),
        )
        for name in names
    ]
    rows.append((_("由谁受理"), chosen.label, "office"))
    listed = "\n".join(
        _("%(name)s（%(size)s）") % {"name": file["name"], "size": uploads.readable(file["size"])}
        + (_("，隐藏的信息没能去掉") if file.get("unclean") else "")
        for file in draft.content.files
    )
    rows.append((_("材料"), listed or _("没有"), "files"))
    if listed:
        rows.append((steps.LABELS["strip"], steps.described("strip", fields.get("strip")), "files"))
    names = ["identity_mode"] + (["name", "phone"] if fields.get("identity_mode") == "named" else [])
    rows += [(steps.LABELS[name], steps.described(name, fields.get(name)), "identity") for name in names]
    context = {
        "rows": rows,
        "back": steps.STEPS[-1].key,
        "rev": draft.revision,
        "about": steps.about_of(draft.content),
        "failed": failed,
    }
    return render(request, "intake/check.html", context, status=status)


def _check_post(request: HttpRequest, draft: drafts.Open) -> HttpResponse:
    """Hands it in. Sent twice, it is one tip and the same receipt."""
    data = posted(request)
    if "drop_about" in data:
        draft.content.about = None
        steps.unanswered(draft, "office")
        drafts.save(draft)
        return see_other("step", steps.first_open(draft.content))
    if base_revision(data) != draft.revision:
        # Another tab has changed an answer since: what is sent must be what stands on the page.
        return _check_page(request, draft, status=200, failed="changed")
    if limits.over(request, "submit"):
        return waiting(request, status=429)
    files = [uploads.HandedFile(**file) for file in draft.content.files]
    try:
        services.submit_tip(
            receipt=draft.content.receipt,
            master=draft.content.master,
            answers=steps.answers_of(draft.content, language=get_language() or "zh-hans"),
            files=files,
            draft=draft,
        )
    except services.Outside as outside:
        return _outside(request, outside.outside)
    except NoIdentityOffice:
        steps.unanswered(draft, "identity")
        drafts.save(draft)
        return see_other("step", "identity")
    return see_other("sent")
