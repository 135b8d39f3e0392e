"""Categories and regions a new site begins with; the operator edits them afterwards.

What an operator has changed is never changed back: only codes that are not there yet are made.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission

from complaints.intake.models import Category, Choice, Question, Region

# (code, name, English, hint, English hint, children or stop message). The first leaf must be reportable.
Leaf = tuple[str, str, str, str, str]
CATEGORIES: list[tuple[str, str, str, list[Leaf]]] = [
    (
        "discipline",
        "纪检监察",
        "Discipline and supervision",
        [
            (
                "bribery",
                "收受好处、索要钱物",
                "Bribes and favours",
                "收礼金、吃请、索要回扣，或者替人办事收钱",
                "Taking or asking for money, gifts, meals or kickbacks",
            ),
            (
                "abuse",
                "滥用职权、以权谋私",
                "Abuse of office",
                "利用职务给自己、亲友谋好处，插手工程、采购、人事",
                "Using a post for one's own or friends' gain; meddling in contracts or appointments",
            ),
            (
                "neglect",
                "该办不办、推诿刁难",
                "Neglect of duty",
                "超过期限不办、层层设卡、态度粗暴",
                "Not acting in time, putting up obstacles, rude treatment",
            ),
            (
                "funds",
                "侵占、挪用公款公物",
                "Misuse of public money or property",
                "虚报冒领、私设小金库、公车私用",
                "False claims, hidden accounts, private use of public property",
            ),
            (
                "style",
                "作风问题",
                "Conduct of officials",
                "公款吃喝、大操大办、形式主义",
                "Lavish spending of public money, empty formalities",
            ),
            (
                "discipline-other",
                "其他违纪违法",
                "Other breaches of discipline or law",
                "",
                "",
            ),
        ],
    ),
    (
        "enforcement",
        "行政执法和办事窗口",
        "Enforcement and service counters",
        [
            (
                "charging",
                "乱收费、乱罚款",
                "Unlawful fees or fines",
                "没有依据的收费，超过标准的罚款，不给票据",
                "Fees without a basis, fines above the range, no receipts",
            ),
            (
                "unfair",
                "执法不公、选择性执法",
                "Unfair enforcement",
                "同样的事不同对待，不出示证件，不听申辩",
                "Like cases treated unlike, no identification shown, no hearing",
            ),
            (
                "extra-steps",
                "清单之外加材料、加环节",
                "Demands beyond the published list",
                "要求公布的清单里没有的材料、证明或者手续",
                "Papers or steps that are not on the published list",
            ),
        ],
    ),
    (
        "livelihood",
        "群众身边的利益",
        "Benefits and village affairs",
        [
            (
                "subsidy",
                "救助、补贴发放不公",
                "Relief and subsidies",
                "优亲厚友、克扣、冒领",
                "Favouring relatives, withholding, false claims",
            ),
            (
                "village",
                "村（社区）集体资金和工程",
                "Village or community funds and works",
                "账目不公开，集体资产低价处置",
                "Accounts not published, common property sold below value",
            ),
        ],
    ),
]
STOPS: list[tuple[str, str, str, str, str]] = [
    (
        "hotline",
        "咨询、求助、生活琐事",
        "Questions, requests, everyday matters",
        "停水停电、噪声、道路、合同纠纷、邻里矛盾，请拨打 12345 政务服务便民热线，24 小时有人接。\n"
        "对判决、裁定不服，请向上一级人民法院提出；对行政处罚不服，可以申请行政复议。",
        "Water, power, noise, roads, contracts, neighbours: please call the 12345 government hotline, day and"
        " night.\nIf you disagree with a judgment, go to the higher court; with an administrative penalty,"
        " you may ask for review.",
    ),
    (
        "emergency",
        "有人正面临危险",
        "Somebody is in danger now",
        "请立刻拨打 110。有人受伤拨打 120，着火拨打 119。\n这里不是即时值守，不能马上有人看到。",
        "Call 110 now. For injuries call 120, for a fire 119.\nNobody watches this site around the clock.",
    ),
]
# (category, code, kind, question, English, answers: (name, English, message, English message), condition: the
# question and the place of its answer that opens this one). All may be left unanswered.
Answer = tuple[str, str, str, str]
QUESTIONS: list[tuple[str, str, str, str, str, list[Answer], tuple[str, int] | None]] = [
    (
        "neglect",
        "neglect-stage",
        "choice",
        "这件事现在到哪一步？",
        "How far has it come?",
        [
            ("材料交了，一直没有结果", "I handed everything in and heard nothing", "", ""),
            ("窗口不收材料，或者一再要求补", "They refuse my papers or keep asking for more", "", ""),
            (
                "已经有书面决定，我不同意决定的内容",
                "There is a written decision and I disagree with it",
                "对行政决定不服，可以在 60 日内申请行政复议，也可以依法起诉。"
                "决定书最后一段写着向哪里、在几时以前提出。\n"
                "工作人员有索要好处、故意刁难的，请返回另选一个回答。",
                "You may ask for administrative review within 60 days, or go to court; the last paragraph"
                " of the decision names where and by when.\nIf officials asked for favours or obstructed"
                " you, go back and choose another answer.",
            ),
        ],
        None,
    ),
    (
        "neglect",
        "neglect-since",
        "line",
        "哪一天交的材料？",
        "When did you hand it in?",
        [],
        ("neglect-stage", 0),
    ),
    ("neglect", "neglect-asked", "text", "要您补什么？", "What did they ask for?", [], ("neglect-stage", 1)),
    (
        "charging",
        "charging-paper",
        "choice",
        "收钱的时候给票据了吗？",
        "Were you given a receipt for the money?",
        [
            ("没有给", "No", "", ""),
            ("给了", "Yes", "", ""),
            ("没有交钱，只是被要求交", "I have not paid yet", "", ""),
        ],
        None,
    ),
    ("charging", "charging-amount", "line", "收了多少钱？", "How much was taken?", [], ("charging-paper", 0)),
    (
        "charging",
        "charging-stamp",
        "line",
        "票据上盖的是哪个单位的章？",
        "Whose stamp is on the receipt?",
        [],
        ("charging-paper", 1),
    ),
    (
        "subsidy",
        "subsidy-kind",
        "choice",
        "是哪一种救助或者补贴？",
        "Which relief or subsidy is it?",
        [
            ("低保、特困、临时救助", "Minimum living allowance or emergency relief", "", ""),
            ("耕地、农机、退耕补贴", "Farming subsidies", "", ""),
            ("危房改造、安置", "Housing repair or resettlement", "", ""),
            ("别的", "Another", "", ""),
        ],
        None,
    ),
    ("subsidy", "subsidy-which", "line", "叫什么名字？", "What is it called?", [], ("subsidy-kind", 3)),
    (
        "subsidy",
        "subsidy-list",
        "choice",
        "名单公示过吗？",
        "Was the list of names posted in public?",
        [("公示过", "Yes", "", ""), ("没有公示", "No", "", ""), ("不知道", "I do not know", "", "")],
        None,
    ),
]
EDITORS = ("Editors", "Moderators")
REGIONS: list[tuple[str, str, str]] = [
    ("city", "市本级", "City level"),
    ("linhe", "临河区", "Linhe District"),
    ("beiling", "北岭区", "Beiling District"),
    ("donghu", "东湖县", "Donghu County"),
    ("nanping", "南坪县", "Nanping County"),
    ("elsewhere", "其他地方，或者说不准", "Elsewhere, or not sure"),
]


def install() -> int:
    """Makes the categories and regions that are missing; returns how many were made. Idempotent."""
    made = 0
    for place, (code, name, name_en, leaves) in enumerate(CATEGORIES):
        branch, new = _make(Category, code, name=name, name_en=name_en, order=place * 100)
        made += new
        for number, (leaf, title, title_en, hint, hint_en) in enumerate(leaves):
            made += _make(
                Category,
                leaf,
                name=title,
                name_en=title_en,
                hint=hint,
                hint_en=hint_en,
                parent=branch,
                order=number,
            )[1]
    for number, (code, name, name_en, stop, stop_en) in enumerate(STOPS):
        made += _make(
            Category,
            code,
            name=name,
            name_en=name_en,
            stop_message=stop,
            stop_message_en=stop_en,
            order=9000 + number,
        )[1]
    for number, (code, name, name_en) in enumerate(REGIONS):
        if code == "city":
            name, name_en = (
                f"{settings.QINGFENG['place']}本级",
                f"{settings.QINGFENG['place_en']} (city level)",
            )
        made += _make(Region, code, name=name, name_en=name_en, order=number)[1]
    _permit()
    return made + _questions()


def _questions() -> int:
    """The questions of a new site. One that an editor has changed, or switched off, is left as it is."""
    made = 0
    for place, (category, code, kind, text, text_en, answers, condition) in enumerate(QUESTIONS, start=1):
        question, new = Question.objects.get_or_create(
            code=code,
            defaults={
                "category": Category.objects.get(code=category),
                "kind": kind,
                "text": text,
                "text_en": text_en,
                "order": place * 10,
            },
        )
        made += new
        if not new:
            continue
        for order, (name, name_en, stop, stop_en) in enumerate(answers):
            Choice.objects.create(
                question=question,
                name=name,
                name_en=name_en,
                stop_message=stop,
                stop_message_en=stop_en,
                sort_order=order,
            )
        if condition:
            earlier, number = condition
            question.only_if.add(Choice.objects.filter(question__code=earlier).order_by("sort_order")[number])
    return made


def _permit() -> None:
    """Who edits what is published also edits what reporters are asked; nobody deletes."""
    codes = [
        f"{act}_{name}" for act in ("add", "change", "view") for name in ("question", "category", "region")
    ]
    rights = Permission.objects.filter(content_type__app_label="intake", codename__in=codes)
    for group in Group.objects.filter(name__in=EDITORS):
        group.permissions.add(*rights)


def _make(model: type[Any], code: str, **values: Any) -> tuple[Any, int]:
    row, new = model._default_manager.get_or_create(code=code, defaults=values)
    return row, int(new)
