"""What is asked before a case file leaves, and what a masked version hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.desk.forms import LINE_MAX, text_field
from complaints.vault import age

PICK = {"required": _("请选一项"), "invalid_choice": _("请从列表里选一项")}
SEALS = [
    ("key", _("用接收方的公钥加密（age 格式）")),
    ("passphrase", _("用一段口令加密（age 格式）")),
    ("none", _("不加密，由我自己保管")),
]


class ExportForm(forms.Form):
    """Which version, in which form, how sealed, what for; and the password once more."""

    version = forms.ChoiceField(label=_("内容"), error_messages=PICK)
    form = forms.ChoiceField(
        label=_("文件"),
        choices=[("zip", _("ZIP：案卷、全部材料、清单和校验值")), ("pdf", _("PDF：只有案卷"))],
        error_messages=PICK,
    )
    seal = forms.ChoiceField(label=_("加密"), choices=SEALS, initial="key", error_messages=PICK)
    recipient = forms.CharField(
        label=_("接收方的公钥"),
        required=False,
        max_length=80,
        help_text=_("以 age1 开头的一行，请接收方当面或者打电话核对"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": _("这不是一行 age1 开头的公钥，请对照再抄一次")},
    )
    passphrase = forms.CharField(
        label=_("口令"),
        required=False,
        strip=False,
        max_length=200,
        help_text=_("至少 14 个字符，用别的办法告诉接收方"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": _("请减到 200 字以内")},
    )
    reason = text_field(_("给谁、做什么用"), LINE_MAX, _("请写明导出给谁、做什么用"), rows=2)
    password = forms.CharField(
        label=_("您的密码"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("导出之前要再确认一次是您本人"),
        error_messages={"required": _("请输入您的密码"), "max_length": _("密码不正确。")},
    )

    def __init__(self, *args: Any, versions: Sequence[tuple[str, Any]], **kwargs: Any):
        super().__init__(*args, **{"auto_id": "e-%s", **kwargs})
        self.fields["version"].choices = [("full", _("原件，全部内容")), *versions]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What the chosen seal needs."""
        data = super().clean() or {}
        if data.get("seal") == "key":
            try:
                age.recipient_key(data.get("recipient", ""))
            except age.BadRecipient:
                self.add_error("recipient", _("这不是一行 age1 开头的公钥，请对照再抄一次"))
        if data.get("seal") == "passphrase" and len(data.get("passphrase", "")) < age.PASSPHRASE_LEAST:
            self.add_error("passphrase", _("口令至少 14 个字符"))
        return data


class RedactForm(forms.Form):
    """What to hide."""

    words = forms.CharField(
        label=_("要遮住的词句"),
        required=False,
        max_length=20_000,
        help_text=_("一行一个：姓名、单位、地点、时间，或者整句话"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"max_length": _("请减到 20000 字以内")},
    )
    numbers = forms.BooleanField(label=_("遮住电话、证件号、卡号、邮箱和网址"), required=False, initial=True)
    respondents = forms.BooleanField(label=_("保留被反映人"), required=False, initial=True)
    messages = forms.BooleanField(label=_("保留与举报人的往来"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"auto_id": "m-%s", **kwargs})
