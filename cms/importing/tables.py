"""Where the table of a sheet begins, and what each of its columns means. Pure: no Django."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from .grids import Grid
from .headers import LONGEST_HEADER, NO_POWER_LIST, RUNS_ON, STAND_INS, Vocabulary, plain
from .names import Names

LOOK_AT = 8  # rows with text in which a header may begin
DEEPEST = 3  # rows a header may have
# Words that mean something only under what stands above them.
GENERIC = frozenset(
    {"依据", "内容", "名称", "类型", "情形", "编码", "对象", "范围", "主体", "责任主体", "事项", "说明"}
)
# The second column below a header that spans two.
SPANS = {"level_authority": ("level", "authority"), "name": ("name", "subitem")}
MAIN = frozenset({"主项", "主项名称", "大项", "大项名称"})
MARKS = frozenset({"√", "✓", "✔", "是", "●", "○", "■", "Y", "y", "有", "1"})


class Merges:
    """Merged spans of a sheet, asked cell by cell."""

    def __init__(self, grid: Grid) -> None:
        self.down: dict[int, list[tuple[int, int, int]]] = defaultdict(list)  # column → (top, bottom, left)
        width = max((len(row) for row in grid.rows), default=0)
        for top, left, bottom, right in grid.merges:
            for column in range(left, min(right + 1, width)):
                self.down[column].append((top, bottom, left))
        for spans in self.down.values():
            spans.sort()

    def anchor(self, row: int, column: int) -> tuple[int, int]:
        """The cell that holds the text of this one."""
        spans = self.down.get(column, ())
        at = bisect_right(spans, (row, 1 << 30, 0)) - 1
        if at >= 0 and spans[at][0] <= row <= spans[at][1]:
            return spans[at][0], spans[at][2]
        return row, column


@dataclass(frozen=True)
class Column:
    """One column: its field, or a level whose authority it states; the words above it."""

    index: int
    field: str
    label: str
    level: str = ""


@dataclass(frozen=True)
class Given:
    """What a person corrected on one sheet: the header's row (0-based), and fields by column ("": none)."""

    header: int | None = None
    fields: dict[int, str] = field(default_factory=dict)


@dataclass
class Header:
    """Rows `top` to `bottom` (0-based, inclusive) and the columns they name."""

    top: int
    bottom: int
    columns: list[Column]
    unknown: list[tuple[int, str]] = field(default_factory=list)

    @property
    def fields(self) -> set[str]:
        return {column.field for column in self.columns}

    @property
    def texts(self) -> dict[int, str]:
        return {column.index: column.label for column in self.columns} | dict(self.unknown)

    def indexes(self, name: str) -> list[Column]:
        return [column for column in self.columns if column.field == name]


def own_cells(grid: Grid, row: int) -> dict[int, str]:
    """Column → text of the cells of a row that hold text themselves."""
    return {column: text for column, text in enumerate(grid.rows[row]) if text}


class Finder:
    """Finds headers in one sheet."""

    def __init__(
        self,
        grid: Grid,
        words: Vocabulary,
        levels: Names,
        given: Given | None = None,
        *,
        plain_list: bool = False,
    ) -> None:
        self.grid, self.words, self.levels = grid, words, levels
        self.given = given or Given()
        self.plain_list = plain_list  # number and name alone, each called exactly so
        self.merges = Merges(grid)

    def first(self) -> Header | None:
        """The header with most fields among those that begin in the first rows with text."""
        if self.given.header is not None:
            return self.at(self.given.header)
        rows = [row for row in range(len(self.grid.rows)) if any(self.grid.rows[row])][:LOOK_AT]
        found = [header for row in rows if (header := self.at(row))]
        return max(found, key=lambda header: (len(header.fields), -header.top), default=None)

    def at(self, row: int) -> Header | None:
        """The header that begins in this row, or None."""
        found = self.stated() if row == self.given.header else self.recognised(row)
        return found and self.corrected(found)

    def stated(self) -> Header | None:
        """The header in the row that a person pointed at, whatever its words; None where it has no text."""
        row = self.given.header
        if row is None or row >= len(self.grid.rows) or not any(self.grid.rows[row]):
            return None
        return self.build(row, row)

    def corrected(self, header: Header) -> Header | None:
        """The header with the columns that a person named; None if it has no name left."""
        if not self.given.fields:
            return header
        labels = header.texts
        columns = [column for column in header.columns if column.index not in self.given.fields]
        header.unknown = [pair for pair in header.unknown if pair[0] not in self.given.fields]
        for index, name in self.given.fields.items():
            if name:
                columns.append(Column(index, name, labels.get(index, "")))
            elif index in labels:
                header.unknown.append((index, labels[index]))
        header.columns = sorted(columns, key=lambda column: column.index)
        return header if header.fields & {"name", "subitem"} else None

    def recognised(self, row: int) -> Header | None:
        """The header that begins in this row by its own words, or None."""
        if not self.may_be_header(row):
            return None
        best = self.build(row, row)
        for bottom in range(row + 1, min(row + DEEPEST, len(self.grid.rows))):
            if not self.continues(row, bottom):
                break
            best = self.build(row, bottom)
        self.stand_in(best)
        own = own_cells(self.grid, row)
        if not best.fields & {"name", "subitem"}:
            return None
        if len(best.fields) < 3 and not (self.plain_list and all(map(self.words.exact, own.values()))):
            return None
        if len([c for c in best.columns if c.index in own or best.bottom > row]) * 5 < len(own) * 2:
            return None
        return self.settled(best)

    def may_be_header(self, row: int) -> bool:
        """Cheap test: short cells, two of which name fields."""
        own = own_cells(self.grid, row)
        if len(own) < 2:
            return False
        short = [text for text in own.values() if len(plain(text)) <= LONGEST_HEADER]
        return len(short) * 2 > len(own) and len({f for t in short if (f := self.words.field(t))}) >= 2

    def continues(self, top: int, row: int) -> bool:
        """Whether a row is a further row of the header that begins at `top`."""
        own = own_cells(self.grid, row)
        if not own or any(len(plain(text)) > LONGEST_HEADER for text in own.values()):
            return False
        known = 0
        if self.is_split(top, row, own):
            return True
        for column, text in own.items():
            above = self.above(top, row, column)
            spans = self.is_spanned(top, column)
            if plain(text).isdigit():
                return False
            if self.words.exact(text) or (spans and (self.words.field(text) or self.levels.one(text))):
                known += 1
            elif not spans or not above:
                return False
        return known > 0

    def is_split(self, top: int, row: int, own: dict[int, str]) -> bool:
        """Whether a row, whatever its words, divides the wide cells of the header above it.

        The file's spans say so: each text stands below a header cell that is wider, and every header cell
        that is not divided reaches down to this row.
        """
        if not self.grid.merges:
            return False
        heads = {self.merges.anchor(top, column) for column in own}
        if any(at != top or not self.grid.rows[at][left] for at, left in heads):
            return False
        for column, text in own_cells(self.grid, top).items():
            wide = self.is_spanned(top, column)
            down = self.merges.anchor(row, column) == (top, column)
            if not text or ((top, column) in heads) != wide or (not wide and not down):
                return False
        return True

    def is_spanned(self, top: int, column: int) -> bool:
        """Whether the header cell over this column covers more than one column (or is blank, so probably)."""
        row, left = self.merges.anchor(top, column)
        if left != column:
            return True
        cells = self.grid.rows[top]
        if not cells[column]:
            return any(cells[:column])
        following = column + 1
        if following >= len(cells) or cells[following]:
            return False
        return not self.grid.merges or self.merges.anchor(top, following) == (row, column)

    def above(self, top: int, row: int, column: int) -> str:
        """The header text over a cell: merged, or the nearest to the left where no spans are known."""
        for line in range(row - 1, top - 1, -1):
            at, left = self.merges.anchor(line, column)
            if at >= top and left < len(self.grid.rows[at]) and self.grid.rows[at][left]:
                return self.grid.rows[at][left]
        if not self.grid.merges:
            return next((text for text in reversed(self.grid.rows[top][: column + 1]) if text), "")
        return ""

    def build(self, top: int, bottom: int) -> Header:
        """What each column means if the header is these rows."""
        header = Header(top, bottom, [])
        width = len(self.grid.rows[top])
        for index in range(width):
            path: list[str] = []
            for row in range(top, bottom + 1):
                at, left = self.merges.anchor(row, index)
                text = self.grid.rows[at][left] if top <= at <= bottom and left < width else ""
                if (
                    not text
                    and row == top
                    and bottom > top
                    and any(self.grid.rows[r][index] for r in range(top + 1, bottom + 1))
                ):
                    text = self.above(top, top + 1, index)
                if text and text not in path:
                    path.append(text)
            if path:
                self.place(header, index, path, spanned=self.merges.anchor(top, index)[1] != index)
            else:
                self.place_blank(header, index)
        return header

    def place(self, header: Header, index: int, path: list[str], *, spanned: bool) -> None:
        label = path[-1]
        name, level = self.meaning(path)
        if len(path) == 1 and spanned and name:
            first = next((c for c in header.columns if c.label == label), None)
            if name in SPANS and first is not None:
                name = SPANS[name][1]
        elif name in SPANS and name == "level_authority":
            name = "level"
        if name == "level_authority":
            name = "level"
        if name:
            header.columns.append(Column(index, name, label, level))
        else:
            header.unknown.append((index, label))

    def place_blank(self, header: Header, index: int) -> None:
        """A column without header, right of “level and authority”, in a file that knows no spans."""
        left = header.columns[-1] if header.columns else None
        if (
            not self.grid.merges
            and left is not None
            and left.index == index - 1
            and self.words.field(left.label) == "level_authority"
        ):
            header.columns.append(Column(index, "authority", left.label))

    def meaning(self, path: list[str]) -> tuple[str | None, str]:
        """(field, level code) of a column by its header texts from top to bottom."""
        if len(path) == 1:
            return self.words.field(path[0]), ""
        parent, child = path[-2], path[-1]
        over, both = self.words.field(parent), self.words.field(plain(parent) + plain(child))
        under = self.words.exact(child)
        if (
            over in ("level", "authority", "level_authority")
            and (code := self.levels.one(child))
            and not under
        ):
            return "level", code
        if over and over.startswith(("duties", "accountab", "department")):
            return both or under or over, ""
        if under and plain(child) not in GENERIC:
            return under, ""
        return both or under or self.words.field(child) or over, ""

    def stand_in(self, header: Header) -> None:
        """A header without a name: the column of acts or checks is one, a lone column of sub-items too.

        Columns that are each called by a level say who exercises the item.
        """
        if "name" not in header.fields and (subs := header.indexes("subitem")):
            others = [column for column in header.columns if column not in subs]
            header.columns = [*others, *(Column(c.index, "name", c.label) for c in subs)]
        labels = [plain(text) for text in header.texts.values()]
        if "name" not in header.fields and not any(NO_POWER_LIST.search(label) for label in labels):
            found = next(((i, text) for i, text in header.unknown if plain(text) in STAND_INS), None)
            if found is not None:
                header.unknown.remove(found)
                header.columns.append(Column(found[0], "name", found[1]))
        levels = [
            (i, text, code)
            for i, text in header.unknown
            if plain(text).endswith("级") and (code := self.levels.one(text))
        ]
        if len(levels) > 1:
            header.columns += [Column(i, "level", text, code) for i, text, code in levels]
            header.unknown = [pair for pair in header.unknown if pair[0] not in {i for i, _, _ in levels}]
        header.columns.sort(key=lambda column: column.index)

    def settled(self, header: Header) -> Header:
        """The header after a look at what stands in its columns."""
        columns = header.columns
        if len(header.indexes("name")) > 1 and not header.indexes("subitem"):
            others = [c for c in header.indexes("name") if plain(c.label) not in MAIN]
            if 0 < len(others) < len(header.indexes("name")):
                columns = [Column(c.index, "subitem", c.label) if c in others else c for c in columns]
        settled = []
        for column in columns:
            if column.field in ("code", "seq"):
                column = Column(column.index, self.number_or_code(header, column), column.label)
            settled.append(column)
        header.columns = settled
        return header

    def number_or_code(self, header: Header, column: Column) -> str:
        """编号 may be either, and a 编码 that only counts is a number."""
        values = [row[column.index] for row in self.grid.rows[header.bottom + 1 :]
                  if column.index < len(row) and row[column.index]]  # fmt: skip
        if re.search(r"(?<!序)号$|^N[Oo]$", plain(column.label)):
            return "seq" if sum(len(value) <= 5 for value in values) * 2 >= len(values) else "code"
        counted = [int(v) for v in values if v.isascii() and v.isdigit() and v[0] != "0" and len(v) < 6]
        steps = sum(after - before == 1 for before, after in pairwise(counted))
        if column.field == "code" and counted and counted[0] == 1 and steps * 2 >= len(values) - 1:
            return "seq"
        return column.field


def value_of(header: Header, cells: dict[int, str], name: str) -> tuple[str, bool]:
    """(text, whether repeated columns differ) of a field in one row.

    Columns with the same words above are repeats: the first that is not empty wins. Columns with different
    words for one running text (责任事项: 直接责任, 监督责任) are parts of it and are joined.
    """
    by_label: dict[str, str] = {}
    differ = False
    for column in header.indexes(name):
        text = cells.get(column.index, "")
        if column.level or not text:
            continue
        label = plain(column.label)
        if label in by_label:
            differ = differ or "".join(by_label[label].split()) != "".join(text.split())
        else:
            by_label[label] = text
    values = list(dict.fromkeys(by_label.values()))
    if name in RUNS_ON:
        return "\n".join(values), differ
    return (values[0] if values else ""), differ or len(values) > 1
