"""Learning suggestions from an office's own texts: read from its sealed index, kept in it.

    python -m search.teach  <  one line of JSON: {"path", "key", "labels": {kind: {document id: label}}}

A process of its own, without the site's settings or environment: the key comes through a pipe and goes with
the process, and the web server never holds scikit-learn. What is learned lies in the sealed index only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from search import suggest
from search.engines.sealed import SealedEngine

MOST_TEXTS = 5_000
"""Texts that are learned from."""

Labels = Mapping[str, str]
"""Document id → label."""


def load(engine: SealedEngine, kind: str) -> suggest.Model | None:
    """What was learned of this kind; None where nothing was, or where it cannot be read."""
    data = engine.kept(f"suggest {kind}")
    if data is None:
        return None
    try:
        return suggest.Model.load(data)
    except suggest.NotAModel:
        return None


def judged(engine: SealedEngine, kind: str) -> list[tuple[float, bool]]:
    """(confidence, right) of what earlier models had said about documents that were labelled only later."""
    data = engine.kept(f"judged {kind}")
    return [(float(sure), bool(right)) for sure, right in json.loads(data)] if data else []


def learned(engine: SealedEngine, kind: str) -> set[str]:
    """The documents from which the model was learned."""
    data = engine.kept(f"learned {kind}")
    return set(json.loads(data)) if data else set()


def learn(engine: SealedEngine, kind: str, labels: Labels) -> suggest.Model | None:
    """Judge the model that there is by what was labelled since, then learn a new one; None where too few."""
    chosen = dict(list(labels.items())[:MOST_TEXTS])
    texts = engine.texts(list(chosen))
    _judge(engine, kind, {ref: chosen[ref] for ref in texts}, texts)
    try:
        model = suggest.train(list(texts.values()), [chosen[ref] for ref in texts])
    except suggest.TooFew:
        return None
    engine.keep(f"suggest {kind}", model.dump())
    engine.keep(f"learned {kind}", json.dumps(sorted(texts)).encode())
    return model


def _judge(engine: SealedEngine, kind: str, labels: Labels, texts: Mapping[str, suggest.Text]) -> None:
    model, known = load(engine, kind), learned(engine, kind)
    new = [ref for ref in labels if ref not in known]
    if model is None or not new:
        return
    said = model.suggest_all([texts[ref] for ref in new])
    told = [(a.confidence, a.label == labels[ref]) for a, ref in zip(said, new, strict=True)]
    rows = (judged(engine, kind) + told)[-MOST_TEXTS:]
    engine.keep(f"judged {kind}", json.dumps(rows).encode())


def begin(path: Path, key: bytes, labels: Mapping[str, Labels]) -> subprocess.Popen[bytes]:
    """Learn in a process of its own; returns at once. A child that is killed has changed nothing."""
    child = subprocess.Popen(
        [sys.executable, "-m", "search.teach"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ},
    )
    if child.stdin:
        with child.stdin as pipe:
            pipe.write(json.dumps({"path": str(path), "key": key.hex(), "labels": labels}).encode())
    return child


def main() -> None:
    """As in the module's docstring."""
    asked = json.loads(sys.stdin.buffer.read())
    with SealedEngine(asked["path"], bytes.fromhex(asked["key"])) as engine:
        for kind, labels in asked["labels"].items():
            learn(engine, kind, labels)


if __name__ == "__main__":
    main()
