"""Short ways to make published things, through the same steps as an editor."""

from __future__ import annotations

from typing import Any

from wagtail.models import Locale

from cms.models import (
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    Category,
    Flowchart,
    LegalBasis,
    NoticePage,
    Organisation,
    PowerItem,
    SectionPage,
    Step,
    Tier,
    Transition,
)


def publish(obj: Any) -> Any:
    """Save as a draft, then publish its revision, as the admin does."""
    obj.live = False
    obj.save()
    obj.save_revision().publish()
    return type(obj).objects.get(pk=obj.pk)


def organisation(code: str = "9901-CG", name: str = "云泽市城市管理局", **fields: Any) -> Organisation:
    found = Organisation.objects.filter(code=code, locale=Locale.get_default()).first()
    return found or publish(Organisation(code=code, name=name, locale=Locale.get_default(), **fields))


def draft_item(name: str = "对擅自占用城市道路摆卖物品的处罚", **fields: Any) -> PowerItem:
    """An item that has all it needs to be published, unsaved."""
    fields.setdefault("organisation", organisation())
    fields.setdefault("category", Category.objects.get(code="penalty"))
    item = PowerItem(name=name, locale=Locale.get_default(), **fields)
    item.legal_bases.add(LegalBasis(text="《云泽市市容管理条例》第二十三条：不得擅自占用城市道路。"))
    return item


def item(name: str = "对擅自占用城市道路摆卖物品的处罚", **fields: Any) -> PowerItem:
    return publish(draft_item(name, **fields))


def draft_chart(power_item: PowerItem | None = None, title: str = "行政处罚流程图") -> Flowchart:
    chart = Flowchart(title=title, power_item=power_item, locale=Locale.get_default())
    chart.steps.add(
        Step(key="s1", name="立案审批", kind="start", sort_order=0),
        Step(key="s2", name="调查取证", sort_order=1),
    )
    chart.transitions.add(Transition(from_key="s1", to_key="s2"))
    return chart


def draft_benchmark(power_item: PowerItem | None = None, title: str = "擅自占用城市道路") -> Benchmark:
    head = Benchmark(
        title=title,
        act=title,
        power_item=power_item,
        minimum=50_000,
        maximum=500_000,
        locale=Locale.get_default(),
    )
    for order, (name, degree, low, high, last) in enumerate(
        (
            ("从轻", "lenient", 50_000, 150_000, False),
            ("一般", "ordinary", 150_000, 300_000, False),
            ("从重", "severe", 300_000, 500_000, True),
        )
    ):
        head.tiers.add(
            Tier(
                name=name,
                degree=degree,
                conditions=f"{name}的条件",
                minimum=low,
                maximum=high,
                max_inclusive=last,
                sort_order=order,
            )
        )
    return head


BODY = [("text", "<p>正文。</p>")]


def page(slug: str, instance: Any, *, live: bool = True) -> Any:
    """`instance` under the section `slug`, published unless it is to stay a draft."""
    section = SectionPage.objects.get(slug=slug, locale=Locale.get_default())
    instance.live, instance.locale = False, Locale.get_default()
    section.add_child(instance=instance)
    revision = instance.save_revision()
    if live:
        revision.publish()
    return type(instance).objects.get(pk=instance.pk)


def article(title: str = "关于公职人员收受礼品的规定", *, live: bool = True, **fields: Any) -> ArticlePage:
    return page("library", ArticlePage(title=title, article_kind="rule", body=BODY, **fields), live=live)


def notice(title: str = "关于调整权责清单的通知", *, live: bool = True, **fields: Any) -> NoticePage:
    return page("notices", NoticePage(title=title, body=BODY, **fields), live=live)


def case(title: str = "周某选择性执法、收受财物案", *, live: bool = True, **fields: Any) -> CaseOutcomePage:
    fields.setdefault("facts", "周某先后收受商户财物。")
    return page("cases", CaseOutcomePage(title=title, **fields), live=live)
