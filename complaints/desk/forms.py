"""What staff type. Every text has a limit, and an error says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.desk import replies
from complaints.desk.transitions import DISPOSALS, REASONS, REASONS_WITH_WAY
from complaints.intake.models import Named, State
from complaints.intake.text import hides, with_plain_ends
from complaints.vault.models import Emergency

MESSAGE_MAX = 10_000
LINE_MAX = 500
FILTERS = (
    *("state", "category", "region", "due", "assignee", "named"),
    *("priority", "hold", "answer", "label", "sort"),
)
PRIORITIES = [("0", _("一般")), ("1", _("优先")), ("2", _("紧要")), ("3", _("特急"))]


def tree_choices(nodes: Sequence[Named]) -> list[tuple[str, str]]:
    """(code, label) in tree order; a child's label stands after its parent's."""
    below: dict[int | None, list[Named]] = {}
    for node in nodes:
        below.setdefault(node.parent_id, []).append(node)  # type: ignore[attr-defined]
    rows: list[tuple[str, str]] = []

    def walk(parent: int | None, prefix: str) -> None:
        for node in below.get(parent, []):
            rows.append((node.code, prefix + node.label))
            walk(node.pk, f"{prefix}{node.label}·")

    walk(None, "")
    return rows


class FilterForm(forms.Form):
    """The queue's filters (GET). No words: those are POSTed and kept sealed."""

    state = forms.ChoiceField(label=_("状态"), required=False)
    category = forms.ChoiceField(label=pgettext_lazy("tip", "类别"), required=False)
    region = forms.ChoiceField(label=_("地区"), required=False)
    due = forms.ChoiceField(
        label=_("期限"),
        required=False,
        choices=[
            ("", _("全部")),
            ("overdue", _("超期")),
            ("today", _("今天到期")),
            ("soon", _("3 天内到期")),
            ("none", _("不计期限")),
        ],
    )
    assignee = forms.ChoiceField(label=_("办理人"), required=False)
    named = forms.ChoiceField(
        label=_("署名"), required=False, choices=[("", _("全部")), ("yes", _("实名")), ("no", _("匿名"))]
    )
    priority = forms.ChoiceField(
        label=_("轻重缓急"),
        required=False,
        choices=[("", _("全部")), ("any", _("一般以上")), *reversed(PRIORITIES)],
    )
    hold = forms.ChoiceField(
        label=_("保全"), required=False, choices=[("", _("全部")), ("yes", _("保全中")), ("no", _("未保全"))]
    )
    answer = forms.ChoiceField(
        label=_("往来"),
        required=False,
        choices=[
            ("", _("全部")),
            ("unread", _("有未读答复")),
            ("waiting", _("等举报人补充")),
            ("proposed", _("等另一人批准")),
            ("objected", _("有异议")),
        ],
    )
    label = forms.ChoiceField(label=_("标签"), required=False)
    sort = forms.ChoiceField(
        label=_("排列"),
        required=False,
        choices=[
            ("due", _("期限近的在前")),
            ("priority", _("紧要的在前")),
            ("activity", _("最近有新内容的在前")),
            ("age", _("等得久的在前")),
            ("new", _("新来的在前")),
        ],
    )

    def __init__(
        self,
        *args: Any,
        categories: Sequence[Named],
        regions: Sequence[Named],
        words: bool,
        people: Sequence[tuple[str, str]] = (),
        labels: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        open_first = [("open", _("未办结")), ("all", _("全部"))]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            *(reversed(open_first) if words else open_first),
            *State.choices,
        ]
        if words:
            best_first = [("due", _("最相关的在前")), ("new", _("新来的在前"))]
            self.fields["sort"].choices = best_first  # type: ignore[attr-defined]
        who = [("", _("全部")), ("me", _("我办的")), ("none", _("未领取")), *people]
        self.fields["assignee"].choices = who  # type: ignore[attr-defined]
        self.fields["label"].choices = [("", _("全部")), *labels]  # type: ignore[attr-defined]
        for name, nodes in (("category", categories), ("region", regions)):
            self.fields[name].choices = [("", _("全部")), *tree_choices(nodes)]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["id"] = f"f-{name}"
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = _("没有这一项，请从列表里选")


class SearchForm(forms.Form):
    """Words, or the code of the published item that tips are about, or both; POSTed and kept sealed."""

    q = forms.CharField(
        label=_("查找来件"),
        max_length=200,
        required=False,
        error_messages={
            "required": _("请写下要查找的词"),
            "max_length": _("请把要查找的词减到 200 字以内"),
            "null_characters_not_allowed": _("请删去看不见的字符，再查一次"),
        },
    )
    item = forms.CharField(
        label=_("来源事项的编码"),
        max_length=80,
        required=False,
        error_messages={
            "max_length": _("事项编码没有这么长，请照事项页上的写"),
            "null_characters_not_allowed": _("请删去看不见的字符，再查一次"),
        },
    )

    def clean(self) -> dict[str, Any]:
        """Something to look for there must be."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not (data.get("q") or data.get("item")):
            self.add_error("q", self.fields["q"].error_messages["required"])
        return data


class UnlockForm(forms.Form):
    password = forms.CharField(
        label=_("密码"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={
            "required": _("请输入密码"),
            "max_length": _("密码没有这么长，请再输一次"),
            "null_characters_not_allowed": _("请删去看不见的字符，再输一次"),
        },
    )


class PlainText(forms.CharField):
    """Text with plain line ends, in which nothing hides that makes it read otherwise than it is stored."""

    def to_python(self, value: Any) -> str:
        return with_plain_ends(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if hides(value):
            raise forms.ValidationError(_("请删去看不见的字符"))


def revision_field() -> forms.IntegerField:
    """The state of the tip for which a form was made."""
    old = _("这一页太旧了，请看一遍再交一次")
    return forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": old, "invalid": old, "max_value": old}
    )


def text_field(
    label: Any, most: int, empty: Any, *, rows: int, required: bool = True, hint: Any = ""
) -> forms.CharField:
    """A text of at most `most` characters, with our own sentences for what can be wrong."""
    return PlainText(
        label=label,
        max_length=most,
        required=required,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={
            "required": empty,
            "max_length": _("请减到 %(limit_value)d 字以内，现在是 %(show_value)d 字"),
            "null_characters_not_allowed": _("请删去看不见的字符"),
        },
    )


class ReplyForm(forms.Form):
    """A message to the reporter. The field is `reply`, as on the page."""

    revision = revision_field()
    reply = text_field(
        _("写给举报人"),
        MESSAGE_MAX,
        _("请写下要告诉举报人的话"),
        rows=4,
        hint=_("对方凭查询码能看到。不写承办人手机号，不提其他举报人。"),
    )
    ask_back = forms.BooleanField(label=_("请举报人补充，等对方回复"), required=False)


class NoteForm(forms.Form):
    note = text_field(
        _("写内部记录"),
        MESSAGE_MAX,
        _("请写下要记录的内容"),
        rows=3,
        hint=_("举报人看不到。写 @姓名 提醒同事。"),
    )


class AssignForm(forms.Form):
    revision = revision_field()
    to = forms.ChoiceField(
        label=_("分给"),
        error_messages={"required": _("请选一位办理人"), "invalid_choice": _("请从列表里选一位办理人")},
    )

    def __init__(self, *args: Any, members: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("请选择")), *members]  # type: ignore[attr-defined]


DECIDES = ("reason", "where", "disposal", "opinion", "review", "result")


class ProposeForm(forms.Form):
    """What two persons decide, but for the disposal, which is a step of the table."""

    revision = revision_field()
    kind = forms.ChoiceField(
        label=_("要批准的事项"),
        choices=[("", _("请选择"))],
        error_messages={"required": _("请选一项"), "invalid_choice": _("请从列表里选一项")},
    )
    reason = text_field(_("理由"), MESSAGE_MAX, _("请写明理由"), rows=3)

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("请选择")), *kinds]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """One act that needs a reason."""

    revision = revision_field()
    reason = text_field(_("理由"), LINE_MAX, _("请写明理由"), rows=2)


class TransferForm(ReasonForm):
    """To which office, and why."""

    to = forms.ChoiceField(
        label=_("转给"),
        error_messages={"required": _("请选一个机构"), "invalid_choice": _("请从列表里选一个机构")},
    )
    field_order = ("revision", "to", "reason")

    def __init__(self, *args: Any, offices: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("请选择")), *offices]  # type: ignore[attr-defined]


class JointForm(forms.Form):
    """Which office is asked to handle a tip together with this one, what it is to do, and by when."""

    revision = revision_field()
    to = forms.ChoiceField(
        label=_("请哪个机构"),
        error_messages={"required": _("请选一个机构"), "invalid_choice": _("请从列表里选一个机构")},
    )
    task = text_field(
        _("请对方办什么"),
        MESSAGE_MAX,
        _("请写明请对方办什么"),
        rows=4,
        hint=_("只有这两个机构看得到，举报人看不到。"),
    )
    due_on = forms.DateField(
        label=_("请在哪一天前交结果"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": _("请写一个日期，例如 2026-12-01"),
            "invalid": _("请写一个日期，例如 2026-12-01"),
        },
    )

    def __init__(self, *args: Any, offices: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("请选择")), *offices]  # type: ignore[attr-defined]


class JointNoteForm(forms.Form):
    """What one of two offices writes to the other."""

    text = text_field(_("写给对方机构"), MESSAGE_MAX, _("请写下要告诉对方的话"), rows=4)


class EmergencyForm(forms.Form):
    """Why an administrator must read now, and the password once more."""

    office = forms.ChoiceField(
        label=_("机构"),
        error_messages={"required": _("请选一个机构"), "invalid_choice": _("请从列表里选一个机构")},
    )
    reason = forms.ChoiceField(
        label=_("理由"),
        choices=[("", _("请选择")), *Emergency.Reason.choices],
        error_messages={"required": _("请选一项理由"), "invalid_choice": _("请选一项理由")},
    )
    password = forms.CharField(
        label=_("您的密码"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("请输入您的密码"), "max_length": _("密码不正确。")},
    )

    def __init__(self, *args: Any, offices: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **{"auto_id": "g-%s", **kwargs})
        self.fields["office"].choices = offices  # type: ignore[attr-defined]


class PickForm(forms.Form):
    """A choice of a list: a priority, a reason to stop the clock."""

    revision = revision_field()
    pick = forms.ChoiceField(
        error_messages={"required": _("请选一项"), "invalid_choice": _("请从列表里选一项")}
    )

    def __init__(self, *args: Any, label: Any, choices: Sequence[tuple[str, Any]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["pick"].label = label
        self.fields["pick"].choices = choices  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """Another tip of the same office, by its number."""

    revision = revision_field()
    number = forms.CharField(
        label=_("另一件的编号"),
        max_length=20,
        error_messages={
            "required": _("请写另一件的编号，例如 2026-17"),
            "max_length": _("编号没有这么长，例如 2026-17"),
            "null_characters_not_allowed": _("请删去看不见的字符"),
        },
    )
    kind = forms.ChoiceField(
        label=_("怎样连"),
        error_messages={"required": _("请选一项"), "invalid_choice": _("请从列表里选一项")},
        choices=[
            ("related", _("只是有关联")),
            ("duplicate", _("这件是那件的重复")),
            ("merged", _("这件并入那件")),
        ],
    )


class ViewForm(forms.Form):
    """A name for the filters of the address."""

    name = forms.CharField(
        label=_("视图名称"),
        max_length=40,
        error_messages={
            "required": _("请给视图起个名字"),
            "max_length": _("请减到 40 字以内"),
            "null_characters_not_allowed": _("请删去看不见的字符"),
        },
    )
    shared = forms.BooleanField(label=_("本机构的人都能用"), required=False)


class TemplateForm(forms.Form):
    """A reply that is written often, under a name."""

    name = forms.CharField(
        label=_("名称"),
        max_length=100,
        error_messages={
            "required": _("请给这条答复起个名字"),
            "max_length": _("请减到 100 字以内"),
            "null_characters_not_allowed": _("请删去看不见的字符"),
        },
    )
    text = forms.CharField(
        label=_("内容"),
        max_length=4000,
        help_text=format_lazy(
            _("可以用 {known}。模板不加密：不要写来件的内容或者人名。"),
            known=lazy(replies.known_fields, str)(),
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("请写下答复的内容"),
            "max_length": _("请减到 4000 字以内"),
            "null_characters_not_allowed": _("请删去看不见的字符"),
        },
    )
    shared = forms.BooleanField(label=_("本机构的人都能用"), required=False)

    def clean_text(self) -> str:
        """Plain text with known fields only."""
        text: str = self.cleaned_data["text"]
        replies.check(text)
        return text


class StateForm(forms.Form):
    """One change of state; which of the fields it needs, the table of transitions says."""

    revision = revision_field()
    target = forms.ChoiceField(choices=State.choices, widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label=_("不予受理的理由"),
        choices=[("", _("请选择")), *REASONS.items()],
        required=False,
        error_messages={"invalid_choice": _("请从三项理由里选一项")},
    )
    where = text_field(_("可以向哪里反映"), LINE_MAX, _("请写明举报人可以向哪里反映"), rows=2, required=False)
    disposal = forms.ChoiceField(
        label=_("处置方式"),
        choices=[("", _("请选择")), *((code, row[0]) for code, row in DISPOSALS.items())],
        required=False,
        error_messages={"invalid_choice": _("请从五种处置方式里选一种")},
    )
    opinion = text_field(_("处置意见和理由"), MESSAGE_MAX, _("请写明理由"), rows=3, required=False)
    review = text_field(
        _("集体研究情况"),
        MESSAGE_MAX,
        _("请写明集体研究情况"),
        rows=2,
        required=False,
        hint=_("什么时候、哪些人、什么结论。"),
    )
    result = text_field(
        _("办理结果，用一句话告诉举报人"), LINE_MAX, _("请用一句话写明办理结果"), rows=3, required=False
    )

    def __init__(self, *args: Any, needs: frozenset[str] = frozenset(), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.needs = needs
        for name in DECIDES:
            if name not in needs:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        must = set(self.needs) - {"opinion", "review"}
        if "reason" in self.needs and data.get("reason") not in REASONS_WITH_WAY:
            must.discard("where")
        sentences = {
            "reason": _("请选一项理由"),
            "where": _("请写明举报人可以向哪里反映"),
            "disposal": _("请选一种处置方式"),
            "result": _("请用一句话写明办理结果"),
        }
        for name in sorted(must):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, sentences[name])
        return data
