"""Six lists as departments published them, against what hand-checked code found in them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[4] / "shared/data/power"
if not DATA.exists():
    pytest.skip("../shared/data is not here", allow_module_level=True)

FILES = sorted((DATA / "workbooks").iterdir())


def flat(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


def test_items_are_found_and_none_invented(dry: Any) -> None:
    """By (file, name, parent): 99 % found, at most 1 % in no source row, 98 % of the categories equal."""
    wanted: dict[tuple[str, str, str], str] = {}
    for line in (DATA / "items_extracted.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        parent = flat(row["item"]) if row["subitem"] else ""
        wanted[row["file"], flat(row["subitem"] or row["item"]), parent] = flat(row["type"])
    code, said = dry(*FILES)
    found = {(i["file"], flat(i["name"]), flat(i["parent"])): flat(i["category"]) for i in said["items"]}
    for path in FILES:
        mine = {key for key in found if key[0] == path.name}
        theirs = {key for key in wanted if key[0] == path.name}
        print(
            f"{path.name}: {len(mine & theirs)} of {len(theirs)} found, {len(mine - theirs)} in no source row"
        )
    both = found.keys() & wanted.keys()
    equal = sum(found[key] == wanted[key] for key in both)
    invented = found.keys() - wanted.keys()
    print(f"found {len(both) / len(wanted):.1%}, in no source row {len(invented) / len(found):.1%}")
    print(f"categories equal {equal / len(both):.1%}")
    assert code in (0, 2)
    assert len(both) >= 0.99 * len(wanted)
    assert len(said["items"]) == len(found)
    assert len(invented) <= 0.01 * len(found)
    assert equal >= 0.98 * len(both)


def test_every_row_left_out_says_where_and_why(dry: Any) -> None:
    _, said = dry(*FILES)
    for row in said["rejected"]:
        assert row["file"] in {path.name for path in FILES}
        assert row["sheet"]
        assert row["row"] >= 1
        assert row["reason"]


@pytest.mark.django_db
def test_all_are_published_and_a_second_import_changes_nothing(run: Any) -> None:
    from cms.models import ImportBatch, PowerItem, PublishedVersion

    code, said = run(*FILES, accept_rejected=True)
    assert code in (0, 2)
    assert said["applied"]
    items = PowerItem.objects.disclosed()
    assert items.count() == len(said["items"])
    assert items.filter(made_code=True).count() == items.values("code").distinct().count()
    versions, batches = PublishedVersion.objects.count(), ImportBatch.objects.count()
    _, again = run(*FILES, accept_rejected=True)
    assert again["differences"] == {
        "added": 0,
        "changed": [],
        "same": items.count(),
        "gone": [],
        "renamed": [],
    }
    assert PublishedVersion.objects.count() == versions
    assert ImportBatch.objects.count() == batches
