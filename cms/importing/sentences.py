"""What the reader names by code, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, gettext_lazy

from .refusals import Problem

# The reader's field names as people say them.
# Columns of a table of discretion (tier_tables).
TIER_LABELS = {
    "seq": gettext_lazy("序号"),
    "code": gettext_lazy("编码"),
    "act": gettext_lazy("违法行为"),
    "law": gettext_lazy("法律法规名称"),
    "legal_basis": gettext_lazy("违法依据"),
    "penalty_basis": gettext_lazy("处罚依据"),
    "range": gettext_lazy("法定幅度"),
    "level": gettext_lazy("裁量阶次"),
    "group": gettext_lazy("适用对象"),
    "condition": gettext_lazy("适用条件"),
    "standard": gettext_lazy("具体标准"),
    "remark": gettext_lazy("备注"),
}
FIELD_LABELS = {
    "seq": gettext_lazy("序号"),
    "code": gettext_lazy("编码"),
    "sub_code": gettext_lazy("子项编码"),
    "basic_code": gettext_lazy("基本编码"),
    "name": gettext_lazy("事项名称"),
    "subitem": gettext_lazy("子项"),
    "category": gettext_lazy("类别"),
    "legal_basis": gettext_lazy("设定依据"),
    "exercising_body": gettext_lazy("实施主体"),
    "handling_unit": gettext_lazy("承办机构"),
    "level": gettext_lazy("实施层级"),
    "authority": gettext_lazy("权限"),
    "department_duty": gettext_lazy("部门职责"),
    "duties": gettext_lazy("责任事项"),
    "duties_basis": gettext_lazy("责任事项依据"),
    "accountability_scope": gettext_lazy("追责对象范围"),
    "accountability": gettext_lazy("追责情形"),
    "accountability_basis": gettext_lazy("追责依据"),
    "source_of_power": gettext_lazy("权力来源"),
    "post": gettext_lazy("岗位"),
    "statutory_limit": gettext_lazy("法定办结时限"),
    "promised_limit": gettext_lazy("承诺办结时限"),
    "conditions": gettext_lazy("办理条件"),
    "audience": gettext_lazy("服务对象"),
    "materials": gettext_lazy("申请材料"),
    "fee": gettext_lazy("收费"),
    "supervision": gettext_lazy("监督投诉"),
    "contact": gettext_lazy("咨询方式"),
    "remedy": gettext_lazy("救济渠道"),
    "remark": gettext_lazy("备注"),
}

SENTENCES = {
    # The file
    "not_found": gettext_lazy("找不到这个文件，或者没有权限读它。"),
    "empty": gettext_lazy("文件是空的。"),
    "too_large": gettext_lazy("文件超过 %(limit)s MB。"),
    "not_a_workbook": gettext_lazy("这不是工作簿。能读的有 xlsx、xls、ods 和 csv。%(found)s"),
    "web_page": gettext_lazy("这是网页，不是工作簿。请用表格软件打开后另存为 xlsx。"),
    "xml_workbook": gettext_lazy("这是 XML 文件，不是工作簿。请用表格软件打开后另存为 xlsx。"),
    "binary_workbook": gettext_lazy("不能读 xlsb。请另存为 xlsx。"),
    "encrypted": gettext_lazy("工作簿有密码。请去掉密码后再导入。"),
    "damaged": gettext_lazy("文件损坏或者不完整。"),
    "damaged_sheet": gettext_lazy("这张工作表损坏，读不出来。"),
    "entities": gettext_lazy("文件里有不允许的 XML 声明。"),
    "bomb": gettext_lazy("文件展开后太大（超过 %(limit)s MB，或者压缩比异常）。"),
    "too_many_parts": gettext_lazy("文件里的部件超过 %(limit)s 个。"),
    "too_many_sheets": gettext_lazy("工作表超过 %(limit)s 张。"),
    "too_many_items": gettext_lazy("事项超过 %(limit)s 项。"),
    "far_cell": gettext_lazy("单元格 %(cell)s 离表格太远。请删去表格以外的内容再导入。"),
    "too_slow": gettext_lazy("读了 %(seconds)s 秒还没有读完。请拆成几个文件。"),
    "too_much_memory": gettext_lazy("读这个文件需要的内存超过限度。请拆成几个文件。"),
    "reader_failed": gettext_lazy("读不了这个文件（%(kind)s）。"),
    "no_header": gettext_lazy("前 8 行里没有找到表头。表头至少要有事项名称和另外两列。"),
    "duplicate_code": gettext_lazy("编码 %(value)s 重复：第 %(other_row)s 行已经用了%(other_sheet)s。"),
    "duplicate_code_files": gettext_lazy("编码 %(value)s 重复：%(other_file)s 第 %(other_row)s 行已经用了。"),
    "code_elsewhere": gettext_lazy("编码 %(value)s 已经属于另一个机构的事项。"),
    # A row
    "note": gettext_lazy("附注"),
    "only_number": gettext_lazy("只有序号。"),
    "only_name": gettext_lazy("只有名称，没有别的内容。"),
    "no_name": gettext_lazy("没有事项名称，也不是上一项的续行。"),
    "sub_without_name": gettext_lazy("子项上方没有事项名称。"),
    "name_too_long": gettext_lazy("名称超过 %(limit)s 个字。"),
    "item_again": gettext_lazy("编码 %(value)s 的这一项在“%(other_sheet)s”第 %(other_row)s 行已经有了。"),
    "unknown_columns": gettext_lazy("只有不认识的列里有内容。"),
    "sheet_without_header": gettext_lazy("这张工作表前 8 行里没有找到表头。"),
    # Benchmarks
    "no_tier_header": gettext_lazy("前 8 行里没有找到表头。表头要有违法行为、具体标准和另外一列。"),
    "damaged_json": gettext_lazy("JSON 不完整或者不合格式（%(text)s）。"),
    "no_items": gettext_lazy("JSON 里没有 items 列表。"),
    "no_act": gettext_lazy("没有写违法行为。"),
    "no_tiers": gettext_lazy("没有一个写了具体标准的阶次。"),
    "no_standard": gettext_lazy("没有写具体标准。"),
    "too_many_tiers": gettext_lazy("一种违法行为的阶次太多。"),
    "act_twice": gettext_lazy("同一种违法行为写了两次，第 %(other_row)s 行已经有了。"),
    # Said, and taken all the same
    "hidden_sheet": gettext_lazy("工作表是隐藏的，没有读。"),
    "control_characters": gettext_lazy("去掉了 %(cells)s 个单元格里的控制字符。"),
    "column_without_header": gettext_lazy("%(column)s 列没有表头，没有读。"),
    "column_unknown": gettext_lazy("%(column)s 列的表头“%(text)s”不认识，内容只作备查。"),
    "columns_differ": gettext_lazy("“%(text)s”有几列，内容不同，取第一个不空的。"),
    "inherited": gettext_lazy("子项没有写，沿用主项的：%(fields)s。"),
    "code_malformed": gettext_lazy("编码“%(value)s”格式不对，改用本站编码。"),
    "category_from_title": gettext_lazy("没有写类别，按标题或者工作表的名称归类。"),
    "no_category": gettext_lazy("没有写类别，只能存为草稿。"),
    "category_unknown": gettext_lazy("类别“%(value)s”不认识，只能存为草稿。"),
    "no_basis": gettext_lazy("没有设定依据，只能存为草稿。"),
    "source_unknown": gettext_lazy("权力来源“%(value)s”不认识，没有填。"),
    "code_of_main": gettext_lazy("编码 %(value)s 是主项的，几个子项都写它；子项改用本站编码。"),
    "code_common": gettext_lazy("编码 %(value)s 写在几项上，不是事项的编码；改用本站编码。"),
    "level_unknown": gettext_lazy("层级“%(value)s”不认识，原文保留。"),
}


def sentence(code: str, params: dict[str, Any] | None = None) -> str:
    """The sentence of a code in the active language; an unknown code is shown as it is."""
    if code not in SENTENCES:
        return code
    given: dict[str, Any] = {"cell": "", "found": "", "other_sheet": "", **(params or {})}
    if given["found"]:
        given["found"] = gettext("这个文件看来是 %(kind)s。") % {"kind": given["found"]}
    if given["other_sheet"]:
        given["other_sheet"] = gettext("（工作表“%(sheet)s”）") % {"sheet": given["other_sheet"]}
    if "fields" in given:
        given["fields"] = gettext("、").join(str(FIELD_LABELS.get(name, name)) for name in given["fields"])
    return str(SENTENCES[code]) % given


def located(file: str, problem: Problem) -> str:
    """“file, sheet, row: sentence”, as far as they are known."""
    place = [file]
    if problem.sheet:
        place.append(gettext("工作表“%(sheet)s”") % {"sheet": problem.sheet})
    if problem.row:
        place.append(gettext("第 %(row)s 行") % {"row": problem.row})
    return gettext("%(place)s：%(sentence)s") % {
        "place": gettext("，").join(place),
        "sentence": sentence(problem.code, problem.params),
    }
