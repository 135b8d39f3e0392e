"""Items that an import could only keep as drafts: the same file again leaves them alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cms.importing.making import BASIS, workbook

pytestmark = pytest.mark.django_db
HEAD = ["序号", "事项名称", "权力类型", "实施依据"]


def test_the_same_file_changes_nothing(run: Any, tmp_path: Path) -> None:
    from cms.models import ImportBatch, PowerItem

    path = workbook(tmp_path / "a.xlsx", [HEAD, [1, "甲", "行政许可", BASIS], [2, "乙", "行政许可", ""]])
    _, first = run(path)
    assert first["drafts"] == 1
    revisions = dict(PowerItem.objects.values_list("name", "latest_revision"))
    _, again = run(path)
    assert (again["differences"]["added"], again["differences"]["same"]) == (0, 2)
    assert dict(PowerItem.objects.values_list("name", "latest_revision")) == revisions
    assert ImportBatch.objects.count() == 1


def test_beside_a_change_the_draft_stays_as_it_is(run: Any, tmp_path: Path) -> None:
    from cms.models import PowerItem

    run(workbook(tmp_path / "a.xlsx", [HEAD, [1, "甲", "行政许可", BASIS], [2, "乙", "行政许可", ""]]))
    draft = PowerItem.objects.get(name="乙")
    _, said = run(
        workbook(
            tmp_path / "a.xlsx", [HEAD, [1, "甲", "行政许可", BASIS + "第四条"], [2, "乙", "行政许可", ""]]
        )
    )
    assert len(said["differences"]["changed"]) == 1
    after = PowerItem.objects.get(name="乙")
    assert (after.latest_revision_id, after.batch_id) == (draft.latest_revision_id, draft.batch_id)


def test_a_file_that_completes_the_draft_publishes_it(run: Any, tmp_path: Path) -> None:
    from cms.models import PowerItem

    run(workbook(tmp_path / "a.xlsx", [HEAD, [1, "甲", "行政许可", BASIS], [2, "乙", "行政许可", ""]]))
    _, said = run(
        workbook(tmp_path / "a.xlsx", [HEAD, [1, "甲", "行政许可", BASIS], [2, "乙", "行政许可", BASIS]])
    )
    assert said["differences"]["added"] == 1
    assert PowerItem.objects.disclosed().filter(name="乙").count() == 1
    assert PowerItem.objects.filter(name="乙").count() == 1
