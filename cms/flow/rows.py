"""Between a flowchart's rows in the database and the plain data that is exchanged."""

from __future__ import annotations

from typing import Any

from cms.flow.document import FlowData, RiskData, StepData, WayData
from cms.models import Flowchart, RiskPoint, Step, Transition

STEP = [
    "key",
    "name",
    "kind",
    "post",
    "unit",
    "limit",
    "limit_unit",
    "limit_note",
    "standard",
    "inputs",
    "outputs",
    "foreign",
]
RISK = ["description", "level", "measures", "owner", "likelihood", "severity", "reviewed_on", "next_review"]


def data_of(chart: Flowchart) -> FlowData:
    """Everything of the chart but where it is published and who is reminded."""
    return FlowData(
        chart.title,
        chart.description,
        [StepData(**{n: getattr(row, n) for n in STEP}) for row in chart.steps.all()],
        [
            WayData(row.from_key, row.to_key, row.condition, row.is_return, row.foreign)
            for row in chart.transitions.all()
        ],
        [
            RiskData(step=row.step_key, **{n: getattr(row, n) for n in RISK})
            for row in chart.risk_points.all()
        ],
        chart.foreign,
    )


def fill(chart: Flowchart, data: FlowData) -> Flowchart:
    """Puts the data into the chart's rows, unsaved. A row that was there keeps its identity, by key."""
    chart.title, chart.description, chart.foreign = data.title, data.description, data.foreign
    old = {row.key: row for row in chart.steps.all()}
    chart.steps = [
        _set(old.get(s.key) or Step(), n, {k: getattr(s, k) for k in STEP}) for n, s in enumerate(data.steps)
    ]
    ways = {(row.from_key, row.to_key, row.condition): row for row in chart.transitions.all()}
    chart.transitions = [
        _set(
            ways.pop((w.source, w.target, w.condition), None) or Transition(),
            n,
            {
                "from_key": w.source,
                "to_key": w.target,
                "condition": w.condition,
                "is_return": w.returns,
                "foreign": w.foreign,
            },
        )
        for n, w in enumerate(data.ways)
    ]
    risks = {(row.step_key, row.description): row for row in chart.risk_points.all()}
    chart.risk_points = [
        _set(
            risks.pop((r.step, r.description), None) or RiskPoint(),
            n,
            {"step_key": r.step, **{k: getattr(r, k) for k in RISK}},
        )
        for n, r in enumerate(data.risks)
    ]
    return chart


def _set(row: Any, order: int, values: dict[str, object]) -> Any:
    for name, value in {**values, "sort_order": order}.items():
        setattr(row, name, value)
    return row
