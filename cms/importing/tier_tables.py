"""Benchmark files → heads with their tiers: tables of the usual layout, and JSON. Pure; for the child.

A table has 违法行为, 处罚依据, 裁量阶次, 适用条件, 具体标准 (under many names), the first of them
merged or left blank over the tiers of one act. Every row with text that is no title, header or tier ends in
`rejected`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .grids import Book, Grid
from .headers import plain, without_notes
from .names import is_blank, one_line, squash
from .parse import FOOT, TITLE, Rejected, excerpt, given_of, is_number, letters, sample
from .refusals import Problem, Refused
from .tables import LOOK_AT, Given, Merges

MAX_HEADS = 5_000
MAX_TIERS = 60
MAX_TEXT = 20_000
WORDS = {
    "seq": """
        序号 编号 序
    """,
    "code": """
        事项编码 编码 职权编码 代码 基准编号 裁量基准编号
    """,
    "act": """
        违法行为 违法行为种类 违法行为名称 处罚事项 处罚事项名称 事项名称 案由 职权名称 违法事项 处罚项目
        行政处罚事项 违法行为类型 违法种类 处罚案由 权力名称 执法事项 违则
    """,
    "law": """
        法律法规名称 法律名称 法规名称 法律 法律法规
    """,
    "legal_basis": """
        违法依据 认定依据 违反条款 定性依据 违反依据 禁止性规定 违反规定 义务条款 法定义务依据
    """,
    "penalty_basis": """
        处罚依据 法律依据 实施依据 法定依据 依据 处罚条款 法则 罚则 设定依据 裁量依据 处罚法律依据
        法律法规依据 行政处罚依据 法条依据
    """,
    "range": """
        法定幅度 处罚幅度 法定处罚幅度 处罚种类和幅度 处罚种类及幅度 法定处罚标准 处罚种类 法定标准 法律责任
        法定裁量幅度 法定罚则
    """,
    "level": """
        裁量阶次 阶次 裁量等级 违法程度 裁量档次 档次 等级 违法等级 裁量层级 情节 裁量情节 违法情节等级
        处罚等级 情节等级 程度 裁量幅度等级 违法行为等级 违法情节程度 轻重程度 处罚档次 裁量阶位 裁量级别
    """,
    "group": """
        适用对象 违法主体 处罚对象 主体 对象
    """,
    "condition": """
        适用条件 适用情形 违法情节 具体情形 情形 情节和后果 违法情形 裁量因素 违法行为情节 情节与后果
        裁量情形 违法事实 违法行为表现情形 情节表现 表现情形 违法行为表现 具体情节 违法情节和后果 危害后果
        判定标准 违法表现 适用范围 条件 裁量条件 认定标准
    """,
    "standard": """
        具体标准 裁量标准 处罚标准 裁量幅度 处罚裁量标准 具体裁量标准 裁量基准 量罚标准 自由裁量标准
        处罚裁量基准 处罚裁量幅度 罚款标准 处罚基准 裁量结果 处罚内容 裁量权基准 标准 罚款幅度 处理标准
        处罚结果 裁量处罚标准 行政处罚标准 处罚裁量
    """,
    "remark": """
        备注 说明
    """,
}
SYNONYMS = {key: tuple(names.split()) for key, names in WORDS.items()}
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"备注|说明", "remark"),
    (r"(违反|认定|定性|违法).*(依据|条款|规定)$", "legal_basis"),
    (r"法定.*(幅度|标准|种类)|处罚种类", "range"),
    (r"阶次|档次|等级|程度$|层级|阶位", "level"),
    (r"(适用|裁量).*(条件|情形|因素|情节)|情形$|后果$|情节$", "condition"),
    (r"(标准|幅度|基准|结果)$", "standard"),
    (r"依据$|条款$", "penalty_basis"),
    (r"违法行为|处罚事项|案由|事项名称$", "act"),
    (r"编码$|代码$", "code"),
    (r"对象$", "group"),
)
ACROSS = ("seq", "code", "act", "law", "legal_basis", "penalty_basis", "range")  # one text for all tiers
TABLE = {plain(name): key for key, names in SYNONYMS.items() for name in names}


@dataclass
class Head:
    """One act with its tiers; `row` is 1-based, 0-based places stay inside this module."""

    sheet: str
    row: int
    values: dict[str, str]
    rules: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"sheet": self.sheet, "row": self.row, **self.values, "rules": self.rules}


@dataclass
class Found:
    """What one file says."""

    kind: str
    heads: list[Head] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "heads": [head.as_json() for head in self.heads],
            "rejected": [row.as_json() for row in self.rejected],
            "warnings": [warning.as_json() for warning in self.warnings],
            "sheets": self.sheets,
            "metadata": self.metadata,
        }


# Tables -------------------------------------------------------------------------------------------------


def parse_tables(book: Book, given: dict[str, Any] | None = None) -> Found:
    """All sheets of a workbook. Raises Refused where no sheet has the columns of a benchmark.

    `given` are the columns that a person corrected, as in parse.parse_book.
    """
    found = Found(book.kind)
    with_text = [grid for grid in book.grids if any(any(row) for row in grid.rows)]
    if not with_text:
        raise Refused("empty")
    found.warnings += [Problem("hidden_sheet", sheet=name) for name in book.skipped]
    headless = [grid for grid in with_text if not TierReader(grid, found, given_of(given, grid.name)).read()]
    if len(headless) == len(with_text):
        first = headless[0]
        row = next(number for number, cells in enumerate(first.rows, 1) if any(cells))
        shown = [sample(grid) for grid in headless[:10]]
        raise Refused("no_tier_header", sheet=first.name, row=row, sample=shown)
    for grid in headless:
        found.sheets.append({"name": grid.name, "header": None})
        for number, cells in enumerate(grid.rows, 1):
            if any(cells):
                found.rejected.append(Rejected(number, "sheet_without_header", grid.name, excerpt(cells)))
    return found


def meaning(text: str, above: str = "") -> str | None:
    """The field that a header cell names, or None."""
    flat = plain(text)
    for candidate in (flat, without_notes(flat), plain(above) + flat):
        if candidate in TABLE:
            return TABLE[candidate]
    if not flat or len(flat) > 30:
        return None
    return next((key for pattern, key in PATTERNS if re.search(pattern, without_notes(flat) or flat)), None)


class TierReader:
    """Reads one sheet."""

    def __init__(self, grid: Grid, found: Found, given: Given | None = None) -> None:
        self.grid, self.found, self.merges = grid, found, Merges(grid)
        self.given = given or Given()
        self.columns: dict[int, str] = {}
        self.labels: dict[int, str] = {}
        self.head: Head | None = None
        self.taken = 0

    def read(self) -> bool:
        rows = [row for row in range(len(self.grid.rows)) if any(self.grid.rows[row])][:LOOK_AT]
        if self.given.header is not None:
            rows = [self.given.header]
        best: tuple[int, int, int, dict[int, str]] | None = None
        for top in rows:
            for bottom in (top, top + 1, top + 2):
                columns = self.corrected(self.header(top, bottom))
                fields = set(columns.values())
                whole = "standard" in fields and "act" in fields and len(fields) >= 3
                if whole and (best is None or (len(fields), top) > best[:2]):  # a title is no header
                    best = (len(fields), top, bottom, columns)
        if best is None:
            return False
        _, top, bottom, self.columns = best
        self.found.metadata = self.found.metadata or titles(self.grid.rows[:top])
        self.labels = {index: self.text(bottom, index) for index in self.columns}
        for row in range(bottom + 1, len(self.grid.rows)):
            self.step(row)
        self.found.sheets.append({
            "name": self.grid.name, "header": [top + 1, bottom + 1], "items": self.taken,
            "columns": {letters(index): key for index, key in self.columns.items()},
            "labels": {
                letters(index): one_line(text)[:60]
                for index in range(len(self.grid.rows[bottom]))
                if (text := self.text(bottom, index))
            },
        })  # fmt: skip
        return True

    def corrected(self, columns: dict[int, str]) -> dict[int, str]:
        """The columns with what a person said: a field that they gave to one is taken from another."""
        given = self.given.fields
        if not columns and self.given.header is None:
            return columns
        kept = {i: name for i, name in columns.items() if i not in given and name not in given.values()}
        return kept | {i: name for i, name in given.items() if name in SYNONYMS}

    def text(self, row: int, column: int) -> str:
        """The text that stands at a cell, its own or that of the merged span it lies in."""
        at, left = self.merges.anchor(row, column)
        cells = self.grid.rows[at] if at < len(self.grid.rows) else []
        return cells[left] if left < len(cells) else ""

    def header(self, top: int, bottom: int) -> dict[int, str]:
        """Column → field if the header is these rows; the first column of a field wins."""
        if bottom >= len(self.grid.rows):
            return {}
        columns: dict[int, str] = {}
        for index in range(len(self.grid.rows[top])):
            labels = [text for row in range(top, bottom + 1) if (text := self.text(row, index))]
            if any(len(plain(label)) > 30 for label in labels) or not labels:
                continue
            if bottom > top and not any(
                meaning(self.grid.rows[bottom][i]) for i in range(len(self.grid.rows[bottom]))
            ):
                return {}
            name = meaning(labels[-1], labels[-2] if len(labels) > 1 else "")
            if name and name not in columns.values():
                columns[index] = name
        return columns

    def values(self, row: int) -> dict[str, str]:
        return {name: self.text(row, index) for index, name in self.columns.items()}

    def step(self, row: int) -> None:
        cells = self.grid.rows[row]
        own = {index: text for index, text in enumerate(cells) if text}
        if not own:
            return None
        if sum(plain(own.get(i, "")) == plain(label) for i, label in self.labels.items() if label) >= 3:
            return None  # the header again, at a page break
        first = squash(next(iter(own.values())))
        if len(set(own.values())) == 1 and len(own) <= len(self.columns):
            name = self.columns.get(next(iter(own)), "")
            if FOOT.search(first):
                return self.reject(row, "note")
            if TITLE.search(first) or re.match(r"^[(]?[一二三四五六七八九十]+[)、.]", first):
                self.head = None
                return None
            if name not in ("standard", "condition", "level") and not self.text_under(row, name):
                return self.reject(row, "note" if name in ("seq", "remark", "") else "no_standard")
        self.take(row)
        return None

    def text_under(self, row: int, name: str) -> bool:
        """Whether the row's tier stands in merged cells."""
        values = self.values(row)
        return bool(values.get("standard") or values.get("level"))

    def reject(self, row: int, code: str) -> None:
        cells = self.grid.rows[row]
        self.found.rejected.append(Rejected(row + 1, code, self.grid.name, excerpt(cells)))

    def take(self, row: int) -> None:
        values = {name: text[:MAX_TEXT] for name, text in self.values(row).items()}
        act = values.get("act", "")
        standard, level = values.get("standard", ""), values.get("level", "")
        if FOOT.search(squash(next(t for t in self.grid.rows[row] if t))) and not (standard and level):
            return self.reject(row, "note")
        if act and not is_blank(act) and not self.same_head(values):
            self.head = Head(self.grid.name, row + 1, {name: values.get(name, "") for name in ACROSS})
            self.head.values["remark"] = values.get("remark", "")
            if is_number(act):
                self.head = None
                return self.reject(row, "no_act")
            if len(self.found.heads) >= MAX_HEADS:
                raise Refused("too_many_items", sheet=self.grid.name, row=row + 1, limit=MAX_HEADS)
            self.found.heads.append(self.head)
            self.taken += 1
        if self.head is None:
            return self.reject(row, "no_act")
        if not standard and not level and values.get("condition"):
            return self.go_on(row, values)
        if not standard:
            return self.reject(row, "no_standard")
        if self.repeats(values):
            return None
        if len(self.head.rules) >= MAX_TIERS:
            return self.reject(row, "too_many_tiers")
        for name in ("penalty_basis", "legal_basis", "range"):
            if not self.head.values[name]:
                self.head.values[name] = values.get(name, "")
        self.head.rules.append({
            "row": row + 1, "level": one_line(level), "condition": values.get("condition", ""),
            "standard": standard, "group": one_line(values.get("group", "")),
        })  # fmt: skip
        return None

    def same_head(self, values: dict[str, str]) -> bool:
        """An act repeated in each row of its tiers."""
        if self.head is None or squash(values["act"]) != squash(self.head.values["act"]):
            return False
        seq, before = values.get("seq", ""), self.head.values["seq"]
        return not seq or not before or seq == before

    def repeats(self, values: dict[str, str]) -> bool:
        """A row whose tier is merged from the row above: its own texts belong to something else."""
        rules = self.head.rules if self.head else []
        same = ("level", "condition", "standard")
        return bool(rules) and all(squash(rules[-1][name]) == squash(values.get(name, "")) for name in same)

    def go_on(self, row: int, values: dict[str, str]) -> None:
        """A further line of the condition of the tier above."""
        rules = self.head.rules if self.head else []
        if not rules:
            return self.reject(row, "no_standard")
        text = values["condition"]
        if squash(text) not in squash(rules[-1]["condition"]):
            rules[-1]["condition"] += "\n" + text
        return None


DOCUMENT = re.compile(r"[^\s（()）,，。《》]{1,16}[〔\[【（(]\d{4}[〕\]】）)]\s*\d+\s*号")


def titles(rows: list[list[str]]) -> dict[str, str]:
    """What stands above the table: title and document number."""
    texts = [one_line(text) for row in rows for text in row if text]
    number = next((found[0] for text in texts if (found := DOCUMENT.search(text))), "")
    title = max(texts, key=len, default="")
    return {"title": title[:300], "document_no": number[:100]}


# JSON ---------------------------------------------------------------------------------------------------

KEYS: dict[str, tuple[str, ...]] = {
    "code": ("id", "code", "编码", "编号"),
    "seq": ("seq", "序号"),
    "act": ("violation", "act", "违法行为", "name", "事项名称"),
    "law": ("law", "法律", "法律法规名称"),
    "legal_basis": ("legal_basis", "认定依据", "违法依据"),
    "penalty_basis": ("basis", "penalty_basis", "处罚依据", "legal_ground"),
    "range": ("penalty_range", "range", "statutory_text", "法定幅度", "处罚幅度"),
    "remark": ("remark", "note", "备注"),
}
RULES = ("rules", "tiers", "阶次", "levels")
RULE: dict[str, tuple[str, ...]] = {
    "level": ("level", "tier", "name", "裁量阶次", "阶次"),
    "condition": ("condition", "conditions", "适用条件"),
    "standard": ("standard", "penalty", "具体标准", "裁量标准"),
    "group": ("group", "适用对象"),
}
METADATA = (
    "title",
    "document_no",
    "issuer",
    "issued",
    "effective",
    "expires",
    "validity",
    "note",
    "source_page",
)


def parse_json(data: bytes) -> Found:
    """A JSON file of {"metadata": {…}, "items": [{violation, basis, penalty_range, rules: […]}]}."""
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Refused("damaged_json", text=str(error)[:100]) from error
    found = Found("json")
    items: Any = value
    if isinstance(value, dict):
        meta = value.get("metadata") or {}
        meta = meta if isinstance(meta, dict) else {}
        found.metadata = {key: said(meta, (key,))[:2_000] for key in METADATA}
        items = next((value[key] for key in ("items", "benchmarks", "rows") if key in value), None)
    if not isinstance(items, list):
        raise Refused("no_items")
    if len(items) > MAX_HEADS:
        raise Refused("too_many_items", limit=MAX_HEADS)
    for row, item in enumerate(items, 1):
        head = head_of(item, row)
        text = json.dumps(item, ensure_ascii=False)[:200]
        if head is None or not head.values["act"].strip():
            found.rejected.append(Rejected(row, "no_act", "", text))
        elif not head.rules:
            found.rejected.append(Rejected(row, "no_tiers", "", text))
        else:
            found.heads.append(head)
    return found


def head_of(item: Any, row: int) -> Head | None:
    if not isinstance(item, dict):
        return None
    head = Head("", row, {name: said(item, keys)[:MAX_TEXT] for name, keys in KEYS.items()})
    rules = next((item[key] for key in RULES if isinstance(item.get(key), list)), [])
    for rule in rules[:MAX_TIERS]:
        if isinstance(rule, dict):
            values = {name: said(rule, keys)[:MAX_TEXT] for name, keys in RULE.items()}
            if values["standard"].strip():
                head.rules.append({"row": row, **values})
    return head


def said(values: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The first of `keys` that says something, as text."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return clean(str(value))
    return ""


def clean(text: str) -> str:
    """Without control characters and lone surrogates, which no database takes."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "", text).strip()
