# ruff: noqa: E501  (a row is a line)
"""What is found in notices into which names and numbers were written; measured as recall and precision."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cms import masking
from cms.masking.numbers import CHECKS, WEIGHTS, valid_card, valid_id

REAL = Path(__file__).resolve().parents[4] / "shared/data/cases/notices_30.jsonl"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱"
GIVEN = [
    "伟",
    "芳",
    "静",
    "强",
    "磊",
    "军",
    "勇",
    "艳",
    "杰",
    "涛",
    "明",
    "建国",
    "秀英",
    "志强",
    "桂兰",
    "晓东",
    "海燕",
    "文博",
    "子轩",
    "立新",
    "国庆",
    "永刚",
    "德明",
    "丽娟",
    "俊杰",
    "宏伟",
    "玉梅",
    "雨欣",
    "浩然",
    "思远",
    "家豪",
    "卫东",
    "振华",
    "光明",
    "爱民",
    "福生",
    "一鸣",
    "启明",
]
COMPOUND = ["欧阳", "司马", "上官", "诸葛", "皇甫", "慕容", "夏侯", "司徒"]
# Written for this test, in the words of such notices; {0} … are persons.
WRITTEN = [
    "云泽市望湖区市场监督管理局原副局长{0}违规收受礼金问题。2023年春节前，{0}收受企业负责人{1}所送礼金5000元。{0}受到党内警告处分。",
    "经查，当事人{0}在滨河路经营早餐店，未取得许可。执法人员{1}、{2}现场检查时，{0}拒不配合。",
    "法定代表人：{0}。委托代理人：{1}，系该公司员工。{0}对处罚决定不服，向市政府申请复议。",
    "柳溪镇党委书记{0}同志、镇长{1}同志履行主体责任不力，受到诫勉。村会计{2}被免职。",
    "{0}身为党员干部，伙同{1}套取补贴12.6万元，其中{0}分得8万元，{1}分得4.6万元。{0}、{1}分别受到开除党籍、留党察看一年处分。",
    "举报人{0}反映，大队长{1}多次要求商户在指定的公司购买设备。调查人员找{2}、{3}等人核实，情况属实。",
]


def name(rnd: random.Random) -> str:
    return (rnd.choice(COMPOUND) if rnd.random() < 0.08 else rnd.choice(SURNAMES)) + rnd.choice(GIVEN)


def measured(texts: list[tuple[str, list[tuple[int, int]]]]) -> tuple[float, float, list[str]]:
    """(recall, precision, what was missed) of exact spans."""
    right = missed = wrong = 0
    lost = []
    for text, spans in texts:
        found = {(f.start, f.end) for f in masking.findings(text)}
        right += len(found & set(spans))
        wrong += len(found - set(spans))
        lost += [text[max(0, a - 6) : b + 6] for a, b in spans if (a, b) not in found]
        missed += len(set(spans) - found)
    return right / (right + missed), right / max(right + wrong, 1), lost


def filled(template: str, pattern: str, make: Callable[[str], str]) -> tuple[str, list[tuple[int, int]]]:
    """The template with each distinct match replaced by a name of its own, and where the names are."""
    given: dict[str, str] = {}
    out, spans, at = "", [], 0
    for match in re.finditer(pattern, template):
        out += template[at : match.start()]
        said = given.setdefault(match[0], make(match[0]))
        spans.append((len(out), len(out) + len(said)))
        out, at = out + said, match.end()
    return out + template[at:], spans


def test_names_in_written_notices() -> None:
    rnd = random.Random(4)
    texts = [filled(text, r"\{\d\}", lambda _: name(rnd)) for text in WRITTEN * 12]
    recall, precision, lost = measured(texts)
    assert recall >= 0.90, lost
    assert precision >= 0.80


def test_names_in_published_notices() -> None:
    if not REAL.exists():
        pytest.skip("the published notices are not here")
    notices = [json.loads(line)["masked_text"] for line in REAL.read_text("utf-8").splitlines()]
    assert not [f for text in notices for f in masking.findings(text)]  # all are masked: nothing to find
    rnd = random.Random(8)
    person = r"[㐀-鿿](?<![内乡接])某{1,2}(?![饭私微])"
    texts = [filled(text, person, lambda s: (s[0] + rnd.choice(GIVEN)) if rnd.random() < 0.5 else name(rnd))
             for text in notices * 3]  # fmt: skip
    recall, precision, lost = measured(texts)
    assert recall >= 0.90, lost
    assert precision >= 0.80


# Characters that given names have been made of, common and rare; names of them are drawn at random.
WIDE = (
    "雯昕烁霖亦誉联剑环毓语奕译钟涵宸睿轩梓萱怡诺依晨曦欣妍彤瑶琪婷萌蕊菲倩茜颖媛媚娅妮珊琳莹璐雪冰洁清澄澈淼鑫焱垚磊晶晟昊旻昱晖旸旭曜煜炫烨灿炜焕烽煊熠耀翰翔羿翊鹏"
    "鹤鸿雁莺燕凤凰麟麒骏骁驰骋勇猛刚毅坚强伟壮雄豪杰英俊贤哲敏慧聪智谋略策韬武文斌彬斐博学识知言诗词歌赋琴棋书画墨砚笔纸国家邦民族华夏中原春秋冬梅兰竹菊松柏桐楠樟桂"
    "榕枫杨柳江河湖海洋波涛浪潮涌泉溪涧瀑霞霓虹霄云雷震霆风雨露霜霁星辰日月光辉明亮朗晴暖阳和平安宁静康健寿福禄喜庆吉祥瑞顺利昌盛兴旺发达富贵荣宝珍珠玉翠翡琥珀玛瑙钻"
    "金银铜铁钢锋戈矛盾钧鼎铭镇锦绣绮纨素丝绸缎纱线绵纶纲纪维经纬仁义礼信忠孝节廉耻温良恭俭让谦逊宽容厚道德善美真诚恳切勤奋努力进取前程万里远志向超越凌腾飞跃升立建设"
    "创造新生活长久永恒存在根本源流传承继续延世代子孙孟仲季伯叔昆兄弟姐妹爱恋思念忆怀望盼希冀梦想理翀赟彧邺郢鄢赫奭昶祎祺禛祚祉祐祜褀禕玥珂珏珑玲玫瑰瑾瑜璟璠璇玑琬琰"
    "珺琨珩珉玘玮琛琮琦琅琼瑛瑗瑄璋壁甫甯衎衍衡征彻微徽律循得恕恩恺悦悠惟惠愉愈慰憬懋懿戬扬拓振挺捷援揆敖敦斛昂昭晏晗晔景暄暐曈朔朴权材杓杞杭枢柔柯栋栩桁桓梁棣森棠楷"
    "榛槐樊橙欧歆沁沅沐沛沣泓泽泠洵洛津洲浚浩涓润涟淇淳深渊渝湉湘溢溥滔滢漪漫演潇潍澜澎濂瀚"
)


def rare_name(rnd: random.Random) -> str:
    return rnd.choice(SURNAMES) + "".join(rnd.choice(WIDE) for _ in range(1 if rnd.random() < 0.2 else 2))


def test_rare_names_in_published_notices() -> None:
    if not REAL.exists():
        pytest.skip("the published notices are not here")
    notices = [json.loads(line)["masked_text"] for line in REAL.read_text("utf-8").splitlines()]
    rnd = random.Random(31)
    person = r"[㐀-鿿](?<![内乡接])某{1,2}(?![饭私微])"
    texts = [filled(text, person, lambda _: rare_name(rnd)) for text in notices * 3]
    recall, precision, lost = measured(texts)
    assert recall >= 0.90, lost
    assert precision >= 0.80


@pytest.mark.parametrize(
    "text",
    [
        "法定代表人：{0}",
        "副局长{0}、科长{1}参加检查。",
        "经研究，给予{0}同志党内警告处分。",
        "其收受管理服务对象{0}礼金三万元。",
        "时任建设所所长的{0}在验收中失职。",
        "经办人签字：{0}",
        "涉案货车车主为{0}，驾驶员为{1}。",
        "申请人系{0}，被申请人为某局。",
        "其朋友之妻{0}在该公司领取工资。",
        "市民{0}家住滨江路。",
        "承租人{0}与出租人{1}签订租赁合同。",
        "被执行人{0}未履行义务。",
        "主犯{0}被判处有期徒刑三年。",
    ],
)
def test_what_stands_before_and_behind_tells_a_name(text: str) -> None:
    rnd = random.Random(6)
    recall, precision, lost = measured([filled(text, r"\{\d\}", lambda _: rare_name(rnd)) for _ in range(40)])
    assert recall >= 0.80, lost
    assert precision >= 0.90


def test_ordinary_words_are_no_names() -> None:
    words = (
        "宿舍 高桥 和解 车道 楼道 周一 国美 高度 方面 张贴 周边 金额 成立 白酒 黄金 安全 任务 应急 马路 时间"
    )
    for word in words.split():
        for text in (f"负责人高度重视，{word}问题已经解决。", f"由{word}部门处理。", f"经理对{word}的要求。"):
            assert not masking.findings(text), text


def identity(rnd: random.Random) -> str:
    body = rnd.choice(["110105", "330602", "440305", "512081"])
    body += f"{rnd.randint(1945, 2010)}{rnd.randint(1, 12):02}{rnd.randint(1, 28):02}{rnd.randint(0, 999):03}"
    return body + CHECKS[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def phone(rnd: random.Random) -> str:
    p = "1" + rnd.choice("3456789") + "".join(rnd.choice("0123456789") for _ in range(9))
    forms = [
        p,
        f"{p[:3]}-{p[3:7]}-{p[7:]}",
        f"{p[:3]} {p[3:7]} {p[7:]}",
        "+86" + p,
        "0575-" + p[3:],
        "(010)" + p[3:],
    ]
    return rnd.choice(forms)


def plate(rnd: random.Random) -> str:
    letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    tail = rnd.choice(
        [
            f"{rnd.randint(0, 99999):05}",
            f"D{rnd.randint(0, 99999):05}",
            f"{rnd.choice(letter)}{rnd.randint(0, 9999):04}",
        ]
    )
    return rnd.choice("京浙粤川苏鲁") + rnd.choice(letter) + rnd.choice(["", "·", " "]) + tail


def address(rnd: random.Random) -> str:
    street = rnd.choice(
        [
            "解放北路{}号",
            "人民路{}号3栋2单元501室",
            "幸福小区{}栋1单元302室",
            "东星村{}组15号",
            "建设大道{}-2号",
            "锦绣花园{}幢1203室",
            "胜利街{}号院6号楼",
            "中山路{}弄5号",
        ]
    )
    return rnd.choice(["浙江省绍兴市越城区马山街道", "南海区大沥镇", "", "成都市"]) + street.format(
        rnd.randint(1, 200)
    )


AROUND = {
    identity: ["身份证号码{}，", "（{}）", "，{}，汉族"],
    phone: ["电话{}，", "（联系电话：{}）", "拨打{}与其联系"],
    plate: ["驾驶{}小型轿车", "车牌号{}，", "借用{}越野车"],
    address: ["住{}。", "位于{}的房屋", "地址：{}；"],
}


@pytest.mark.parametrize("make", AROUND, ids=lambda make: make.__name__)
def test_a_hundred_made_strings_of_each(make: Callable[[random.Random], str]) -> None:
    rnd = random.Random(3)
    texts = []
    for _ in range(100):
        value, around = make(rnd), rnd.choice(AROUND[make])
        before = "经查，该所工作人员" + around.split("{}")[0]
        text = before + value + around.split("{}")[1] + "后受到处理，涉及金额12.5万元。"
        texts.append((text, [(len(before), len(before) + len(value))]))
    recall, precision, lost = measured(texts)
    assert recall >= 0.98, lost
    assert precision >= 0.95


@pytest.mark.parametrize(
    "text",
    [
        "云城管罚字〔2023〕15号", "总第1312期，共1234567.89元", "金额123456789012345678元", "第三十四条第2款第（3）项",
        "举报电话12388", "王某某、李某受到处理", "县委书记高度重视，主任安排专人负责", "高档白酒36瓶、黄金首饰2件",
        "统一社会信用代码91330600MA2XXXXX5T", "江苏省委、安徽省纪委监委", "时任负责人和会计分别受到处分",
        "面积达12000平方米", "2017年4月至2019年10月", "深南大道沿线", "合同编号HT-2023-00123456",
    ],
)  # fmt: skip
def test_what_is_not_personal(text: str) -> None:
    assert masking.findings(text) == []


def test_the_kinds_and_places() -> None:
    text = "当事人张伟，身份证号１１０１０５１９４９１２３１００２１，住北京市朝阳区建国路88号院3号楼1单元502室，卡号6222 0212 3456 7890 123，邮箱zhang.san@example.com"
    found = masking.findings(text)
    assert [f.kind for f in found] == ["name", "identity", "address", "card", "email"]
    assert all(text[f.start : f.end] == f.text for f in found)


def test_ethnic_and_compound_names() -> None:
    found = masking.findings("买买提·吐尔逊受到警告处分。副局长欧阳建国知情不报。")
    assert [f.text for f in found] == ["买买提·吐尔逊", "欧阳建国"]


def test_check_digits() -> None:
    assert valid_id("11010519491231002X")
    assert not valid_id("110105194912310021")
    assert valid_card("4111111111111111")
    assert not valid_card("4111111111111112")


def test_named_officials_pass_where_the_level_is_none() -> None:
    text = "副局长王建国收受商户李国庆所送现金。王建国受到警告处分，电话13800138000。"
    found = masking.findings(text)
    left = {level: {f.text for f in masking.blocking(found, level)} for level in ("none", "surname", "full")}
    assert left["none"] == {"李国庆", "13800138000"}
    assert left["surname"] == left["full"] == {"王建国", "李国庆", "13800138000"}
    assert {f.text for f in masking.blocking(found, "none", public=["李国庆"])} == {"13800138000"}


def test_a_surname_left_is_partial() -> None:
    assert [f.text for f in masking.partly_masked("周某、王某某受到处分，某日")] == ["周某", "王某某"]


def test_long_texts_are_read_in_time_that_grows_with_them() -> None:
    for piece in ("没有标点的文字不断继续", "一二三路四五六号", "1234567890 ", "王李张刘陈", "·甲"):
        masking.findings(piece * 3_000)  # a rule that tries every division would never come back


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("负责人：李　明　　电话：138 0013 8000", ["李　明", "138 0013 8000"]),
        ("被投诉人古力娜扎·拜合提亚尔在该店", ["古力娜扎·拜合提亚尔"]),
        ("给予张三丰党内警告处分，给予萧红政务记过处分。", ["张三丰", "萧红"]),
        ("被处罚人冼星海，男", ["冼星海"]),
        ("其妻马冬梅名下有房产", ["马冬梅"]),
        ("经办人：司马相如；复核人：左丘明", ["司马相如", "左丘明"]),
        ("护照号E12345678、通行证C12345678", ["E12345678", "C12345678"]),
        ("住朝阳区望京西园四区410楼3门502", ["朝阳区望京西园四区410楼3门502"]),
        ("桂A·12345、粤BD12345、京A1234警、粤Z1234港", ["桂A·12345", "粤BD12345", "京A1234警", "粤Z1234港"]),
    ],
)
def test_less_usual_forms(text: str, personal: list[str]) -> None:
    assert [f.text for f in masking.findings(text)] == personal


@pytest.mark.parametrize(
    "text",
    ["洪涝灾害、习惯做法、零售药店", "常设机构定期检查，巢湖水质达标", "萧山分局、阎良分局、傅家坡小区门口"],
)
def test_words_that_begin_with_a_surname(text: str) -> None:
    assert masking.findings(text) == []
