# ruff: noqa: E501  (a row is a line)
"""A benchmark as it was read → what it says (amounts, oddities) → the fields of a record."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from cms.models import Benchmark, PowerItem, Tier
from cms.publishing.circumstances import circumstances
from cms.publishing.tiers import Finding, check_tiers

from .amounts import Amount, Reading, read
from .names import name_key, one_line, squash
from .oddities import oddities

HEAD = (
    "title", "act", "legal_basis", "penalty_basis", "penalty_kinds", "statutory_text", "issuing_body", "document_no",
    "source_code", "notes", "effective_on", "expires_on",
)  # fmt: skip
MONEY = (
    "amount_kind", "minimum", "maximum", "multiple_min", "multiple_max", "base", "per", "min_inclusive", "max_inclusive",
)  # fmt: skip
TIER = (
    "name", "degree", "group", "conditions", "circumstances", "standard", "accessory", "accessory_when", "alone",
    *MONEY,
)  # fmt: skip
DEGREES = (
    ("mitigated", r"减轻"),
    ("severe", r"从重|严重|较重|加重|特别|恶劣|重大|重度"),
    ("lenient", r"从轻|较轻|轻微|轻度|较小"),
)
KINDS = (
    "警告", "通报批评", "罚款", "没收", "暂扣", "吊销", "降低资质", "限制", "责令停产停业", "责令停业", "责令关闭", "行政拘留",
    "拘留",
)  # fmt: skip
DAY = re.compile(r"(\d{4})\s*[-年./]\s*(\d{1,2})\s*[-月./]\s*(\d{1,2})")


def data_of(head: dict[str, Any], metadata: dict[str, str]) -> dict[str, Any]:
    """The JSON-ready data of one benchmark: fields of the record, `tiers[]`, `odd[]`, and where it stood."""
    range_text = head["range"].strip()
    statute = statutory(range_text, head["penalty_basis"])
    basis = head["penalty_basis"]
    if head["law"] and squash(head["law"]) not in squash(basis):
        basis = f"{head['law']}{basis}"
    effective, expires = dates(metadata)
    tiers = [row for rule in head["rules"] for row in tiers_of(rule, statute)]
    data: dict[str, Any] = {
        "sheet": head["sheet"],
        "row": head["row"],
        "seq": head["seq"],
        "title": one_line(head["act"])[:300],
        "act": head["act"],
        "legal_basis": head["legal_basis"],
        "penalty_basis": basis,
        "penalty_kinds": kinds_of(" ".join([basis, range_text, *(r["standard"] for r in head["rules"])])),
        "statutory_text": range_text,
        "issuing_body": (metadata.get("issuer") or "")[:200],
        "document_no": (metadata.get("document_no") or "")[:100],
        "source_code": head["code"][:100],
        "notes": (metadata.get("note") or "")[:2_000],
        "effective_on": effective,
        "expires_on": expires,
        **money(statute),
        "tiers": tiers,
    }
    data["checks"] = [check(finding) for finding in findings(data)]
    data["odd"] = [odd.as_json() for odd in oddities(data)]
    return data


def statutory(range_text: str, basis: str) -> Amount | None:
    """The statutory amount: of the stated range, else of the basis where it has just one."""
    if stated := read(range_text).amounts:
        return stated[0]
    cited = read(basis).amounts
    return cited[0] if len(cited) == 1 else None


def tiers_of(rule: dict[str, Any], statute: Amount | None) -> list[dict[str, Any]]:
    """The tier of one row; more than one where its standard tells persons or cases apart."""
    reading = read(rule["standard"])
    amounts: list[Amount | None] = list(reading.amounts) or [None]
    made = []
    for amount in amounts:
        amount = aligned(amount, statute)
        conditions, group = rule["condition"], rule["group"]
        if amount and len(amounts) > 1:
            group = group or amount.who or amount.when
            if amount.when and amount.when not in conditions:
                conditions = "\n".join(filter(None, [conditions, amount.when]))
        made.append({
            "row": rule["row"],
            "name": (rule["level"] or "—")[:40],
            "degree": degree_of(rule, reading),
            "group": group[:60],
            "conditions": conditions,
            "circumstances": "\n".join(circumstances(conditions)),
            "standard": rule["standard"],
            "accessory": reading.accessory[:300],
            "accessory_when": "；".join(dict.fromkeys(a.when for a in reading.accessories if a.when))[:300],
            "alone": not reading.accessories or all(a.may for a in reading.accessories),
            **money(amount, waived=bool(reading.waived)),
        })  # fmt: skip
    return made


def aligned(amount: Amount | None, statute: Amount | None) -> Amount | None:
    """A bare 一倍以上 in a tier is of the base that the law names."""
    if amount and statute and amount.kind == statute.kind == "multiple" and not amount.base:
        return replace(amount, base=statute.base)
    return amount


def money(amount: Amount | None, *, waived: bool = False) -> dict[str, Any]:
    if amount is None:
        kind = "none" if waived else "non-monetary"
        amount = Amount(kind)
    return {
        "amount_kind": amount.kind,
        "minimum": amount.minimum,
        "maximum": amount.maximum,
        "multiple_min": factor(amount.multiple_min),
        "multiple_max": factor(amount.multiple_max),
        "base": amount.base[:100],
        "per": amount.per[:60],
        "min_inclusive": amount.min_inclusive,
        "max_inclusive": amount.max_inclusive,
    }


def factor(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def degree_of(rule: dict[str, Any], reading: Reading) -> str:
    if reading.waived:
        return reading.waived
    for text in (rule["level"], rule["standard"] if re.search("减轻|从轻|从重", rule["standard"]) else ""):
        for degree, pattern in DEGREES:
            if re.search(pattern, text):
                return degree
    return "ordinary"


def kinds_of(text: str) -> str:
    found = [kind for kind in KINDS if kind in text]
    found = [kind for kind in found if not any(kind != other and kind in other for other in found)]
    return "、".join(found)[:300]


def dates(metadata: dict[str, str]) -> tuple[str | None, str | None]:
    """(effective, expires) as ISO dates; 有效期 5年 counts from the first."""
    effective, expires = day(metadata.get("effective", "")), day(metadata.get("expires", ""))
    years = re.search(r"(\d{1,2})\s*年", metadata.get("validity", ""))
    if effective and not expires and years:
        start = effective
        try:
            last = start.replace(year=start.year + int(years[1]))
        except ValueError:  # 29 February
            last = start.replace(year=start.year + int(years[1]), day=28)
        expires = last - dt.timedelta(days=1)
    return (effective.isoformat() if effective else None, expires.isoformat() if expires else None)


def day(text: str) -> dt.date | None:
    found = DAY.search(text)
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


# To and from the record ---------------------------------------------------------------------------------


def record(data: dict[str, Any]) -> tuple[Benchmark, list[Tier]]:
    """An unsaved head and its tiers, for the checks."""
    head = Benchmark(title=data["title"], act=data["act"])
    set_fields(head, data, MONEY)
    tiers = []
    for order, row in enumerate(data["tiers"]):
        tier = Tier(sort_order=order)
        set_fields(tier, row, TIER)
        tiers.append(tier)
    return head, tiers


def set_fields(obj: Any, data: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        value = data[name]
        if name in ("multiple_min", "multiple_max") and value is not None:
            value = Decimal(value)
        elif name in ("effective_on", "expires_on") and value is not None:
            value = dt.date.fromisoformat(value)
        setattr(obj, name, value)


def fill(benchmark: Benchmark, data: dict[str, Any]) -> None:
    """Set on `benchmark` what the file states; its tiers keep their rows by name, group and conditions."""
    set_fields(benchmark, data, (*HEAD, *MONEY))
    if not benchmark.power_item_id:
        benchmark.power_item = item_of(data["act"])
    old = {(t.name, t.group, squash(t.conditions)): t for t in benchmark.tiers.all()} if benchmark.pk else {}
    tiers = []
    for order, row in enumerate(data["tiers"]):
        tier = old.pop((row["name"], row["group"], squash(row["conditions"])), None) or Tier()
        set_fields(tier, row, TIER)
        tier.sort_order = order
        tiers.append(tier)
    benchmark.tiers = tiers


def item_of(act: str) -> PowerItem | None:
    """The published item of just this act (对…的处罚), if there is exactly one."""
    key = act_key(act)
    if len(key) < 6:
        return None
    rows = PowerItem.objects.disclosed().source().in_force().filter(category__code="penalty")
    found = [item for item in rows.filter(name__contains=act[1:7]) if act_key(item.name) == key]
    return found[0] if len(found) == 1 else None


def act_key(text: str) -> str:
    """对擅自占用道路的行政处罚 and 擅自占用道路 are one act."""
    key = name_key(text)
    key = re.sub(r"^对", "", key)
    return (
        re.sub(r"(?:的|行为|的行为)?(?:进行)?(?:行政)?处罚$", "", key)
        .removesuffix("的行为")
        .removesuffix("的")
    )


def content(benchmark: Benchmark) -> dict[str, Any]:
    """What an import can change, comparable."""
    head = {name: plain(getattr(benchmark, name)) for name in (*HEAD, *MONEY)}
    head["tiers"] = [tuple(plain(getattr(t, name)) for name in TIER) for t in benchmark.tiers.all()]
    return head


def plain(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def findings(data: dict[str, Any]) -> list[Finding]:
    """The tier checks of `cms.publishing.tiers` on data that is no record yet."""
    head, tiers = record(data)
    return check_tiers(head, tiers)


def check(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "tier": finding.tier, "message": finding.message, "blocks": finding.blocks
    }  # fmt: skip
