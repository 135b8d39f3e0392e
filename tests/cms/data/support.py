"""One disclosed row of every register, with the words a test gives it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wagtail.models import Locale

from cms.models import (
    CaseResult,
    ConsultationAnswer,
    ConsultationPage,
    ConsultationParagraph,
    Law,
    LawVersion,
    NoticeType,
    RiskPoint,
)
from tests.cms import making


def everything(words: str = "") -> dict[str, Any]:
    """One published row each, by the register's name; `words` stand in titles and texts."""
    item = making.item(f"公开的事项{words}", remarks=words)
    chart = making.draft_chart(item, title=f"流程{words}")
    chart.risk_points.add(RiskPoint(step_key="s2", description=f"收受好处{words}", measures="双人办理"))
    law = Law(name=f"云泽市市容条例{words}", locale=Locale.get_default(), short_names="市容条例")
    law.versions.add(
        LawVersion(document_no="第 12 号", effective_on=dt.date(2020, 1, 1), text="第一条 为了整洁。")
    )
    case = making.case(f"周某案{words}", live=False, power_items=[item], lede=words)
    case.results.add(CaseResult(label="处分", text="政务警告"))
    case.save_revision().publish()
    return {
        "power-items": item,
        "organisations": item.organisation,
        "laws": making.publish(law),
        "flowcharts": making.publish(chart),
        "benchmarks": making.publish(making.draft_benchmark(item, title=f"占道经营{words}")),
        "cases": type(case).objects.get(pk=case.pk),
        "articles": making.article(f"收受礼品的规定{words}", lede=words),
        "notices": making.notice(
            f"二季度收支{words}",
            notice_type=NoticeType.objects.get(code="village-accounts"),
            organisation=item.organisation,
            period="2026-Q2",
        ),
        "consultations": consultation(f"停车条例{words}", organisation=item.organisation),
    }


def consultation(
    title: str = "停车管理办法（征求意见稿）", *, live: bool = True, **fields: Any
) -> ConsultationPage:
    """An open one with two paragraphs and, where it is to have a summary, an answer."""
    from workdays import clock

    today = clock.today()
    fields.setdefault("opens_on", today - dt.timedelta(days=3))
    fields.setdefault("closes_on", today + dt.timedelta(days=10))
    answer = fields.pop("answer", "")
    page = ConsultationPage(title=title, **fields)
    page.paragraphs.add(ConsultationParagraph(number="第一条", text="为了规范停车，制定本办法。"))
    page.paragraphs.add(ConsultationParagraph(text=f"占道停车每小时收费五元。{fields.get('lede', '')}"))
    if answer:
        page.answers.add(ConsultationAnswer(opinion=answer, answer="已经采纳。", number=3))
    return making.page("consultations", page, live=live)
