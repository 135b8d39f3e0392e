# ruff: noqa: E501  (a row is a line)
"""The invented city's organisations: code, parent, level, name, English name, duties, phone."""

from __future__ import annotations

# 9901 is no area code in use: nothing here can be mistaken for a real body.
ROWS = [
    ("9901", "", "city", "云泽市人民政府", "Yunze Municipal People's Government", "领导全市行政工作，统一管理全市权责清单。", "0990-555 0100"),
    ("9901-JW", "9901", "city", "云泽市纪委监委", "Yunze Commission for Discipline Inspection and Supervision", "对公职人员依法履职、公正用权、廉洁从政情况进行监督检查，受理检举控告。", "0990-555 0199"),
    ("9901-CG", "9901", "city", "云泽市城市管理局", "Yunze Urban Management Bureau", "负责市容环境、市政设施、城市道路占用和户外广告的管理，集中行使城市管理领域的行政处罚权。", "0990-555 0147"),
    ("9901-JT", "9901", "city", "云泽市交通运输局", "Yunze Transport Bureau", "负责公路、水路运输和城市客运的管理，监督运输市场秩序。", "0990-555 0126"),
    ("9901-GA", "9901", "city", "云泽市公安局", "Yunze Public Security Bureau", "负责社会治安、户政、出入境和消防通道秩序的管理。", "0990-555 0110"),
    ("9901-ZR", "9901", "city", "云泽市自然资源局", "Yunze Natural Resources Bureau", "负责土地、规划、不动产登记和测绘的管理。", "0990-555 0133"),
    ("9901-MZ", "9901", "city", "云泽市民政局", "Yunze Civil Affairs Bureau", "负责社会救助、养老服务、社会组织登记和区划地名的管理。", "0990-555 0152"),
    ("9901-SJ", "9901", "city", "云泽市市场监督管理局", "Yunze Market Regulation Bureau", "负责经营主体登记、食品安全、价格和计量的监督管理。", "0990-555 0168"),
    ("9901-RS", "9901", "city", "云泽市人力资源和社会保障局", "Yunze Human Resources and Social Security Bureau", "负责就业、社会保险、劳动关系和人事考试的管理。", "0990-555 0171"),
    ("990102", "9901", "county", "望湖区人民政府", "Wanghu District People's Government", "领导全区行政工作，负责辖区内土地房屋征收与补偿的组织实施。", "0990-556 0200"),
    ("990102-CG", "990102", "county", "望湖区城市管理局", "Wanghu District Urban Management Bureau", "负责望湖区市容秩序和环境卫生的日常管理。", "0990-556 0247"),
    ("990103", "9901", "county", "青石县人民政府", "Qingshi County People's Government", "领导全县行政工作，管理本县的权责清单。", "0990-557 0300"),
]
ALIASES = {
    "9901-CG": ["市城市管理局", "市城管局"],
    "9901-JT": ["市交通运输局"],
    "9901-GA": ["市公安局"],
    "9901-ZR": ["市自然资源局"],
    "9901-MZ": ["市民政局"],
    "9901-SJ": ["市市场监督管理局", "市市场监管局"],
    "9901-RS": ["市人力资源和社会保障局", "市人社局"],
}
