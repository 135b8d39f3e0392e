"""An editor's day in Chromium: a workbook in, one column put right, another person's approval, public at
once and found; one item withdrawn; the whole taken back.

The worker's part is done where the test says so, by the same outbox that the worker empties.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cms.importing.making import HEADER, row, workbook
from tests.support import sound
from tests.support.cities import City, reopen, sign_in, worker

WORD = "檀香木雕"  # in no other text of the city


def status(page: Any, path: str) -> int:
    return int(page.goto(path).status)


@pytest.mark.once
def test_a_list_from_the_workbook_to_the_public_and_back(visit: Any, city: City, tmp_path: Path) -> None:
    accounts = {account["username"]: account for account in city.accounts}
    header = [{"备注": "事项的来由"}.get(name, name) for name in HEADER]
    rows = [row(n, f"{WORD}{n}号许可", remark=f"来由{n}") for n in range(1, 4)]
    path = workbook(tmp_path / "清单.xlsx", [["权责清单"], header, *rows])
    worker()

    editor, approver, reader = visit(), visit(), visit(script=False)
    for page in (editor, approver):
        page.set_default_timeout(60_000)
    sign_in(editor, accounts["editor"])
    editor.goto("/admin/imports/upload/")
    editor.locator("[name=organisation]").select_option(label="云泽市城市管理局")
    editor.set_input_files("[name=files]", str(path))
    editor.get_by_role("button", name="上传", exact=True).click()
    editor.wait_for_url("**/admin/imports/*/")
    address = editor.url
    worker()
    reopen(editor, address)
    editor.get_by_role("combobox", name="J 事项的来由").select_option("remark")
    editor.get_by_role("button", name="按改过的列重新读取").click()
    editor.locator("#busy").wait_for()
    worker()
    reopen(editor, address)
    editor.get_by_text(f"{WORD}1号许可").first.wait_for()
    editor.get_by_role("button", name="提交，请另一个人批准").click()
    editor.get_by_text("已提交，等待另一个人批准。").wait_for()
    assert not editor.get_by_role("button", name="批准并公开").count()

    found = f"/search/?q={WORD}"
    reader.goto(found)
    assert not reader.locator(".hit").count()
    sign_in(approver, accounts["moderator"])
    approver.goto(address)
    approver.get_by_role("button", name="批准并公开").click()
    approver.get_by_text("已批准，正在写入").wait_for()
    worker()
    reopen(approver, address)
    approver.get_by_text("撤回整批").first.wait_for()
    for page in (editor, approver):
        assert list(sound.unsound(page, wide=True)) == []
        page.set_viewport_size(sound.WIDE)

    reader.goto(found)
    assert reader.locator(".hit").count() == 3
    reader.get_by_role("link", name=f"{WORD}1号许可").first.click()
    item = reader.url
    assert reader.get_by_text("来由1").count()

    from cms.models import PowerItem

    key = PowerItem.objects.get(name=f"{WORD}1号许可").pk
    approver.goto(f"/admin/snippets/cms/poweritem/unpublish/{key}/")
    approver.locator("main form button[type=submit], main form input[type=submit]").first.click()
    approver.wait_for_url("**/admin/snippets/cms/poweritem/**")
    assert status(reader, item) == 410  # before any worker did anything
    worker()
    reader.goto(found)
    assert reader.locator(".hit").count() == 2
    for list_ in ("/power/?q=" + WORD, "/data/power-items.csv", "/feeds/latest.atom"):
        assert f"{WORD}1号许可" not in reader.request.get(list_).text()

    approver.goto(address)
    approver.get_by_text("撤回整批").first.click()
    approver.fill("#reason", "整批有误")
    approver.get_by_role("button", name="撤回整批").click()
    approver.locator("#busy").wait_for()
    worker()
    reader.goto(found)
    assert not reader.locator(".hit").count()
    assert PowerItem.objects.filter(name__contains=WORD, live=True).count() == 0
