"""Suggesting a label: learned from few texts, honest about how sure it is, and kept as data."""

from __future__ import annotations

import io
import json
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from search import suggest, teach
from search.documents import Document
from search.engines.sealed import SealedEngine
from tests.search.conftest import KEY

WORDS = {
    "收费": ["押金", "卫生费", "票据", "收款", "乱收费", "摊位费", "罚款单", "退还"],
    "环境": ["河道", "采砂", "污水", "扬尘", "噪声", "垃圾", "排放", "臭味"],
    "交通": ["公交", "路口", "停车", "红绿灯", "车站", "客运", "车道", "占道"],
}
COMMON = ["希望", "有关", "部门", "尽快", "处理", "多次", "反映", "没有", "结果", "请", "查"]


def texts(count: int = 40, seed: int = 1) -> tuple[list[suggest.Text], list[str]]:
    """`count` made-up texts a label; one in ten has the words of another label."""
    rng, made, labels = random.Random(seed), [], []
    for label in WORDS:
        for _ in range(count):
            of = rng.choice(list(WORDS)) if rng.random() < 0.1 else label
            words = rng.choices(WORDS[of], k=4) + rng.choices(COMMON, k=6)
            rng.shuffle(words)
            made.append(("".join(words[:2]), "，".join(words)))
            labels.append(label)
    return made, labels


@pytest.fixture(scope="module")
def model() -> suggest.Model:
    return suggest.train(*texts())


def test_it_works(model: suggest.Model) -> None:
    said = model.suggest(("摊位费不给票据", "收了押金，没有收款票据"))
    assert said.label == "收费"
    assert 0.5 < said.confidence <= 1
    assert model.suggest(("污水直排河道", "臭味很大，还有扬尘")).label == "环境"
    assert model.labels == ("交通", "收费", "环境")
    assert model.count == 120


def test_it_says_how_often_it_was_right(model: suggest.Model) -> None:
    check = model.check
    assert check.count == 120
    assert check.right == sum(band.right for band in check.bands)
    assert sum(band.count for band in check.bands) == 120
    assert 0.8 < check.right / check.count < 1, "one text in ten is labelled at random"
    assert all(0 <= band.right <= band.count for band in check.bands)
    sure = sum(band.confidence * band.count for band in check.bands) / check.count
    assert abs(sure - check.right / check.count) < 0.1, "as sure on average as it is right"


def test_the_same_texts_give_the_same_model(model: suggest.Model) -> None:
    assert suggest.train(*texts()).dump() == model.dump()


def test_a_model_is_data(model: suggest.Model) -> None:
    again = suggest.Model.load(model.dump())
    asked = texts(5, seed=9)[0]
    assert [s.label for s in again.suggest_all(asked)] == [s.label for s in model.suggest_all(asked)]
    for one, other in zip(again.suggest_all(asked), model.suggest_all(asked), strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=0.01)
    assert again.check == model.check


class Bomb:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('ran')",)


@pytest.mark.parametrize("kind", ["pickle", "object array", "noise", "empty", "other shape", "other version"])
def test_what_is_no_model_is_refused_and_runs_nothing(model: suggest.Model, kind: str) -> None:
    data = {"pickle": pickle.dumps(Bomb()), "noise": b"PK\x03\x04" + bytes(200), "empty": b""}.get(kind)
    if data is None:
        with np.load(io.BytesIO(model.dump()), allow_pickle=False) as file:
            arrays = dict(file)
        if kind == "object array":
            arrays["bias"] = np.array([Bomb()], dtype=object)
        elif kind == "other shape":
            arrays["weights"] = arrays["weights"][:, :-1]
        else:
            facts = json.loads(arrays["facts"].tobytes()) | {"version": 99}
            arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
        out = io.BytesIO()
        np.savez(out, **arrays)
        data = out.getvalue()
    with pytest.raises(suggest.NotAModel):
        suggest.Model.load(data)


def test_too_few() -> None:
    made, labels = texts(40)
    with pytest.raises(suggest.TooFew):
        suggest.train([], [])
    with pytest.raises(suggest.TooFew):
        suggest.train(made[:40], labels[:40])  # one label
    with pytest.raises(suggest.TooFew):
        suggest.train(made[30:50], labels[30:50])


def test_rare_labels_are_left_out() -> None:
    made, labels = texts(30)
    model = suggest.train([*made, ("别的", "别的")], [*labels, "罕见"])
    assert "罕见" not in model.labels


def test_two_labels() -> None:
    made, labels = texts(30)
    model = suggest.train(made[:60], labels[:60])
    assert len(model.labels) == 2
    assert model.suggest(("采砂", "河道污水")).label == "环境"


@pytest.mark.parametrize("text", [("", ""), ("😀", "\x00"), ("x" * 50_000, "字" * 50_000)])
def test_any_text_gets_an_answer(model: suggest.Model, text: suggest.Text) -> None:
    said = model.suggest(text)
    assert said.label in model.labels
    assert 0 <= said.confidence <= 1


# In the sealed index ------------------------------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SealedEngine]:
    with SealedEngine(tmp_path / "one.db", KEY) as engine:
        made, _ = texts()
        engine.index([Document(f"tip:{n}", "tip", title, body) for n, (title, body) in enumerate(made)])
        yield engine


def labels(start: int = 0, end: int = 120) -> dict[str, str]:
    return {f"tip:{n}": label for n, label in enumerate(texts()[1]) if start <= n < end}


def test_learning_reads_and_writes_the_sealed_index(engine: SealedEngine) -> None:
    assert teach.load(engine, "category") is None
    assert teach.learn(engine, "category", {**labels(), "tip:gone": "收费"})
    model = teach.load(engine, "category")
    assert model is not None
    assert model.suggest(("污水", "河道扬尘")).label == "环境"
    assert teach.load(engine, "region") is None
    assert teach.learned(engine, "category") == set(labels())
    engine.truncate()
    assert "押金".encode() not in engine.path.read_bytes()


def test_an_older_model_is_judged_by_what_was_decided_since(engine: SealedEngine) -> None:
    odd = {ref: label for ref, label in labels().items() if int(ref[4:]) % 2}
    teach.learn(engine, "category", odd)
    assert teach.judged(engine, "category") == []
    teach.learn(engine, "category", labels())
    told = teach.judged(engine, "category")
    assert len(told) == 60
    assert 40 < sum(right for _, right in told) < 60
    teach.learn(engine, "category", labels())  # nothing new: nothing judged twice
    assert len(teach.judged(engine, "category")) == 60


def test_too_few_leave_what_there_is(engine: SealedEngine) -> None:
    assert teach.learn(engine, "category", labels(0, 10)) is None
    assert teach.load(engine, "category") is None


def test_a_broken_model_is_none(engine: SealedEngine) -> None:
    engine.keep("suggest category", pickle.dumps(Bomb()))
    assert teach.load(engine, "category") is None


def test_it_learns_in_a_process_of_its_own(engine: SealedEngine) -> None:
    child = teach.begin(engine.path, KEY, {"category": labels()})
    assert KEY.hex() not in " ".join(str(part) for part in child.args)  # type: ignore[union-attr]
    assert child.wait(120) == 0
    assert teach.load(engine, "category") is not None


def test_bench_prints_the_figures(tmp_path: Path) -> None:
    from tests.bench import suggest as bench

    made, truth = texts(20)
    table = tmp_path / "train.csv"
    lines = [f'"{title}","{body}","{label}"' for (title, body), label in zip(made, truth, strict=True)]
    table.write_text("title,detail,label\n" + "\n".join(lines), encoding="utf-8")
    text = "\n".join(part.text() for part in bench.judge(table, table))
    assert "macro-F1" in text
    assert "Calibration" in text
    table.write_text("title,label\na,b\n", encoding="utf-8")
    with pytest.raises(bench.Unusable):
        bench.judge(table, table)


def test_the_web_server_does_not_load_the_learner() -> None:
    code = "import search.teach, sys; sys.exit('sklearn' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
