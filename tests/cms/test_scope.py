"""Editors see, import and change what their organisations own, and what those below own; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse
from wagtail.models import Locale
from wagtail.test.utils.form_data import inline_formset, nested_form_data
from wagtail_localize.models import Translation, TranslationSource
from workdays import clock

from cms import setup
from cms.admin.localize import translated
from cms.models import (
    Benchmark,
    Category,
    Flowchart,
    HeaderSynonym,
    NoticeType,
    Obligation,
    Opinion,
    Organisation,
    PowerItem,
    Responsibility,
)
from cms.publishing import scope
from tests.cms import making
from tests.cms.data.support import consultation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any):
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]


class Cast:
    """A bureau with an office below it, another bureau; an editor and an approver of the first."""

    def __init__(self) -> None:
        self.own = making.organisation("9901-CG", "城管局")
        self.below = making.organisation("9901-CG-1", "执法大队", parent=self.own)
        self.other = making.organisation("9901-JT", "交通局")
        self.items = {o.code: making.item(f"{o.name}的事项", organisation=o) for o in self.organisations}
        self.editor = self.person("ed", setup.EDITORS)
        self.approver = self.person("mo", setup.MODERATORS)

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        return self.own, self.below, self.other

    def person(self, name: str, group: str) -> Client:
        user = get_user_model().objects.create(username=name, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        Responsibility.objects.create(user=user, organisation=self.own)
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.user = user
        return client


@pytest.fixture
def cast() -> Cast:
    return Cast()


def url(model: Any, view: str, *args: Any) -> str:
    return reverse(f"wagtailsnippets_cms_{model._meta.model_name}:{view}", args=args)


def form(organisation: Organisation, name: str = "新写的") -> dict[str, Any]:
    data = {
        "name": name,
        "organisation": organisation.pk,
        "category": Category.objects.get(code="penalty").pk,
        "in_force": "current",
        "legal_bases": inline_formset([{"text": "《条例》第一条"}]),
    }
    for relation in ("handling_units", "materials", "fees", "duties", "accountabilities"):
        data[relation] = inline_formset([])
    return nested_form_data(data)


def test_it_works(cast):
    page = cast.editor.get(url(PowerItem, "list")).content.decode()
    assert "城管局的事项" in page
    assert "执法大队的事项" in page
    assert "交通局的事项" not in page
    for code in ("9901-CG", "9901-CG-1"):
        assert cast.editor.get(url(PowerItem, "edit", cast.items[code].pk)).status_code == 200
    assert cast.editor.get(url(PowerItem, "edit", cast.items["9901-JT"].pk)).status_code == 404


def routes(model: Any) -> list[str]:
    """The names of every view of a register's viewset that takes a key."""
    namespace = f"wagtailsnippets_cms_{model._meta.model_name}"
    parts = list(model.snippet_viewset.get_urlpatterns())
    return [f"{namespace}:{p.name}" for p in parts if isinstance(p, URLPattern) and "pk" in str(p.pattern)]


@pytest.mark.parametrize("model", [PowerItem, Flowchart, Benchmark, Organisation])
def test_no_address_of_the_admin_shows_or_changes_others(cast, model):
    """Every view with a key, read and posted to, by an editor and by an approver of another bureau."""
    other = {
        PowerItem: lambda: cast.items["9901-JT"],
        Flowchart: lambda: making.publish(making.draft_chart(cast.items["9901-JT"])),
        Benchmark: lambda: making.publish(making.draft_benchmark(cast.items["9901-JT"])),
        Organisation: lambda: cast.other,
    }[model]()
    names = routes(model)
    assert len(names) >= 10
    for name in names:
        for extra in ([], [other.latest_revision_id], ["approve", other.pk], [1, 2]):
            try:
                path = reverse(name, args=[other.pk, *extra])
            except NoReverseMatch:
                continue
            for client in (cast.editor, cast.approver):
                assert client.get(path).status_code == 404, path
                assert client.post(path, {}).status_code == 404, path
            break
        else:
            pytest.fail(f"no arguments fit {name}")
    assert str(other) not in cast.editor.get(url(model, "list")).content.decode()
    other.refresh_from_db()
    assert other.live


def test_nothing_is_moved_in_or_out(cast):
    mine = cast.items["9901-CG"]
    refused = cast.editor.post(url(PowerItem, "edit", mine.pk), form(cast.other) | {"code": mine.code})
    assert "您负责的机构" in refused.content.decode()
    cast.editor.post(url(PowerItem, "add"), form(cast.other))
    assert not PowerItem.objects.filter(name="新写的").exists()
    cast.editor.post(url(PowerItem, "add"), form(cast.below))
    assert PowerItem.objects.get(name="新写的").organisation == cast.below
    page = cast.editor.post(
        url(Flowchart, "add"),
        nested_form_data(
            {
                "title": "没有事项的图",
                "steps": inline_formset([]),
                "transitions": inline_formset([]),
                "risk_points": inline_formset([]),
            }
        ),
    )
    assert page.status_code == 200
    assert not Flowchart.objects.exists()


def test_new_organisations_stand_below_ones_own(cast):
    empty = nested_form_data({"aliases": inline_formset([])})
    for parent, made in ((cast.own, True), (cast.other, False), (None, False)):
        data = {"name": "新设", "code": "9901-NEW-1", "order": "0", "parent": parent.pk if parent else ""}
        Organisation.objects.filter(code="9901-NEW-1").delete()
        cast.editor.post(url(Organisation, "add"), data | empty)
        assert Organisation.objects.filter(code="9901-NEW-1").exists() is made


def test_header_words_of_other_organisations(cast):
    theirs = HeaderSynonym.objects.create(organisation=cast.other, field="name", text="叫什么")
    everywhere = HeaderSynonym.objects.create(field="name", text="哪件事")
    for word in (theirs, everywhere):
        assert cast.editor.get(url(HeaderSynonym, "edit", word.pk)).status_code == 404
    cast.editor.post(
        url(HeaderSynonym, "add"), {"text": "事", "field": "name", "organisation": cast.other.pk}
    )
    cast.editor.post(url(HeaderSynonym, "add"), {"text": "件", "field": "name", "organisation": cast.own.pk})
    assert list(HeaderSynonym.objects.filter(text__in="事件").values_list("text", flat=True)) == ["件"]


def test_charts_from_files_belong_to_ones_own_items(cast):
    from cms.flow import bpmn_out
    from cms.flow.rows import data_of

    xml = bpmn_out.write(data_of(making.publish(making.draft_chart(cast.items["9901-CG"]))))
    count = Flowchart.objects.count()
    for item in ("", cast.items["9901-JT"].pk):
        file = SimpleUploadedFile("a.bpmn", xml if isinstance(xml, bytes) else xml.encode())
        cast.editor.post(reverse("flow_bpmn_import"), {"file": file, "power_item": item})
    assert Flowchart.objects.count() == count


def test_bulk_actions_leave_others_alone(cast):
    get_user_model().objects.filter(pk=cast.approver.user.pk).update(is_superuser=False)
    draft = making.draft_item("别人的草稿", organisation=cast.other)
    draft.save()
    path = reverse("wagtail_bulk_action", args=["cms", "poweritem", "delete"])
    cast.approver.post(f"{path}?id={draft.pk}")
    assert PowerItem.objects.filter(pk=draft.pk).exists()


def test_administrators_work_everywhere_and_people_without_an_organisation_nowhere(cast):
    boss = get_user_model().objects.create(username="boss", is_superuser=True)
    Responsibility.objects.create(user=boss, organisation=cast.own)
    nobody = get_user_model().objects.create(username="nobody")
    assert scope.codes_of(boss) is None
    assert scope.limited(PowerItem.objects.all(), boss).count() == 3
    assert scope.limited(PowerItem.objects.all(), cast.editor.user).count() == 2
    assert scope.limited(PowerItem.objects.all(), nobody).count() == 0
    # Whoever loses the last row loses access; it does not open the site.
    Responsibility.objects.filter(user=cast.editor.user).delete()
    assert scope.limited(PowerItem.objects.all(), cast.editor.user).count() == 0
    assert cast.editor.get(url(PowerItem, "edit", cast.items["9901-CG"].pk)).status_code == 404


def test_on_a_site_that_names_organisations_for_nobody_editors_work_for_all_of_it(cast):
    Responsibility.objects.all().delete()
    assert scope.codes_of(cast.editor.user) is None
    assert scope.limited(PowerItem.objects.all(), cast.editor.user).count() == 3


def test_obligations_and_opinions_belong_to_organisations(cast):
    kind = NoticeType.objects.first()
    owned = {o.code: Obligation.objects.create(organisation=o, notice_type=kind) for o in cast.organisations}
    opinions = {}
    for owner in cast.organisations:
        page = consultation(f"{owner.name}的草案", organisation=owner)
        opinions[owner.code] = Opinion.objects.create(
            page=page, text=f"对{owner.name}的意见", digest=owner.code, received_on=clock.today()
        )
    shown = cast.approver.get(url(Obligation, "list")).content.decode()
    assert url(Obligation, "edit", owned["9901-CG-1"].pk) in shown
    assert url(Obligation, "edit", owned["9901-JT"].pk) not in shown
    shown = cast.approver.get(url(Opinion, "list")).content.decode()
    assert "对城管局的意见" in shown
    assert "对交通局的意见" not in shown
    for model, rows in ((Obligation, owned), (Opinion, opinions)):
        assert cast.approver.get(url(model, "edit", rows["9901-CG-1"].pk)).status_code == 200
        for view in ("edit", "usage", "history"):
            assert cast.approver.get(url(model, view, rows["9901-JT"].pk)).status_code == 404
    data = {"organisation": cast.other.pk, "notice_type": kind.pk, "every": "month", "days": 10,
            "unit": "day", "begins_on": "2026-01-01", "exemptions": inline_formset([])}  # fmt: skip
    cast.approver.post(url(Obligation, "add"), nested_form_data(data))
    assert Obligation.objects.filter(organisation=cast.other).count() == 1
    cast.approver.post(url(Obligation, "add"), nested_form_data(data | {"organisation": cast.own.pk}))
    assert Obligation.objects.filter(organisation=cast.own).count() == 2


def test_translations_are_within_reach_of_whom_their_records_are(cast):
    english = Locale.objects.get(language_code="en")
    for code, theirs in (("9901-CG", True), ("9901-JT", False)):
        item = cast.items[code]
        source, _made = TranslationSource.get_or_create_from_instance(item)
        for name, args in (
            ("submit_snippet_translation", ["cms", "poweritem", item.pk]),
            ("update_translations", [source.pk]),
        ):
            answer = cast.approver.get(reverse(f"wagtail_localize:{name}", args=args))
            assert (answer.status_code != 404) is theirs, name
        row = Translation.objects.create(source=source, target_locale=english)
        assert translated({"translation_id": row.pk}) == item
        assert scope.within(cast.approver.user, translated({"translation_id": row.pk})) is theirs


def test_only_administrators_say_who_is_responsible(cast):
    for client in (cast.editor, cast.approver):
        assert client.get(url(Responsibility, "list")).status_code in (302, 403)
        client.post(url(Responsibility, "add"), {"user": client.user.pk, "organisation": cast.other.pk})
    assert Responsibility.objects.filter(organisation=cast.other).count() == 0
