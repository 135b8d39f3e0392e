"""What the columns of a power list are called: default synonyms, and how a header cell is recognised.

The defaults are data; editors add rows of their own (`cms.HeaderSynonym`), which win. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

# Fields of a parsed item, in the order of the JSON, and the names real lists give them.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "seq": ("序号", "编号", "序", "项目序号", "事项序号", "NO", "No."),
    "code": (
        "事项编码",
        "实施编码",
        "权力编码",
        "职权编码",
        "职权代码",
        "项目编码",
        "权力代码",
        "事项代码",
        "实施清单编码",
        "编码",
        "代码",
        "权责编码",
        "事项编号",
        "职权编号",
        "权力编号",
        "项目编号",
        "项目代码",
    ),
    "sub_code": ("子项编码", "子项代码", "办理项编码", "子项编号", "业务办理项编码", "办理项代码"),
    "basic_code": ("基本编码", "事项基本编码", "基本目录编码", "国家基本编码"),
    "name": (
        "事项名称",
        "职权名称",
        "权力名称",
        "权力事项",
        "权责事项",
        "职权事项",
        "行政权力名称",
        "项目名称",
        "行政职权名称",
        "行政权力事项",
        "行政权力事项名称",
        "权责事项名称",
        "权力事项名称",
        "职权名称/事项",
        "职权名称事项",
        "主项",
        "主项名称",
        "事项",
        "名称",
        "项目",
        "行政职权",
        "权力项目",
        "权力项目名称",
        "行政权力项目名称",
        "大项",
        "大项名称",
        "服务事项名称",
        "事项主项名称",
        "行政职权事项",
        "职权",
        "行政权力",
        "一级事项",
        "一级事项名称",
        "权责名称",
        "权责清单事项",
        "清单事项",
        "职权项目",
    ),
    "subitem": (
        "子项",
        "子项名称",
        "办理项",
        "办理项名称",
        "小项",
        "小项名称",
        "子项目",
        "子项目名称",
        "业务办理项",
        "业务办理项名称",
        "事项子项",
        "事项子项名称",
        "分项",
        "分项名称",
        "细项",
        "子事项",
        "子事项名称",
        "二级事项",
        "二级事项名称",
        "具体事项",
        "具体事项名称",
    ),
    "category": (
        "权力类型",
        "职权类型",
        "职权类别",
        "权力类别",
        "事项类型",
        "事项类别",
        "行政权力类型",
        "行政权力类别",
        "类型",
        "类别",
        "权力种类",
        "项目类型",
        "项目类别",
        "职权种类",
        "权责类型",
        "权责类别",
        "权力性质",
        "行政职权类别",
        "行政职权类型",
        "行政职权种类",
        "职权性质",
    ),
    "legal_basis": (
        "实施依据",
        "设定依据",
        "法律依据",
        "职权依据",
        "权力依据",
        "法定依据",
        "法律法规依据",
        "政策依据",
        "行使依据",
        "依据",
        "实施依据及条款",
        "设立依据",
        "行政权力依据",
        "权力来源依据",
        "法规依据",
        "职责依据",
    ),
    "exercising_body": (
        "实施主体",
        "行使主体",
        "实施机关",
        "实施部门",
        "行使机关",
        "行使部门",
        "实施单位",
        "责任主体",
        "责任单位",
        "责任部门",
        "主体",
        "权力主体",
        "执法主体",
        "行使单位",
        "部门名称",
        "实施主体名称",
        "实施机构",
        "行使机构",
        "权力行使主体",
        "职权行使主体",
        "主管部门",
        "审批部门",
    ),
    "handling_unit": (
        "承办机构",
        "承办科室",
        "承办处室",
        "承办单位",
        "责任科室",
        "责任处室",
        "内设机构",
        "承办部门",
        "具体承办机构",
        "实施科室",
        "办理机构",
        "责任机构",
        "承办股室",
        "责任股室",
        "承办内设机构",
        "行使科室",
        "具体实施机构",
        "科室",
        "处室",
        "办理科室",
        "行使内设机构",
    ),
    "level": ("实施层级", "行使层级", "层级", "权力层级", "管理层级", "事权层级", "办理层级", "权限层级"),
    "level_authority": (
        "实施层级及权限",
        "行使层级及权限",
        "层级及权限",
        "实施层级和权限",
        "行使层级和权限",
        "层级与权限",
        "实施权限和层级",
        "实施层级与权限",
        "权限划分及层级",
    ),
    "authority": ("权限", "实施权限", "行使权限", "权限划分", "层级权限", "权限内容", "权限范围", "事权划分"),
    "department_duty": (
        "部门职责",
        "主要职责",
        "单位职责",
        "对应部门职责",
        "部门主要职责",
        "职责",
        "职能",
        "职责边界",
        "三定职责",
        "职能职责",
    ),
    "duties": (
        "责任事项内容",
        "责任事项",
        "责任内容",
        "部门责任",
        "应承担的责任",
        "责任清单",
        "对应责任事项",
        "责任",
        "履职责任",
        "承担责任",
        "对应责任",
        "责任清单内容",
        "责任义务",
    ),
    "duties_basis": ("责任事项依据", "责任依据", "责任事项法律依据", "履责依据", "责任设定依据"),
    "accountability_scope": (
        "追责对象范围",
        "追责对象",
        "追责范围",
        "问责对象",
        "追责主体",
        "追责对象及范围",
        "责任追究对象",
    ),
    "accountability": (
        "追责情形",
        "问责情形",
        "追责情形及内容",
        "追责内容",
        "责任追究",
        "责任追究情形",
        "追责事由",
        "追责事项",
        "追责问责情形",
        "问责事项",
        "追责情况",
        "追究责任情形",
        "追责",
    ),
    "accountability_basis": (
        "追责依据",
        "追责情形依据",
        "问责依据",
        "责任追究依据",
        "追责情形及依据依据",
        "追责法律依据",
    ),
    "source_of_power": ("权力来源", "职权来源", "权力来源渠道"),
    "post": ("岗位", "责任岗位", "办理岗位", "职位"),
    "statutory_limit": ("法定时限", "法定办结时限", "法定期限", "法定办理时限", "法定办结期限"),
    "promised_limit": ("承诺时限", "承诺办结时限", "承诺期限", "办理时限", "承诺办理时限", "办结时限"),
    "conditions": ("办理条件", "受理条件", "申请条件", "许可条件", "审批条件"),
    "audience": ("服务对象", "行政相对人", "办理对象", "对象", "实施对象", "行使对象", "服务对象类型"),
    "materials": ("申请材料", "申报材料", "办理材料", "提交材料", "所需材料"),
    "fee": ("是否收费", "收费标准", "收费情况", "收费标准及依据", "收费依据及标准", "收费依据"),
    "supervision": (
        "监督电话",
        "监督投诉电话",
        "投诉电话",
        "监督方式",
        "监督渠道",
        "投诉举报电话",
        "监督途径",
    ),
    "contact": ("咨询电话", "联系电话", "联系方式", "咨询方式", "咨询渠道"),
    "remedy": ("救济渠道", "救济途径", "救济方式", "法律救济", "救济渠道和方式"),
    "remark": ("备注", "说明", "备注说明", "其他", "备 注", "情况说明"),
}

FIELDS = tuple(name for name in SYNONYMS if name != "level_authority")

# Text that can run on over several rows of the sheet, and is then joined.
RUNS_ON = frozenset({
    "legal_basis", "department_duty", "duties", "duties_basis", "accountability_scope", "accountability",
    "accountability_basis", "authority", "conditions", "materials", "fee", "remark", "remedy",
    "handling_unit",
    "supervision", "contact", "audience", "source_of_power",
})  # fmt: skip

# Where no synonym is equal, the first pattern found decides; the order is from narrow to wide.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"流程图|办件类型|实施时间|网址|审核意见|调整(类型|情况|意见)", ""),
    (r"(追责|问责|责任追究).*(对象|范围|主体)", "accountability_scope"),
    (r"(追责|问责|责任追究)(情形)?的?(法律|法规|政策)?依据$", "accountability_basis"),
    (r"追责|问责|责任追究", "accountability"),
    (r"(责任|履责).*依据", "duties_basis"),
    (r"(责任|承办|经办|内设|办理|具体).*(科室|处室|股室|机构|科\(?室\)?)", "handling_unit"),
    (r"责任(单位|部门|主体)", "exercising_body"),
    (r"责任事项|责任内容|责任清单", "duties"),
    (r"层级.*权限|权限.*层级", "level_authority"),
    (r"层级$", "level"),
    (r"权限", "authority"),
    (r"职责$|职能$|^(主要|部门|单位)职责", "department_duty"),
    (r"(子项|办理项|小项|细项)的?(序号|编?号)$", ""),
    (r"(子项|办理项|小项|细项).*(编码|代码)$", "sub_code"),
    (r"子项|办理项|小项|细项", "subitem"),
    (r"基本编码|基本目录", "basic_code"),
    (r"(编码|代码)$", "code"),
    (r"来源$", "source_of_power"),
    (r"(权力|职权|事项|权责|项目).*(类型|类别|种类|性质)$", "category"),
    (r"(实施|行使|执法|执行|权力|职权).*(主体|机关|部门|单位|机构)$", "exercising_body"),
    (r"法定.*(时限|期限)", "statutory_limit"),
    (r"(承诺|办理|办结).*(时限|期限)", "promised_limit"),
    (r"收费", "fee"),
    (r"材料", "materials"),
    (r"救济", "remedy"),
    (r"(监督|投诉).*(电话|方式|渠道|途径)", "supervision"),
    (r"(咨询|联系).*(电话|方式|渠道)", "contact"),
    (r"依据$|^(实施|设定|法律|职权|权力)依据", "legal_basis"),
    (r"^(行政)?(权力|职权|权责|事项|项目|主项).*(名称|事项)$|(事项|权力|职权|项目|主项)名称", "name"),
    (r"^(行政)?(许可|审批|处罚|检查|强制|执法|服务|奖励|确认|给付|征收|裁决|备案)(事项|项目)$", "name"),
    (r"^备注", "remark"),
)

# What a list without a column of names calls its items; never where it is a table of discretion.
STAND_INS = frozenset(
    {"违法行为", "违法事项", "案由", "检查事项", "检查内容", "收费项目", "收费名称", "服务内容"}
)
NO_POWER_LIST = re.compile(r"裁量|阶次|档次|幅度")

LONGEST_HEADER = 30  # characters; a longer cell is content, whatever it contains


def plain(text: str) -> str:
    """A header cell without blanks, width differences, and marks at its end."""
    text = "".join(unicodedata.normalize("NFKC", text).split())
    return text.strip("*:;,.、。★※")


def without_notes(text: str) -> str:
    """The text outside brackets: 子项（办理项）名称 → 子项名称."""
    return re.sub(r"[(\[【〔][^)\]】〕]*[)\]】〕]", "", text)


@dataclass(frozen=True)
class Vocabulary:
    """Header names → fields. `extra` are rows that editors added, as (text, field)."""

    extra: tuple[tuple[str, str], ...] = ()
    table: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = {plain(name): key for key, names in SYNONYMS.items() for name in names}
        table.update({plain(text): key for text, key in self.extra})
        object.__setattr__(self, "table", table)

    def exact(self, text: str) -> str | None:
        """The field named by `text` itself, or None."""
        text = plain(text)
        if found := self.table.get(text):
            return found
        if re.search(r"[(\[]((子|小|细|分|办理)项|二级)(名称|事项)?[)\]]$", text):  # 事项名称（子项）
            return "subitem"
        found = self.table.get(without_notes(text))
        # 事项名称 Name: a second language beside the first
        return found or self.table.get(plain(re.sub(r"[A-Za-z]+", "", text)) or text)

    def field(self, text: str) -> str | None:
        """The field `text` names, exactly or by a pattern; None for anything else."""
        if found := self.exact(text):
            return found
        text = plain(text)
        if not text or len(text) > LONGEST_HEADER:
            return None
        for candidate in (without_notes(text), text):
            for pattern, key in PATTERNS:
                if candidate and re.search(pattern, candidate):
                    return key or None
        return None
