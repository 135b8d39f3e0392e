"""Suggested labels: how often they are right, how sure they are, and how long learning takes."""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from search import suggest
from tests.bench.search import DATA
from tests.bench.table import Table

FOLDS = 5


class Unusable(Exception):
    """A table that cannot be read as labelled texts."""


def run(site: Any, *, seconds: float) -> Table | list[Table]:
    """A held-out fifth of real messages, five times; `site` and `seconds` are not needed here."""
    labelled = DATA / "messages" / "labelled_1500.csv"
    if not labelled.exists():
        return Table("Suggestions: left out, ../shared/data is not there", [""])
    return folds(labelled)


def judge(train: Path, test: Path) -> list[Table]:
    """Learn from one table, answer about another. Raises Unusable."""
    texts, labels = read(train)
    asked, truth = read(test)
    start = time.perf_counter()
    model = _learned(texts, labels)
    took = time.perf_counter() - start
    start = time.perf_counter()
    answers = model.suggest_all(asked)
    each = (time.perf_counter() - start) / max(1, len(asked))
    facts = {"learned from": len(texts), "asked about": len(asked)}
    return tables("Suggestions", suggest.check(answers, truth), truth, took, each, len(model.dump()), facts)


def folds(labelled: Path) -> list[Table]:
    """Each fifth of one table is held out once; the mean of five macro-F1. Raises Unusable."""
    from sklearn.model_selection import StratifiedKFold

    texts, labels = read(labelled)
    answers: dict[int, suggest.Suggestion] = {}
    scores, times, size = [], [], 0
    for learned, held in StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(texts, labels):
        start = time.perf_counter()
        model = _learned([texts[n] for n in learned], [labels[n] for n in learned])
        times.append(time.perf_counter() - start)
        said = model.suggest_all([texts[n] for n in held])
        answers.update(zip(held.tolist(), said, strict=True))
        scores.append(suggest.check(said, [labels[n] for n in held]).macro_f1)
        size = len(model.dump())
    checked = suggest.check([answers[n] for n in range(len(texts))], labels)
    facts = {"folds": FOLDS, "macro-F1 of each": ", ".join(f"{score:.3f}" for score in scores)}
    title = f"Suggestions, a held-out fifth five times: macro-F1 {statistics.fmean(scores):.4f}"
    return tables(title, checked, labels, statistics.fmean(times), 0.0, size, facts)


def tables(
    title: str,
    checked: suggest.Check,
    truth: Sequence[str],
    took: float,
    each: float,
    size: int,
    facts: dict[str, object],
) -> list[Table]:
    """The figures, the calibration, and what is taken for what."""
    figures = Table(title, ["measure", "value"], facts)
    figures.rows = [
        ["macro-F1", f"{checked.macro_f1:.4f}"],
        ["right", f"{checked.right} of {checked.count}"],
        ["labels", len(set(truth))],
        ["learning, s (its own five rounds included)", f"{took:.1f}"],
        ["a suggestion, ms", f"{each * 1000:.2f}" if each else "-"],
        ["model, kB", f"{size / 1024:.0f}"],
    ]
    sure = Table("Calibration", ["confidence", "answers", "mean confidence", "right"])
    sure.rows = [
        [f"{b.low:.2f} to {b.high:.2f}", b.count, f"{b.confidence:.3f}", f"{b.right / b.count:.3f}"]
        for b in checked.bands
        if b.count
    ]
    confused = Table("Most frequent mistakes", ["is", "was taken for", "times"])
    confused.rows = [list(row) for row in checked.confused]
    return [figures, sure, confused]


def read(path: Path) -> tuple[list[suggest.Text], list[str]]:
    """Texts and labels of a table with columns text, or title and detail, and label. Raises Unusable."""
    csv.field_size_limit(2**24)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path}: {error}") from error
    columns = set(rows[0]) if rows else set()
    if "label" not in columns or not ({"title", "detail"} <= columns or "text" in columns):
        raise Unusable(f"{path}: needs the columns label, and text or title and detail")
    rows = [row for row in rows if row["label"]]
    if {"title", "detail"} <= columns:
        return [(r["title"] or "", r["detail"] or "") for r in rows], [r["label"] for r in rows]
    return [("", r["text"] or "") for r in rows], [r["label"] for r in rows]


def _learned(texts: Sequence[suggest.Text], labels: Sequence[str]) -> suggest.Model:
    try:
        return suggest.train(texts, labels)
    except suggest.TooFew as error:
        raise Unusable("too few texts: at least two labels with eight each, and forty in all") from error
