"""The editor: unsaved rows are drawn with their faults by row; charts come from BPMN files as drafts."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from cms import setup
from cms.flow import bpmn_out
from cms.flow.rows import data_of
from cms.models import Flowchart, RiskPoint
from tests.cms import making
from tests.cms.flow.test_bpmn import PLAIN, model

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]


def person(client, group=None):
    user = get_user_model().objects.create(username="somebody", is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def editor(client):
    return person(client, setup.EDITORS)


def form(steps, ways=(), risks=()):
    return nested_form_data(
        {
            "title": "新流程",
            "steps": inline_formset(steps),
            "transitions": inline_formset(list(ways)),
            "risk_points": inline_formset(list(risks)),
        }
    )


STEPS = [
    {"key": "a", "name": "受理<b>", "kind": "start", "post": "窗口"},
    {"key": "b", "name": "审查", "kind": "review", "post": "科长", "limit": "3", "limit_unit": "workday"},
]


def drawn(client, *rows):
    return client.post(reverse("flow_preview"), form(*rows)).content.decode()


def test_unsaved_rows_are_drawn(editor):
    html = drawn(
        editor,
        STEPS,
        [{"from_key": "a", "to_key": "b", "condition": "齐"}],
        [{"step_key": "b", "level": "high"}],
    )
    assert html.count('class="step"') == 2
    assert "3 个工作日" in html
    assert "风险 高" in html
    assert "<b>" not in html
    assert "qf-errors" not in html
    assert not Flowchart.objects.exists()


def test_faults_are_told_by_row(editor):
    html = drawn(
        editor, [*STEPS, {"key": "a", "name": "重复"}, {"key": "", "name": "没有标识"}],
        [{"from_key": "a", "to_key": "nowhere"}], [{"step_key": "z", "level": "high"}],
    )  # fmt: skip
    for words in ("第 3 个环节的标识“a”用过了", "第 4 个环节还没有写", "第 1 条流转指向没有的环节“nowhere”",
                  "第 1 个风险点写在没有的环节“z”上", "没有流转通向环节“审查”"):  # fmt: skip
        assert words in html


def test_deleted_rows_are_left_out_and_order_is_kept(editor):
    rows = [
        {**STEPS[1], "ORDER": "2"},
        {**STEPS[0], "ORDER": "1"},
        {"key": "c", "name": "删", "DELETE": "on"},
    ]
    html = drawn(editor, rows, [{"from_key": "a", "to_key": "b"}])
    assert html.index('data-step="a"') < html.index('data-step="b"')
    assert 'data-step="c"' not in html


def test_a_forged_form_harms_nobody(editor):
    for total in ("", "-1", "x", "99999999999", "5000"):
        assert editor.post(reverse("flow_preview"), {"steps-TOTAL_FORMS": total}).status_code == 200


def test_who_may_not_change_charts_may_not_enter(client):
    names = ("flow_preview", "flow_bpmn_import")
    for name in names:
        assert client.post(reverse(name)).status_code in (302, 403)
    person(client)
    for name in names:
        response = client.post(reverse(name), form(STEPS))
        assert response.status_code in (302, 403)
        assert "data-step" not in response.content.decode()


def test_the_form_has_the_preview_beside_it_and_the_list_the_way_in(editor):
    add = editor.get(reverse("wagtailsnippets_cms_flowchart:add")).content.decode()
    assert f'data-flow-preview="{reverse("flow_preview")}"' in add
    assert '<option value="high">' in add
    page = editor.get(reverse("wagtailsnippets_cms_flowchart:list")).content.decode()
    assert reverse("flow_bpmn_import") in page


def upload(client, data, **more):
    file = SimpleUploadedFile("x.bpmn", data)
    return client.post(reverse("flow_bpmn_import"), {"file": file, **more})


def test_a_file_becomes_a_draft(editor):
    response = upload(editor, model(PLAIN))
    chart = Flowchart.objects.get()
    assert response["Location"] == reverse("wagtailsnippets_cms_flowchart:edit", args=[chart.pk])
    assert not chart.live
    assert [s.key for s in chart.steps.all()] == ["start-1", "activity-1", "end-1"]
    assert not chart.publishing_errors()
    assert editor.get(response["Location"]).status_code == 200


def test_what_went_out_comes_in_again(editor):
    chart = making.draft_chart(making.item())
    chart.risk_points = [
        RiskPoint(step_key="s2", description="风险", level="low", measures="一\n二", likelihood=2)
    ]
    making.publish(chart)
    upload(editor, bpmn_out.write(data_of(chart)).encode(), power_item=chart.power_item.pk)
    again = Flowchart.objects.exclude(pk=chart.pk).get()
    assert data_of(again) == data_of(chart)
    assert again.power_item == chart.power_item


def test_a_refused_file_leaves_nothing_and_names_the_element(editor):
    response = upload(editor, model(PLAIN + '<choreographyTask id="gate-7"/>'))
    assert response.status_code == 422
    assert "gate-7" in response.content.decode()
    assert not Flowchart.objects.exists()


def test_of_several_processes_one_is_chosen(editor):
    other = b'</process><process id="q" name="second"><task id="t" name="x"/></process>'
    data = model(PLAIN).replace(b"</process>", other)
    response = upload(editor, data)
    assert response.status_code == 422
    assert '<option value="q">second（q）</option>' in response.content.decode()
    assert not Flowchart.objects.exists()
    upload(editor, data, process="q")
    assert [s.key for s in Flowchart.objects.get().steps.all()] == ["t"]
    assert upload(editor, data, process="none").status_code == 422
