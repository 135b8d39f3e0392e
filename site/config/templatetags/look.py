"""Tags for every template: navigation, language switch, dates, phrases, chips (LOOK sections 3, 5)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy

register = template.Library()

# Name of the route, label: what the header shows, in reading order.
NAVIGATION = [
    ("cms:power_list", gettext_lazy("权责清单")),
    ("cms:benchmark_list", pgettext_lazy("nav", "裁量基准")),
    ("cms:case_list", gettext_lazy("典型案例")),
    ("cms:library", gettext_lazy("资料库")),
    ("cms:stats", gettext_lazy("统计公开")),
    ("cms:data", gettext_lazy("开放数据")),
    ("cms:ledger", gettext_lazy("公开账本")),
    ("intake:return", gettext_lazy("查询进度")),
]
# A heading may break after these, and nowhere else (LOOK: long titles).
BREAK_AFTER = re.compile(r"(?<=[，、：；。？！）》】”的和与])(?=.)|(?=[（《【“])(?<=.)")


@dataclass(frozen=True)
class Link:
    url: str
    label: str
    current: bool


@register.simple_tag(takes_context=True)
def main_navigation(context: dict[str, Any]) -> list[Link]:
    """The header's links; the one whose section is open is current."""
    path = getattr(context.get("request"), "path", "")
    links = []
    for name, label in NAVIGATION:
        try:
            url = reverse(name)
        except NoReverseMatch:  # a process that serves other interfaces
            continue
        links.append(Link(url, str(label), path.startswith(url)))
    return links


@register.simple_tag(takes_context=True)
def other_language_url(context: dict[str, Any]) -> str:
    """The same page in the other language, without its query (it may hold what somebody searched for)."""
    other = "zh-hans" if get_language() == "en" else "en"
    home = "/en/" if other == "en" else "/"
    request = context.get("request")
    if request is None:
        return home
    url = translate_url(request.path, other)
    return url if url != request.path else home


@register.filter
def phrases(text: str) -> SafeString:
    """A Chinese title with <wbr> between its phrases; a title in another script as it is."""
    parts = BREAK_AFTER.split(str(text))
    return mark_safe("<wbr>".join(conditional_escape(p) for p in parts if p))  # noqa: S308 (escaped)


def _date(value: dt.date | dt.datetime) -> dt.date:
    return timezone.localtime(value).date() if isinstance(value, dt.datetime) else value


@register.filter
def day(value: dt.date | dt.datetime | None) -> SafeString:
    """2026 年 11 月 20 日, in running text."""
    if not value:
        return SafeString("")
    date = _date(value)
    if get_language() == "en":
        text = formats.date_format(date, "j F Y")
    else:
        text = f"{date.year} 年 {date.month} 月 {date.day} 日"
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), text)


@register.filter
def day_iso(value: dt.date | dt.datetime | None) -> SafeString:
    """2026-11-20, in lists."""
    if not value:
        return SafeString("")
    date = _date(value)
    return format_html('<time datetime="{0}">{0}</time>', date.isoformat())


@register.filter
def day_short(value: dt.date | dt.datetime | None) -> SafeString:
    """11-20, in lists of the last months."""
    if not value:
        return SafeString("")
    date = _date(value)
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), f"{date:%m-%d}")


@register.simple_tag
def level_chip(level: int, kind: str = "risk") -> SafeString:
    """A risk or warning level 1 to 3 as word, glyph, edge, hue; nothing for 0."""
    words = {
        "risk": [pgettext("risk", "风险低"), pgettext("risk", "风险中"), pgettext("risk", "风险高")],
        "warning": [
            pgettext("warning", "提示"),
            pgettext("warning", "黄色预警"),
            pgettext("warning", "红色预警"),
        ],
    }[kind]
    if not 1 <= level <= 3:
        return SafeString("")
    return format_html('<span class="lv lv-{}">{}</span>', level, words[level - 1])


@register.simple_tag
def state_chip(state: str, label: str) -> SafeString:
    """A tip's state as word, glyph, edge, hue."""
    return format_html('<span class="st st-{}">{}</span>', state, label)
