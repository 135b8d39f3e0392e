"""Suggesting a label (a category, a region) for a text, from texts that people have labelled.

Character n-grams (one and two signs) of title and text, tf-idf, a linear support vector machine a label
(scikit-learn's LinearSVC, balanced): on 1,500 real messages in seven categories it is better than longer
n-grams or logistic regression. Its scores become a confidence by one temperature, fitted on answers about
texts that were held out (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017). What is kept is
arrays and JSON, never a pickle: a model is data, and reading one can run nothing.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from search.analysis import canonical

LEAST_TEXTS = 40
"""Texts below which nothing is learned."""
LEAST_EACH = 8
"""Texts below which a label is not learned."""
MOST_GRAMS = 60_000
"""n-grams that are kept of titles, and of texts."""
TITLE = 0.7
"""What the title counts beside the text."""
READ_AT_MOST = 4_000
"""Characters of a text that are read."""
FOLDS = 5
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
_COST = 0.5
_VERSION = 1

Text = tuple[str, str]
"""Title and text, as they were written."""


class TooFew(Exception):
    """Not enough labelled texts to learn from."""


class NotAModel(Exception):
    """Bytes that are not a model, or one of another version."""


@dataclass(frozen=True)
class Suggestion:
    """A label and how sure it is, 0 to 1."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Band:
    """Answers whose confidence lay between `low` and `high`: how many, how many right, mean confidence."""

    low: float
    high: float
    count: int
    right: int
    confidence: float

    @property
    def low_percent(self) -> int:
        """`low` in percent."""
        return round(100 * self.low)

    @property
    def high_percent(self) -> int:
        """`high` in percent."""
        return round(100 * self.high)

    @property
    def percent(self) -> int:
        """How many of a hundred were right."""
        return round(100 * self.right / self.count) if self.count else 0


@dataclass(frozen=True)
class Check:
    """How answers about texts that were not learned from turned out."""

    count: int
    right: int
    macro_f1: float
    bands: tuple[Band, ...]
    confused: tuple[tuple[str, str, int], ...] = ()
    """(the label it has, the label suggested, how often), the most frequent first."""


@dataclass(frozen=True)
class Side:
    """The n-grams of titles or of texts: n-gram → number, and the idf of each (float32)."""

    grams: dict[str, int]
    idf: Any

    def vector(self, part: str) -> tuple[list[int], Any]:
        """(numbers of n-grams, their tf-idf in length 1) of a canonical text."""
        counts = _counts(part)
        held = sorted((self.grams[gram], times) for gram, times in counts.items() if gram in self.grams)
        at = [n for n, _ in held]
        values = (1 + np.log(np.array([times for _, times in held], dtype=np.float32))) * self.idf[at]
        length = float(np.sqrt((values**2).sum()))
        return at, values / length if length else values


@dataclass(frozen=True)
class Model:
    """What was learned. `weights`: labels × (n-grams of titles, then of texts), float32."""

    labels: tuple[str, ...]
    sides: tuple[Side, Side]
    weights: Any
    bias: Any
    temperature: float
    count: int
    check: Check

    def suggest(self, text: Text) -> Suggestion:
        """The most likely label."""
        return self.suggest_all([text])[0]

    def suggest_all(self, texts: Sequence[Text]) -> list[Suggestion]:
        """The most likely label of each."""
        found = []
        for text in texts:
            sure = _softmax(self.scores(_read(text)) / self.temperature)
            best = int(np.argmax(sure))
            found.append(Suggestion(self.labels[best], float(sure[best])))
        return found

    def scores(self, read: Text) -> Any:
        """The score of each label, from the canonical title and text."""
        scores, start = self.bias.copy(), 0
        for part, side, share in zip(read, self.sides, (TITLE, 1.0), strict=True):
            at, values = side.vector(part)
            if at:
                scores += self.weights[:, [start + n for n in at]] @ (share * values)
            start += len(side.grams)
        return scores

    def dump(self) -> bytes:
        """As bytes: a zip of arrays; weights in 16 bits."""
        facts = {
            "version": _VERSION,
            "labels": self.labels,
            "temperature": self.temperature,
            "count": self.count,
            "check": _check_as_json(self.check),
        }
        arrays = {
            "facts": _bytes(json.dumps(facts)),
            "title": _bytes("\n".join(self.sides[0].grams)),
            "title_idf": self.sides[0].idf.astype(np.float32),
            "text": _bytes("\n".join(self.sides[1].grams)),
            "text_idf": self.sides[1].idf.astype(np.float32),
            "weights": self.weights.astype(np.float16),
            "bias": self.bias.astype(np.float32),
        }
        out = io.BytesIO()
        np.savez(out, **arrays)
        return out.getvalue()

    @classmethod
    def load(cls, data: bytes) -> Model:
        """From `dump`. Raises NotAModel; runs nothing of what it reads."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                facts = json.loads(file["facts"].tobytes())
                if facts["version"] != _VERSION:
                    raise NotAModel
                title = Side(_numbered(file["title"]), file["title_idf"].astype(np.float32))
                text = Side(_numbered(file["text"]), file["text_idf"].astype(np.float32))
                weights = file["weights"].astype(np.float32)
                bias = file["bias"].astype(np.float32)
            labels = tuple(str(label) for label in facts["labels"])
            width = len(title.grams) + len(text.grams)
            shapes = [a.shape for a in (weights, bias, title.idf, text.idf)]
            if shapes != [(len(labels), width), (len(labels),), (len(title.grams),), (len(text.grams),)]:
                raise NotAModel
            checked = _check_from_json(facts["check"])
            heat, count = float(facts["temperature"]), int(facts["count"])
            return cls(labels, (title, text), weights, bias, heat, count, checked)
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile):
            raise NotAModel from None


# Learning -----------------------------------------------------------------------------------------------


def train(texts: Sequence[Text], labels: Sequence[str]) -> Model:
    """Learn from labelled texts; about six seconds for 1,500 on one core. Raises TooFew.

    The confidence and the check come from FOLDS rounds, each of which answers about a part it has not seen.
    """
    rows, known = _enough(texts, labels)
    read = [_read(texts[n]) for n in rows]
    truth = np.array([known.index(labels[n]) for n in rows])
    scores = np.zeros((len(rows), len(known)), dtype=np.float32)
    for learned, held in _folds(truth):
        trial = _learn([read[n] for n in learned], truth[learned], known)
        for n in held:
            scores[n] = trial.scores(read[n])
    heat = _temperature(scores, truth)
    sure = _softmax(scores / heat)
    answers = [
        Suggestion(known[int(best)], float(row[best]))
        for row, best in zip(sure, sure.argmax(axis=1), strict=True)
    ]
    checked = check(answers, [known[n] for n in truth])
    return replace(_learn(read, truth, known), temperature=heat, check=checked)


def check(answers: Sequence[Suggestion], truth: Sequence[str]) -> Check:
    """How often the answers are right, overall and for each band of confidence."""
    bands = []
    for low, high in pairwise(BANDS):
        within = [(a, t) for a, t in zip(answers, truth, strict=True) if low <= a.confidence < high]
        right = sum(a.label == t for a, t in within)
        mean = sum(a.confidence for a, _ in within) / len(within) if within else 0.0
        bands.append(Band(low, min(high, 1.0), len(within), right, mean))
    wrong = Counter((t, a.label) for a, t in zip(answers, truth, strict=True) if a.label != t)
    return Check(
        count=len(truth),
        right=sum(band.right for band in bands),
        macro_f1=_macro_f1([a.label for a in answers], truth),
        bands=tuple(bands),
        confused=tuple((t, a, n) for (t, a), n in wrong.most_common(10)),
    )


def _macro_f1(answers: Sequence[str], truth: Sequence[str]) -> float:
    """The mean over the labels of 2·hits / (asked + answered)."""
    asked, given = Counter(truth), Counter(answers)
    hits = Counter(t for a, t in zip(answers, truth, strict=True) if a == t)
    scores = [2 * hits[label] / (asked[label] + given[label]) for label in asked | given]
    return sum(scores) / len(scores) if scores else 0.0


def _enough(texts: Sequence[Text], labels: Sequence[str]) -> tuple[list[int], tuple[str, ...]]:
    """The rows whose label is frequent enough, and those labels."""
    each = Counter(labels)
    known = tuple(sorted(label for label, n in each.items() if n >= LEAST_EACH))
    rows = [n for n in range(len(texts)) if labels[n] in known]
    if len(known) < 2 or len(rows) < LEAST_TEXTS:
        raise TooFew
    return rows, known


def _folds(truth: Any) -> Iterable[tuple[list[int], list[int]]]:
    """FOLDS times (learned from, held out); each label is spread evenly, always in the same way."""
    from sklearn.model_selection import StratifiedKFold

    shuffled = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for learned, held in shuffled.split(np.zeros(len(truth)), truth):
        yield learned.tolist(), held.tolist()


def _learn(read: Sequence[Text], truth: Any, known: tuple[str, ...]) -> Model:
    """A model of canonical titles and texts, without temperature and check."""
    from scipy.sparse import hstack

    title, titles = _tfidf([row[0] for row in read])
    text, texts = _tfidf([row[1] for row in read])
    weights, bias = _separate(hstack([TITLE * titles, texts]).tocsr(), truth, len(known))
    return Model(known, (title, text), weights, bias, 1.0, len(read), Check(0, 0, 0.0, ()))


def _tfidf(parts: Sequence[str]) -> tuple[Side, Any]:
    """The n-grams that two of the parts hold, and their tf-idf (parts × n-grams)."""
    from scipy.sparse import csr_matrix

    spread = Counter(gram for part in parts for gram in _counts(part))
    kept = sorted((g for g, n in spread.items() if n >= 2), key=lambda g: (-spread[g], g))[:MOST_GRAMS]
    grams = {gram: n for n, gram in enumerate(sorted(kept))}
    idf = np.array([math.log((1 + len(parts)) / (1 + spread[g])) + 1 for g in grams], dtype=np.float32)
    side = Side(grams, idf)
    rows = [side.vector(part) for part in parts]
    ends = np.cumsum([0, *(len(at) for at, _ in rows)])
    data = np.concatenate([np.zeros(0, np.float32), *(values for _, values in rows)])
    return side, csr_matrix((data, [n for at, _ in rows for n in at], ends), shape=(len(parts), len(grams)))


def _separate(matrix: Any, truth: Any, known: int) -> tuple[Any, Any]:
    """Weights (labels × n-grams) and bias of one line a label."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=_COST, class_weight="balanced", random_state=0).fit(matrix, truth)
    if known == 2:  # scikit-learn keeps one line for two labels
        return (
            np.vstack([-machine.coef_[0], machine.coef_[0]]).astype(np.float32),
            np.array([-machine.intercept_[0], machine.intercept_[0]], dtype=np.float32),
        )
    return machine.coef_.astype(np.float32), machine.intercept_.astype(np.float32)


def _temperature(scores: Any, truth: Any) -> float:
    """The divisor under which the confidences of held-out answers are the most likely."""
    rows = np.arange(len(truth))
    tried = np.geomspace(0.05, 4, 60)
    losses = [-np.log(_softmax(scores / heat)[rows, truth] + 1e-12).mean() for heat in tried]
    return float(tried[int(np.argmin(losses))])


# Parts --------------------------------------------------------------------------------------------------


def _read(text: Text) -> Text:
    return canonical(text[0][:READ_AT_MOST]), canonical(text[1][:READ_AT_MOST])


def _counts(part: str) -> Counter[str]:
    """The single signs and pairs of a canonical text (its spaces are signs too)."""
    return Counter(part) + Counter(a + b for a, b in pairwise(part))


def _softmax(scores: Any) -> Any:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _bytes(text: str) -> Any:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _numbered(grams: Any) -> dict[str, int]:
    text = grams.tobytes().decode()
    return {gram: n for n, gram in enumerate(text.split("\n"))} if text else {}


def _check_as_json(checked: Check) -> dict[str, Any]:
    return asdict(checked)


def _check_from_json(stated: dict[str, Any]) -> Check:
    bands = tuple(
        Band(float(b["low"]), float(b["high"]), int(b["count"]), int(b["right"]), float(b["confidence"]))
        for b in stated["bands"]
    )
    confused = tuple((str(t), str(a), int(n)) for t, a, n in stated["confused"])
    return Check(int(stated["count"]), int(stated["right"]), float(stated["macro_f1"]), bands, confused)
