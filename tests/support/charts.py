"""Flowcharts to draw: written ones, random ones from a seed, the real one; what is wrong in a drawing."""

from __future__ import annotations

import json
import random
from itertools import combinations
from pathlib import Path

from cms.flow.chart import DECISION, END, START, Chart, Step, Transition
from cms.flow.shapes import Box, Drawing, Line

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
BEIJING = SHARED / "flow" / "flow_beijing_ip_penalty.json"

WORDS = (
    "立案审查受理调查取证事先告知集体讨论决定送达执行归档复核补正公示听证现场勘验专家评审收费退还登记备案抽查"
)
LATIN = ["B 超", "WTO", "MMWW", "PM2.5", "（一）", "“三公”", "A4", "iiiill"]
POSTS = ["窗口", "承办人", "法制审核员", "分管负责人", "局长办公会", "纪检监察组", "档案管理员"]


def penalty() -> Chart:
    """25 steps, four decisions, five returns, three posts: a penalty from the first clue to the archive."""
    clerk, reviewer, head = "执法人员", "法制审核员", "机关负责人"
    rows = [
        ("s1", "发现违法线索", START, clerk, ""),
        ("s2", "登记线索并当场核对来源", "accept", clerk, "1 个工作日"),
        ("s3", "是否属于本机关管辖", DECISION, clerk, ""),
        ("s4", "移送有管辖权的机关", "deliver", clerk, "3 个工作日"),
        ("s5", "制作立案审批表", "accept", clerk, "2 个工作日"),
        ("s6", "审批立案", "decide", head, "2 个工作日"),
        ("s7", "两名以上执法人员调查取证", "review", clerk, "30 日"),
        ("s8", "现场勘验、抽样取证", "review", clerk, ""),
        ("s9", "制作调查终结报告", "review", clerk, "5 日"),
        ("s10", "法制审核", "review", reviewer, "5 个工作日"),
        ("s11", "事实是否清楚、证据是否充分", DECISION, reviewer, ""),
        ("s12", "拟定处罚意见，对照裁量基准", "review", clerk, ""),
        ("s13", "审批处罚意见", "decide", head, "3 个工作日"),
        ("s14", "事先告知当事人", "deliver", clerk, "5 日"),
        ("s15", "当事人是否要求听证", DECISION, clerk, ""),
        ("s16", "组织听证", "review", reviewer, "20 日"),
        ("s17", "制作听证报告", "review", reviewer, "3 日"),
        ("s18", "听取陈述申辩并复核", "review", clerk, "3 日"),
        ("s19", "集体讨论", "decide", head, "10 日"),
        ("s20", "处罚决定是否通过", DECISION, head, ""),
        ("s21", "制作处罚决定书", "decide", clerk, ""),
        ("s22", "送达并公示", "deliver", clerk, "7 日"),
        ("s23", "执行", "deliver", clerk, "15 日"),
        ("s24", "立卷归档", "deliver", clerk, "30 日"),
        ("s25", "结束", END, clerk, ""),
    ]
    ways = [
        ("s1", "s2"),
        ("s2", "s3"),
        ("s3", "s4", "不属于"),
        ("s3", "s5", "属于"),
        ("s4", "s25"),
        ("s5", "s6"),
        ("s6", "s7", "同意"),
        ("s7", "s8"),
        ("s8", "s9"),
        ("s9", "s10"),
        ("s10", "s11"),
        ("s11", "s12", "清楚"),
        ("s12", "s13"),
        ("s13", "s14", "同意"),
        ("s14", "s15"),
        ("s15", "s16", "要求"),
        ("s15", "s18", "不要求"),
        ("s16", "s17"),
        ("s17", "s19"),
        ("s18", "s19"),
        ("s19", "s20"),
        ("s20", "s21", "通过"),
        ("s21", "s22"),
        ("s22", "s23"),
        ("s23", "s24"),
        ("s24", "s25"),
    ]
    back = [
        ("s6", "s5", "材料不齐"),
        ("s11", "s7", "不清楚，退回补充调查"),
        ("s13", "s12", "裁量不当"),
        ("s18", "s12", "申辩成立"),
        ("s20", "s9", "不通过"),
    ]
    risks = {"s2": 2, "s7": 3, "s12": 3, "s19": 1}
    return _chart("行政处罚（二十五步）", rows, ways, back, risks)


def licence() -> Chart:
    """25 steps, four decisions, five returns, three posts: a licence with an expert review."""
    window, office, head = "政务服务窗口", "审批科", "分管局长"
    rows = [
        ("a", "申请人提出申请", START, window, ""),
        ("b", "收件并出具回执", "accept", window, "当场"),
        ("c", "材料齐全、符合法定形式？", DECISION, window, ""),
        ("d", "一次性告知补正", "accept", window, "5 日"),
        ("e", "受理", "accept", window, ""),
        ("f", "转审批科", "accept", window, "1 个工作日"),
        ("g", "书面审查", "review", office, "5 个工作日"),
        ("h", "需要现场核查？", DECISION, office, ""),
        ("i", "现场核查", "review", office, "3 个工作日"),
        ("j", "出具核查意见", "review", office, ""),
        ("k", "需要专家评审？", DECISION, office, ""),
        ("l", "抽取专家", "review", office, "2 个工作日"),
        ("m", "专家评审会议", "review", office, "10 个工作日"),
        ("n", "形成评审结论", "review", office, ""),
        ("o", "拟定审批意见", "review", office, "2 个工作日"),
        ("p", "公示", "review", office, "7 日"),
        ("q", "处理异议", "review", office, ""),
        ("r", "审签", "decide", head, "2 个工作日"),
        ("s", "准予许可？", DECISION, head, ""),
        ("t", "制作许可证", "deliver", window, "1 个工作日"),
        ("u", "制作不予许可决定书并说明理由", "deliver", window, ""),
        ("v", "送达", "deliver", window, "10 日"),
        ("w", "公开结果", "deliver", window, ""),
        ("x", "归档", "deliver", window, ""),
        ("y", "办结", END, window, ""),
    ]
    ways = [
        ("a", "b"),
        ("b", "c"),
        ("c", "d", "否"),
        ("c", "e", "是"),
        ("e", "f"),
        ("f", "g"),
        ("g", "h"),
        ("h", "i", "是"),
        ("h", "k", "否"),
        ("i", "j"),
        ("j", "k"),
        ("k", "l", "是"),
        ("k", "o", "否"),
        ("l", "m"),
        ("m", "n"),
        ("n", "o"),
        ("o", "p"),
        ("p", "q", "有异议"),
        ("p", "r", "无异议"),
        ("q", "r"),
        ("r", "s"),
        ("s", "t", "准予"),
        ("s", "u", "不予"),
        ("t", "v"),
        ("u", "v"),
        ("v", "w"),
        ("w", "x"),
        ("x", "y"),
    ]
    back = [
        ("d", "b", "补正后重新提交"),
        ("g", "f", "缺件"),
        ("n", "l", "回避后重抽"),
        ("q", "o", "异议成立"),
        ("r", "g", "退回重审"),
    ]
    return _chart("行政许可（二十五步）", rows, ways, back, {"b": 2, "l": 3, "r": 3})


def _chart(title: str, rows: list, ways: list, back: list, risks: dict[str, int]) -> Chart:
    steps, number = [], 0
    for key, name, kind, post, limit in rows:
        counted = kind not in (START, DECISION, END)
        number += counted
        under = "，".join(x for x in (post, limit) if x)
        link = f"#risk-{key}-1" if key in risks else ""
        steps.append(
            Step(key, name, kind, under, risks.get(key, 0), number if counted else None, post, limit,
                 risk_link=link)
        )  # fmt: skip
    transitions = [Transition(*w) for w in ways] + [Transition(*b, returns=True) for b in back]
    return Chart(title, steps, transitions)


def beijing() -> Chart | None:
    """The real flow, or None where the shared data is absent."""
    if not BEIJING.exists():
        return None
    row = json.loads(BEIJING.read_text(encoding="utf-8"))[0]
    steps = [Step(n["id"], n["stage"], number=i) for i, n in enumerate(row["nodes"], 1)]
    return Chart(row["title"], steps, [Transition(a, b) for a, b in row["edges"]])


def random_chart(seed: int) -> Chart:
    """3 to 40 steps, out-degree ≤ 3, returns ≤ 20 %, names of 4 to 24 characters, none to seven posts."""
    r = random.Random(seed)
    n = r.randint(3, 40)
    posts = POSTS[: r.choice([0, 1, 2, 3, 4, 6, 7])]
    steps, number = [], 0
    for i in range(n):
        kind = (
            START
            if i == 0
            else END
            if i == n - 1
            else r.choice(["review", "review", "accept", "decide", DECISION])
        )
        counted = kind not in (START, DECISION, END)
        number += counted
        post = r.choice([*posts, ""]) if posts else ""
        limit = r.choice(["", "3 个工作日", "30 日", "自受理之日起二十个工作日内办结"])
        risk = r.choice([0, 0, 0, 1, 2, 3])
        steps.append(
            Step(
                f"s{i}", _name(r), kind, "，".join(x for x in (post, limit) if x), risk,
                number if counted else None, post, limit, risk_link=f"#risk-s{i}-1" if risk else "",
            )
        )  # fmt: skip
    degree = dict.fromkeys(range(n), 0)
    pairs: dict[tuple[int, int], None] = {}
    for i in range(1, n):  # each step is reached
        source = r.choice([j for j in range(max(0, i - 4), i) if degree[j] < 3] or [i - 1])
        pairs[source, i] = None
        degree[source] += 1
    for _ in range(r.randint(0, n // 2)):
        a, b = sorted(r.sample(range(n), 2))
        if degree[a] < 3 and (a, b) not in pairs:
            pairs[a, b] = None
            degree[a] += 1
    back: dict[tuple[int, int], None] = {}
    for _ in range(len(pairs) // 5):
        b, a = sorted(r.sample(range(n), 2))
        if degree[a] < 3:
            back[a, b] = None
            degree[a] += 1
    ways = [Transition(f"s{a}", f"s{b}", _condition(r)) for a, b in pairs]
    ways += [Transition(f"s{a}", f"s{b}", _condition(r), True) for a, b in back]
    return Chart(f"随机流程 {seed}", steps, ways)


def _name(r: random.Random) -> str:
    length = r.randint(4, 24)
    name = "".join(r.choice(WORDS) for _ in range(length))
    if r.random() < 0.25:
        at = r.randrange(length)
        name = name[:at] + r.choice(LATIN) + name[at:]
    return name[:24]


def _condition(r: random.Random) -> str:
    return r.choice(["", "", "是", "否", "材料不齐", "退回补充调查后重新审核", "金额五万元以上的"])


def all_charts(most: int = 200) -> list[Chart]:
    """The real one (where it is), both written ones, and the random ones."""
    real = beijing()
    return [*([real] if real else []), penalty(), licence(), *(random_chart(n) for n in range(most))]


# What is wrong in a drawing ------------------------------------------------------------------------


def overlaps(d: Drawing) -> list[tuple[str, str]]:
    """Pairs of boxes that share more than an edge."""
    return [
        (a.step.key, b.step.key)
        for a, b in combinations(d.boxes, 2)
        if a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h
    ]


def pierced(d: Drawing) -> list[tuple[str, str, str]]:
    """(source, target, box) for every line that runs through the inside of a box."""
    found = []
    for line in d.lines:
        for p, q in zip(line.points, line.points[1:], strict=False):
            for b in d.boxes:
                if _through(p, q, b, own=b.step.key in (line.source, line.target)):
                    found.append((line.source, line.target, b.step.key))
    return found


def _through(p: tuple[float, float], q: tuple[float, float], b: Box, *, own: bool) -> bool:
    """Whether the segment (level, upright or nearly so) enters the box. Of its own box the outline counts (a
    diamond's line starts on its slanting edge), of any other the whole rectangle around it."""
    (x0, x1), (y0, y1) = sorted((p[0], q[0])), sorted((p[1], q[1]))
    x0, x1 = max(x0, b.x + 0.5), min(x1, b.x + b.w - 0.5)
    y0, y1 = max(y0, b.y + 0.5), min(y1, b.y + b.h - 0.5)
    if x0 > x1 or y0 > y1:
        return False
    places = [(x0 + (x1 - x0) * n / 8, y0 + (y1 - y0) * n / 8) for n in range(9)]
    return not own or any(abs(x - b.middle) < b.reach(y) - 1 for x, y in places)


def crossings(d: Drawing) -> int:
    """How often two different lines cross."""
    return sum(_crosses(a, b) for a, b in combinations(d.lines, 2))


def _crosses(a: Line, b: Line) -> int:
    total = 0
    for p, q in zip(a.points, a.points[1:], strict=False):
        for r, s in zip(b.points, b.points[1:], strict=False):
            total += _cut(p, q, r, s)
    return total


def _cut(p: tuple, q: tuple, r: tuple, s: tuple) -> bool:
    def side(a: tuple, b: tuple, c: tuple) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0
