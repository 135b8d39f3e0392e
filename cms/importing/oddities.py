"""What is odd in a benchmark as it was published: said to the editor, never corrected by the importer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .amounts import Reading, read
from .names import squash

REFUSES = re.compile(r"拒不改正|逾期未改正|逾期不改正|逾期拒不|逾期仍")
MENDS = re.compile(r"及时改正|主动改正|立即改正|当场改正|限期内改正|按期改正|按时改正")
COUNTED = re.compile(
    r"^第?[一二三四五六七八九十\d首]+次?(?:及以上|以上)?(?:被处罚|违法|违反|被查处)?的?$|^首次[^，。；]{0,6}$"
)
SEVERE = re.compile(r"严重|较重|从重|恶劣|重大")


@dataclass(frozen=True)
class Oddity:
    """`code` is the key of one observation; `tier` the name of the tier it is about, or empty."""

    code: str
    message: str
    tier: str = ""

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "tier": self.tier, "message": self.message}


def oddities(head: dict[str, Any]) -> list[Oddity]:
    """Observations on one benchmark's data (the shape of `benchmarks.data_of`)."""
    law, said = read(head["penalty_basis"]), read(head["statutory_text"])
    return [
        *of_tiers(head),
        *of_waivers(head),
        *of_accessories(head, law, said),
        *of_range(head, law, said),
        *of_units(head),
        *of_conditions(head),
        *of_quotation(head),
    ]


def of_tiers(head: dict[str, Any]) -> list[Oddity]:
    tiers, found = head["tiers"], []
    if len({t["name"] for t in tiers}) == 1:
        name = tiers[0]["name"]
        text = _("只有“%(tier)s”一个阶次，具体标准只对它适用；其他情节怎么罚没有写。") % {"tier": name}
        found.append(Oddity("single_tier", text, name))
    for tier in tiers:
        if tier["amount_kind"] == "non-monetary" and not tier["accessory"]:
            text = _("阶次“%(tier)s”的具体标准里没有读出金额：%(text)s") % {
                "tier": tier["name"], "text": tier["standard"][:60]}  # fmt: skip
            found.append(Oddity("no_amount", text, tier["name"]))
    money = [t for t in tiers if t["amount_kind"] in ("fixed", "rate", "range")]
    points = [t for t in money if t["minimum"] is not None and t["minimum"] == t["maximum"]]
    spread = head["minimum"] != head["maximum"] and head["amount_kind"] in ("range", "rate")
    if len(points) == len(money) > 1 and spread:
        text = _("法定是幅度，各阶次都是一个固定数：两档之间的金额用不到，没有裁量余地。")
        found.append(Oddity("fixed_points", text))
    return found


def of_waivers(head: dict[str, Any]) -> list[Oddity]:
    """A waiver is lawful; one whose condition the act itself rules out is not understood."""
    found = []
    for tier in head["tiers"]:
        if tier["degree"] not in ("none", "exempt"):
            continue
        name = {"tier": tier["name"]}
        found.append(Oddity("waiver", _("阶次“%(tier)s”不罚，在法定幅度以下。") % name, tier["name"]))
        refuses = REFUSES.search(head["act"])
        if refuses and MENDS.search(tier["conditions"]):
            text = _("阶次“%(tier)s”要求改正，违法行为却以“%(words)s”为前提，两者对不上。") % {
                **name, "words": refuses[0]}  # fmt: skip
            found.append(Oddity("contradiction", text, tier["name"]))
    return found


def of_accessories(head: dict[str, Any], law: Reading, said: Reading) -> list[Oddity]:
    """没收 and the like: in the law, in the stated range, in the tiers; with their conditions."""
    found = []
    stated = {squash(a.text): a for a in said.accessories}
    fine_when = {a.when for a in law.amounts}
    for penalty in law.accessories:
        key, what = squash(penalty.text), {"text": penalty.text, "when": penalty.when}
        conditional = bool(penalty.when) and penalty.when not in fine_when
        here = stated.get(key)
        if here is not None and conditional and not here.when:
            text = _("法定幅度里写了“%(text)s”，没有写条件；处罚依据只在“%(when)s”才可以。") % what
            found.append(Oddity("condition_lost", text))
        if here is None and head["statutory_text"]:
            text = _("处罚依据有“%(text)s”，法定幅度里没有写。") % what
            found.append(Oddity("accessory_not_in_range", text))
        tiers = [t for t in head["tiers"] if t["degree"] not in ("none", "exempt")]
        if conditional:
            tiers = [t for t in tiers if SEVERE.search(t["name"] + t["conditions"])][-1:]
        lacking = [t for t in tiers if key not in squash(t["accessory"]) and key not in squash(t["standard"])]
        for tier in lacking if len(lacking) < len(tiers) or conditional else []:
            text = _("处罚依据有“%(text)s”，阶次“%(tier)s”没有写。") % {**what, "tier": tier["name"]}
            found.append(Oddity("accessory_not_in_tier", text, tier["name"]))
        if lacking and len(lacking) == len(tiers) and not conditional:
            text = _("处罚依据有“%(text)s”，各阶次都没有写。") % what
            found.append(Oddity("accessory_not_in_tiers", text))
    return found


def of_range(head: dict[str, Any], law: Reading, said: Reading) -> list[Oddity]:
    found = []
    if not said.amounts and not law.amounts:
        found.append(Oddity("no_range", _("法定幅度和处罚依据里都没有读出金额，阶次没有和法定幅度核对。")))
    elif not said.amounts and len(law.amounts) > 1:
        text = _("处罚依据里有 %(count)s 个幅度，没有写哪一个适用，阶次没有和法定幅度核对。")
        found.append(Oddity("several_ranges", text % {"count": len(law.amounts)}))
    elif said.amounts and law.amounts:
        same = ("minimum", "maximum", "multiple_min", "multiple_max", "base")
        known = [tuple(getattr(a, name) for name in same) for a in law.amounts]
        if tuple(getattr(said.amounts[0], name) for name in same) not in known:
            found.append(Oddity("range_differs", _("法定幅度和处罚依据里的金额不一样。")))
    if len(said.amounts) > 1:
        text = _("法定幅度里有 %(count)s 个金额，只和第一个核对。") % {"count": len(said.amounts)}
        found.append(Oddity("several_amounts", text))
    return found


def of_units(head: dict[str, Any]) -> list[Oddity]:
    """Fines a unit: the same unit must be counted in the law and in every tier."""
    units = [("", head["amount_kind"], head["base"], head["per"])]
    units += [(t["name"], t["amount_kind"], t["base"], t["per"]) for t in head["tiers"]]
    rates = [u for u in units if u[1] == "rate"]
    found = []
    if len({u[2] for u in rates}) > 1 or (rates and units[0][1] in ("range", "fixed")):
        found.append(Oddity("units_differ", _("法定幅度和阶次按不同的单位计罚，没有互相核对。")))
    elif len(words := list(dict.fromkeys(u[3] for u in rates))) > 1:
        text = _("计罚单位写法不同：%(words)s。") % {"words": _("、").join(_("每%s") % w for w in words)}
        found.append(Oddity("unit_words_differ", text))
    return found


def of_conditions(head: dict[str, Any]) -> list[Oddity]:
    tiers = [t for t in head["tiers"] if t["degree"] not in ("none", "exempt")]
    lines = [t["circumstances"].splitlines() for t in tiers]
    if len(tiers) > 1 and all(len(ls) == 1 and COUNTED.match(squash(ls[0])) for ls in lines):
        return [Oddity("only_counts", _("阶次只看被处罚的次数，不看情节和后果。"))]
    return [
        Oddity("no_condition", _("阶次“%(tier)s”没有写适用条件。") % {"tier": t["name"]}, t["name"])
        for t in tiers
        if not t["conditions"].strip()
    ]


def of_quotation(head: dict[str, Any]) -> list[Oddity]:
    if "…" in head["penalty_basis"]:
        return [Oddity("abridged", _("处罚依据是节录，省略的部分没有核对。"))]
    return []
