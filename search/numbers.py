"""Numbers, dates, amounts, codes and the like, found however they are written.

Each is folded to a word of ASCII letters and digits ("d20220301", "o34x6761", "a4700000") that stands in a
field of its own, `num`, beside the exact text and never in its place. An index keeps what a reader may ask
for (a full date also its month and its year); a query asks for the most exact one.

| | written | words |
|---|---|---|
| date | 2022年3月1日, 2022-03-01, 二〇二二年三月一日, March 1, 2022 | d20220301 m202203 y2022 e0301 |
| amount | 4.7万元, 47,000元, ¥47000, 四万七千元 | a4700000 (in 分) n47000 |
| document | 国办发〔2022〕27号, 國辦發[2022]第27号, 国办发2022年二十七号 | w2022x27, w2022x27p… |
| article | 第三十四条第二款, 第34条第2款, Article 34 | o34… and o34…2… |
| measure | 三十个工作日, 30 个工作日 | t30… |
| share | 30%, 百分之三十 | p30 |
| telephone | 010-12345678, (010)12345678, +86 10 1234 5678 | f01012345678 n12345678 |
| code | 9901-CG-CF-0147, 9901CGCF0147 | c9901cgcf0147 |
| number | 1,000, 1000, 一千 | n1000 |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from search.han import SIMPLIFIED

VERSION = 1
"""Changes whenever the same text may give other words."""
LONGEST = 1_000_000
"""Characters of a text that are read."""


@dataclass(frozen=True)
class Number:
    """A place in a text, and its words: the first is what a query asks for, all are what an index keeps."""

    start: int
    end: int
    words: tuple[str, ...]


class _Table(dict[int, str]):
    """Folds one character to one character, so that places stay what they are."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code))
        folded = folded.lower() if len(folded) == 1 and len(folded.lower()) == 1 else chr(code)
        self[code] = _SAME.get(folded) or SIMPLIFIED.get(folded, folded)
        return self[code]


_SAME = {
    **dict.fromkeys("[【(〈<《{﹝", "〔"),
    **dict.fromkeys("]】)〉>》}﹞", "〕"),
    **dict.fromkeys("−–—―‐‑‒─", "-"),
    **dict.fromkeys("，、", ","),
    **dict.fromkeys("\t\u00a0\u2009", " "),
    "○": "〇", "零": "〇", "壹": "一", "贰": "二", "叁": "三", "肆": "四", "伍": "五", "陆": "六", "柒": "七",
    "捌": "八", "玖": "九", "拾": "十", "佰": "百", "仟": "千", "两": "二",
    "圆": "元", "~": "-",
    "貳": "二", "叄": "三", "陸": "六", "萬": "万", "億": "亿", "號": "号",
    "條": "条", "項": "项", "圓": "元",
}  # fmt: skip
_TABLE = _Table()

# Values -----------------------------------------------------------------------------------------------

_DIGITS = {character: n for n, character in enumerate("〇一二三四五六七八九")}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}


def value(written: str) -> Decimal | None:
    """The number that folded `written` says ("4.7万", "三百零五", "二〇二二"), or None."""
    plain = written.replace(",", "").replace(" ", "")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([十百千]?)((?:万|亿)*)", plain)
    if match:
        number = _decimal(match[1])
        for unit in match[2] + match[3]:
            number = number and number * {**_SMALL, **_LARGE}[unit]
        return number
    whole, point, part = plain.partition("点")
    if point and part:
        digits = part.rstrip("万亿")
        if not digits or any(c not in _DIGITS for c in digits) or (first := _chinese(whole)) is None:
            return None
        number = _decimal(f"{first}.{''.join(str(_DIGITS[c]) for c in digits)}")
        for unit in part[len(digits) :]:
            number = number and number * _LARGE[unit]
        return number
    found = _chinese(plain)
    return None if found is None else Decimal(found)


def _decimal(digits: str) -> Decimal | None:
    try:
        return Decimal(digits) if len(digits) <= 20 else None
    except InvalidOperation:
        return None


def _chinese(written: str) -> int | None:
    if not written or len(written) > 40:
        return None
    if all(c in _DIGITS for c in written):
        return int("".join(str(_DIGITS[c]) for c in written))
    total = section = digit = 0
    unit, pending = 0, False  # the last unit; a digit waits for its own
    for c in written:
        if c in _DIGITS:
            if pending:
                return None
            digit, pending = _DIGITS[c], c != "〇"
            unit = 0 if c == "〇" else unit
        elif c in _SMALL:
            if not pending and not (c == "十" and section % 100 == 0):
                return None
            section += (digit if pending else 1) * _SMALL[c]
            unit, digit, pending = _SMALL[c], 0, False
        elif c in _LARGE:
            section += digit if pending else 0
            if not section and not total:
                return None
            total = (total + section) * _LARGE[c] if c == "亿" else total + section * _LARGE[c]
            unit, section, digit, pending = _LARGE[c], 0, 0, False
        else:
            return None
    if pending:  # 三万五 is 35,000
        digit *= unit // 10 if unit >= 100 else 1
    return total + section + (digit if pending else 0)


def _shown(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", "d")


# Kinds ------------------------------------------------------------------------------------------------

_CN = "〇一二三四五六七八九十百千万亿"
_D = "〇一二三四五六七八九"
_ARABIC = r"(?<![\d.])(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,20})(?:\.\d{1,9})?(?![\d])(?: ?[百千]?(?:万|亿)+)?"
_NUM = rf"(?:{_ARABIC}|[{_CN}]{{1,24}}(?:点[{_D}]{{1,9}}[万亿]*)?)"  # bounded: else a run is read n times
_YEAR = rf"(?:(?<!\d)\d{{4}}|(?<![{_CN}])[一二][{_D}]{{3}})"
_SMALL_NUM = rf"(?:\d{{1,2}}|[{_D}十]{{1,3}})"
_HAN = "\u4e00-\u9fff"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*\.?"
_KINDS: list[tuple[str, re.Pattern[str], Callable[[re.Match[str]], list[str]]]] = []


def _kind(
    pattern: str, *, needs: str = ""
) -> Callable[[Callable[[re.Match[str]], list[str]]], Callable[..., list[str]]]:
    """Register a kind: what it matches and its words; looked for only where one of `needs` stands."""

    def register(words: Callable[[re.Match[str]], list[str]]) -> Callable[..., list[str]]:
        _KINDS.append((needs, re.compile(pattern), words))
        return words

    return register


def _int(written: str | None) -> int:
    """0 where nothing, or nothing that can be read, is written."""
    number = value(written) if written else None
    return int(number) if number is not None and number == number.to_integral_value() else 0


def _date(year: int, month: int = 0, day: int = 0) -> list[str]:
    if year and not 1800 <= year <= 2200:
        return []
    if (month and not 1 <= month <= 12) or (day and not 1 <= day <= 31):
        return []
    words = []
    if year and month and day:
        words.append(f"d{year:04}{month:02}{day:02}")
    if year and month:
        words.append(f"m{year:04}{month:02}")
    if year:
        words.append(f"y{year:04}")
    if month and day:
        words.append(f"e{month:02}{day:02}")
    return words


@_kind(rf"({_YEAR}) ?年(?: ?({_SMALL_NUM}) ?月(?: ?({_SMALL_NUM}) ?[日号])?)?", needs="年")
def _han_date(m: re.Match[str]) -> list[str]:
    if m[2] and not _int(m[2]):
        return []
    return _date(_int(m[1]), _int(m[2]), _int(m[3]))


@_kind(rf"(?<![{_CN}\d年])({_SMALL_NUM}) ?月 ?({_SMALL_NUM}) ?[日号]", needs="月")
def _day_of_year(m: re.Match[str]) -> list[str]:
    return _date(0, _int(m[1]), _int(m[2])) if _int(m[1]) and _int(m[2]) else []


@_kind(r"(?<![\d./-])((?:1[89]|2[01])\d\d)([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?![\d/-])(?!\.\d)")
def _figure_date(m: re.Match[str]) -> list[str]:
    if m[2] == "." and not m[4]:
        return []  # 2022.5 is more often a number
    return _date(int(m[1]), int(m[3]) or 99, int(m[4] or 0))


@_kind(r"(?<![\da-z])((?:19|20)\d\d)([01]\d)([0-3]\d)(?![\da-z])")
def _close_date(m: re.Match[str]) -> list[str]:
    return _date(int(m[1]), int(m[2]) or 99, int(m[3]) or 99)


@_kind(
    rf"\b(?:({_MONTH}) (?:(\d{{1,2}})(?:st|nd|rd|th)?,? )?"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH}),? )(\d{{4}})\b",
    needs="abcdefghijklmnopqrstuvwxyz",
)
def _english_date(m: re.Match[str]) -> list[str]:
    month = _MONTHS.index((m[1] or m[4])[:3]) + 1
    return _date(int(m[5]), month, int(m[2] or m[3] or 0))


_LEAD = re.compile("^.*(?:根据|依据|按照|依照|违反|参照|关于|印发|适用|下发|执行|落实|[见和与及以])")
_LETTERS = 6


def _document(prefix: str, year: int, middle: str, number: int) -> list[str]:
    if not (1900 <= year <= 2200 and number):
        return []
    plain = f"w{year}x{number}" + (f"m{_hex(middle)}" if middle else "")
    prefix = _LEAD.sub("", prefix)[-_LETTERS:]
    ends = [prefix[n:] for n in range(len(prefix))]
    return [*(f"{plain}p{_hex(end)}" for end in ends), plain]


def _hex(text: str) -> str:
    return "".join(f"{ord(c):x}" for c in text)


_FOUR = rf"(\d{{4}}|[一二][{_D}]{{3}})"
_NUMBER = rf"(\d{{1,6}}|[{_CN}]{{1,12}}) ?号"


@_kind(rf"〔 ?{_FOUR} ?年?〕 ?([{_HAN}\d]{{0,9}}?)第?字?第? ?{_NUMBER}", needs="〔")
def _bracketed(m: re.Match[str]) -> list[str]:
    return _document(_before(m), _int(m[1]), m[2], _int(m[3]))


@_kind(rf"(?<=[{_HAN}][发函办字规通文电令]) ?{_FOUR} ?年? ?[第-]? ?{_NUMBER}", needs="号")
def _unbracketed(m: re.Match[str]) -> list[str]:
    return _document(_before(m), _int(m[1]), "", _int(m[2]))


def _before(m: re.Match[str]) -> str:
    """The characters that stand right before a match."""
    found = re.search(rf"[{_HAN}]*(?= ?$)", m.string[max(0, m.start() - 13) : m.start()])
    return found[0] if found else ""


_PLACES = (("款", "款"), ("项", "项"), ("目", "目"))


@_kind(
    rf"第 ?({_NUM}) ?条(?: ?之({_NUM}))?(?: ?第? ?〔?({_NUM})〕? ?款)?"
    rf"(?: ?第? ?〔?({_NUM})〕? ?项)?(?: ?第? ?({_NUM}) ?目)?",
    needs="第",
)
def _article(m: re.Match[str]) -> list[str]:
    if not (n := _int(m[1])):
        return []
    words, so_far = [f"t{n}x{_hex('条')}"], f"o{n}x{_hex('条')}"
    words.insert(0, so_far)
    parts = ((m[2], "之"), (m[3], "款"), (m[4], "项"), (m[5], "目"))
    for written, name in parts:
        if number := _int(written):
            so_far += f"y{number}x{_hex(name)}"
            words.insert(0, so_far)
            words.append(f"o{number}x{_hex(name)}")
    return words


@_kind(r"(?:\barticle|\bart\.?|§) ?(\d{1,4})\b", needs="a§")
def _english_article(m: re.Match[str]) -> list[str]:
    return [f"o{int(m[1])}x{_hex('条')}", f"t{int(m[1])}x{_hex('条')}"]


_ORDINAL = """
款 项 目 章 节 编 部分 届 次 批 期 号 版 类 档 页 卷 册 轮 名 位 季度 师 中学 小学 医院 条 类别 层 级 步
"""
_MEASURE = """
工作日 个工作日 年 个月 月 个星期 星期 周 天 日 小时 分钟 秒 岁 人 名 户 家 次 倍 亩 平方米 平方公里 公里 千米
米 厘米 毫米 吨 公斤 千克 克 件 号 条 款 项 章 节 级 档 期 届 批 度 路 号楼 楼 层 栋 室 区 街 起 个 万人 台 辆
只 处 份 本 立方米 升 分贝 宗 笔 成
"""


def _any(units: str) -> str:
    return "|".join(sorted(set(units.split()), key=len, reverse=True))


@_kind(rf"第 ?〔?({_NUM})〕? ?({_any(_ORDINAL)})", needs="第")
def _ordinal(m: re.Match[str]) -> list[str]:
    n = _int(m[1])
    return [f"o{n}x{_hex(m[2])}", f"t{n}x{_hex(m[2])}"] if n else []


@_kind(rf"(?<![第{_CN}\d.])({_NUM}) ?({_any(_MEASURE)})")
def _measure(m: re.Match[str]) -> list[str]:
    number = value(m[1])
    # 一次, 一个: words, not numbers.
    if number is None or (len(m[1]) == 1 and m[1] in "一十百千万亿"):
        return []
    unit = m[2].removeprefix("个") or "个"
    quantity = [f"n{_shown(number)}"] if number >= 10 else []
    return [f"t{_shown(number)}x{_hex({'千克': '公斤', '千米': '公里'}.get(unit, unit))}", *quantity]


def _amount(number: Decimal | None) -> list[str]:
    if number is None:
        return []
    cents = number * 100
    if cents != cents.to_integral_value():
        return []
    return [f"a{_shown(cents)}", f"n{_shown(number)}"]


_MONEY = r"(?:元|块钱|yuan)"


@_kind(
    rf"(?:人民币|rmb ?|cny ?|[¥$])? ?({_NUM}) ?余? ?{_MONEY}(?:([\d{_D}])角)?(?:([\d{_D}])分)?", needs="元块y"
)
def _money(m: re.Match[str]) -> list[str]:
    number = value(m[1])
    if number is not None:
        number += Decimal(_int(m[2])) / 10 + Decimal(_int(m[3])) / 100
    return _amount(number)


@_kind(rf"(?:rmb|cny|人民币|[¥￥]) ?({_ARABIC})", needs="¥人rc")
def _money_by_sign(m: re.Match[str]) -> list[str]:
    return _amount(value(m[1]))


@_kind(rf"({_NUM}) ?[-至到] ?({_NUM}) ?{_MONEY}", needs="-至到")
def _money_from_to(m: re.Match[str]) -> list[str]:
    """5至10万元: the first is of the same measure."""
    last = value(m[2])
    unit = re.sub(r"[^万亿]", "", m[2])
    first = value(m[1] + unit if unit and not set(m[1]) & set("万亿") else m[1])
    return [*_amount(last), *_amount(first)][::-1] if first is not None else []


@_kind(rf"(?:({_NUM}) ?(?:[%‰]|个百分点))|(百|千|万)分之({_NUM})", needs="%‰分")
def _share(m: re.Match[str]) -> list[str]:
    number = value(m[1] or m[3])
    if number is None:
        return []
    if m[0].endswith("‰") or m[2] == "千":
        number /= 10
    elif m[2] == "万":
        number /= 100
    return [f"p{_shown(number)}"]


_FOREIGN = r"(?:(?:\+|\b00)86[- ]?)"


@_kind(rf"(?<![\d-]){_FOREIGN}?(1[3-9]\d)[- ]?(\d{{4}})[- ]?(\d{{4}})(?!\d)")
def _mobile(m: re.Match[str]) -> list[str]:
    return [f"f{m[1]}{m[2]}{m[3]}"]


@_kind(rf"(?<![\d-]){_FOREIGN}?〔?(0(?:10|2\d|[3-9]\d{{2}}))〕?[- ]?(\d{{3,4}})[- ]?(\d{{4}})(?![\d])")
def _telephone(m: re.Match[str]) -> list[str]:
    return [f"f{m[1]}{m[2]}{m[3]}", f"n{m[2]}{m[3]}"]


@_kind(rf"{_FOREIGN}〔?(10|2\d|[3-9]\d{{2}})〕?[- ]?(\d{{3,4}})[- ]?(\d{{4}})(?!\d)")
def _from_abroad(m: re.Match[str]) -> list[str]:
    return [f"f0{m[1]}{m[2]}{m[3]}", f"n{m[2]}{m[3]}"]


@_kind(r"(?<![\d-])(\d{3,4})[- ](\d{4})(?![\d-])")
def _local_telephone(m: re.Match[str]) -> list[str]:
    return [f"n{m[1]}{m[2]}"] if m[1][0] != "0" else []


@_kind(r"(?<![\d-])([48]00)[- ]?(\d{3,4})[- ]?(\d{3,4})(?!\d)")
def _free_telephone(m: re.Match[str]) -> list[str]:
    digits = m[1] + m[2] + m[3]
    return [f"f{digits}"] if len(digits) == 10 else []


@_kind(
    r"(?<![a-z\d])[a-z\d]+(?:[-_./·] ?[a-z\d]+)+(?![a-z\d])"
    r"|(?<![a-z\d])(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{5,40}(?![a-z\d])"
)
def _code(m: re.Match[str]) -> list[str]:
    close = re.sub(r"[^a-z\d]", "", m[0])
    letters = re.search("[a-z]", close)
    fits = 5 <= len(close) <= 40 and re.search(r"\d", close) and (letters or "-" in m[0])
    return [f"c{close}"] if fits else []


@_kind(r"(?<![a-z\d])(?:[a-z]{1,4}|\d{1,8})(?: (?:[a-z]{1,4}|\d{1,8})){2,6}(?![a-z\d])")
def _spaced_code(m: re.Match[str]) -> list[str]:
    close = m[0].replace(" ", "")
    return [f"c{close}"] if re.search(r"[a-z]", close) and len(re.findall(r"\d", close)) >= 4 else []


@_kind(rf"([{_HAN}][a-z])[-·• ]?([a-z\d]{{5,6}})(?![a-z\d])")
def _plate(m: re.Match[str]) -> list[str]:
    return [f"v{_hex(m[1])}{m[2]}"] if re.search(r"\d", m[2]) else []


@_kind(_NUM)
def _quantity(m: re.Match[str]) -> list[str]:
    written = m[0].replace(" ", "")
    number = value(written)
    if number is None or number < 10 or (written[0] == "0" and len(written) > 1):
        return []
    if written[0] in _CN:
        by_place = all(c in _D for c in written)
        if len(written) < (3 if by_place else 2) or written[0] in "百千万亿":
            return []
    elif written.isdigit() and len(written) < 4:
        return []  # a short number is exactly a word
    return [f"n{_shown(number)}"]


# What is there ----------------------------------------------------------------------------------------


def folded(text: str) -> str:
    """`text` with each character in the form that the kinds know; as long as `text`."""
    return text.translate(_TABLE)


def find(text: str) -> Iterator[Number]:
    """Every number of `text`, of every kind; they may overlap."""
    plain = folded(text[:LONGEST])
    signs = set(plain)
    for needs, pattern, words in _KINDS:
        if needs and signs.isdisjoint(needs):
            continue
        for match in pattern.finditer(plain):
            if found := words(match):
                # The letters before a document's year belong to it.
                before = len(found[0].partition("p")[2]) // 4 if found[0][0] == "w" else 0
                before += before > 0 and plain[match.start() - 1] == " "
                yield Number(max(0, match.start() - before), match.end(), tuple(dict.fromkeys(found)))


def words_of(*texts: str) -> str:
    """What the field `num` of these texts holds: distinct words, sorted, joined by spaces."""
    return " ".join(sorted({word for text in texts for found in find(text) for word in found.words}))


def asked(text: str) -> list[Number]:
    """The numbers that a query asks for: the longest of those that overlap, in order."""
    chosen: list[Number] = []
    for number in sorted(find(text), key=lambda n: n.start - n.end):
        if all(number.end <= other.start or number.start >= other.end for other in chosen):
            chosen.append(number)
    return sorted(chosen, key=lambda n: n.start)
