"""What a sentence of a penalty says: amounts, multiples, rates, and what is imposed beside them.

General rules of how Chinese law words money; nothing here knows a document. 以上, 以下 and 以内 include the
number itself, 不满 and 超过 do not (民法典 art. 1259). Pure: no Django.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .numerals import NUMBER, number


def _words(text: str) -> list[str]:
    return text.split()


# Measures that a rate may be per. The longest that fits wins.
MEASURES = tuple(
    _words("""
    平方米 平方公里 平方千米 立方米 米 公里 千米 海里 亩 公顷 吨 千克 公斤 克 斤 升 株 棵 丛 处 个 人次
    人日 人 名 车次 架次 班次 辆次 次 辆 台 套 部 架 艘 条 头 只 匹 羽 尾 件 份 张 本 枚 支 块 幅 面 户 间 栋
    层 座 孔 根 箱 袋 瓶 盒 批 项 例 起 笔 车 船 日 天 周 月 季度 季 年 小时 票 页 册 盘 标段 学时 床 席 桌 单
    卷 宗 路 眼 口 延米
""")
)
MEASURE = "|".join(sorted(MEASURES, key=len, reverse=True))
WITH_LIMIT, WITHOUT_LIMIT = "\ue000", "\ue001"  # （含本数） and （不含本数）, while a sentence is read
COUNTED = rf"[{WITH_LIMIT}{WITHOUT_LIMIT}]?"
LOW_BEFORE = "不得低于|不得少于|不低于|不少于|不小于|最低|至少|超过|高于|大于|多于|满"
HIGH_BEFORE = (
    "最高不得?超过|最多不得?超过|不得超过|不超过|不得高于|不高于|不多于|不大于|至多|最高|最多|"
    "不满|未满|不足|未达到?|不到|低于|少于|小于"
)
# The cap's own words must be tried first: 不超过 is no 超过.
BOUND = re.compile(
    rf"(?P<before>{HIGH_BEFORE}|{LOW_BEFORE})?(?:为)?(?:人民币|[￥¥])?"
    rf"(?:(?P<hundredths>百分之|千分之|万分之)(?P<part>{NUMBER})"
    rf"|(?P<number>{NUMBER})(?P<unit>元(?:整|钱)?|圆整?|块钱|倍半?|[%％‰]|个?百分点|成(?!本))?)"
    rf"(?P<jiao>(?<=[元圆]){NUMBER}角)?(?:人民币)?"
    rf"(?P<inner>{COUNTED})(?P<after>及?以上|起(?!诉)|以外|及?以下|以内|之内|为限)?(?P<outer>{COUNTED})"
    rf"(?:(?:的?罚款)?[/／每](?P<per>{MEASURE}))?"
)
HIGH = re.compile(HIGH_BEFORE)
EXCLUDES = re.compile("^(超过|高于|大于|多于|不满|未满|不足|未达到?|不到|低于|少于|小于)$")
JOINS = re.compile(r"^(?:至|到|[-－–—―~～〜]{1,2}|[、,，]?(?:但|但是|且|并且|而)?(?:最高)?)$")
SPAN = re.compile(r"^(?:至|到|[-－–—―~～〜]{1,2})$")
FOREIGN = re.compile(r"^(?:[美欧日港澳加]元|英镑)")

IMPOSES = re.compile(r"处(?!罚(?!款)|理|分|置|所|于|境|方|室)|课以|罚款|罚金|加收|收取|缴纳|征收|滞纳金|罚")
THRESHOLD = re.compile(
    r"违法所得|货值|金额|价值|数额|收入|销售额|经营额|面积|重量|数量|不足|不满|达到|超过|次被|拖欠|欠缴|的$|时$|情形"
)
# Right before a sum: the sum draws a line and is none that is imposed.
DRAWS = re.compile(
    r"(?<!罚款)(?:违法所得|货值|价值|价款|收入|销售额|经营额|营业额|交易额|损失|(?<!罚款)(?:金额|数额|总额))(?:金额|总额|数额|额)?"
    r"(?:人民币|累计|合计|共计|总计|只有|在|为|是|已|达到?)*$"
)
ASIDE = re.compile(r"[（(【]([^（）()【】]+)[）)】]$")
LIMITS = re.compile(r"^(?:但是?|并且|且)?(?:罚款)?(?:总额)?(?:最高|最多|最低|不得?超过|不得?低于|不得?少于)")
PARTS = re.compile(
    r"[；;。\n]|[，,](?!\d{3})|[：:]|(?<=的)(?=(?:可以|可|应当|应)?(?:并|单|分别|给予|没收|吊销|责令|由)?处?(?:以|罚款)?"
    r"(?:并处|单处|分别处|处(?!罚(?!款)|理|分|置|所)|给予|没收|吊销))"
)
SENTENCE = re.compile(r"[；;。\n]")

# What may stand beside a fine or in its place (行政处罚法 art. 9), and orders that are told like one.
PENALTIES = (
    "警告|通报批评|没收|收缴|追缴|暂扣|吊销|撤销|撤回|注销|降低资质|取消|限制开展|限制从业|禁止|责令停产|责令停业|责令关闭|"
    "责令停止|责令暂停|责令限制|责令限期拆除|责令拆除|责令退还|责令赔偿|行政拘留|拘留|驱逐|限期出境|停产停业|停业整顿|"
    "关闭|强制拆除|依法拆除|记入|列入|[^，。；、]{1,14}拘留|不予受理|扣押|销毁|拆除|移送"
)
LEAD = re.compile(
    r"^(?:[（(][^（）()]{1,4}[）)])?(?:依法|应当|应|由[^，。；]{2,20}?(?=责令|没收|吊销|处|给予)|还|可以|可|将|对其|"
    r"对[^，。；]{1,40}?(?=并处|处|给予|责令|没收|吊销|予以|依法))*"
)
BESIDE = re.compile(
    r"^(?P<may>可以|可)?(?:同时|一并)?(?P<beside>并处?|单处或者?并处|或者?并?处?)?(?:以|给予|予以|处)?"
)
SUBJECT = re.compile(
    r"对?(?P<who>直接负责的主管人员和其他直接责任人员|直接负责的主管人员|其他直接责任人员|主要负责人|法定代表人|直接责任人员?|"
    r"责任人员?|建设单位|施工单位|监理单位|设计单位|勘察单位|生产经营单位|经营单位|用人单位|非经营性(?:活动|行为)?的?|"
    r"经营性(?:活动|行为)?的?|单位|企业|法人或者其他组织|法人|组织|个人|公民|自然人|个体工商户|驾驶人)的?"
)
NONE = re.compile(
    r"不予(?:行政)?处罚|不(?:再)?(?:给予|实施|作出)(?:行政)?处罚|不(?:处|予)罚款|不罚(?!$)|免于?予?罚款"
)
EXEMPT = re.compile(r"免[予于除](?:行政)?处罚|免罚")


@dataclass(frozen=True)
class Amount:
    """Money as the law says it: fen for fixed, range and rate; a factor for multiple (百分之二 is 0.02).

    `base` is the multiple's (违法所得) or the measure of a rate (平方米); `per` the measure as written
    (处违法设施). A multiple with a cap or floor in money has it in `minimum`, `maximum`.
    """

    kind: str  # fixed, range, multiple, rate
    minimum: int | None = None
    maximum: int | None = None
    multiple_min: Decimal | None = None
    multiple_max: Decimal | None = None
    base: str = ""
    per: str = ""
    min_inclusive: bool = True
    max_inclusive: bool = True
    alone: bool = True  # False where the sentence imposes it only beside another penalty (并处)
    when: str = ""  # the condition that the same sentence sets for it
    who: str = ""  # 个人, 单位 …, where the sentence tells them apart
    text: str = ""


@dataclass(frozen=True)
class Accessory:
    """A penalty without amount: 没收违法所得. `when` is its own condition, `may` where it is 可以."""

    text: str
    when: str = ""
    may: bool = False


@dataclass(frozen=True)
class Reading:
    """A sentence as it was understood. `waived` is none (不予), exempt (免予) or empty."""

    amounts: tuple[Amount, ...] = ()
    accessories: tuple[Accessory, ...] = ()
    waived: str = ""

    @property
    def accessory(self) -> str:
        """The accessory penalties in one text, joined by 、."""
        return "、".join(dict.fromkeys(each.text for each in self.accessories))


def read(text: str) -> Reading:
    """Amounts and accessory penalties of a standard or a statutory range. Never raises; empty if nothing."""
    flat = normal(text)
    imposing = bool(IMPOSES.search(flat))
    amounts: list[Amount] = []
    accessories: list[Accessory] = []
    for sentence in filter(None, SENTENCE.split(flat)):
        when = who = ""
        for part in filter(None, PARTS.split(sentence)):
            found = fines(part, imposing=imposing)
            who = named(part) or who
            aside = ASIDE.search(part)
            own = aside[1] if aside and THRESHOLD.search(aside[1]) else ""
            beside = penalties(part, when)
            accessories += beside
            for each in found:
                if is_cap(each, part, amounts):
                    amounts[-1] = capped(amounts[-1], each)
                else:
                    amounts.append(replace(each, when=own or when, who=who))
            if not found and not beside and part.rstrip(",，").endswith(("的", "时", "者")):
                when = opened(part).strip("…")
            elif not found and not beside and THRESHOLD.search(part) and BOUND.search(part):
                when = opened(part)
    waived = "exempt" if EXEMPT.search(flat) else "none" if NONE.search(flat) else ""
    return Reading(tuple(merged(amounts)), tuple(dict.fromkeys(accessories)), "" if amounts else waived)


def opened(part: str) -> str:
    """A condition without what stands before the bracket in which it begins: 从轻处罚（货值不足一万元的."""
    at = max(part.rfind(sign) for sign in "（(【")
    return part if at < 0 or re.search("[）)】]", part[at:]) else part[at + 1 :]


def normal(text: str) -> str:
    """Digits and marks of one width, no blanks, the brackets about 本数 as one sign each."""
    table = {0xFF10 + n: str(n) for n in range(10)} | {0xFF0E: ".", 0x3000: None, 0x33A1: "平方米"}
    flat = "".join(text.translate(table).split()).replace("m²", "平方米").replace("m2", "平方米")
    flat = flat.replace("㎡", "平方米").replace("人民币元", "元")
    flat = re.sub(r"[（(]不(?:包)?含[^（）()]{0,8}[）)]", WITHOUT_LIMIT, flat)
    flat = re.sub(r"[（(](?:包)?含[^（）()]{0,8}[）)]", WITH_LIMIT, flat)
    flat = re.sub(r"等值(?=以上|以下|的?罚款)", "一倍", flat)
    flat = re.sub(r"(罚款(?:幅度|标准|金额|数额|额度)?)[：:]", r"\1", flat)
    return COMPARED.sub(compared, flat)


COMPARED = re.compile(
    rf"(?P<low>{NUMBER}(?:元|倍|%)?)(?P<a>[≤<＜])[^≤<＜，。；]{{0,8}}?(?P<b>[≤<＜])(?P<high>{NUMBER}(?:元|倍|%)?)"
)


def compared(found: re.Match[str]) -> str:
    """1万元≤罚款＜3万元 in words."""
    low = found["low"] + "以上" if found["a"] == "≤" else "超过" + found["low"]
    return low + (found["high"] + "以下" if found["b"] == "≤" else "不满" + found["high"]) + "罚款"


# Amounts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bound:
    """One end: `side` is low, high or "" (said without a word)."""

    value: Decimal
    unit: str  # 元, 倍 or "" where it is not said
    side: str
    inclusive: bool
    plain: str  # the number as written, to see whether 万 was left to its partner
    per: str
    start: int
    end: int


def bounds(part: str) -> Iterator[_Bound]:
    for found in BOUND.finditer(part):
        value, unit = measured(found)
        if value is None:
            continue
        before, after = found["before"] or "", found["after"] or ""
        side = ""
        if before:
            side = "high" if HIGH.match(before) else "low"
        elif after:
            side = "low" if after.endswith(("上", "起", "外")) else "high"
        inclusive = not EXCLUDES.match(before) and after != "以外"
        marks = (found["inner"] or "") + (found["outer"] or "")
        if marks:
            inclusive = WITHOUT_LIMIT not in marks
        yield _Bound(value, unit, side, inclusive, found["number"] or "", found["per"] or "", *found.span())


def measured(found: re.Match[str]) -> tuple[Decimal | None, str]:
    """(value, unit) of one match: yuan, or a factor."""
    if found["hundredths"]:
        value, over = number(found["part"]), {"百": 100, "千": 1_000, "万": 10_000}
        return (None if value is None else value / over[found["hundredths"][0]]), "倍"
    value, unit = number(found["number"]), found["unit"] or ""
    if value is None:
        return None, ""
    if unit[:1] in ("元", "圆", "块"):
        tenths = number(found["jiao"][:-1]) if found["jiao"] else None
        return value + (tenths or Decimal(0)) / 10, "元"
    factor = {"%": "0.01", "％": "0.01", "‰": "0.001", "成": "0.1"}
    if unit.endswith("百分点"):
        return value / 100, "倍"
    if unit in factor:
        return value * Decimal(factor[unit]), "倍"
    if unit == "倍半":
        return value + Decimal("0.5"), "倍"
    return value, unit


def fines(part: str, *, imposing: bool) -> list[Amount]:
    """The amounts that a clause imposes; none of those by which it only draws a line (货值不足一万元的)."""
    aside = imposing and not IMPOSES.search(part) and not LIMITS.match(part)
    if aside and (THRESHOLD.search(part) or not SUBJECT.search(part)):
        return []
    found = []
    ends = list(bounds(part))
    while ends:
        first = ends.pop(0)
        second = ends[0] if ends and JOINS.match(part[first.end : ends[0].start]) else None
        pair = paired(first, second, part) if second else None
        if pair:
            ends.pop(0)
            first, second = pair
        amount = amount_of(part, first, second if pair else None)
        if amount:
            found.append(amount)
    return found


def paired(first: _Bound, second: _Bound | None, part: str) -> tuple[_Bound, _Bound] | None:
    """The two ends of one range, low first, each with its unit; None if they belong to two amounts."""
    if second is None:
        return None
    between = part[first.end : second.start]
    sides = (first.side, second.side)
    spans = bool(SPAN.match(between))
    if sides == ("high", "low"):
        first, second = second, first
    elif (
        sides not in (("low", "high"), ("", "high"), ("low", "")) and not (spans and sides == ("", ""))
    ) or (sides != ("low", "high") and not spans):
        return None
    unit = first.unit or second.unit
    if {first.unit, second.unit} - {"", unit}:
        return None
    if not first.unit and second.unit and spans:
        first = shared(first, second)
    return replace(first, unit=unit, side="low"), replace(second, unit=unit, side="high")


def shared(first: _Bound, second: _Bound) -> _Bound:
    """1至5万元: the 万 belongs to both, where the first number would else be absurdly small beside it."""
    for sign, power in (("亿", 10**8), ("万", 10**4), ("千", 1_000), ("百", 100)):
        if second.plain.endswith(sign):
            mantissa = second.value / power
            if not re.search("[十百千万亿]", first.plain) and first.value <= mantissa:
                return replace(first, value=first.value * power)
            break
    if second.unit == "倍" and second.plain and second.value < 1 and first.value > second.value:
        return replace(first, value=first.value / 100)  # 2-4%
    return first


def amount_of(part: str, first: _Bound, second: _Bound | None) -> Amount | None:
    """One amount from one or two ends; None for a number that is no money."""
    end = (second or first).end
    rest, ahead = part[end:], part[: first.start if second is None else min(first.start, second.start)]
    unit = first.unit
    if not unit:
        if not re.match(r"的?(?:罚款|罚金|人民币)", rest) or not first.side:
            return None
        unit = "元"
    if unit not in ("元", "倍") or FOREIGN.match(rest) or re.match("的?部分", rest):
        return None
    if unit == "元" and DRAWS.search(ahead):
        return None
    low, high = ends_of(first, second)
    said: dict[str, Any] = {
        "min_inclusive": low.inclusive if low else True,
        "max_inclusive": high.inclusive if high else True,
        "alone": not re.search(r"(?<!单处或者)(?<!单处或)(?<!可以)(?<!可)并处|并罚", ahead),
        "text": part[: len(part)],
    }
    measure, per = rate_of(ahead, (second or first).per or first.per)
    if unit == "倍":
        base = base_of(ahead, rest)
        factor = {"multiple_min": low.value if low else None, "multiple_max": high.value if high else None}
        return Amount("multiple", base=base, per=per, **factor, **said)
    money = {"minimum": fen(low), "maximum": fen(high)}
    if measure:
        return Amount("rate", base=measure, per=per, **money, **said)
    kind = "fixed" if second is None and not first.side else "range"
    return Amount(kind, **money, **said)


def ends_of(first: _Bound, second: _Bound | None) -> tuple[_Bound | None, _Bound | None]:
    if second is not None:
        return first, second
    if first.side == "low":
        return first, None
    if first.side == "high":
        return None, first
    return first, first


def fen(end: _Bound | None) -> int | None:
    return None if end is None else int((end.value * 100).to_integral_value())


PER = re.compile(
    rf"每(?:一|逾期一?|超过一?|超载?一?|增加一?|延误一?|迟延一?|多)?(?P<whole>(?P<measure>{MEASURE})(?:(?!处|课以|罚款)[^，。；])*)"
)
FILLER = re.compile(r"(?:可以|可|应|并)?(?:处以?|罚款?|课以|加处|加收|加罚|按|计|给予|以|为|人民币)*$")


def rate_of(ahead: str, after: str) -> tuple[str, str]:
    """(measure, as written) of a rate, from the words before the number or behind it; empty for a sum."""
    if after:
        return after, after
    before = FILLER.sub("", ahead)
    at = before.rfind("每")
    if at < 0:
        daily = re.search(r"(?:按|逐)(日|天|月|年)", before)
        return (daily[1], daily[1]) if daily else ("", "")
    found = PER.match(before[at:])
    if found is None and (match := PER.match(ahead[at:])):  # 每处: the measure is what looks like a verb
        found = match
    if not found or len(found["whole"]) > 24:
        return "", ""
    whole = FILLER.sub("", found["whole"]) or found["measure"]
    return found["measure"], whole


BASE_FROM = re.compile(
    r"(?:并处|单处|分别处|处(?!罚(?!款)|理|分|置|所(?!得|收|缴))|课以|按照?|依照?|以(?!上)|给予|加收|加处|"
    r"罚款(?!额|数|幅|总|上限|金额|标准|最))以?"
)
TAIL = re.compile(r"(?:的|计算|加处|处以?|并处|加收|可以|可|，|,|缴纳|收取)+$")


def base_of(ahead: str, rest: str) -> str:
    """What a multiple is of: the words between the verb and the number (处违法所得一倍 → 违法所得)."""
    text = TAIL.sub("", ahead)
    starts = [found.end() for found in BASE_FROM.finditer(text)]
    text = text[starts[-1] :] if starts and starts[-1] < len(text) else text
    text = re.sub(r"^(?:其|人民币|相当于|等值于)", "", text)
    text = text.split("的，")[-1]
    if found := re.search(rf"每(?:{MEASURE})", text):
        text = text[found.end() :]
    if not text and (found := re.match(r"(?:的)?(?P<base>[^，。；的罚]{2,20})(?:的)?(?:罚款|滞纳金)", rest)):
        text = found["base"]
    return TAIL.sub("", text)[-100:]


def is_cap(each: Amount, part: str, before: list[Amount]) -> bool:
    """Whether an amount only limits the multiple that stands before it (但最高不超过三万元)."""
    limits = re.search(r"最高|最多|最低|不得?超过|不得?低于|不得?少于|总额", part)
    return bool(before and before[-1].kind in ("multiple", "rate") and each.kind == "range" and limits)


def capped(amount: Amount, limit: Amount) -> Amount:
    if amount.kind == "rate":  # its own bounds are money already: the limit stays in the text
        return amount
    low, high = amount.minimum or limit.minimum, amount.maximum or limit.maximum
    return replace(amount, minimum=low, maximum=high)


def merged(amounts: list[Amount]) -> list[Amount]:
    """Without repeats of the same amount."""
    seen: dict[Amount, Amount] = {}
    for each in amounts:
        seen.setdefault(replace(each, text="", alone=True), each)
    return list(seen.values())


def named(part: str) -> str:
    """The group of persons a clause is about, where it begins with one."""
    found = re.match(rf"^(?:其中)?(?:属于)?(?:对)?{SUBJECT.pattern}", part)
    return found["who"].rstrip("的") if found else ""


# Beside the fine ----------------------------------------------------------------------------------------


def penalties(part: str, when: str) -> list[Accessory]:
    """The penalties without amount in one clause."""
    found = []
    may = bool(re.match(r"^(?:可以|可)", part))
    for piece in pieces(part):
        text = BESIDE.sub("", LEAD.sub("", piece), count=1)
        text = re.sub(r"^(?:或者?|和|并|及|处以?|给予|予以)+", "", text)
        if not re.match(PENALTIES, text) or is_fine(text) or "…" in text or text.endswith("的"):
            continue
        text = re.sub(r"(?:的)?(?:行政)?处罚$", "", text)
        found.append(Accessory(text, when, may or bool(re.match(r"^(?:可以|可)", piece))))
    return found


def is_fine(text: str) -> bool:
    return any(end.unit for end in bounds(text)) and "罚款" in text


def pieces(part: str) -> list[str]:
    """A clause cut before each verb of a penalty, and before the fine itself."""
    verbs = rf"(?:并处?|给予|处以?|予以|依法|可以|可)*(?:{PENALTIES})"
    cuts = (
        rf"(?:[、]|并处?|或者?|和|及|可以|可)(?={verbs})"
        r"|(?:[、]|并处?|或者?|和)(?=(?:处以?)?[^、]{0,20}罚款)"
    )
    spots = [0, *(found.start() for found in re.finditer(cuts, part)), len(part)]
    cut = [part[a:b].lstrip("、") for a, b in pairwise(spots) if b > a]
    return [piece for piece in cut if piece]
