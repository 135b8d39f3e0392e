"""Grids → items. General rules only: nothing here knows a file. Pure: no Django; runs in the child only.

An item is a row with a name, or with a sub-item under one; never a row with a number. Every row with text
that is no title, header, item or continuation of one ends in `rejected`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from .grids import Book, Grid
from .headers import FIELDS, RUNS_ON, Vocabulary, plain
from .names import Names, is_blank, main_name, name_key, one_line, source_code, squash
from .refusals import Problem, Refused
from .tables import LOOK_AT, MARKS, Finder, Given, Header, own_cells, value_of

MAX_ITEMS = 50_000
MAX_NAME = 1_000
CODE = re.compile(r"(?=.*[0-9])[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
ORDINAL = re.compile(r"^[(]?[一二三四五六七八九十百]+[)、.]|^第[一二三四五六七八九十百]+[章节部分类]")
COUNTED = re.compile(
    r"^[(]?[一二三四五六七八九十百]+[)]?[、.]?$"
)  # a heading's number in the column of numbers
KINDS = re.compile(r"(类|[(]?(共|计)?\d+[项条个][)]?)$")
PART = re.compile(r"^[(]\d{1,2}[)]")  # a sub-item in the column of names
FOOT = re.compile(
    r"^(备注|注|说明|附注|填报|填表|填制|制表|审核|审批|审定|复核|负责人|单位负责人|联系人|联系电话|经办|承办人|校对|"
    r"单位名称|填表单位|编制单位|公布日期|单位盖章|签字|签名|签章|日期|备查)[0-9一二三]*[人单位期日间]*[:(、]"
    r"|^(合计|总计|共计|小计|总数)|^注\d|[(](盖章|公章|签章|印章)[)]"
    r"|^(共|计)\d+(大)?项|^第\d+页|^(抄送|主送)[:(]|^[(]此件.{2,8}[)]$|^本(清单|目录|表)(自|由|中)"
    r"|年.{1,3}月(.{1,3}日)?(印发|公布|发布)$"
)
DITTO = frozenset({"同上", "〃", '"', "″", "“", "”", "..", "''"})
SHORT = 40  # characters of a signature or a date
DAY = re.compile(r"^(\d{4}|[二〇○零一三四五六七八九]{4})年.{1,3}月(.{1,3}日)?(印发|发布|公布)?$")
TITLE = re.compile(r"(清单|目录|一览表|汇总表|责任表|权力表|登记表)([(].*[)])?$")
# What a sub-item takes from the row of its main item where its own cell is empty.
INHERITED = ("category", "legal_basis", "exercising_body", "handling_unit", "level")
NOT_SHARED = frozenset({"seq", "code", "sub_code", "name", "subitem", "remark"})
# Fields of the JSON's items; the others stand under `more` where they are stated.
MAIN_FIELDS = (
    "seq", "code", "name", "parent", "category", "legal_basis", "exercising_body", "handling_unit", "level",
    "authority", "department_duty", "duties", "duties_basis", "accountability_scope", "accountability",
    "accountability_basis", "remark",
)  # fmt: skip


@dataclass
class Item:
    """One item as it was read. `row` is 1-based; `rows` are all that went into it."""

    sheet: str
    row: int
    values: dict[str, str]
    name: str
    parent: str | None
    code: str | None
    category_code: str | None = None
    levels: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    other: dict[str, str] = field(default_factory=dict)  # columns nobody knows: header → text

    def as_json(self) -> dict[str, Any]:
        more = {
            k: v
            for k, v in self.values.items()
            if k not in MAIN_FIELDS and k not in ("subitem", "sub_code") and v
        }
        fixed = {"name": self.name, "parent": self.parent, "code": self.code}
        return {
            "sheet": self.sheet,
            "row": self.row,
            **{key: fixed[key] if key in fixed else self.values.get(key, "") for key in MAIN_FIELDS},
            "category_code": self.category_code,
            "levels": self.levels,
            "more": more,
            "other": self.other,
            "rows": self.rows,
        }


@dataclass
class Rejected:
    """A row that was not taken. `note` for footers and signatures."""

    row: int
    code: str
    sheet: str
    text: str
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "sheet": self.sheet,
            "row": self.row,
            "code": self.code,
            "text": self.text,
            "params": self.params,
        }


@dataclass
class Parsed:
    """What one file says."""

    kind: str
    items: list[Item] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    sheets: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "items": [item.as_json() for item in self.items],
            "rejected": [row.as_json() for row in self.rejected],
            "warnings": [warning.as_json() for warning in self.warnings],
            "sheets": self.sheets,
        }


def parse_book(
    book: Book,
    words: Vocabulary,
    categories: Names,
    levels: Names,
    given: dict[str, Any] | None = None,
) -> Parsed:
    """All sheets of a file. Raises Refused where no sheet has a header, or a code stands twice.

    `given` is what a person corrected: {sheet: {"header": row from 1 or None, "fields": {letters: field}}}.
    """
    parsed = Parsed(book.kind)
    with_text = [grid for grid in book.grids if any(any(row) for row in grid.rows)]
    if not with_text:
        raise Refused("empty")
    for name in book.skipped:
        parsed.warnings.append(Problem("hidden_sheet", sheet=name))
    # Only where no sheet has a whole table may one be a list of names alone: a list of contents is none.
    for plain_list in (False, True):
        headless = [
            grid
            for grid in with_text
            if not SheetReader(
                grid, parsed, words, categories, levels, given_of(given, grid.name), plain_list=plain_list
            ).read()
        ]
        if len(headless) < len(with_text):
            break
    parsed.sheets += [{"name": grid.name, "blank": True} for grid in book.grids if grid not in with_text]
    if len(headless) == len(with_text):
        first = headless[0]
        row = next(number for number, cells in enumerate(first.rows, 1) if any(cells))
        raise Refused("no_header", sheet=first.name, row=row, sample=[sample(grid) for grid in headless[:10]])
    for grid in headless:
        parsed.sheets.append({"name": grid.name, "header": None})
        for number, cells in enumerate(grid.rows, 1):
            if any(cells):
                parsed.rejected.append(Rejected(number, "sheet_without_header", grid.name, excerpt(cells)))
    check_codes(parsed)
    return parsed


def given_of(given: dict[str, Any] | None, sheet: str) -> Given:
    """The corrections of one sheet."""
    found = (given or {}).get(sheet) or {}
    fields = {index_of(name): field for name, field in (found.get("fields") or {}).items()}
    return Given(found["header"] - 1 if found.get("header") else None, fields)


def sample(grid: Grid) -> dict[str, Any]:
    """The first rows of a sheet whose header nobody found, for the person who will point at it."""
    rows = [(number, cells) for number, cells in enumerate(grid.rows, 1) if any(cells)][:LOOK_AT]
    return {
        "sheet": grid.name,
        "rows": [[number, [one_line(cell)[:40] for cell in cells[:60]]] for number, cells in rows],
    }


def check_codes(parsed: Parsed) -> None:
    """Take away what is no code of one item; raise Refused if a code still stands on two items."""
    leave_to_the_main(parsed)
    leave_common(parsed)
    leave_out_again(parsed)
    seen: dict[str, Item] = {}
    for item in parsed.items:
        if item.code:
            other = seen.setdefault(item.code.casefold(), item)
            if other is not item:
                raise Refused("duplicate_code", sheet=item.sheet, row=item.row, value=item.code,
                              other_sheet=other.sheet, other_row=other.row)  # fmt: skip


def leave_to_the_main(parsed: Parsed) -> None:
    """A code that several sub-items of one main item share is the main item's: they get codes of our own."""
    mains: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in parsed.items:
        if item.code:
            main = main_name(item.parent, item.name) or item.name
            mains[item.code.casefold(), name_key(main)].append(item)
    for items in mains.values():
        subs = [item for item in items if main_name(item.parent, item.name)]
        if len(items) > 1 and subs:
            for item in subs:
                value, item.code = item.code, None
                parsed.warnings.append(Problem("code_of_main", item.sheet, item.row, {"value": value}))


def leave_common(parsed: Parsed) -> None:
    """A column of codes in which most stand several times names bodies or kinds, not items."""
    times = Counter(item.code.casefold() for item in parsed.items if item.code)
    shared = {code for code, count in times.items() if count > 1}
    if len(times) < 2 * len(shared) and sum(times[code] for code in shared) > 2:
        for item in parsed.items:
            if item.code and item.code.casefold() in shared:
                value, item.code = item.code, None
                parsed.warnings.append(Problem("code_common", item.sheet, item.row, {"value": value}))


def leave_out_again(parsed: Parsed) -> None:
    """A row that names an item with the same code once more is not taken a second time."""
    first: dict[tuple[str, str, str], Item] = {}
    kept = []
    for item in parsed.items:
        key = ((item.code or "").casefold(), name_key(item.parent or ""), name_key(item.name))
        if item.code and (other := first.setdefault(key, item)) is not item:
            params = {"value": item.code, "other_sheet": other.sheet, "other_row": other.row}
            parsed.rejected.append(Rejected(item.row, "item_again", item.sheet, item.name[:200], params))
        else:
            kept.append(item)
    parsed.items = kept


def excerpt(cells: list[str]) -> str:
    """The text of a row, short, for the list of what was not taken."""
    return " | ".join(one_line(cell) for cell in cells if cell)[:200]


class SheetReader:
    """Reads one sheet, row by row; what it keeps is the item that a following row may belong to."""

    def __init__(
        self,
        grid: Grid,
        parsed: Parsed,
        words: Vocabulary,
        categories: Names,
        levels: Names,
        given: Given | None = None,
        *,
        plain_list: bool = False,
    ) -> None:
        self.grid, self.parsed = grid, parsed
        self.categories, self.levels = categories, levels
        self.finder = Finder(grid, words, levels, given, plain_list=plain_list)
        self.header: Header
        self.section: str | None = None  # category that a title or the sheet's name gives to what follows
        self.main: dict[str, str] | None = None  # values of the row that named the current main item
        self.last: Item | None = None  # what a continuation belongs to
        self.outside: set[int] = set()
        self.taken = 0

    def read(self) -> bool:
        """Read all rows; False if there is no header."""
        header = self.finder.first()
        if header is None:
            return False
        self.header = header
        titles = " ".join(cell for row in self.grid.rows[: header.top] for cell in row if cell)
        self.section = self.categories.one(self.grid.name) or self.categories.inside(self.grid.name)
        self.section = self.section or self.categories.inside(titles)
        row = header.bottom + 1
        while row < len(self.grid.rows):
            row = self.step(row)
        self.report()
        return True

    def report(self) -> None:
        if self.grid.cleaned:
            self.warn("control_characters", None, cells=self.grid.cleaned)
        for index in sorted(self.outside):
            self.warn("column_without_header", None, column=letters(index))
        for index, text in self.header.unknown:
            self.warn("column_unknown", None, column=letters(index), text=one_line(text)[:60])
        self.parsed.sheets.append({
            "name": self.grid.name,
            "header": [self.header.top + 1, self.header.bottom + 1],
            "columns": {letters(c.index): c.field for c in self.header.columns},
            "labels": {
                letters(index): one_line(text)[:60] for index, text in sorted(self.header.texts.items())
            },
            "items": self.taken,
        })  # fmt: skip

    def warn(self, code: str, row: int | None, **params: Any) -> None:
        number = None if row is None else row + 1
        self.parsed.warnings.append(Problem(code, self.grid.name, number, params))

    def reject(self, row: int, code: str, **params: Any) -> None:
        text = excerpt(self.grid.rows[row])
        self.parsed.rejected.append(Rejected(row + 1, code, self.grid.name, text, params))

    # One row --------------------------------------------------------------------------------------------

    def step(self, row: int) -> int:
        """Take one row; the number of the next one to look at."""
        self.say_in_full(row)
        every = own_cells(self.grid, row)
        if not every:
            return row + 1
        if header := self.finder.at(row):  # repeated at a page break, or a second table
            self.header, self.last = header, None
            return header.bottom + 1
        named = {column.index for column in self.header.columns} | {index for index, _ in self.header.unknown}
        own = {index: text for index, text in every.items() if index in named}
        if not own:
            if all(text for text in every.values()) and self.is_foot(every):
                self.reject(row, "note")
            else:
                self.outside.update(every)
            return row + 1
        self.outside.update(set(every) - named)
        if self.is_numbering(own) or self.is_repeat(own):
            return row + 1
        if self.last is not None and self.is_signature(row, own):
            self.reject(row, "note")
            return row + 1
        if len(set(own.values())) == 1 and self.lone(row, own):
            return row + 1
        self.take(row, own)
        return row + 1

    def say_in_full(self, row: int) -> None:
        """“同上” and ditto marks stand for what the cell above says."""
        cells, above = self.grid.rows[row], self.grid.rows[row - 1] if row else []
        for index, text in enumerate(cells):
            if text in DITTO and row > self.header.bottom + 1 and index < len(above):
                at, left = self.finder.merges.anchor(row - 1, index)
                cells[index] = self.grid.rows[at][left] if at > self.header.bottom else ""

    def is_numbering(self, own: dict[int, str]) -> bool:
        """The row of column numbers that some tables have below their header."""
        marks = [text.strip("()（）栏") for text in own.values()]
        if len(marks) < 4 or not marks[0].isascii() or not marks[0].isdigit() or len(marks[0]) > 3:
            return False
        first = int(marks[0])
        return marks == [str(number) for number in range(first, first + len(marks))]

    def is_repeat(self, own: dict[int, str]) -> bool:
        """Words of the header again (its second row at a page break)."""
        texts = self.header.texts
        return sum(plain(text) == plain(texts.get(index, "")) for index, text in own.items()) * 10 >= 6 * len(
            own
        )

    def is_foot(self, own: dict[int, str]) -> bool:
        """Whether a row's first text speaks of the list, not of an item."""
        text = squash(next(iter(own.values())))
        return bool(FOOT.search(text) or DAY.match(text)) and len(text) <= 2_000

    def is_signature(self, row: int, own: dict[int, str]) -> bool:
        """Who signed and when: a few short words below the last item, one of them a date.

        A body alone is one if the next row with text is such a date.
        """
        texts = [squash(text) for text in own.values()]
        if max(map(len, texts)) > SHORT or len(texts) > 3 or is_number(texts[0]):
            return False
        if all(FOOT.search(text) or DAY.match(text) for text in texts):
            return True
        if any(DAY.match(text) for text in texts):
            return len(texts) > 1 and not self.get(own, "name")
        following = next((own_cells(self.grid, r) for r in range(row + 1, len(self.grid.rows))
                          if any(self.grid.rows[r])), {})  # fmt: skip
        return len(texts) == 1 and len(following) == 1 and bool(DAY.match(squash(*following.values())))

    def lone(self, row: int, own: dict[int, str]) -> bool:
        """A row with one text: title, heading, footer. False if it may still be an item or continuation."""
        index, text = next(iter(own.items()))
        columns = {column.index: column.field for column in self.header.columns}
        name = columns.get(index, "")
        code = self.categories.one(text)
        if code and name != "category":
            self.section, self.last = code, None
            return True
        flat = squash(text)
        if self.is_foot(own):
            self.reject(row, "note")
            return True
        if ORDINAL.match(flat) and name in ("seq", "name") and len(flat) <= 60 and not self.sub_follows(row):
            self.section = self.categories.inside(text) or self.section
            self.last = None
            return True
        following = next((r for r in range(row + 1, len(self.grid.rows)) if any(self.grid.rows[r])), None)
        if TITLE.search(flat) and following is not None and self.finder.at(following):
            self.section = self.categories.inside(text) or self.section
            return True
        if name == "seq" and not is_number(text):
            self.reject(row, "note")
            return True
        if name == "seq":
            self.reject(row, "only_number")
            return True
        return False

    def sub_follows(self, row: int) -> bool:
        """Whether the next row with text is a sub-item without a name."""
        for following in range(row + 1, len(self.grid.rows)):
            cells = own_cells(self.grid, following)
            if cells:
                return not self.get(cells, "name") and bool(self.get(cells, "subitem"))
        return False

    def get(self, cells: dict[int, str], name: str) -> str:
        text = value_of(self.header, cells, name)[0]
        return "" if name in ("name", "subitem") and is_blank(text) else text

    def take(self, row: int, own: dict[int, str]) -> None:
        """A row with several texts, or one in the middle of the table."""
        name, sub = self.get(own, "name"), self.get(own, "subitem")
        stated = {c.field for c in self.header.columns if own.get(c.index)}
        if name and self.last and goes_on(name, self.last.parent or self.last.name):
            return self.go_on(row, own, stated)
        if self.is_foot(own) and not stated & {"legal_basis", "duties", "category", "accountability"}:
            return self.reject(row, "note")
        if name:
            if stated == {"seq", "name"} and self.is_heading(own, name):
                self.section, self.last = self.categories.one(name) or self.section, None
                return None
            if stated == {"name"} and self.is_part(name):
                return self.add(row, own, "", name)
            if stated <= {"seq", "name", "category"} and self.sub_follows(row):
                self.main, self.last = self.values(row, own), None  # a heading over its sub-items
                return None
            if stated == {"name"} and len(self.header.fields) > 3 and not self.shared(row):
                return self.reject(row, "only_name")
            return self.add(row, own, name, sub)
        if sub:
            if self.main is None:
                return self.reject(row, "sub_without_name")
            return self.add(row, own, "", sub)
        return self.nameless(row, own, stated)

    def is_heading(self, own: dict[int, str], name: str) -> bool:
        """“二 | 行政处罚（2项）”: a number in words and a category, or a kind of items, and nothing else."""
        number = squash(self.get(own, "seq"))
        kind = self.categories.one(name) or KINDS.search(squash(name))
        return bool(COUNTED.match(number) and kind and len(self.header.fields) > 2)

    def is_part(self, name: str) -> bool:
        """“（2）变更” alone below an item, in a table without a column of sub-items."""
        main = (self.main or {}).get("name", "")
        return bool(main and PART.match(squash(name)) and not PART.match(squash(main))
                    and not self.header.indexes("subitem"))  # fmt: skip

    def shared(self, row: int) -> bool:
        """Whether cells merged from above say for this row who may do what on which basis."""
        for column in self.header.columns:
            at, left = self.finder.merges.anchor(row, column.index)
            if column.field in INHERITED and self.header.bottom < at < row and self.grid.rows[at][left]:
                return True
        return False

    def nameless(self, row: int, own: dict[int, str], stated: set[str]) -> None:
        """No name and no sub-item: more text of the item above, a footer, or nothing we understand."""
        inside = self.last is not None and self.covered(row, self.last.row - 1)
        runs_on = stated <= RUNS_ON | {"exercising_body"} and bool(stated)
        if self.last is not None and (inside or runs_on):
            return self.go_on(row, own, stated)
        if not stated:
            return self.reject(row, "unknown_columns")
        return self.reject(row, "no_name")

    def covered(self, row: int, top: int) -> bool:
        """Whether the name's cell is merged from the row of the item down to this one."""
        anchors = (self.finder.merges.anchor(row, column.index)[0] for column in self.header.indexes("name"))
        return any(at == top for at in anchors) and row != top

    def go_on(self, row: int, own: dict[int, str], stated: set[str]) -> None:
        """Append the texts of a continuation row to the item above."""
        item = self.last
        if item is None:
            return
        for name in sorted(stated - {"seq", "name", "subitem", "code"}):
            text, old = self.get(own, name), item.values.get(name, "")
            if text and squash(text) not in squash(old):
                item.values[name] = f"{old}\n{text}" if old else text
        item.rows.append(row + 1)
        self.settle(item, row)

    # One item -------------------------------------------------------------------------------------------

    def values(self, row: int, own: dict[int, str]) -> dict[str, str]:
        """Field → text, with what is merged down into this row."""
        cells = dict(own)
        for column in self.header.columns:
            if column.index not in cells and column.field not in NOT_SHARED:
                at, left = self.finder.merges.anchor(row, column.index)
                if self.header.bottom < at < row and self.grid.rows[at][left]:
                    cells[column.index] = self.grid.rows[at][left]
        found: dict[str, str] = {}
        for name in FIELDS:
            text, differ = value_of(self.header, cells, name)
            found[name] = text
            if differ:
                self.warn("columns_differ", row, text=self.header.indexes(name)[0].label)
        self.level_columns(cells, found)
        return found

    def level_columns(self, cells: dict[int, str], found: dict[str, str]) -> None:
        """Columns named by a level: which of them are filled, and what authority they state."""
        labels, said = [], []
        for column in self.header.indexes("level"):
            text = cells.get(column.index, "")
            if column.level and not is_blank(text) and text not in ("否", "×", "✕", "0"):
                labels.append(one_line(column.label))
                if text not in MARKS:
                    said.append(f"{one_line(column.label)}：{text}")
        if labels:
            found["level"] = "、".join([found["level"], *labels]).strip("、")
            found["authority"] = "\n".join([found["authority"], *said]).strip("\n")

    def add(self, row: int, own: dict[int, str], name: str, sub: str) -> None:
        """Make an item of this row."""
        values = self.values(row, own)
        if name:
            self.main = values
            main = name
        else:
            main = (self.main or {})["name"]
            self.inherit(row, values)
        values["name"] = main
        title, parent = one_line(sub or main), one_line(main) if sub else None
        if len(title) > MAX_NAME or len(parent or "") > MAX_NAME:
            self.last = None
            return self.reject(row, "name_too_long", limit=MAX_NAME)
        if len(self.parsed.items) >= MAX_ITEMS:
            raise Refused("too_many_items", sheet=self.grid.name, row=row + 1, limit=MAX_ITEMS)
        item = Item(self.grid.name, row + 1, values, title, parent, None, rows=[row + 1])
        for index, text in self.header.unknown:
            if own.get(index):
                item.other[one_line(text)[:100]] = own[index]
        self.take_code(item, row, values["sub_code"] if sub else "")
        self.settle(item, row)
        self.missing(item, row)
        self.parsed.items.append(item)
        self.last = item
        self.taken += 1
        return None

    def inherit(self, row: int, values: dict[str, str]) -> None:
        main = self.main or {}
        took = [name for name in INHERITED if not values[name] and main.get(name)]
        for name in took:
            values[name] = main[name]
        values["seq"] = values["seq"] or main.get("seq", "")
        if took:
            self.warn("inherited", row, fields=took)

    def take_code(self, item: Item, row: int, own: str) -> None:
        """The code of the row, or a sub-item's `own`."""
        code = unicodedata.normalize("NFKC", one_line(own or item.values["code"])).replace(" ", "")
        if code and CODE.fullmatch(code):
            item.code = code
        elif code and not is_blank(code):
            self.warn("code_malformed", row, value=code[:80])

    def settle(self, item: Item, row: int) -> None:
        """What the verbatim texts mean: category and levels."""
        stated = item.values["category"]
        item.values["category"] = one_line(stated)
        codes = self.categories.all(stated)
        item.category_code = codes[0] if len(codes) == 1 else None
        item.levels = self.levels.all(item.values["level"])

    def missing(self, item: Item, row: int) -> None:
        """Warnings for what an item needs to be published, and for what was not recognised."""
        if is_blank(item.values["category"]):
            item.category_code = self.section
            item.values["category"] = ""
            self.warn("category_from_title" if self.section else "no_category", row)
        elif item.category_code is None:
            self.warn("category_unknown", row, value=item.values["category"][:60])
        if not item.values["legal_basis"]:
            self.warn("no_basis", row)
        if item.values["level"] and not item.levels:
            self.warn("level_unknown", row, value=one_line(item.values["level"])[:60])
        source = item.values["source_of_power"]
        if not is_blank(source) and source_code(source) is None:
            self.warn("source_unknown", row, value=one_line(source)[:60])


def goes_on(name: str, before: str) -> bool:
    """Whether a name is the one before with “（续）”."""
    return squash(name).casefold().startswith(name_key(before)) and bool(
        re.fullmatch(r"\(续.?\)", squash(name).casefold()[len(name_key(before)) :])
    )


def is_number(text: str) -> bool:
    """1, 1.2, (3), 12、, 三"""
    return bool(re.fullmatch(r"[(]?(\d+([.\-]\d+)*|[一二三四五六七八九十百]+)[)]?[.、]?", squash(text)))


def index_of(name: str) -> int:
    """A → 0, AB → 27; raises ValueError for anything but one to three capital letters."""
    if not re.fullmatch("[A-Z]{1,3}", name):
        raise ValueError(name)
    found = 0
    for sign in name:
        found = found * 26 + ord(sign) - 64
    return found - 1


def letters(index: int) -> str:
    """0 → A, 27 → AB."""
    name, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
