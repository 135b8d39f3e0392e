"""Thirty invented tips of an invented city, and what became of each. Any likeness is chance.

Days are counted back from today, so that some deadlines are near and some are over whenever the demo is made.
"""

# ruff: noqa: E501  (running text is wrapped where it reads well)

from __future__ import annotations

from dataclasses import dataclass, field

Person = tuple[str, str, str]  # name, unit, post


@dataclass(frozen=True)
class Step:
    """What happened `ago` days before today. `role` is who did it; "reporter" for the citizen."""

    ago: int
    role: str
    act: str  # claim, assign, reply, ask, note, answer, feedback, or a state
    text: str = ""
    reason: str = ""
    disposal: str = ""


@dataclass(frozen=True)
class Story:
    """One tip: what the citizen wrote, and the steps that followed."""

    ago: int
    region: str
    category: str
    subject: str
    narrative: str
    respondents: tuple[Person, ...] = ()
    named: tuple[str, str] | None = None
    language: str = "zh-hans"
    files: tuple[str, ...] = ()
    concerns_office: bool = False
    about: str = ""  # the code of a published power item, if it is there
    steps: tuple[Step, ...] = field(default_factory=tuple)


def _worked(*ago: int, disposal: str = "check") -> tuple[Step, ...]:
    """Claimed and screened, then accepted, then taken into disposal: as many as days are given."""
    claimed = Step(ago[0], "triage", "claim")
    rest = (
        Step(ago[0], "triage", "screening"),
        *(Step(day, "triage", "accepted") for day in ago[1:2]),
        *(Step(day, "triage", "assign") for day in ago[1:2]),
        *(Step(day, "handler", "disposing", disposal=disposal) for day in ago[2:3]),
    )
    return (claimed, *rest)


STORIES: tuple[Story, ...] = (
    # Closed -------------------------------------------------------------------------------------------
    Story(
        168, "wanghu", "charging", "滨河路早市收“卫生费”不给票",
        "早市的摊位每月要交八十块“卫生费”，交给一个戴红袖章的人，从来没有票据。问他归哪个单位，他说不交就别想摆。"
        "我问过街道，街道说没有委托谁收过。一共二十来个摊位，收了快两年。",
        (("姓吴", "滨河路市场管理办", "协管员"),),
        files=("早市收费记录.txt",),
        steps=(
            *_worked(166, 160, 155),
            Step(150, "handler", "ask", "谢谢您反映。请回忆：最近一次是哪天交的，交给谁，旁边有没有别的摊主在场？"),
            Step(146, "reporter", "answer", "上月三号早上六点多，交给戴红袖章的吴师傅，卖菜的老李也在。他每月头三天来收。"),
            Step(140, "handler", "note", "走访摊主十二户，十一户说法一致，共收取三万四千余元，未入账。"),
            Step(128, "handler", "closed", "您反映的情况属实。违规收取的钱已经退还各摊主，收费的人已被辞退并受到处理。"),
        ),
    ),
    Story(
        150, "linjiang", "subsidy", "低保名单里有村干部的亲弟弟",
        "我们村今年新增的三户低保，有一户是村会计的亲弟弟，家里有两辆车，在县城还有房。真正困难的赵家老两口反而没评上。"
        "公示只贴了半天就撕了。",
        (("姓孙", "河湾村村委会", "会计"),),
        named=("周文秀", "139 0000 1122"),
        steps=(
            *_worked(149, 143, 138, disposal="talk"),
            Step(120, "handler", "note", "与民政部门核对：该户车辆、房产均未申报。已建议停发并复评。"),
            Step(112, "handler", "closed", "您反映的情况属实。该户低保已经取消，多领的钱正在追回；赵家已经纳入。相关干部受到党纪处分。"),
            Step(105, "handler", "feedback"),
        ),
    ),
    Story(
        131, "qingshi", "village", "村里的鱼塘承包没有公开",
        "去年冬天村里把集体的鱼塘包给了主任的表侄，一年才两千块，附近的都要一万多。没开过村民会，合同也没贴出来。",
        (("姓罗", "松岭村村委会", "主任"), ("姓罗", "", "承包人")),
        steps=(
            *_worked(129, 124, 120),
            Step(96, "handler", "closed", "您反映的程序问题属实，价格偏低的问题也属实。原合同已经解除，鱼塘正在重新公开发包。"),
        ),
    ),
    Story(
        118, "city", "style", "单位年底用公款聚餐",
        "我们单位去年年底以“业务交流”的名义在酒店聚餐三次，每次两桌，发票开成会议费。参加的都是各科室负责人。",
        (("姓郑", "市某事业单位", "办公室主任"),),
        named=("李志远", "138 0000 3344"),
        steps=(
            *_worked(117, 110, 106),
            Step(80, "handler", "note", "调取三次会议费凭证，无会议通知、无签到，菜单与会议不符。"),
            Step(16, "handler", "closed", "您反映的情况属实。参加的人已经退缴餐费，负责人受到党内警告处分。"),
        ),
    ),
    Story(
        97, "wanghu", "neglect", "补办不动产登记跑了七趟",
        "补办房产证，窗口每次都说少一样，前后跑了七趟，第七次要的东西第一次就交过。后来有人告诉我找门口的中介交三百块一天就好，"
        "我没交。",
        steps=(
            *_worked(96, 92, 88, disposal="talk"),
            Step(61, "handler", "closed", "经核实，窗口没有一次告知全部材料，已经整改；没有发现工作人员与中介来往的证据。您的证已可领取。"),
        ),
    ),
    Story(
        84, "city", "bribery", "Asked to pay to speed up a permit",
        "I run a small bakery. When I applied for the food permit, the person at counter 4 told me that the review takes"
        " two months but that a friend could make it two weeks for 2,000 yuan. I did not pay. My neighbour did, and had"
        " the permit in nine days.",
        language="en",
        about="9901-SJ-XK-0002",
        steps=(
            *_worked(83, 78, 74),
            Step(70, "handler", "ask", "Thank you for telling us. Do you remember the date, and what the person at the counter looked like?"),
            Step(66, "reporter", "answer", "It was a Tuesday in the second week of the month, in the afternoon. A man of about forty with glasses."),
            Step(38, "handler", "closed", "What you reported is true. The person has been removed from the counter and is under investigation."),
        ),
    ),
    # Refused, moved, repeat ---------------------------------------------------------------------------
    Story(
        110, "linjiang", "discipline-other", "对离婚判决不服",
        "法院把孩子判给了对方，我觉得不公平。判决书已经下来半个月了，请你们管一管。",
        steps=(
            Step(109, "triage", "claim"),
            Step(109, "triage", "screening"),
            Step(105, "triage", "refused", "云泽市中级人民法院立案庭；对已经生效的判决，可以依法申请再审", reason="litigation"),
        ),
    ),
    Story(
        73, "qingshi", "discipline-other", "反映有些人有问题",
        "有些人有问题，你们应该去查查。大家心里都清楚。",
        steps=(
            Step(72, "triage", "claim"),
            Step(72, "triage", "screening"),
            Step(72, "triage", "ask", "您写的内容比较简单。请补充：是哪个单位的人，做了什么事，大概在什么时候？"),
            Step(52, "triage", "refused", reason="no-substance"),
        ),
    ),
    Story(
        66, "city", "charging", "商场停车场乱涨价",
        "商场地下停车场上个月突然从每小时四块涨到十块，没有任何告示，出口还不给发票。",
        steps=(
            Step(65, "triage", "claim"),
            Step(65, "triage", "screening"),
            Step(63, "triage", "moved", "云泽市市场监督管理局。他们负责查处价格违法行为，也可以直接拨打 12315"),
        ),
    ),
    Story(
        58, "wanghu", "charging", "滨河路早市又有人来收钱",
        "以前反映过的滨河路早市，最近又有一个年轻人来收“摊位管理费”，每月五十。",
        steps=(Step(57, "triage", "claim"), Step(56, "triage", "repeat")),
    ),
    Story(
        33, "linjiang", "subsidy", "河湾村低保的事再反映一次",
        "河湾村低保评错的事我上回写过，查询码弄丢了，所以再写一遍。名单里的那户到现在还开着车来领。",
        steps=(Step(32, "triage", "claim"), Step(31, "triage", "repeat")),
    ),
    # In disposal --------------------------------------------------------------------------------------
    Story(
        62, "wanghu", "unfair", "滨河路城管收钱不登记，另外几家被多罚",
        "我在滨河路摆了六年早点摊。今年春天开始，给过钱的几家占得再宽也没人管，我们几家没给的，桌子往外伸半米就开罚单，"
        "每次都按最高的罚。\n\n九月里，穿制服的人说“别人都懂规矩，就你不懂”，我没接话，第二天罚了三千。录像说是坏了，"
        "可旁边那家罚的时候是好的。\n\n我不要钱退给我，我想有人管管这个事。",
        (("姓周", "望湖大队", "副大队长"),),
        files=("滨河路摊位.jpg", "罚单记录.txt"),
        about="9901-CG-CF-0147",
        steps=(
            *_worked(61, 55, 48),
            Step(45, "reporter", "answer", "补充：那几天的摊位照片，手机拍的，时间在照片上。"),
            Step(40, "handler", "ask", "谢谢您的照片，很有用。想请您回忆两件事，记得多少写多少：给过钱的有几家？说“懂规矩”的人有没有报过名字？"),
            Step(36, "handler", "note", "调取该路段处罚台账四十一件：同等面积下，罚款相差四倍以上的有十一件。录像缺失的九件集中在同一班组。"),
        ),
    ),
    Story(
        47, "qingshi", "funds", "学校采购的平板电脑比网上贵一倍",
        "镇中心小学给每个班配了平板，一台报四千八，同型号网上两千三。验收那天只来了一个人签字，机器到现在还有一半没拆封。",
        (("姓冯", "镇中心小学", "副校长"),),
        named=("吴桂兰", "137 0000 5566"),
        steps=(
            *_worked(46, 40, 30),
            Step(27, "handler", "note", "三家投标公司中两家注册地址相同，法定代表人是夫妻。"),
        ),
    ),
    Story(
        41, "city", "abuse", "工程还没招标就先进场了",
        "滨江步道二期还没有发招标公告，施工队十天前就进场打围挡了。后来公告写的工期和他们的计划一天不差。",
        (("姓何", "市某建设管理中心", "副主任"),),
        steps=(
            *_worked(40, 32, 22, disposal="investigate"),
            Step(20, "handler", "reply", "您反映的情况我们正在办理。如果您知道进场的具体日期，或者有照片，可以在这里补充。"),
        ),
    ),
    Story(
        38, "linjiang", "unfair", "同一条街只查我们几家",
        "夜市检查只查没有买“统一灯箱”的几家，买了灯箱的从来不查。灯箱一个一千二，卖灯箱的是队长的小舅子。",
        (("姓谢", "临江大队", "中队长"),),
        steps=(*_worked(37, 30, 18, disposal="talk"),),
    ),
    Story(
        35, "wanghu", "funds", "社区活动经费对不上",
        "社区说去年办了十六场居民活动，我们小区一场都没见过。墙上贴的照片有一张是别的社区的，背景里的楼不是我们这儿。",
        (("姓唐", "湖滨社区居委会", "主任"),),
        steps=(
            *_worked(34, 27, 20),
            Step(15, "handler", "note", "十六场中有九场签到表笔迹相同，三场活动当天社区服务中心停电检修。"),
        ),
    ),
    # Accepted -----------------------------------------------------------------------------------------
    Story(
        44, "qingshi", "subsidy", "危房改造补助被扣了两千",
        "危房改造补助打到卡里一万八，第二天村里让取两千块交上去，说是“配套费”。问了几家都一样，没有收据。",
        (("姓石", "石坪村村委会", "支书"),),
        named=("石大勇", "136 0000 7788"),
        steps=(*_worked(43, 36),),
    ),
    Story(
        32, "city", "bribery", "体检中心招护工要交“介绍费”",
        "医院体检中心招护工，负责招人的让每人先交三千“介绍费”，不交的面试都过不了。交了的四个都上岗了。",
        (("姓韩", "市某医院体检中心", "护士长"),),
        files=("转账记录.txt",),
        steps=(
            *_worked(31, 26),
            Step(24, "handler", "reply", "我们已经受理。转账记录看到了，请保管好原件，暂时不要和别人说起。"),
        ),
    ),
    Story(
        29, "wanghu", "abuse", "领导的亲戚承包了单位食堂",
        "单位食堂原来是公开招的，今年没有任何通知就换了一家，老板是分管领导的外甥。饭菜差了，价钱反而涨了三成。",
        (("姓蒋", "望湖区某局", "副局长"),),
        steps=(*_worked(28, 21),),
    ),
    Story(
        26, "linjiang", "village", "征地补偿款少算了三分地",
        "修路占了我家一亩二分地，补偿单上写的是九分。去问，说量的时候就是这个数，可是量地那天我们没有一家在场。",
        (("姓段", "江口镇", "征地办工作人员"),),
        named=("段小军", "135 0000 9900"),
        steps=(
            *_worked(25, 19),
            Step(17, "triage", "note", "同村另有三户口头反映相同情况，建议一并核实。"),
        ),
    ),
    # Being screened -----------------------------------------------------------------------------------
    Story(
        31, "qingshi", "extra-steps", "办养殖备案要先入协会",
        "清单上写着养殖备案不收费、只要两样材料，镇里却要先加入养殖协会交六百会费，不入就不给盖章。",
        (("", "白石镇", "农技站"),),
        named=("牛春来", "134 0000 2211"),
        steps=(Step(27, "triage", "claim"), Step(27, "triage", "screening")),
    ),
    Story(
        21, "wanghu", "extra-steps", "开餐馆要交清单里没有的“消防评估”",
        "办理食品经营许可，公布的清单里只有五样材料，窗口一定要一份“消防安全评估报告”，还指定一家公司做，收一千五。"
        "别的区没有这个要求。",
        (("", "望湖区政务服务中心", "三号窗口"),),
        steps=(
            Step(19, "triage", "claim"),
            Step(19, "triage", "screening"),
            Step(18, "triage", "ask", "请补充：窗口有没有给您书面的材料清单？指定的公司叫什么名字？"),
        ),
    ),
    Story(
        20, "city", "neglect", "举报电话三个月没有人接",
        "公布的监督电话我从夏天打到现在，上班时间打了二十多次，没有一次有人接。",
        steps=(Step(18, "triage", "claim"), Step(17, "triage", "screening")),
    ),
    Story(
        14, "linjiang", "bribery", "驾校说“打点”考官才能过",
        "驾校教练让我们每个人交五百“打点费”，说不交科目二一定过不了。一车四个人，交了的三个都过了，就我没交没过。",
        (("姓杨", "某驾校", "教练"), ("", "车管所", "考官")),
        named=("杨帆", "133 0000 4455"),
        steps=(
            Step(12, "triage", "claim"),
            Step(11, "triage", "screening"),
            Step(10, "triage", "reply", "我们正在审核。请保留好转账或者聊天记录，方便的话在这里交上来。"),
            Step(8, "reporter", "answer", "是现金，没有转账。但是微信群里教练说过“该准备的准备好”，截图我留着。"),
        ),
    ),
    Story(
        9, "city", "style", "Official car used for school runs",
        "A car with official plates waits at the gate of the primary school on Lake Road every weekday at 16:20 and takes"
        " two children home. I have seen it for more than a month.",
        language="en",
        steps=(Step(7, "triage", "claim"), Step(6, "triage", "screening")),
    ),
    # Just submitted -----------------------------------------------------------------------------------
    Story(
        30, "linjiang", "charging", "停车收费员收现金不打票",
        "江边路的停车位扫码一小时三块，收费员说给现金两块不用扫。钱到底进了谁的口袋？",
        named=("贺敏", "132 0000 6677"),
    ),
    Story(
        19, "qingshi", "village", "村务公开栏半年没有换过",
        "村务公开栏还是半年前的账，问就说打印机坏了。这半年村里修了路、卖了树，一笔都没公开。",
        (("", "松岭村村委会", ""),),
    ),
    Story(
        6, "wanghu", "bribery", "医保稽核人员提前通知被查的药店",
        "我在药店上班。每次医保来查，老板前一天晚上就知道，让我们把柜子里的东西搬走。上个月老板还给人送了两条烟。",
        (("", "望湖区某中心", "稽核人员"),),
        files=("搬货照片.jpg",),
    ),
    Story(
        3, "city", "abuse", "施工许可拖了四十天，暗示找指定中介",
        "申请施工许可，材料一次就收齐了，二十个工作日的期限早过了。窗口的人说“你们找的中介不行，换成某某就快了”。",
        (("", "市政务服务中心", "建设窗口"),),
        named=("彭立新", "131 0000 8899"),
    ),
    Story(
        1, "wanghu", "discipline-other", "反映区纪委工作人员打听举报人",
        "我上个月举报之后，有个自称区纪委的人给我单位打电话，问是谁写的材料。我没有留过姓名，他怎么会打到我单位？",
        (("", "望湖区纪委监委", ""),),
        concerns_office=True,
    ),
)  # fmt: skip
