"""A parsed row → the fields of a power item, and whether an item already says the same."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from cms.models import (
    Accountability,
    Category,
    Duty,
    HandlingUnit,
    ImportBatch,
    LawVersion,
    LegalBasis,
    Level,
    Material,
    Organisation,
    PowerItem,
)

from .bases import law_key, split
from .names import is_blank, main_name, one_line, source_code, squash

# Field of the JSON → field of the model, for texts that go over as they are.
TEXTS = {
    "exercising_body": "exercising_body",
    "department_duty": "department_duty",
    "accountability_scope": "accountability_scope",
    "remark": "remarks",
    "basic_code": "basic_code",
    "conditions": "conditions",
    "audience": "audience",
    "supervision": "supervision",
    "contact": "contact",
    "remedy": "remedy",
}
ON_ONE_LINE = frozenset({"exercising_body", "basic_code"})
STAGE = re.compile(r"(?m)^[ \t　]*([一-鿿（）()、]{2,16}责任)[ \t　]*[:：][ \t　]*")
LIMIT = re.compile(r"(\d{1,4}|[一二三四五六七八九十]{1,3})个?(工作日|自然日|日|天|个?月)")
DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")}
UNITS = {"工作日": "workday", "自然日": "day", "日": "day", "天": "day", "月": "month", "个月": "month"}
NO_FEE = frozenset({"否", "无", "不收费", "不收取", "免费", "不收", "无收费"})


@dataclass
class Lookups:
    """What texts are linked to, read once for a batch."""

    categories: dict[str, Category] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    bodies: dict[str, int] = field(default_factory=dict)  # name or alias → id
    laws: dict[str, int] = field(default_factory=dict)  # key of the name → id of the version in force

    @classmethod
    def load(cls) -> Lookups:
        bodies = dict(Organisation.objects.source().values_list("name", "pk"))
        aliases = Organisation.objects.source().exclude(aliases=None).values_list("aliases__name", "pk")
        versions = LawVersion.objects.filter(repealed_on=None, law__locale__language_code="zh-hans")
        rows = versions.order_by("effective_on", "pk").values_list("law__name", "law__short_names", "pk")
        return cls(
            categories={row.code: row for row in Category.objects.all()},
            levels={row.code: row for row in Level.objects.all()},
            bodies={squash(name): pk for name, pk in [*aliases, *bodies.items()]},
            laws={
                law_key(each): pk
                for name, short, pk in rows
                for each in (*filter(str.strip, short.splitlines()), name)
            },
        )


def fill(item: PowerItem, data: dict[str, Any], lookups: Lookups) -> None:
    """Set on `item` what the row states. Columns that its sheet does not have leave their fields alone."""
    stated = set(data.get("stated") or ()) | {key for key, value in data.items() if value}
    values = {**data.get("more", {}), **data}
    item.name, item.parent_name = data["name"], main_name(data["parent"], data["name"])
    if data["category_code"] or "category" in stated:
        item.category = lookups.categories.get(data["category_code"] or "")
    for key, name in TEXTS.items():
        text = values.get(key) or ""
        if key in stated or text:
            text = one_line(text) if name in ON_ONE_LINE else text
            limit = PowerItem._meta.get_field(name).max_length
            setattr(item, name, text[:limit] if limit else text)
    if source := source_code(values.get("source_of_power") or ""):
        item.power_source = source
    item.body_organisation_id = lookups.bodies.get(squash(item.exercising_body)) or item.body_organisation_id
    if stated & {"level", "authority"}:
        item.level_text = "\n".join(filter(None, [data.get("level"), data.get("authority")]))
        item.levels = [lookups.levels[code] for code in data["levels"] if code in lookups.levels]
    fill_limits(item, values)
    fill_fees(item, values.get("fee") or "")
    fill_children(item, values, stated, lookups)


def fill_limits(item: PowerItem, values: dict[str, Any]) -> None:
    for stem in ("statutory", "promised"):
        text = values.get(f"{stem}_limit") or ""
        if not text:
            continue
        number, unit = limit_of(text)
        setattr(item, f"{stem}_limit", number)
        setattr(item, f"{stem}_unit", unit)
        setattr(item, f"{stem}_note", "" if number and re.fullmatch(LIMIT, squash(text)) else text[:500])


def limit_of(text: str) -> tuple[int | None, str]:
    """“20个工作日” → (20, workday); (None, "") where the text states no single limit."""
    found = LIMIT.findall(unicodedata.normalize("NFKC", "".join(text.split())))
    if len(found) != 1:
        return None, ""
    number, unit = found[0]
    return (int(number) if number.isdigit() else chinese(number)), UNITS[unit.lstrip("个")]


def chinese(text: str) -> int:
    """二十 → 20 (under a hundred)."""
    tens, ten, ones = text.partition("十")
    if not ten:
        return DIGITS.get(tens, 0)
    return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)


def fill_fees(item: PowerItem, text: str) -> None:
    if not text:
        return
    if squash(text) in NO_FEE:
        item.no_fees, item.fees_note = True, ""
    else:
        item.no_fees, item.fees_note = False, text


def fill_children(item: PowerItem, values: dict[str, Any], stated: set[str], lookups: Lookups) -> None:
    if "legal_basis" in stated:
        rows = [basis_fields(basis, lookups) for basis in split(values.get("legal_basis") or "")]
        replace(item, "legal_bases", LegalBasis, "text", rows)
    if "handling_unit" in stated:
        names = units_of(values.get("handling_unit") or "")
        post = one_line(values.get("post") or "")[:200]
        rows = [
            {"name": n[:300], "post": post, "organisation_id": lookups.bodies.get(squash(n))} for n in names
        ]
        replace(item, "handling_units", HandlingUnit, "name", rows)
    if "duties" in stated:
        replace(item, "duties", Duty, "text", duties_of(values.get("duties"), values.get("duties_basis")))
    if "accountability" in stated:
        text, basis = values.get("accountability") or "", values.get("accountability_basis") or ""
        rows = [{"text": text, "basis": basis}] if text or basis else []
        replace(item, "accountabilities", Accountability, "text", rows)
    if values.get("materials"):
        lines = [
            one_line(line)[:500] for line in re.split(r"[\n；;]", values["materials"]) if not is_blank(line)
        ]
        replace(item, "materials", Material, "name", [{"name": line} for line in dict.fromkeys(lines)])


def basis_fields(basis: Any, lookups: Lookups) -> dict[str, Any]:
    return {
        "text": basis.text.strip(" \t\n　"),
        "rank": basis.rank,
        "kind_text": basis.kind[:60],
        "law_name": basis.law,
        "article": basis.article[:200],
        "document_no": basis.document_no,
        "law_version_id": lookups.laws.get(law_key(basis.law)) if basis.law else None,
    }


def units_of(text: str) -> list[str]:
    """劳动关系科（监察科）、能力建设科 → two; marks inside brackets separate nothing."""
    units, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth = max(0, depth + (sign in "（(") - (sign in "）)"))
        if sign == "\n" or (depth == 0 and sign in "、；;，,"):
            units.append(text[start:at])
            start = at + 1
    units.append(text[start:])
    return list(dict.fromkeys(one_line(unit) for unit in units if not is_blank(unit)))


def duties_of(text: str | None, basis: str | None) -> list[dict[str, Any]]:
    """Duties by stage where the text has stages as headings of their own; the basis stands with the first."""
    text, basis = text or "", basis or ""
    marks = list(STAGE.finditer(text))
    rows: list[dict[str, Any]] = []
    if marks:
        before = text[: marks[0].start()].strip()
        if before:
            rows.append({"stage": "", "text": before})
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            body = text[mark.end() : following.start() if following else len(text)].strip()
            rows.append({"stage": mark[1][:100], "text": body or mark[1]})
    elif text:
        rows.append({"stage": "", "text": text})
    elif basis:
        rows.append({"stage": "", "text": ""})
    for number, row in enumerate(rows):
        row["basis"] = basis if number == 0 else ""
    return rows


def replace(item: PowerItem, relation: str, model: type, key: str, rows: list[dict[str, Any]]) -> None:
    """Make the child rows these, in this order; one with the same key stays the row it is."""
    old: dict[str, list[Any]] = {}
    for child in getattr(item, relation).all():
        old.setdefault(squash(getattr(child, key)), []).append(child)
    children = []
    for order, row in enumerate(rows):
        same = old.get(squash(row[key]))
        child = same.pop(0) if same else model(locale=item.locale)
        for name, value in row.items():
            setattr(child, name, value)
        child.sort_order = order
        children.append(child)
    setattr(item, relation, children)


def stays_a_draft(item: PowerItem, data: dict[str, Any], lookups: Lookups) -> bool:
    """Whether a draft that an import left unfinished would be the same draft again. Fills `item` anew."""
    if item.live or item.batch is None or item.batch.state != ImportBatch.State.APPLIED:
        return False
    before = content(item)
    fill(item, data, lookups)
    real = bool(data["code"]) and item.made_code
    return content(item) == before and not real and bool(item.publishing_errors())


COMPARED = (
    "name", "parent_name", "category_id", "level_text", "body_organisation_id", "statutory_limit",
    "statutory_unit", "statutory_note", "promised_limit", "promised_unit", "promised_note", "no_fees",
    "fees_note", "power_source",
    *TEXTS.values(),
)  # fmt: skip
CHILDREN = {
    "legal_bases": ("text", "rank", "kind_text", "law_name", "article", "document_no", "law_version_id"),
    "handling_units": ("name", "post", "organisation_id"),
    "duties": ("stage", "text", "basis"),
    "accountabilities": ("text", "basis"),
    "materials": ("name",),
}


def content(item: PowerItem) -> dict[str, Any]:
    """All that an import can set, to tell whether it changes anything and what."""
    found: dict[str, Any] = {name: getattr(item, name) for name in COMPARED}
    found["levels"] = sorted(level.pk for level in item.levels.all())
    for relation, names in CHILDREN.items():
        found[relation] = [tuple(getattr(row, n) for n in names) for row in getattr(item, relation).all()]
    return found
