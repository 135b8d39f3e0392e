"""How well the relaxed search ranks real messages (SEARCH: anchors .90 and .61)."""

from __future__ import annotations

import json

from search import bench
from search.documents import Document
from search.engines.base import Engine
from tests.search.conftest import MESSAGES, rows


def test_titles_find_their_messages_and_replies(engine: Engine) -> None:
    messages = rows("messages_replies_2816.csv")
    lines = (MESSAGES / "title_queries_300.jsonl").read_text(encoding="utf-8").splitlines()
    relevant = {q["text"]: q["relevant"] for q in map(json.loads, lines)}
    for field, least in (("detail", 0.898), ("reply", 0.608)):
        engine.clear()
        bench.fill(engine, (Document(row["msg_id"], "message", "", row[field]) for row in messages))
        ndcg = bench.ndcg(engine, relevant)
        print(f"{type(engine).__name__}, title → {field}: nDCG@10 {ndcg:.3f} on {len(relevant)} queries")
        assert ndcg >= least


def test_the_bench_gives_a_table(engine: Engine) -> None:
    documents = [Document(f"d:{n}", "d", f"道路 {n}", facets={"category": ["a"]}) for n in range(50)]
    table = dict(bench.run(engine, documents, ["道路", "占用 道路", "-道路"]))
    assert table["documents"] == "50"
    assert "best first, p50 / p95 ms" in table
