"""What is to be published regularly, notices that do it, and one consultation that has its answers.

Dates are counted from today, so that the matrix always has cells that are published, exempt and due.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from workdays import clock

from cms.models import (
    ConsultationAnswer,
    ConsultationPage,
    ConsultationParagraph,
    Exemption,
    NoticeFeedback,
    NoticePage,
    NoticeType,
    Obligation,
    Opinion,
    Organisation,
)
from cms.publishing.openness import containing, end_of
from cms.views import saying

FEEDBACK = (
    "柳溪镇三组的机耕路补助写了 4.2 万元，可是路还没修，钱去哪里了？",
    "有居民问：柳溪镇三组机耕路补助 4.2 万元已经列支，路还没有修。",
    "这笔钱已拨到镇里，因雨季推迟开工，现存镇财政专户；验收以后在本栏公布结算。",
)
STILL_WAITING = "请把每个小组的数字也写出来。"
PARAGRAPHS = [
    ("第一条", "为了规范道路停车，方便居民，制定本办法。"),
    ("第二条", "道路停车按时段收费：日间每小时三元，首三十分钟免费；晚八点到早七点不收费。"),
    ("第三条", "收费收入全额上缴财政，每季度在本站公布一次。"),
]
OPINIONS = [
    (1, "首三十分钟免费太短，接孩子要四十分钟。"),
    (1, "夜里不收费很好。"),
    (2, "希望分路段公布收入。"),
]
SUMMARY = "<p>共收到意见 3 条，集中在免费时长和收入怎样公布。采纳 2 条，修改后的办法将另行公布。</p>"
ANSWERS = [
    ("首三十分钟免费太短", 1, "adopted", "改为首四十五分钟免费。"),
    ("希望分路段公布收入", 1, "adopted", "每季度分路段公布。"),
    ("夜间不收费", 1, "explained", "维持不变，感谢支持。"),
]


def month_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month that is so many before that of `day`."""
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def load(by_code: dict[str, Organisation], sections: dict[str, Any], place: Any, days_ago: Any) -> None:
    """Obligations, four notices, feedback, a consultation; `place` publishes a page some days ago."""
    today = clock.today()
    types = {row.code: row for row in NoticeType.objects.all()}

    def notice(title: str, code: str, body: str, period: str, text: str) -> NoticePage:
        on = end_of(period) + dt.timedelta(days=6)
        page = NoticePage(
            title=title, date=on, issuer=by_code[body].name, notice_type=types[code],
            organisation=by_code[body], period=period, body=[("text", f"<p>{text}</p>")],
            locale=sections["notices"].locale,
        )  # fmt: skip
        place(sections["notices"], page, (today - on).days)
        return page

    def duty(body: str, code: str, **fields: Any) -> Obligation:
        return Obligation(organisation=by_code[body], notice_type=types[code], **fields)

    rule = duty("9901-CG", "procurement", begins_on=month_before(today, 4), basis="政府采购信息公开办法")
    quiet = month_before(today, 3)
    rule.exemptions.add(Exemption(period=f"{quiet:%Y-%m}", reason="当月没有采购"))
    rule.save()
    for months in (4, 2):
        first = month_before(today, months)
        text = f"{first.month} 月签订采购合同 2 份，合计 18.6 万元；供应商、数量和单价见合同公告。"
        notice(
            f"{first.year} 年 {first.month} 月政府采购情况", "procurement", "9901-CG", f"{first:%Y-%m}", text
        )

    start = month_before(today, (today.month - 1) % 3 + 6)  # of the quarter before the last
    quarter = containing("quarter", start)
    duty("990103", "village-accounts", every="quarter", days=15, unit="workday", begins_on=start).save()
    text = "收入 86.4 万元，支出 61.9 万元，其中机耕路补助 4.2 万元、饮水工程 31 万元、保洁 9.7 万元。"
    said_of = notice(
        f"青石县村级财务收支（{quarter[:4]} 年第 {quarter[-1]} 季度）",
        "village-accounts",
        "990103",
        quarter,
        text,
    )
    _feedback(said_of, days_ago)

    year = today.year - (1 if today.month > 1 else 2)
    duty("9901-RS", "three-public", every="year", days=30, begins_on=dt.date(year, 1, 1)).save()
    text = "公务接待 3.1 万元，公务用车运行 12.8 万元，因公出国（境）0 元，比上年减少 7%。"
    notice(f"{year} 年“三公”经费决算", "three-public", "9901-RS", str(year), text)
    _consultation(by_code["9901-CG"], sections["consultations"], place, days_ago)


def _feedback(page: NoticePage, days_ago: Any) -> None:
    said, shown, answer = FEEDBACK
    with days_ago(40):
        saying.keep(NoticeFeedback, page, said)
    with days_ago(33):
        row = NoticeFeedback.objects.get(page=page)
        row.shown, row.answer, row.state = shown, answer, NoticeFeedback.State.PUBLIC
        row.full_clean()
        row.save()
    with days_ago(1):
        saying.keep(NoticeFeedback, page, STILL_WAITING)


def _consultation(body: Organisation, section: Any, place: Any, days_ago: Any) -> None:
    today, day = clock.today(), dt.timedelta(days=1)
    page = ConsultationPage(
        title="云泽市道路停车收费管理办法（征求意见稿）", slug="consultation-parking-1", organisation=body,
        lede="停车收多少、哪些时段不收、钱用在哪里，请您说一说。",
        opens_on=today - 60 * day, closes_on=today - 30 * day, locale=section.locale,
    )  # fmt: skip
    page.paragraphs.add(*(ConsultationParagraph(number=number, text=text) for number, text in PARAGRAPHS))
    place(section, page, 60)
    rows = list(page.paragraphs.all())
    with days_ago(50):
        for place_of, text in OPINIONS:
            row = rows[place_of]
            key = row.translation_key
            saying.keep(Opinion, page, text, key=key, paragraph=key, place=row.number)
    Opinion.objects.filter(page=page).update(state=Opinion.State.COUNTED)
    page = ConsultationPage.objects.get(pk=page.pk)
    page.summary, page.summary_on = SUMMARY, today - 10 * day
    for opinion, number, verdict, answer in ANSWERS:
        page.answers.add(ConsultationAnswer(opinion=opinion, number=number, verdict=verdict, answer=answer))
    with days_ago(10):
        page.save_revision(log_action=True).publish()
