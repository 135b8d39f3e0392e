"""Flowcharts: how often lines cross, how large the drawings are and how long they take, in both forms."""

from __future__ import annotations

import time
from typing import Any

from cms.flow import bpmn_in, bpmn_out, layers, narrow, wide
from cms.flow.document import FlowData, StepData, WayData
from cms.flow.xml import Refused
from tests.bench.table import Table, milliseconds
from tests.support import charts


def run(site: Any = None, *, seconds: float = 0, most: int = 200) -> list[Table]:
    """Two tables: the drawings of all charts, and the reference diagrams. `site` is not needed."""
    return [drawings(most), *references()]


def drawings(most: int) -> Table:
    """The charts of the suite, the random ones by size."""
    table = Table(
        "Flowcharts in both drawings",
        ["charts", "steps", "ways", "crossings narrow", "wide", "wide, unordered", "overlaps", "pierced",
         "widest", "ms a chart"],
        {"random charts": most, "seeds": f"0 to {most - 1}"},
    )  # fmt: skip
    named = [charts.beijing(), charts.penalty(), charts.licence()]
    groups = [(c.title, [c]) for c in named if c]
    random = [charts.random_chart(n) for n in range(most)]
    for low, high in ((3, 10), (11, 20), (21, 30), (31, 40)):
        groups.append((f"random, {low} to {high} steps", [c for c in random if low <= len(c.steps) <= high]))
    groups.append(("all random", random))
    for name, found in groups:
        start = time.perf_counter()
        both = [(narrow.draw(c), wide.draw(c)) for c in found]
        spent = (time.perf_counter() - start) / max(1, len(found))
        every = [d for pair in both for d in pair]
        table.rows.append(
            [
                f"{name} ({len(found)})" if len(found) > 1 else name,
                sum(len(c.steps) for c in found),
                sum(len(c.transitions) for c in found),
                sum(charts.crossings(n) for n, _w in both),
                sum(charts.crossings(w) for _n, w in both),
                unordered(found),
                sum(len(charts.overlaps(d)) for d in every),
                sum(len(charts.pierced(d)) for d in every),
                f"{max((w.width for _n, w in both), default=0):.0f}",
                milliseconds(spent),
            ]
        )
    return table


def unordered(found: list[Any]) -> int:
    """Crossings of the wide drawing without sweeps."""
    real = layers._order
    layers._order = lambda plan: layers._number(plan.layers)
    try:
        return sum(charts.crossings(wide.draw(c)) for c in found)
    finally:
        layers._order = real


def flow_of(chart: Any) -> FlowData:
    """A drawn chart as what goes out."""
    steps = [StepData(s.key, s.name, s.kind, s.post) for s in chart.steps]
    return FlowData(
        chart.title,
        "",
        steps,
        [WayData(t.source, t.target, t.condition, t.returns) for t in chart.transitions],
    )


def references() -> list[Table]:
    """Each reference diagram, process by process: imported, or refused by which elements and why."""
    folder = charts.SHARED / "standards" / "bpmn" / "reference"
    table = Table("BPMN reference diagrams", ["file", "process", "steps", "ways", "notes", "refused"])
    for path in sorted(folder.glob("*.bpmn")):
        reference(table, path.stem, path.read_bytes())
    return [table] if table.rows else []


def reference(table: Table, name: str, data: bytes, process: str = "") -> None:
    """One row; where the file holds several processes, one for each of them too."""
    try:
        found = bpmn_in.read(data, process=process)
    except Refused as refused:
        ident, sentence = refused.reasons[0]
        more = f" (+{len(refused.reasons) - 1})" if len(refused.reasons) > 1 else ""
        table.rows.append([name, process or "-", "", "", "", sentence + more])
        if not process and f"有 {len(refused.reasons)} 个流程" in sentence:
            for ident, _sentence in refused.reasons:
                reference(table, name, data, ident)
        return
    again = bpmn_in.read(bpmn_out.write(found.flow).encode()).flow == found.flow
    table.rows.append(
        [
            name, process or "-", len(found.flow.steps), len(found.flow.ways), len(found.notes),
            "" if again else "DIFFERS AFTER A SECOND JOURNEY",
        ]
    )  # fmt: skip
