"""What a register must say before it is published, and what it leaves out."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .visibility import is_shown

# Units in days, only to compare a promise with the law: a workday is at least a day, a month at most 31.
_IN_DAYS = {"day": (1.0, 1.0), "workday": (1.0, 1.4), "month": (28.0, 31.0)}


def power_errors(item: Any) -> list[str]:
    """Organisation, name, category and one legal basis are required to publish (PUBLISHING, Records)."""
    found = []
    if not item.organisation_id:
        found.append(_("没有填清单所属机构。"))
    elif not is_shown(item.organisation):
        found.append(_("清单所属机构还没有公开，请先公开它。"))
    if not item.name.strip():
        found.append(_("没有填事项名称。"))
    if not item.category_id:
        found.append(_("没有选类别。"))
    if not any(basis.text.strip() for basis in item.legal_bases.all()):
        found.append(_("至少要有一条设定依据，可以照抄原文。"))
    return found


def check_limits(item: Any) -> None:
    """A limit has a number and a unit, and a promise is no longer than the law. Raises ValidationError."""
    errors = {}
    for stem in ("statutory", "promised"):
        if (getattr(item, f"{stem}_limit") is None) != (not getattr(item, f"{stem}_unit")):
            errors[f"{stem}_limit"] = _("时限要同时写数字和单位。")
    if not errors and item.statutory_limit is not None and item.promised_limit is not None:
        shortest_promise = item.promised_limit * _IN_DAYS[item.promised_unit][0]
        longest_by_law = item.statutory_limit * _IN_DAYS[item.statutory_unit][1]
        same_unit_longer = (
            item.promised_unit == item.statutory_unit and item.promised_limit > item.statutory_limit
        )
        if same_unit_longer or shortest_promise > longest_by_law:
            errors["promised_limit"] = _("承诺时限不能比法定时限长。")
    if errors:
        raise ValidationError(errors)


def missing_fields(item: Any) -> list[str]:
    """Labels of what DOMAIN requires and the item leaves empty, in the order of the fact sheet."""
    field = item._meta.get_field
    names = ["power_source", "exercising_body", "body_nature", "supervision", "contact", "remedy"]
    if item.category_id and item.category.on_application:
        names += ["conditions", "audience"]
    if item.category_id and item.category.code == "penalty":
        names += ["penalty_acts", "penalty_kinds", "penalty_range"]
    gaps = [str(field(name).verbose_name) for name in names if not getattr(item, name)]
    if not item.levels.all():
        gaps.append(str(field("levels").verbose_name))
    if item.category_id and item.category.on_application:
        if item.statutory_limit is None and item.promised_limit is None:
            gaps.append(_("办结时限"))
        if not item.materials.all():
            gaps.append(_("申请材料"))
    if not item.duties.all():
        gaps.append(_("责任事项"))
    if not item.accountabilities.all():
        gaps.append(_("追责情形"))
    if item.made_code:
        gaps.append(str(field("code").verbose_name))
    return gaps


def asked_fields(item: Any) -> int:
    """How many fields are asked of the item: the m of "n of m"."""
    count = 10
    if item.category_id and item.category.on_application:
        count += 4
    if item.category_id and item.category.code == "penalty":
        count += 3
    return count


def flow_errors(chart: Any) -> list[str]:
    """Sentences that name the row: unknown targets, doubled keys, steps nobody reaches, no start or end."""
    steps = list(chart.steps.all())
    arrows = list(chart.transitions.all())
    keys = [step.key for step in steps]
    known = set(keys)
    grades = _grades(chart)
    found = [_("标识“%(key)s”用了不止一次。") % {"key": key} for key in sorted(known) if keys.count(key) > 1]
    for number, arrow in enumerate(arrows, 1):
        for key in (arrow.from_key, arrow.to_key):
            if key not in known:
                found.append(
                    _("第 %(number)s 条流转指向没有的环节“%(key)s”。") % {"number": number, "key": key}
                )
    for risk in chart.risk_points.all():
        if risk.level and risk.level not in grades:
            found.append(
                _("风险点“%(risk)s”的等级“%(level)s”不在等级表里。") % {"risk": risk, "level": risk.level}
            )
        if risk.step_key not in known:
            found.append(
                _("风险点“%(risk)s”写在没有的环节“%(key)s”上。") % {"risk": risk, "key": risk.step_key}
            )
    if not steps:
        return [_("流程图还没有环节。")]
    targets = {arrow.to_key for arrow in arrows}
    first = steps[0].key
    for step in steps:
        if step.key not in targets and step.key != first and step.kind != "start":
            found.append(_("没有流转通向环节“%(name)s”。") % {"name": step.name})
    return found


def _grades(chart: Any) -> set[str]:
    """The codes of the site's risk scale, asked only where the chart states a level."""
    from cms.models import RiskGrade, RiskLevel

    stated = {risk.level for risk in chart.risk_points.all()} - {""}
    if not stated:
        return set()
    return set(RiskGrade.objects.values_list("code", flat=True)) or set(RiskLevel.values)
