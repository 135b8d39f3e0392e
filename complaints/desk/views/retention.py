"""What is kept how long, and the lists of what may go: numbers and days, to be agreed to by two persons."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints import access
from complaints.desk import retention, retention_destroy
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.models import DestructionItem, DestructionList
from complaints.desk.retention_forms import RuleForm
from complaints.desk.services import Refused
from complaints.intake.models import Category

PAGE = 100


@require_safe
@desk("retention", unlocked=False)
def overview(request: DeskRequest) -> HttpResponse:
    """The rules, and this person's lists, newest first."""
    return _overview(request)


def _overview(request: DeskRequest, form: RuleForm | None = None, *, status: int = 200) -> HttpResponse:
    lists = _lists(request).select_related("office", "first_by", "second_by", "declined_by")
    names = dict(Category.objects.values_list("pk", "name"))
    context = {
        **band(request, "retention"),
        "rules": [(rule, rule.category.label if rule.category else "") for rule in retention.rules()],
        "lists": [(row, retention_destroy.complete_on(row)) for row in lists.order_by("-month", "uuid")[:60]],
        "rule_form": (form or RuleForm()) if retention.may_set_rules(request.user) else None,
        "form_list": [form] if form and form.errors else [],
        "names": names,
    }
    return render(request, "desk/retention.html", context, status=status)


@require_POST
@desk("administer", unlocked=False)
def set_rule(request: DeskRequest) -> HttpResponse:
    """One rule in place of the one before; by administrators of the topmost office (403 for others)."""
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _overview(request, form, status=422)
    data = form.cleaned_data
    try:
        retention.set_rule(
            user=request.user,
            category=Category.objects.filter(code=data["category"]).first(),
            state=data["state"],
            months=None if data["forever"] else data["months"],
            source=data["source"],
        )
    except Refused as refused:
        form.add_error("months", str(refused))
        return _overview(request, form, status=409)
    return onward("desk:retention")


@require_safe
@desk("retention", unlocked=False)
def one(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One list, a hundred tips a page."""
    return _one(request, _row(request, pk))


@require_POST
@desk("destroy", unlocked=False)
def answer(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Agree, decline, or take one tip off; what another did meanwhile is shown instead (409)."""
    row, say = _row(request, pk), request.POST.get("say", "")
    text = request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    try:
        if say == "agree":
            retention.agree(row=row, user=request.user, version=version)
        elif say == "decline":
            retention.decline(row=row, user=request.user, version=version)
        elif number := request.POST.get("keep", ""):
            retention.take_off(row=row, number=number, user=request.user)
        else:
            raise Http404
    except retention.Moved:
        again = _("您打开之后，这份清单变了，刚才的操作没有生效。请看过再决定。")
        return _one(request, _row(request, pk), refused=again, status=409)
    except Refused as refused:
        return _one(request, _row(request, pk), refused=str(refused), status=409)
    return onward("desk:retention-list", pk=pk)


# Parts --------------------------------------------------------------------------------------------------


def _lists(request: DeskRequest):  # type: ignore[no-untyped-def]
    held = access.offices_for(request.user, "retention").order_by().values("pk")
    return DestructionList.objects.filter(office__in=held)


def _row(request: DeskRequest, pk: UUID) -> DestructionList:
    """The list; 404 for another office's."""
    row = (
        _lists(request).select_related("office", "first_by", "second_by", "declined_by").filter(pk=pk).first()
    )
    if row is None:
        raise Http404
    return row  # type: ignore[no-any-return]


def _one(request: DeskRequest, row: DestructionList, *, refused: str = "", status: int = 200) -> HttpResponse:
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    items = list(row.items.filter(pk__gt=after).select_related("rule").order_by("pk")[: PAGE + 1])
    open_ = row.answer == DestructionList.Answer.OPEN
    counts = dict.fromkeys(DestructionItem.Result.values, 0)
    for value in row.items.values_list("result", flat=True):
        counts[value] += 1
    context = {
        **band(request, "retention"),
        "row": row,
        "items": [(item, item.get_state_display()) for item in items[:PAGE]],
        "names": dict(_names()),
        "more": items[PAGE - 1].pk if len(items) > PAGE else None,
        "waiting": counts["waiting"],
        "destroyed": counts["destroyed"],
        "kept": counts["kept"] + counts["taken-off"],
        "total": sum(counts.values()),
        "may": open_ and access.can(request.user, "destroy", office=row.office_id),
        "mine": row.first_by_id == request.user.pk,
        "complete_on": retention_destroy.complete_on(row),
        "refused": refused,
    }
    return render(request, "desk/retention_list.html", context, status=status)


def _names() -> list[tuple[str, str]]:
    return [(row.code, row.label) for row in Category.objects.all()]
