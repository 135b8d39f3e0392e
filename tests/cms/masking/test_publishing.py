# ruff: noqa: E501  (a row is a line)
"""A case with personal information is not published until each is masked or confirmed for this very text."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from cms.models import CaseOutcomePage
from cms.publishing import case_check
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
NAMED = "副局长王建国收受商户李国庆所送现金，电话13800138000。"


def test_it_works(client: Any) -> None:
    assert (
        client.get(making.case(facts="副局长王某收受商户李某所送现金。").get_absolute_url()).status_code
        == 200
    )


def test_publishing_is_refused_by_every_way() -> None:
    page = making.case(facts=NAMED, live=False)
    with pytest.raises(ValidationError) as refused:
        page.get_latest_revision().publish()
    said = " ".join(refused.value.messages)
    assert all(word in said for word in ("王建国", "李国庆", "13800138000"))
    page = CaseOutcomePage.objects.get(pk=page.pk)
    assert not page.live
    page.live = True
    with pytest.raises(ValidationError):
        page.save()


def test_levels() -> None:
    none = making.case(facts="副局长王建国收受财物。", masking="none")
    assert none.live
    full = making.case("通报", facts="副局长王某收受财物。", masking="full", live=False)
    assert [f.kind for f in full.masking_left()] == ["partial"]


def test_a_confirmation_is_for_the_exact_text(django_user_model: Any) -> None:
    user = django_user_model.objects.create(username="editor-masking")
    page = making.case(facts=NAMED, live=False)
    case_check.confirm(page, [case_check.key(f) for f in case_check.forbidden(page)], user)
    assert page.masking_left() == []
    assert page.masking_confirmed["by"] == user.pk
    page.save_revision().publish()
    page = CaseOutcomePage.objects.get(pk=page.pk)
    assert page.live
    page.facts += "另查明其他问题。"
    assert len(page.masking_left()) == 3


def test_the_form_shows_what_was_found_and_takes_ticks(admin_user: Any) -> None:
    page = making.case(facts=NAMED, live=False)
    edit = page.get_edit_handler().get_form_class()
    stamp = case_check.digest(page)[:16]
    values = [f"{stamp}|{case_check.key(f)}" for f in case_check.forbidden(page)]

    def form(**more: Any) -> Any:
        blank = edit(instance=page, for_user=admin_user)
        data: dict[str, Any] = {name: blank[name].value() or "" for name in blank.fields}
        data["masking_confirm"] = []
        for formset in blank.formsets.values():
            data |= {
                f"{formset.prefix}-{k}": v
                for k, v in {
                    "TOTAL_FORMS": 0,
                    "INITIAL_FORMS": 0,
                    "MIN_NUM_FORMS": 0,
                    "MAX_NUM_FORMS": 1000,
                }.items()
            }
        return edit({k: v for k, v in (data | more).items() if v != ""}, instance=CaseOutcomePage.objects.get(pk=page.pk),
                    for_user=admin_user, parent_page=page.get_parent())  # fmt: skip

    asked = form()
    assert not asked.is_valid()
    assert "李国庆" in str(asked.errors["masking_confirm"])
    assert [value for value, _ in asked.fields["masking_confirm"].choices] == values
    assert not form(masking_confirm=values[:1]).is_valid()
    ticked = form(masking_confirm=values)
    assert ticked.is_valid(), ticked.errors
    assert ticked.instance.masking_confirmed["by"] == admin_user.pk
    changed = form(masking_confirm=values, facts=NAMED + "又查明一事。")
    assert not changed.is_valid()
    draft = form()
    draft.defer_required_fields()
    assert draft.is_valid()


def test_the_editors_pages_show_it(client: Any, settings: Any, admin_user: Any) -> None:
    from django.urls import reverse

    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]
    client.force_login(admin_user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = making.case(facts=NAMED, live=False)
    edit = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    assert edit.status_code == 200
    assert "姓名：李国庆" in edit.content.decode()
    add = client.get(reverse("wagtailadmin_pages:add", args=["cms", "caseoutcomepage", page.get_parent().pk]))
    assert add.status_code == 200
    home = client.get(reverse("wagtailadmin_home"))
    assert home.status_code == 200
