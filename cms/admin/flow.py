"""Flowcharts in the admin: the drawing of unsaved rows, and charts from BPMN files."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.models import Locale
from wagtail.permission_policies import ModelPermissionPolicy

from cms.flow import bpmn_in, picture
from cms.flow.chart import DECISION, END, START, Chart, Step, Transition
from cms.flow.rows import fill
from cms.flow.xml import MOST_BYTES, Refused
from cms.models import Flowchart, PowerItem, RiskGrade
from cms.models.base import Limit
from cms.publishing import scope

MOST_ROWS = 300
LIMITS = dict(Limit.choices)


def _may(request: HttpRequest, *actions: str) -> None:
    """Raises PermissionDenied unless the person may do one of these to flowcharts."""
    if not ModelPermissionPolicy(Flowchart).user_has_any_permission(request.user, actions):
        raise PermissionDenied


# The drawing of what is typed -----------------------------------------------------------------------


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The wide drawing of the form's rows as they stand, and what is wrong, by row. Nothing is saved.

    Who may enter: whoever may add or change flowcharts (and is let into the admin)."""
    _may(request, "add", "change")
    chart, errors = typed(request.POST)
    context = {"errors": errors, "svg": _drawn(chart) if chart.steps else ""}
    return render(request, "cms/admin/flow_preview.html", context)


def _drawn(chart: Chart) -> str:
    """The drawing with its own sheet, kept apart from the admin's."""
    text = picture.svg(chart).partition("\n")[2]
    head, _style, rest = text.partition("<style>")
    rules, _end, rest = rest.partition("</style>")
    rules = re.sub(r"^([.a-z][^{]*)\{", r".qf-flow \1{", rules, flags=re.M)
    return f"{head}<style>{rules}</style>{rest}"


def typed(post: Any) -> tuple[Chart, list[str]]:
    """The chart of posted formsets (steps, transitions, risk_points), and a sentence for each wrong row."""
    rows, errors = _rows(post, "steps"), []
    looks = dict(RiskGrade.objects.values_list("code", "look"))
    risks: dict[str, int] = {}
    for row in _rows(post, "risk_points"):
        risks[row("step_key")] = max(risks.get(row("step_key"), 0), looks.get(row("level"), 0))
    steps, number = [], 0
    for n, row in enumerate(rows, 1):
        key, name = row("key"), row("name")
        if not key or not name:
            errors.append(_("第 %(n)d 个环节还没有写标识或名称。") % {"n": n})
        elif any(s.key == key for s in steps):
            errors.append(_("第 %(n)d 个环节的标识“%(key)s”用过了。") % {"n": n, "key": key})
        if not key or any(s.key == key for s in steps):
            continue
        counted = row("kind") not in (START, DECISION, END)
        number += counted
        limit = f"{row('limit')} {LIMITS.get(row('limit_unit'), '')}" if row("limit") else row("limit_note")
        under = "，".join(x for x in (row("post"), limit) if x)
        steps.append(
            Step(
                key, name or "……", row("kind"), under, risks.get(key, 0), number if counted else None,
                row("post"), limit,
            )
        )  # fmt: skip
    known = {s.key for s in steps}
    ways = []
    for n, row in enumerate(_rows(post, "transitions"), 1):
        for end in (row("from_key"), row("to_key")):
            if end not in known:
                errors.append(_("第 %(n)d 条流转指向没有的环节“%(key)s”。") % {"n": n, "key": end})
        ways.append(Transition(row("from_key"), row("to_key"), row("condition"), bool(row("is_return"))))
    for n, row in enumerate(_rows(post, "risk_points"), 1):
        if row("step_key") not in known:
            errors.append(
                _("第 %(n)d 个风险点写在没有的环节“%(key)s”上。") % {"n": n, "key": row("step_key")}
            )
    reached = (
        {w.target for w in ways} | {s.key for s in steps[:1]} | {s.key for s in steps if s.kind == START}
    )
    errors += [_("没有流转通向环节“%(name)s”。") % {"name": s.name} for s in steps if s.key not in reached]
    return Chart(post.get("title", "")[:200], steps, ways), errors


def _rows(post: Any, prefix: str) -> list[Any]:
    """Each row of a formset as a function of the field's name, in the order given, without deleted ones."""
    total = post.get(f"{prefix}-TOTAL_FORMS", "0")
    count = min(int(total), MOST_ROWS) if total.isascii() and total.isdigit() and len(total) < 6 else 0
    found = []
    for n in range(count):
        if post.get(f"{prefix}-{n}-DELETE"):
            continue
        order = post.get(f"{prefix}-{n}-ORDER", "")
        place = int(order) if order.isascii() and order.isdigit() and len(order) < 6 else n
        found.append((place, n))
    return [_field(post, f"{prefix}-{n}-") for _place, n in sorted(found)]


def _field(post: Any, prefix: str) -> Any:
    return lambda name: post.get(prefix + name, "").strip()[:200]


# From a file ----------------------------------------------------------------------------------------


class BpmnForm(forms.Form):
    """A BPMN file, which of its processes, and the item the chart belongs to."""

    file = forms.FileField(label=gettext_lazy("BPMN 2.0 文件"))
    process = forms.CharField(
        label=gettext_lazy("流程的 id"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("文件里有几个流程时才要填。"),
    )
    power_item = forms.ModelChoiceField(
        PowerItem.objects.none(), label=gettext_lazy("权责事项"), required=False
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["power_item"].queryset = scope.limited(PowerItem.objects.source().order_by("code"), user)
        # Who works for some organisations only could not find a chart again that belongs to none.
        self.fields["power_item"].required = scope.codes_of(user) is not None

    def offer(self, processes: list[tuple[str, str]]) -> None:
        """The processes of the file as a list to choose from; a browser asks for the file again."""
        choices = [(ident, f"{name}（{ident}）") for ident, name in processes[:MOST_ROWS]]
        self.fields["process"].widget = forms.Select(choices=[("", "—"), *choices])
        self.fields["process"].help_text = _("选好流程，再选一次同一个文件。")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("文件超过 %(n)d MB。") % {"n": MOST_BYTES // 1_000_000})
        return file


@require_http_methods(["GET", "POST"])
def bpmn_import(request: HttpRequest) -> HttpResponse:
    """A draft chart from a BPMN file, or why not, by element. Who may add flowcharts may enter."""
    _may(request, "add")
    form, reasons = BpmnForm(request.POST or None, request.FILES or None, user=request.user), []
    if request.method == "POST" and form.is_valid():
        try:
            found = bpmn_in.read(form.cleaned_data["file"].read(), process=form.cleaned_data["process"])
        except Refused as refused:
            reasons = refused.reasons
            if isinstance(refused, bpmn_in.Several):
                form.offer(refused.choices)
        else:
            chart = _draft(found.flow, form.cleaned_data["power_item"], request.user)
            messages.success(request, _("已经存为草稿“%(title)s”。请核对后提交。") % {"title": chart.title})
            for _ident, sentence in found.notes:
                messages.warning(request, sentence)
            return redirect(reverse("wagtailsnippets_cms_flowchart:edit", args=[chart.pk]))
    context = {"form": form, "reasons": reasons}
    return render(request, "cms/admin/bpmn_import.html", context, status=422 if reasons else 200)


def _draft(data: Any, item: PowerItem | None, user: Any) -> Flowchart:
    chart = Flowchart(locale=Locale.get_default(), power_item=item, live=False)
    fill(chart, data)
    with transaction.atomic():
        chart.save()
        chart.save_revision(user=user)
    return chart
