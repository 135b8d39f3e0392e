"""Normal forms for comparing what lists say: names, categories, levels. Pure: no Django."""

from __future__ import annotations

import re
import unicodedata

# code → the names that real lists use (中办发〔2015〕21号, local practice); rows of the database come on top.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "licence": ("行政许可", "许可", "行政审批", "行政许可类", "审批"),
    "penalty": ("行政处罚", "处罚", "行政处罚类"),
    "coercion": ("行政强制", "强制", "行政强制类", "行政强制措施", "行政强制执行"),
    "levy": ("行政征收", "征收", "行政征收类", "行政事业性收费", "行政征用", "征收征用", "行政收费"),
    "payment": ("行政给付", "给付", "行政给付类"),
    "inspection": ("行政检查", "检查", "行政检查类", "行政监督", "行政监督检查", "监督检查"),
    "confirmation": ("行政确认", "确认", "行政确认类"),
    "reward": ("行政奖励", "奖励", "行政奖励类"),
    "adjudication": ("行政裁决", "裁决", "行政裁决类"),
    "filing": ("行政备案", "备案", "行政备案类"),
    "service": ("公共服务", "公共服务事项", "公共服务类", "服务"),
    "other": ("其他行政权力", 
        "其他权力", "其他", "其它", "其他类", "其它权力", "其它行政权力", "其他类别", "其他行政权力类",
        "其他职权", "其他行政职权", "其它行政职权", "其他行政权利", "其他类行政权力", "其他权力事项",
        "其他行政管理权",
    ),
}  # fmt: skip

LEVELS: dict[str, tuple[str, ...]] = {
    "nation": ("国家级", "国", "国家", "中央", "部级", "国务院部门"),
    "province": ("省级", "省", "自治区", "自治区级", "直辖市级", "省(自治区)级", "省本级", "区级(自治区)"),
    "city": ("市级", 
        "市", "地州市级", "地州市", "地市级", "设区的市级", "设区市级", "州级", "地级", "地级市", "市本级",
        "市州级", "州市级", "地(州、市)级", "市(地)级", "市(州)级", "盟市级", "地区级",
    ),
    "county": ("县级", 
        "县", "区", "区级", "县区级", "县市区级", "区县级", "县(市、区)级", "县(市)级", "县市级", "区(县)级",
        "县(区)级", "旗县级", "县(市区)级", "县本级",
    ),
    "township": ("乡级", 
        "乡", "镇", "乡镇级", "乡镇街道级", "街道", "街道级", "乡镇", "乡镇(街道)级", "镇级",
        "镇(街道)级", "镇街级",
    ),
    "village": ("村级", "村", "社区", "村社区级", "村(社区)级", "村居级"),
}  # fmt: skip

# What lists call the source of a power, by the word that tells it; the first found decides.
SOURCES = (
    ("handed-down", re.compile("下放|承接|下沉|赋权|赋予")),
    ("entrusted", re.compile("委托")),
    ("authorised", re.compile("授权")),
    ("statutory", re.compile("法定|本级|法律|法规|规章|固有|职权|statutory")),
)

BLANKS = frozenset({"", "无", "/", "-", "—", "——", "--", "\\", "无子项", "、", "不涉及", "*", "空"})


def squash(text: str) -> str:
    """Width, blanks and line breaks aside: two texts with equal forms say the same."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def name_key(text: str) -> str:
    """The form in which names are matched: also without marks, quotes and a full stop at the end."""
    return re.sub(r"[\"'“”‘’「」《》〈〉<>]", "", squash(text)).strip(";,。.:").casefold()


def one_line(text: str) -> str:
    """A name on one line. A break between Chinese characters is layout, between Latin ones a blank."""
    text = re.sub(r"\s*[\r\n\f\v]+\s*", "\n", text.strip())
    text = re.sub(r"(?<=[!-~])\n(?=[!-~])", " ", text).replace("\n", "")
    return re.sub(r"[ \t\u00a0\u3000]+", " ", text)


def is_blank(text: str) -> bool:
    """Nothing, or one of the marks with which lists say nothing."""
    return squash(text) in BLANKS


def main_name(parent: str | None, name: str) -> str:
    """The name of the main item; empty where a list repeats the item's own name as its only sub-item."""
    return "" if name_key(parent or "") == name_key(name) else parent or ""


def source_code(text: str) -> str | None:
    """“法定本级行使” → statutory; None where the text names no source, or several."""
    found = [code for code, words in SOURCES if words.search(squash(text))]
    # 法律法规授权 names laws too, 上级下放的法定职权 as well.
    told = [code for code in found if code != "statutory"] or found
    return told[0] if len(told) == 1 else None


def flat(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """A table as rows of (code, name)."""
    return [(code, name) for code, names in table.items() for name in names]


class Names:
    """Names and aliases → code. Rows of the database are given as (code, name); the defaults stand in."""

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        self.table = {squash(name): code for code, name in rows}

    @classmethod
    def of_categories(cls, rows: list[tuple[str, str]] | None = None) -> Names:
        """Categories by name; `rows` replace the defaults."""
        return cls(rows or flat(CATEGORIES))

    @classmethod
    def of_levels(cls, rows: list[tuple[str, str]] | None = None) -> Names:
        """Levels by name; `rows` replace the defaults."""
        return cls(rows or flat(LEVELS))

    def one(self, text: str) -> str | None:
        """The code of exactly this name, ordinal and brackets aside (“一、行政许可（12项）”), or None."""
        text = squash(text)
        found = self.table.get(text)
        if found is None:
            text = re.sub(r"^[(]?[一二三四五六七八九十百0-9]+[)]?[、.:,\s]*", "", text)
            text = re.sub(r"[(\[][^)\]]*[)\]]$|(共|计)?[0-9]+[项个条]$", "", text).strip(":、;,.。")
            text = re.sub(r"(事项|类|清单|目录|表)$", "", text) if text not in self.table else text
            found = self.table.get(text)
        return found

    def all(self, text: str) -> list[str]:
        """The codes of the names in a list such as “市级、县级” or “地州市级；负责初审”, in order."""
        if found := self.one(text):
            return [found]
        parts = [
            self.one(part) for part in re.split(r"[、,;/\n\s及和与]+", unicodedata.normalize("NFKC", text))
        ]
        return list(dict.fromkeys(part for part in parts if part))

    def inside(self, text: str) -> str | None:
        """The code whose name (three characters or more) stands inside `text`, if exactly one does."""
        text = squash(text)
        found = {code for name, code in self.table.items() if len(name) >= 3 and name in text}
        return found.pop() if len(found) == 1 else None
