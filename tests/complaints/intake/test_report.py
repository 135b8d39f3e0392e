"""The whole way of a reporter, and what each page refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from complaints.intake.models import Draft, Tip
from complaints.vault import receipts, tips
from complaints.vault.models import Cell


def opened(site: Any, tip: Tip) -> dict[str, str]:
    """label → text, as the lower office reads it."""
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    return {cell.label: cell.text for cell in tips.read_cells(keys, tip.uuid)}


def test_it_works(site: Any) -> None:
    receipt = site.reporter().report()
    tip = Tip.objects.get()
    assert tip.lookup_id == receipts.derive(receipt).lookup_id
    assert (tip.office, tip.category.code, tip.region.code) == (site.cast.lower, "bribery", "linhe")
    assert tip.due_rule == "ack_named"
    assert tip.due_on > tip.received_on
    cells = opened(site, tip)
    assert cells["narrative"] == "十月以来，窗口每办一件多收五十元。"
    assert json.loads(cells["respondents"]) == [{"name": "张某", "unit": "某局", "post": "科长"}]
    assert "received_at" in json.loads(cells["times"])
    assert not Cell.objects.filter(label="identity").exists()


def test_in_english(site: Any) -> None:
    receipt = site.reporter("/en").report()
    page = site.reporter("/en").come_back(receipt)
    assert page.status_code == 200
    assert json.loads(opened(site, Tip.objects.get())["answers"])["language"] == "en"


def test_named_is_sealed_to_custodian_and_approver_above(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("files")
    assert "市纪委监委" in reporter.get("identity").content.decode()
    reporter.send("identity", identity_mode="named", name="陈晓岚", phone="555 0123")
    assert reporter.send("check").status_code == 303
    tip = Tip.objects.get()
    assert tip.named
    text = tips.open_identity(
        tip_uuid=tip.uuid,
        custodian_seed=site.cast.seed(site.cast.root, "keeper", "identity"),
        approver_seed=site.cast.seed(site.cast.root, "judge", "approval"),
    )
    assert json.loads(text) == {"name": "陈晓岚", "phone": "555 0123"}
    assert "陈晓岚" not in json.dumps(opened(site, tip), ensure_ascii=False)


def test_steps_cannot_be_skipped(site: Any) -> None:
    reporter = site.reporter()
    reporter.start()
    for key in ("what", "check", "identity"):
        assert reporter.get(key)["Location"].endswith("/report/category/")


def test_change_from_the_check_returns_to_it(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("identity")
    answer = reporter.send("what", subject="改过的事由")
    assert answer["Location"].endswith("/report/check/")
    assert "改过的事由" in reporter.get("check").content.decode()


@pytest.mark.parametrize(
    ("key", "data", "field"),
    [
        ("category", {"category": ""}, "category-bribery"),
        ("category", {"category": "nonsense"}, "category-bribery"),
        ("region", {"region": ""}, "region-city"),
        ("what", {"subject": "", "narrative": "x"}, "subject"),
        ("what", {"subject": "x" * 201}, "subject"),
        ("what", {"narrative": "  "}, "narrative"),
        ("what", {"narrative": "字" * 20_001}, "narrative"),
        ("what", {"narrative": "a" * 1_000_000}, "narrative"),
        ("what", {"narrative": "before\0after"}, "narrative"),
        ("what", {"narrative": "before\x07after"}, "narrative"),
        ("what", {"narrative": "before\u202eafter"}, "narrative"),
        ("who", {"respondents-0-name": "名" * 101}, "respondents-0-name"),
        ("who", {"respondents-0-unit": "a\0b"}, "respondents-0-unit"),
        ("office", {"concerns_office": "maybe"}, "concerns_office-no"),
        ("identity", {"identity_mode": ""}, "identity_mode-anonymous"),
        ("identity", {"identity_mode": "named", "name": "陈", "phone": ""}, "phone"),
        ("identity", {"identity_mode": "named", "name": "", "phone": "1"}, "name"),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field(
    site: Any, key: str, data: dict[str, str], field: str
) -> None:
    reporter = site.reporter()
    before = list({"category": 0, "region": 1, "what": 2, "who": 3, "office": 4, "identity": 6})
    keys = ["category", "region", "what", "who", "office", "files", "identity"]
    if key == "category":
        reporter.start()
    else:
        reporter.answer_until(keys[keys.index(key) - 1])
    assert key in before
    answer = reporter.send(key, **data)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{field}"' in html
    assert f'id="{field}"' in html
    assert "<title>出错：" in html
    assert 'role="alert"' in html


def test_what_was_typed_stays(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("region")
    html = reporter.send("what", subject="", narrative="<b>写了 & 很久</b>\0").content.decode()
    assert "&lt;b&gt;写了 &amp; 很久&lt;/b&gt;" in html
    assert "\0" not in html


def test_more_than_the_server_reads_is_a_sentence(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("region")
    answer = reporter.send("what", narrative="字" * 4_000_000)
    assert answer.status_code == 413
    assert "后退" in answer.content.decode()


def test_lone_surrogates_do_not_break_anything(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("region")
    answer = reporter.client.post(
        reporter.url("what"),
        b"rev=9&go=1&subject=a&narrative=%ED%A0%80%FF",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code in (303, 422)


def test_stop_categories_show_where_to_go(site: Any) -> None:
    reporter = site.reporter()
    reporter.start()
    answer = reporter.send("category", category="emergency")
    assert answer.status_code == 200
    assert "110" in answer.content.decode()
    assert reporter.get("region")["Location"].endswith("/category/")


def test_several_respondents_without_a_script(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("what")
    answer = reporter.send("who", button="add")
    assert answer["Location"].endswith("/report/who/?rows=2#respondents-1-name")
    html = reporter.client.get(answer["Location"]).content.decode()
    assert 'name="respondents-1-name"' in html
    assert 'value="张某"' in html
    answer = reporter.send("who", **{"respondents-1-name": "李某"})
    assert answer["Location"].endswith("/office/")
    answer = reporter.send("who", button="x", remove="0", **{"respondents-1-name": "李某"})
    html = reporter.get("who").content.decode()
    assert 'value="李某"' in html
    assert 'value="张某"' not in html


def test_a_report_on_the_office_goes_above(site: Any) -> None:
    reporter = site.reporter()
    reporter.report(office={"concerns_office": "yes"})
    assert Tip.objects.get().office == site.cast.root


def test_not_this_office_goes_above_and_back(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("who")
    assert "区纪委监委" in reporter.get("office").content.decode()
    reporter.send("office", button="not_this")
    assert "市纪委监委" in reporter.get("office").content.decode()
    reporter.send("office", button="first_office")
    assert "区纪委监委" in reporter.get("office").content.decode()


def test_above_the_topmost_there_is_an_address_and_nothing_is_stored(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("who", region={"region": "donghu"})
    answer = reporter.send("office", concerns_office="yes")
    assert answer.status_code == 200
    assert "省纪委监委" in answer.content.decode()
    answer = reporter.send("office", button="not_this")
    assert "省纪委监委" in reporter.client.get(answer["Location"]).content.decode()
    assert reporter.get("check").status_code == 302 or reporter.get("check")["Location"].endswith("/office/")
    assert not Tip.objects.exists()


def test_unknown_step_and_wrong_method(site: Any) -> None:
    reporter = site.reporter()
    reporter.start()
    assert reporter.get("nonsense").status_code == 404
    answer = reporter.client.delete(reporter.url("what"))
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST"
    assert "<h1" in answer.content.decode()


def test_no_cookie_but_the_session_ones(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("identity")
    assert set(reporter.client.cookies) <= {"qf_draft", "csrftoken"}
    cookie = reporter.client.cookies["qf_draft"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/", True, "Lax")
    assert cookie["max-age"] == ""
    assert cookie["expires"] == ""


def test_csrf_is_asked_for(site: Any) -> None:
    reporter = site.reporter(enforce_csrf_checks=True)
    assert reporter.start().status_code == 403
    assert not Draft.objects.exists()
