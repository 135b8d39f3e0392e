"""The forms of the members' pages."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.desk.forms import tree_choices
from complaints.intake.models import Category, Region
from complaints.vault.models import Membership

LONG = {"max_length": _("请写短一些"), "null_characters_not_allowed": _("请删去看不见的字符")}


class InviteForm(forms.Form):
    """A new person."""

    family_name = forms.CharField(
        label=_("姓"), max_length=150, error_messages={"required": _("请写下姓"), **LONG}
    )
    given_name = forms.CharField(
        label=_("名"), max_length=150, error_messages={"required": _("请写下名"), **LONG}
    )
    username = forms.CharField(
        label=_("登录名"),
        max_length=150,
        help_text=_("字母、数字和 . _ - + @，以后不能改"),
        error_messages={"required": _("请写下登录名"), **LONG},
    )

    def clean_username(self) -> str:
        """One nobody has. Raises ValidationError."""
        name = str(self.cleaned_data["username"])
        User._meta.get_field("username").run_validators(name)
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("这个登录名已经有人用了，请换一个"))
        return name


class FindForm(forms.Form):
    """Somebody who has an account already."""

    person = forms.CharField(
        label=_("登录名"), max_length=150, error_messages={"required": _("请写下登录名"), **LONG}
    )

    def clean_person(self) -> User:
        """The person. Raises ValidationError."""
        user = User.objects.filter(username=self.cleaned_data["person"], is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("没有这个登录名，请对照本人的登录名再写一次"))
        return user


class GrantForm(forms.Form):
    """A role, and the fingerprint as it was heard."""

    role = forms.ChoiceField(
        label=_("角色"),
        choices=[("", _("请选择")), *Membership.Role.choices],
        error_messages={"required": _("请选一个角色"), "invalid_choice": _("请从列表里选一个角色")},
    )
    heard = forms.CharField(
        label=_("对方读出的 30 位数字"),
        max_length=100,
        help_text=_("打电话或当面，请对方从自己的屏幕上读。不要用网站、邮件传这串数字。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("请写下对方读出的数字"), **LONG},
    )


class RemoveForm(forms.Form):
    """Which roles end."""

    roles = forms.MultipleChoiceField(
        label=_("结束哪些角色"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少选一个角色"), "invalid_choice": _("请从列表里选角色")},
    )

    def __init__(self, *args: Any, held: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = held  # type: ignore[attr-defined]


class BindForm(forms.Form):
    """The categories and regions that a role is for; none of them: for all."""

    categories = forms.ModelMultipleChoiceField(
        Category.objects.all(),
        label=_("只办这些类别"),
        required=False,
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("请从列表里选类别"), "invalid_pk_value": _("请从列表里选类别")},
    )
    regions = forms.ModelMultipleChoiceField(
        Region.objects.all(),
        label=_("只办这些地区"),
        required=False,
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("请从列表里选地区"), "invalid_pk_value": _("请从列表里选地区")},
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.choices = tree_choices(list(field.queryset))  # type: ignore[attr-defined]
