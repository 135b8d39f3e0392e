"""Identity numbers, phones, plates, bank cards, mail addresses and street addresses in text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

GAP = r"[ \u00a0\-‐-―－]?"
LONG = re.compile(rf"(?<![\dA-Za-z])\d(?:{GAP}\d){{11,19}}(?:{GAP}[Xx])?(?![\dA-Za-z])")
MOBILE = re.compile(rf"(?<![\d.])(?:(?:\+|00)?86{GAP})?1[3-9]\d{GAP}\d{{4}}{GAP}\d{{4}}(?!\d)")
LANDLINE = re.compile(
    r"(?<!\d)(?:[（(]0\d{2,3}[)）]\s?|0\d{2,3}[ \-－—–])\d{7,8}(?:\s?(?:转|[-－—])\s?\d{1,6})?(?!\d)"
    r"|(?<!\d)0(?:10|2\d|[3-9]\d{2})\d{7,8}(?!\d)"
)
LOCAL = re.compile(
    r"(?:电话|座机|热线|手机|联系方式|拨打)(?:号码)?(?:为|是|[：:])?\s*(?P<n>\d{3,4}[ -]?\d{4}|\d{7,8})(?!\d)"
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE = re.compile(
    rf"[{PROVINCES}][A-Za-z][ ·•・.\-]?(?:[A-HJ-NP-Za-hj-np-z0-9]{{6}}|[A-HJ-NP-Za-hj-np-z0-9]{{5}}|"
    r"[A-HJ-NP-Za-hj-np-z0-9]{4}[挂学警港澳领试超])(?![A-Za-z0-9])"
)
MAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
ACCOUNT = re.compile(
    r"(?:微信号?|QQ号?|qq号?|支付宝账?号?|微博)(?:为|是|[：:])?\s*(?P<n>[A-Za-z0-9_\-]{5,30})"
)
PASSPORT = re.compile(
    r"(?<![A-Za-z0-9])(?:[EeGgDdSsPpHhMm][A-Za-z]?\d{7,9}|[CcWw]\d{8}|[A-Z]\d{6}[(（][0-9A][)）])(?![A-Za-z0-9])"
)
ID_CUE = re.compile(r"(?:身份证|证件|公民身份|证号)(?:号码?)?[^，。；\d]{0,6}$")
CARD_CUE = re.compile(r"(?:银行卡|卡号|账号|帐号|账户|存折|户头)[^，。；\d]{0,6}$")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
N = r"(?:\d{1,5}|[一二三四五六七八九十百〇零]{1,5})"
PLACE = r"[㐀-鿿]"
ADDRESS = re.compile(
    rf"(?:{PLACE}{{2,8}}?(?:省|自治区))?(?:{PLACE}{{2,7}}?(?:市|自治州|地区|盟))?(?:{PLACE}{{1,7}}?(?:区|县|旗))?"
    rf"(?:{PLACE}{{1,7}}?(?:街道|镇|乡))?(?:"
    rf"{PLACE}{{1,8}}?(?:路|街|大道|道|巷|弄|胡同|里|大街|公路|段|线){N}(?:[-－—之]{N})?号?(?:院|楼)?"
    rf"(?:[\w㐀-鿿]{{0,10}}?{N}(?:[-－]{N})?(?:号楼|栋|幢|座|单元|层|楼|室|号|户))*"
    rf"|{PLACE}{{2,12}}?(?:小区|花园|公寓|家园|苑|新村|社区|大厦|广场|城|村|屯|寨|庄|里)[A-Za-z]?{N}(?:[-－]{N})?(?:号楼|栋|幢|座|单元|组|队|社|号|弄|巷)"
    rf"(?:第?{N}(?:[-－]{N})?(?:号楼|栋|幢|座|单元|层|楼|室|号|户|组|社))*"
    rf"|{PLACE}{{2,12}}?(?:区|园|里|院){N}(?:号楼|楼)(?:{N}(?:门|单元))?(?:{N}(?:室|号|户)?)?"
    rf")"
)
HOUSE = re.compile(rf"(?:{N}(?:号|号楼|栋|幢|座|单元|室|户|组|队|社|楼)|[-－]{N}|[楼门]{N})$")
TRIM = re.compile(
    r"^.*?(?:位于|住在|居住于|居住在|家住|住址[为是]?|地址[为是]?|住所地?[为是]?|现住|户籍地?[为是]?|送达|前往|来到|坐落于|坐落|租住|住)"
    r"(?=[㐀-鿿]{2})"
)


def digits(text: str) -> str:
    return re.sub(r"[^0-9Xx]", "", text).upper()


def valid_id(number: str) -> bool:
    """GB 11643: 17 digits and a check sign by ISO 7064 MOD 11-2, with a date that can be; or the old 15."""
    if re.fullmatch(r"\d{15}", number):
        return _date("19" + number[6:12]) and number[:2] in REGIONS
    if not re.fullmatch(r"\d{17}[\dX]", number) or not _date(number[6:14]):
        return False
    return CHECKS[sum(int(d) * w for d, w in zip(number[:17], WEIGHTS, strict=True)) % 11] == number[17]


REGIONS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)


def _date(text: str) -> bool:
    try:
        day = dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return 1880 <= day.year <= 2100


def valid_card(number: str) -> bool:
    """Luhn over 16 to 19 digits (ISO/IEC 7812)."""
    if not re.fullmatch(r"[3-69]\d{15,18}", number):
        return False
    values = [int(d) for d in reversed(number)]
    return sum(v if i % 2 == 0 else sum(divmod(v * 2, 10)) for i, v in enumerate(values)) % 10 == 0


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """(kind, start, end) of all numbers and addresses; kinds that exclude each other come first to last."""
    for found in MAIL.finditer(text):
        yield "email", *found.span()
    for found in LONG.finditer(text):
        kind = long_kind(digits(found[0]), text[max(0, found.start() - 14) : found.start()])
        if kind:
            yield kind, *found.span()
    for pattern in (MOBILE, LANDLINE):
        for found in pattern.finditer(text):
            yield "phone", *found.span()
    for found in LOCAL.finditer(text):
        if not found["n"].startswith(("12", "110", "119")) or len(digits(found["n"])) > 5:
            yield "phone", *found.span("n")
    for found in PLATE.finditer(text):
        if re.search(r"\d", found[0][2:]):
            yield "plate", *found.span()
    for found in PASSPORT.finditer(text):
        yield "document", *found.span()
    for found in ACCOUNT.finditer(text):
        yield "account", *found.span("n")
    yield from addresses(text)


def long_kind(number: str, before: str) -> str:
    """What a long row of digits is: identity number, bank card, or neither."""
    if len(number) in (15, 18):
        if valid_id(number):
            return "identity"
        cued = bool(ID_CUE.search(before))
        if cued or (
            len(number) == 18 and number[:2] in REGIONS and _date(number[6:14]) and not valid_card(number)
        ):
            return "identity"
    if valid_card(number.rstrip("X")):
        return "card"
    if CARD_CUE.search(before) and 12 <= len(number) <= 19:
        return "card"
    return "identity" if ID_CUE.search(before) and len(number) >= 15 else ""


NOT_THERE = re.compile(r"[将在于到至为是了我们被把其给的擅由对向从让往，。；：]")


def addresses(text: str) -> Iterator[tuple[str, int, int]]:
    """Street, estate and village addresses that go down to a house."""
    for found in ADDRESS.finditer(text):
        start, end = found.span()
        if lead := TRIM.match(found[0]):
            start += lead.end()
        # What stands before the address in the same breath: 擅自将悦峰园小区12栋.
        for sign in NOT_THERE.finditer(text, start, end):
            if end - sign.end() >= 5 and not re.search(r"[路街道巷区栋幢]", text[start : sign.start()]):
                start = sign.end()
        if not HOUSE.search(text[start:end]) or end - start < 4:
            continue
        if not re.match(r"(?:文件|文|令|公告|线|台|车)", text[end : end + 2]):
            yield "address", start, end
