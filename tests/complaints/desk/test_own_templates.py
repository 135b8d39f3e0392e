"""Replies that are written often: one's own are nobody else's, an office's are kept by who may share."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from complaints.desk import replies
from complaints.desk.models import ReplyTemplate


def add(client: Any, name: str, text: str = "{机构}收到了。", **data: str) -> Any:
    return client.post("/desk/templates/", {"name": name, "text": text, **data})


def test_ones_own_are_nobody_elses(desk: Any) -> None:
    tip = desk.tip()
    mine, other = desk.client("handler"), desk.client("triage")
    assert add(mine, "我的受理").status_code == 303
    row = ReplyTemplate.objects.get()
    assert (row.owner, row.office) == (desk.users["handler"], None)
    assert "我的受理" in mine.get("/desk/templates/").text
    assert "望湖区纪委监委收到了" in mine.get(f"/desk/tips/{tip.number}/?template={row.pk}").text
    assert "我的受理" not in other.get("/desk/templates/").text
    page = other.get(f"/desk/tips/{tip.number}/?template={row.pk}")
    assert page.status_code == 200
    assert "我的受理" not in page.text
    assert "收到了" not in page.text
    for path in (f"{row.pk}/", f"{row.pk}/delete/"):
        assert other.post(f"/desk/templates/{path}", {"name": "甲", "text": "乙"}).status_code == 404
    assert other.get(f"/desk/templates/{row.pk}/").status_code == 404
    assert mine.post(f"/desk/templates/{row.pk}/", {"name": "改", "text": "新的"}).status_code == 303
    row.refresh_from_db()
    assert (row.name, row.text) == ("改", "新的")
    assert mine.post(f"/desk/templates/{row.pk}/delete/").status_code == 303
    assert not ReplyTemplate.objects.exists()


def test_an_offices_are_kept_by_who_may_share(desk: Any) -> None:
    everybodys = ReplyTemplate.objects.create(name="全站的", text="一样")
    triage, handler = desk.client("triage"), desk.client("handler")
    assert add(triage, "本处的", shared="on").status_code == 303
    row = ReplyTemplate.objects.get(name="本处的")
    assert (row.owner, row.office) == (None, desk.lake)
    page = handler.get("/desk/templates/").text
    assert "本处的" in page
    assert "全站的" in page
    assert f"/desk/templates/{row.pk}/" not in page
    for pk in (row.pk, everybodys.pk):
        assert handler.post(f"/desk/templates/{pk}/delete/").status_code == 404
    assert triage.post(f"/desk/templates/{everybodys.pk}/delete/").status_code == 404
    assert "本处的" not in desk.client("outsider").get("/desk/templates/").text
    with pytest.raises(PermissionDenied):
        replies.keep(user=desk.users["handler"], name="甲", text="乙", shared=True)
    assert add(handler, "甲", shared="on").status_code == 403
    assert ReplyTemplate.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "text"), [("", "好"), ("甲", ""), ("甲", "<script>x</script>"), ("甲", "{未知}"), ("甲", "好\0")]
)
def test_what_is_refused_stays_on_the_page(desk: Any, name: str, text: str) -> None:
    page = add(desk.client("handler"), name, text)
    assert page.status_code == 422
    assert not ReplyTemplate.objects.exists()
    if "{" in text:
        assert text in page.text


def test_no_more_than_a_page_can_show(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST", 1)
    client = desk.client("handler")
    assert add(client, "一").status_code == 303
    assert "最多存 1 条" in add(client, "二").text
    assert ReplyTemplate.objects.count() == 1
