"""Numbers as Chinese texts write them, and back: 二万五千, 贰万伍仟, 2.5万, 两亿, 半. Pure: no Django."""

from __future__ import annotations

import re
from decimal import Decimal

SAME = "〇零○ 一壹 二两贰 三叁 四肆 五伍 六陆 七柒 八捌 九玖"
DIGITS = {sign: value for value, signs in enumerate(SAME.split()) for sign in signs}
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
SECTIONS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
TENS = {"廿": 20, "卅": 30}
HALF, POINT = "半", "点"
SIGNS = "".join([*DIGITS, *UNITS, *SECTIONS, *TENS]) + HALF + POINT
# Possessive throughout: digits inside a repeated group would else be tried in every division.
ARABIC = r"(?:\d{1,3}(?:[,，]\d{3})++(?!\d)|\d++)(?:\.\d++)?"
# One number in a text: Arabic digits, Chinese signs, or both (3万5千).
NUMBER = rf"(?:{ARABIC}|[{SIGNS}])++"
TOKEN = re.compile(rf"({ARABIC})|([{SIGNS}])")


def number(text: str) -> Decimal | None:
    """The value of a number that stands alone, or None: 一万五 is 15000, 二〇二三 is 2023, 半 is 0.5."""
    tokens = [found[0].replace(",", "").replace("，", "") or found[1] for found in TOKEN.findall(text)]
    if not tokens or "".join(tokens) != re.sub(r"(?<=\d)[,，](?=\d{3})", "", text):
        return None
    if all(token in DIGITS for token in tokens) and len(tokens) > 1:
        return Decimal("".join(str(DIGITS[token]) for token in tokens))
    return _decimal(tokens) if POINT in tokens else _sum(tokens)


def _decimal(tokens: list[str]) -> Decimal | None:
    """一点五, 十二点零五万."""
    at = tokens.index(POINT)
    after = tokens[at + 1 :]
    digits = []
    while after and after[0] in DIGITS:
        digits.append(str(DIGITS[after.pop(0)]))
    whole = _sum(tokens[:at]) if at else None
    if whole is None or not digits or not all(token in SECTIONS or token in UNITS for token in after):
        return None
    value = whole + Decimal("0." + "".join(digits))
    for token in after:
        value *= SECTIONS.get(token) or UNITS[token]
    return value


def _sum(tokens: list[str]) -> Decimal | None:
    """Sections of 亿 and 万, each a sum of digit × unit."""
    total = section = Decimal(0)
    digit: Decimal | None = None
    last = 1  # the unit that stood before the digit at hand: 一万五 means five thousand
    zero = False
    for token in tokens:
        if token in DIGITS or token[0].isdigit():
            if digit is not None and not (digit == 0 and token in DIGITS):
                return None
            digit = Decimal(DIGITS[token]) if token in DIGITS else Decimal(token)
            zero = zero or digit == 0
        elif token in TENS:
            section, last, digit = section + TENS[token], 10, None
        elif token == HALF:
            if digit is not None:
                return None
            return total + section + Decimal(last) / 2
        elif token in UNITS:
            section += (Decimal(1) if digit is None or digit == 0 else digit) * UNITS[token]
            digit, last, zero = None, UNITS[token], False
        elif token in SECTIONS:
            section += digit or 0
            if section == 0 and total == 0:
                return None
            if SECTIONS[token] == 10**8:
                total, section = (total + section) * SECTIONS[token], Decimal(0)
            else:
                total, section = total + section * SECTIONS[token], Decimal(0)
            digit, last, zero = None, SECTIONS[token], False
        else:
            return None
    if digit is not None and digit and last >= 100 and not zero and tokens[-1] in DIGITS:
        digit *= Decimal(last) / 10
    return total + section + (digit or 0)


LOWER = ("零一二三四五六七八九", "十百千", "万亿")
FORMAL = ("零壹贰叁肆伍陆柒捌玖", "拾佰仟", "万亿")


def chinese(value: int, *, formal: bool = False) -> str:
    """A whole number below 10¹⁶ as Chinese writes it (`formal`: 大写). Raises ValueError for others.

    >>> chinese(20_050), chinese(15), chinese(100_000_000, formal=True)
    ('二万零五十', '十五', '壹亿')
    """
    if not 0 <= value < 10**16:
        raise ValueError(value)
    digits, small, large = FORMAL if formal else LOWER
    if value == 0:
        return digits[0]
    text = ""
    for power, name in ((8, large[1]), (0, "")):
        part, value = divmod(value, 10**power)
        if not part:
            continue
        if text and part < 10**7:
            text += digits[0]
        text += _below_yi(part, digits, small, large[0]) + name
    return text[1:] if not formal and re.match(r"一十", text) else text


def _below_yi(value: int, digits: str, small: str, wan: str) -> str:
    high, low = divmod(value, 10**4)
    text = _below_wan(high, digits, small) + wan if high else ""
    if high and low and low < 1_000:
        text += digits[0]
    return text + (_below_wan(low, digits, small) if low else "")


def _below_wan(value: int, digits: str, small: str) -> str:
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = value // 10**power % 10
        if not digit:
            gap = bool(text)
            continue
        text += (digits[0] if gap else "") + digits[digit] + (small[power - 1] if power else "")
        gap = False
    return text
