"""Personal names in Chinese text, by surname, given characters, and what stands around them. No model."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from .words import (
    AFTER,
    CALLED,
    COMPOUND,
    ETHNIC_DOT,
    GIVEN,
    NEVER,
    NOT_NAMES,
    SURNAMES,
    SYMBOLS,
    TITLES,
    WORDY,
    words,
)

HAN = re.compile(r"[㐀-鿿]")
BEFORE_TITLE = tuple(sorted(TITLES, key=len, reverse=True))
BEFORE_CALL = tuple(sorted(CALLED, key=len, reverse=True))
FOLLOW = tuple(sorted(AFTER, key=len, reverse=True))
PHRASES = tuple(word for word in FOLLOW if len(word) > 1)
# Titles of an office, not of a role in the case: whoever bears one is an official.
PRIVATE = words("""
    其妻 其夫 其子 其女 其父 其母 其兄 其弟 其姐 其妹 女友 男友 前妻 前夫 外甥女 侄女 孙子 孙女 继子
    继女 养女 养子 女方 男方 保姆 被处罚人 受处罚人 被检查人 被询问人
    丈夫 上诉人 专家 业主 个体户 中介 举报人 亲属 代理人 代表 低保户 侄子 保安 信访人 儿媳 儿子 先进个人
    农民 包工头 医生 原告 厨师 反映人 受害人 司机 合伙人 同事 同学 员工 哥哥 商人 商户 外甥 女儿 女婿
    妹妹 妻子 姐姐 委托人 委派 嫌疑人 学生 家长 居民 岳母 岳父 工人 店主 弟弟 当事人 律师 情妇 战友 户主
    承包人 承包商 投诉人 投资人 护士 控告人 摊主 教师 朋友 村民 母亲 法人代表 法定代表人 父亲 犯罪嫌疑人
    申诉人 申请人 监事 第三人 经营户 经营者 群众 老师 老板 职员 职工 联系人 股东 董事 表哥 表弟 被举报人
    被告 被告人 被害人 被投诉人 被申请人 记者 证人 贫困户 驾驶员
    负责人 经理 副经理 项目经理 客户经理 部门经理 物业经理 大堂经理 店长 教练 主播 网红 网民 网友 博主
    用户 会员 消费者 购房者 租赁人
    市民 法人 车主 同案人员 同案犯 罪犯 主犯 从犯 共犯 案犯 逃犯 被执行人 死者 伤者 逝者 报案人 报警人
    承租人 出租人 租客 租户 房东 房主
    债务人 债权人 借款人 出借人 贷款人 担保人 保证人 患者 病人 乘客 旅客 顾客 管理服务对象 服务对象 行为人
    违法行为人 违法嫌疑人 嫌犯
    请托人 行贿人 受贿人 受托人 被委托人 监护人 被监护人 继承人 被继承人 收货人 寄件人 收件人 签收人
    见证人 翻译 鉴定人 评估人 驾驶人 车手
    之妻 之夫 之子 之女 之父 之母 之兄 之弟 之姐 之妹 其妻子 其丈夫 其儿子 其女儿 其父亲 其母亲 其岳父
    其岳母 其兄弟 堂弟 堂哥 堂兄 堂妹
    表妹 表姐 舅舅 姑父 姨父 叔叔 伯父 婆婆 公公 未婚妻 未婚夫 男子 女子 男孩 女孩 家属 同乡 老乡 邻居
    校友 亲信 心腹 特定关系人 利害关系人
    共同居住人 实际控制人 实控人 投保人 受益人 快递员 外卖员 送货员 保洁员 清洁工 服务员 收银员 营业员
    施工员
""")
OFFICES = tuple(title for title in BEFORE_TITLE if title not in PRIVATE)
MASKED = re.compile(r"[某×*＊Ｘ○〇●■□]")
DOTTED = re.compile(rf"[㐀-鿿]{{2,8}}(?:[{ETHNIC_DOT}][㐀-鿿]{{1,8}}){{1,3}}")
# A name of two characters, spread to the width of three: 李　明.
SPREAD = re.compile(
    r"(?P<before>[^\s]{2,8}?)[:： \u3000]{1,2}(?P<name>[㐀-鿿][ \u3000]{1,2}[㐀-鿿])(?![㐀-鿿])"
)
# What may follow a dotted name at once; other words of AFTER also stand inside such names (提 in 合提亚尔).
AFTER_DOTTED = tuple(
    word
    for word in FOLLOW
    if len(word) > 1
    or word in "在和与系称因向对将被于、，。；：（的从以让给把到由也又已均为是不未还曾其等犯反"
)
LABELS = ("姓名", "名字", "户名", "甲方", "乙方", "签字", "签名", "签章", "签收", "署名", "落款")
POLITE = ("同志", "先生", "女士", "小姐", "师傅", "老师")
ENOUGH = 5


@dataclass(frozen=True)
class Name:
    """A name at one place. `official` where a title of office stands at any of its places."""

    text: str
    start: int
    end: int
    official: bool = False


@dataclass
class _Candidate:
    text: str
    start: int
    strong: bool  # a title, a label, or a name in the same list stands beside it
    score: int


def names(text: str) -> list[Name]:
    """All names, in order, without overlaps."""
    chosen: list[_Candidate] = []
    # Where two overlap, the likelier stands: 班长孙子轩 is no 长孙.
    for candidate in sorted(candidates(text), key=lambda c: (-c.score, c.start)):
        end = candidate.start + len(candidate.text)
        if not any(c.start < end and candidate.start < c.start + len(c.text) for c in chosen):
            chosen.append(candidate)
    chosen = listed(text, chosen)
    sure = {c.text for c in chosen if c.score >= ENOUGH}
    return [*everywhere(text, sure), *dotted(text, sure), *spread(text)]


def spread(text: str) -> list[Name]:
    """Names of two characters with a blank between, behind a label: 负责人 李　明."""
    found = []
    for match in SPREAD.finditer(text):
        name, before = match["name"], match["before"]
        if (
            name[0] in SURNAMES
            and name[-1] in GIVEN
            and before.endswith((*BEFORE_TITLE, "姓名", "签名", "签字"))
        ):
            found.append(Name(name, *match.span("name"), official=before.endswith(OFFICES)))
    return found


def everywhere(text: str, sure: set[str]) -> list[Name]:
    """Each sure name at all its places; the longer of two at one place."""
    spans: list[tuple[int, int]] = []
    for name in sorted(sure, key=len, reverse=True):
        for match in re.finditer(re.escape(name), text):
            if not any(a < match.end() and match.start() < b for a, b in spans):
                spans.append(match.span())
    officials = {text[a:b] for a, b in spans if is_official(text, a, b)}
    return [Name(text[a:b], a, b, text[a:b] in officials) for a, b in sorted(spans)]


def dotted(text: str, sure: set[str]) -> list[Name]:
    """Names of the form 买买提·吐尔逊."""
    found = []
    for match in DOTTED.finditer(text):
        end = match.end()
        last = max(match[0].rfind(sign) for sign in ETHNIC_DOT) + match.start() + 1
        for at in range(last + 1, end):  # the verb after the last part does not belong to it
            if text.startswith(AFTER_DOTTED + BEFORE_TITLE, at):
                end = at
                break
        start = match.start()
        first = min(start + match[0].index(sign) for sign in ETHNIC_DOT if sign in match[0])
        # What stands before it in the same breath: 被投诉人古力娜扎·…, 与阿卜杜拉·….
        for at in range(first - 2, start, -1):
            if text[start:at].endswith(BEFORE_TITLE + BEFORE_CALL):
                start = at
                break
        name = text[start : min(end, last + 5)]
        if name not in sure and not re.search("公司|集团|大学|杯", match[0]):
            found.append(Name(name, start, start + len(name), is_official(text, start, start + len(name))))
    return found


def is_official(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 8) : start], text[end : end + 6]
    return before.endswith(OFFICES) or after.startswith(OFFICES) or after.startswith("同志")


def candidates(text: str) -> list[_Candidate]:
    """The best name at each place where a surname stands, if it is likely enough to look at."""
    counts: Counter[str] = Counter()
    raw: list[tuple[int, list[str]]] = []
    for start, sign in enumerate(text):
        options = [o for size in surname_sizes(text, start, sign) for o in given(text, start, size)]
        if options:
            raw.append((start, options))
            counts.update(options)
    found = []
    for start, options in raw:
        scored = [scored_at(text, start, option, counts) for option in options]
        best = max(scored, key=lambda c: (c.score, len(c.text)), default=None)
        if best and best.score >= 3:
            found.append(best)
    return found


def surname_sizes(text: str, start: int, sign: str) -> list[int]:
    if text[start : start + 2] in COMPOUND:
        return [2]
    return [1] if sign in SURNAMES else []


def given(text: str, start: int, size: int) -> list[str]:
    """The names that could begin here: surname and one or two characters that names may have."""
    options = []
    for length in (1, 2):
        part = text[start + size : start + size + length]
        if len(part) < length or not all(HAN.match(c) for c in part) or any(c in NEVER for c in part):
            break
        options.append(text[start : start + size + length])
    return options


def scored_at(text: str, start: int, option: str, counts: Counter[str]) -> _Candidate:
    """How much speaks for a name: what stands before, what follows, its signs, its return."""
    end = start + len(option)
    before, after = text[max(0, start - 8) : start], text[end : end + 4]
    left, right = left_score(before), right_score(after)
    size = 2 if option[:2] in COMPOUND else 1
    look = sum(1 if c in GIVEN else -2 for c in option[size:]) / (len(option) - size)
    # Rare characters are no reason to doubt where a label stands before and a verb or mark behind.
    strange = 0 if left >= 3 and right >= 2 else -2
    score = left + right + (1 if look == 1 else strange if look < 0 else 0)
    score += 1 if counts[option] > 1 else 0
    shorter = option[:-1]
    if len(option) - size == 2 and counts[shorter] > counts[option] and right < 2:
        score -= 2  # 金哲 stands here twice, 金哲通 once
    if text[start : start + 2] in NOT_NAMES or text[start : start + 3] in NOT_NAMES:
        # 王国, 李家 and 段长 are words; 主席王国庆 is a person all the same.
        likely = left >= 3 and right >= 2 and look == 1 and len(option) > 2
        score -= 1 if likely and option not in NOT_NAMES else 6
    if len(option) - size == 2 and text.startswith(PHRASES, end - 1) and right_score(text[end - 1 :]) >= 2:
        score -= 2  # 高圆家住…: the verb, not the name
    if option[-1] in "和与于" and len(option) - size == 2:
        score -= 2  # 伍勇和会计: the joint, not the name
    if option[0] in WORDY and size == 1:
        score -= 1 if left >= 3 or (counts[option] > 1 and look == 1 and right) else 2
    if size == 2:
        score += 1
    if before.endswith(("某", "×", "路", "街", "县", "省", "镇")) or MASKED.match(after):
        score -= 4
    if re.match(
        r"(?:省|市|县|区|镇|乡|村|街道|路|街|公司|集团|医院|学校|大学|小学|中学|法院|银行|酒店|饭店|宾馆|小区|社区)",
        after,
    ):
        score -= 5
    return _Candidate(option, start, left >= 3, score)


def left_score(before: str) -> int:
    if before.endswith(BEFORE_TITLE):
        return 3
    label = before.rstrip().rstrip(":：")
    if label != before and label.endswith((*BEFORE_TITLE, *LABELS)):
        return 3
    if before[-1:] in ("系", "为", "是", "的") and before[:-1].endswith(BEFORE_TITLE):
        return 3
    if re.search(r"(?:姓名|名叫|叫做|自称|化名|本名|原名|真名|曾用名|又名|别名|小名|绰号)[为是叫]?$", before):
        return 3
    if not before or before[-1] in SYMBOLS:
        return 2
    if before.endswith(BEFORE_CALL):
        return 2
    return 0


def right_score(after: str) -> int:
    if not after:
        return 2
    if after.startswith(POLITE):
        return 4
    if after.startswith(BEFORE_TITLE):
        return 3
    if after[0] in SYMBOLS or after.startswith(FOLLOW):
        return 2
    if re.match(r"\d|[一二两三四五六七八九十百千万]+(?:余|多)?[元万千名人]", after):
        return 1
    return 0


def listed(text: str, chosen: list[_Candidate]) -> list[_Candidate]:
    """甲、乙和丙: what stands in a list with a sure name is one itself."""
    sure = [c for c in chosen if c.score >= ENOUGH]
    for candidate in chosen:
        if candidate.score >= ENOUGH or candidate.score < 3:
            continue
        for other in sure:
            first, second = sorted((candidate, other), key=lambda c: c.start)
            between = text[first.start + len(first.text) : second.start]
            if between in ("、", "和", "与", "及", "，", "以及", "，与"):
                candidate.score, candidate.strong = ENOUGH, True
                break
    return chosen
