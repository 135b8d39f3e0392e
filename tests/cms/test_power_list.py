"""The power list: what is in force by default, the rest when asked for; the pages around an item."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.models import PowerItem
from tests.cms.making import draft_chart, item, publish

pytestmark = pytest.mark.django_db


def listed(response):
    return [hit.document.title for hit in response.context["found"].hits]


@pytest.fixture
def two_items(installed, run_outbox):
    item("临时占用城市道路许可")
    item("已经取消的事项", in_force="cancelled", state_document="云政发〔2026〕3 号")
    run_outbox()


def test_what_is_in_force_stands_in_the_list(client, two_items):
    response = client.get("/power/")
    assert listed(response) == ["临时占用城市道路许可"]
    assert response.context["found"].total == response.context["total"] == 1


def test_what_was_cancelled_is_found_when_asked_for(client, two_items):
    assert listed(client.get("/power/?state=cancelled")) == ["已经取消的事项"]


def test_what_was_cancelled_keeps_its_page_and_says_so(client, two_items):
    page = client.get(PowerItem.objects.get(in_force="cancelled").get_absolute_url())
    assert "已取消" in page.content.decode()
    assert "云政发〔2026〕3 号" in page.content.decode()


def test_every_page_around_an_item_answers(client, installed):
    one = item()
    flow = publish(draft_chart(one))
    for path in (
        one.get_absolute_url(),
        "/en" + one.get_absolute_url(),
        one.get_absolute_url() + "versions/1/",
        one.get_absolute_url() + "?print=1",
        flow.get_absolute_url(),
        one.organisation.get_absolute_url(),
        "/sitemap.xml",
        "/feeds/latest.atom",
    ):
        assert client.get(path).status_code == 200, path


def test_a_change_is_shown_by_character(client, installed):
    one = item(remedy="收到决定书后 60 日内可以申请行政复议")
    one.remedy = "收到决定书后 90 日内可以申请行政复议"
    one.save_revision().publish()
    page = client.get(one.get_absolute_url() + "versions/2/").content.decode()
    assert "<del>6</del><ins>9</ins>" in page
    assert client.get(one.get_absolute_url() + "versions/3/").status_code == 404


@pytest.mark.parametrize("page", ["999", "0", "-1", "abc", "９", "1e9", "", "99999999999999"])
def test_a_page_that_is_not_there_is_404_with_a_sentence_or_the_first(client, installed, page):
    assert client.get("/benchmarks/", {"page": page}).status_code in (200, 404)
    assert client.get("/power/", {"page": page}).status_code in (200, 404)


def test_nobody_posts_to_a_public_page(client, installed):
    assert client.post("/power/").status_code == 405


def test_the_home_page_asks_no_more_for_more_publications(client, installed, django_assert_max_num_queries):
    for n in range(3):
        item(f"第 {n} 项权责事项")
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        assert client.get("/").status_code == 200
    for n in range(3, 9):
        item(f"第 {n} 项权责事项")
    with django_assert_max_num_queries(len(few)):
        client.get("/")
