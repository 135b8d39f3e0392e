"""Where a power comes from: what lists call it, and the choice that stands for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cms.importing.names import source_code
from tests.cms.importing.making import BASIS, workbook


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("法定本级行使", "statutory"),
        ("法定", "statutory"),
        ("本级固有", "statutory"),
        ("上级下放", "handed-down"),
        ("承接上级下放的法定职权", "handed-down"),
        ("赋权乡镇", "handed-down"),
        ("上级委托", "entrusted"),
        ("委 托", "entrusted"),
        ("法律法规授权", "authorised"),
        ("法律、法规、规章授权", "authorised"),
        ("授权或者委托", None),
        ("见附件", None),
        ("", None),
    ],
)
def test_words_and_codes(text: str, code: str | None) -> None:
    assert source_code(text) == code


@pytest.mark.django_db
def test_an_import_fills_the_choice_and_says_what_it_does_not_know(run: Any, tmp_path: Path) -> None:
    from cms.models import PowerItem

    head = ["序号", "事项名称", "权力类型", "实施依据", "权力来源"]
    body = [
        [n, name, "行政许可", BASIS, source]
        for n, (name, source) in enumerate([("甲", "上级委托"), ("乙", "见附件")])
    ]
    _, said = run(workbook(tmp_path / "a.xlsx", [head, *body]))
    assert dict(PowerItem.objects.values_list("name", "power_source")) == {"甲": "entrusted", "乙": ""}
    assert [w["row"] for w in said["warnings"] if w["code"] == "source_unknown"] == [3]
    _, again = run(workbook(tmp_path / "a.xlsx", [head, *body]))
    assert again["differences"]["same"] == 2
