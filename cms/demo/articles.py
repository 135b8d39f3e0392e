# ruff: noqa: E501  (a row is a line)
"""Rules, education, notices and the site's own pages, with their English where there is one."""

from __future__ import annotations

RULES = [
    {
        "slug": "rule-gifts-1",
        "age": 210,
        "title": "云泽市公职人员收受礼品礼金处理办法",
        "issuer": "云泽市纪委监委",
        "no": "云纪发〔{y1}〕6 号",
        "lede": "礼品当面退不掉的，七日内登记上交。",
        "body": [
            (
                "text",
                "<h2>第一条　适用范围</h2><p>本办法适用于全市各级机关、事业单位和国有企业中的公职人员，以及受委托从事公务的人员。</p><h2>第二条　不得收受</h2><p>不得收受可能影响公正执行公务的礼品、礼金、消费卡和有价证券、股权、其他金融产品等财物。</p><h2>第三条　登记上交</h2><p>因各种原因未能拒收的，应当自收受之日起七日内填写登记表，连同实物上交所在单位；单位在三个工作日内移交财政。</p>",
            ),
            (
                "table",
                {
                    "caption": "上交时限和去向",
                    "cells": "种类|上交时限|去向\n现金、支付券|7 日|财政专户\n贵重物品|7 日|评估后拍卖，价款入库\n食品等易坏物品|当日|由单位转赠福利机构，留收据",
                },
            ),
            (
                "text",
                "<h2>第四条　责任</h2><p>逾期不登记、不上交的，依照《中华人民共和国公职人员政务处分法》处理。</p>",
            ),
        ],
    },
    {
        "slug": "rule-recusal-2",
        "age": 260,
        "title": "行政执法人员回避规定",
        "issuer": "云泽市人民政府办公室",
        "no": "云政办发〔{y1}〕18 号",
        "lede": "当事人可以当场申请回避，电话、口头都算。",
        "body": [
            (
                "text",
                "<p>执法人员与案件有直接利害关系，或者有其他关系可能影响公正执法的，应当回避。</p><p>当事人提出回避申请的，执法机关应当当日登记，两个工作日内作出决定；决定作出之前，不停止紧急措施。</p><p>应当回避而没有回避的，取得的询问笔录不得作为定案依据。</p>",
            )
        ],
    },
    {
        "slug": "rule-disclosure-3",
        "age": 300,
        "title": "权责清单动态调整和公开办法",
        "issuer": "云泽市人民政府",
        "no": "云政发〔{y1}〕9 号",
        "lede": "法规变了，清单三十日内跟着变，旧版本一直查得到。",
        "body": [
            (
                "text",
                "<h2>何时调整</h2><ol><li>法律、法规、规章立改废的；</li><li>机构职能调整的；</li><li>事项下放、取消的。</li></ol><p>主管部门应当自变化之日起三十日内提出调整意见，经法制审核后公布。</p>",
            ),
            (
                "quote",
                {
                    "text": "清单之外无权力。群众在清单里找不到的收费、证明和环节，都可以拒绝，也可以举报。",
                    "source": "本办法第三条",
                },
            ),
        ],
    },
    {
        "slug": "rule-reporting-4",
        "age": 330,
        "title": "检举控告办理和保密规定",
        "issuer": "云泽市纪委监委",
        "no": "云纪发〔{y1}〕11 号",
        "lede": "谁能看到举报、看了留下什么记录，都写在这里。",
        "body": [
            (
                "text",
                "<p>检举控告由专人登记，内容和举报人身份分开保管。查看身份须由保管人和批准人共同进行，并留下不能删除的记录。</p><p>严禁将检举控告材料转给被检举控告的单位或者个人。违反的，从重处理。</p><p>实名检举控告的，自收到之日起十五个工作日内告知是否受理；办结之日起十五个工作日内反馈结果。</p>",
            )
        ],
    },
]
EDUCATION = [
    {
        "slug": "education-receipt-1",
        "age": 40,
        "title": "收费要票，拒收现金：窗口上的三句话",
        "lede": "办事时记住三句话，就能避开大多数乱收费。",
        "body": [
            (
                "text",
                "<p>第一句：“这项收费在清单上叫什么？”本站权责清单写明每一项收费的名称、标准和依据，没有写的就是不收费。</p><p>第二句：“请给我票据。”财政票据上有二维码，扫一扫就知道真假。</p><p>第三句：“我去银行缴。”罚款和规费一律缴到专户，执法人员不当场收现金。</p>",
            )
        ],
    },
    {
        "slug": "education-discretion-2",
        "age": 82,
        "title": "罚多罚少，有尺子：怎样看懂裁量基准",
        "lede": "同样的事，为什么他罚五百，我罚三千？",
        "body": [
            (
                "text",
                "<p>裁量基准把一条法律规定的幅度分成几档，每一档写明适用的条件。打开本站的裁量基准，先找到违法行为，再看条件，就能知道大概落在哪一档。</p><p>决定书上的档次和条件对不上，可以在陈述申辩时提出，也可以在本站反映。</p>",
            )
        ],
    },
    {
        "slug": "education-family-3",
        "age": 130,
        "title": "家门口的廉洁：给公职人员家属的一封信",
        "lede": "递到家里的东西，先问一句：为什么送？",
        "body": [
            (
                "text",
                "<p>许多案件的第一份礼，是从家门口收下的。逢年过节送来的购物卡、替孩子垫付的学费、低价转让的车位，都可能是有求于人的开始。</p><p>请记住：退不掉的，七日内登记上交；说不清的，先打电话问。</p>",
            )
        ],
    },
    {
        "slug": "education-report-4",
        "age": 165,
        "title": "举报怎么写，才好查",
        "lede": "时间、地点、谁、做了什么、还有谁知道。",
        "body": [
            (
                "text",
                "<p>写清五件事就够了：什么时候，在哪里，谁，做了什么，还有谁或者什么能证明。不需要文采，也不需要法律名词。</p><p>照片、录音、收据可以一起交。怕暴露自己的，先看看照片里有没有您的门牌、倒影和声音。</p>",
            )
        ],
    },
]
NOTICES = [
    {
        "slug": "notice-list-1",
        "age": 2,
        "title": "关于公布云泽市本级权责清单（{y} 年版）的通知",
        "issuer": "云泽市人民政府办公室",
        "no": "云政办发〔{y}〕31 号",
        "lede": "新清单自公布之日起施行，共调整 4 项。",
        "body": [
            (
                "text",
                "<p>市人民政府各部门：</p><p>经市人民政府同意，现公布云泽市本级权责清单（{y} 年版）。各部门应当按照清单行使权力，清单之外不得增加环节、材料和收费。</p><p>对清单内容有意见的，可以通过本站每个事项页面上的“反映这个事项的问题”提出。</p>",
            )
        ],
    },
    {
        "slug": "notice-service-2",
        "age": 34,
        "title": "国庆假期举报受理安排",
        "issuer": "云泽市纪委监委",
        "no": "",
        "lede": "网上举报照常提交；办理时限按工作日计算。",
        "body": [
            (
                "text",
                "<p>假期内网上举报和查询照常开放，材料在节后第一个工作日登记。各项时限按工作日计算，调休上班日算工作日。</p><p>紧急情况请拨打 110。</p>",
            )
        ],
    },
]
STANDING = [
    {
        "slug": "about",
        "title": "关于本站",
        "lede": "把权力放在桌面上，让说话的人不害怕。",
        "body": [
            (
                "text",
                "<h2>这里有什么</h2><p>云泽市每一项行政权力：谁行使，凭什么，多久办完，收多少钱，每一步由哪个岗位负责，哪里容易出问题。还有裁量基准、典型案例和制度规定。</p><h2>这里能做什么</h2><p>觉得办得和写的不一样，可以在事项页面上直接反映，可以不留姓名，凭查询码看结果。</p><h2>演示说明</h2><p>本站内容为演示数据：单位、人员、法规条文和数字均为虚构。</p>",
            )
        ],
        "english": {
            "title": "About this site",
            "lede": "Power on the table, and no fear for those who speak up.",
            "body": [
                (
                    "text",
                    "<h2>What you find here</h2><p>Every administrative power of Yunze: who holds it, on what legal basis, how long it takes, what it costs, which post answers for each step, and where things can go wrong. Also discretion benchmarks, cases and rules.</p><h2>What you can do here</h2><p>If practice differs from what is written, say so on the page of the item. You need not give your name; a receipt lets you follow the case.</p><h2>Demonstration</h2><p>All content is for demonstration: bodies, persons, provisions and figures are invented.</p>",
                )
            ],
        },
    },
    {
        "slug": "privacy",
        "title": "隐私与安全",
        "lede": "我们保存什么，不保存什么，什么事我们做不到。",
        "body": [
            (
                "text",
                "<h2>我们会保存</h2><p>您写下的内容和交来的材料（加密）、类别和地区、收到的日期。选实名时，姓名和联系方式单独加密，打开要两个人同意，并留下删不掉的记录。</p><h2>我们不保存</h2><p>您的网络地址和手机型号、您从哪个网页来。查询码只显示一次，之后我们也没有。</p><h2>我们做不到的</h2><p>单位的电脑和网络、被人装过软件的手机，可能留下您来过的痕迹。请换一台自己的设备；担心被追查，请用 Tor 浏览器。</p><h2>本站的网页</h2><p>不加载任何第三方内容，不使用统计脚本。填写举报时使用一个会话 Cookie，关掉浏览器就没有了。</p>",
            )
        ],
        "english": {
            "title": "Privacy and safety",
            "lede": "What we keep, what we do not, and what we cannot do.",
            "body": [
                (
                    "text",
                    "<h2>We keep</h2><p>What you write and attach (encrypted), its topic and area, and the day it came. If you give your name, it is sealed apart and opened only by two people together, which leaves a record that cannot be deleted.</p><h2>We do not keep</h2><p>Your network address, your device, or the page you came from. The receipt is shown once; after that we do not have it either.</p><h2>We cannot</h2><p>A work computer or network, or a phone someone else has set up, may record that you were here. Use your own device; if you fear being traced, use Tor Browser.</p><h2>These pages</h2><p>Nothing is loaded from third parties and there are no analytics. While you write a report there is one session cookie, gone when you close the browser.</p>",
                )
            ],
        },
    },
    {
        "slug": "accessibility",
        "title": "无障碍",
        "lede": "用键盘、读屏软件、放大四倍，都应当能用完。",
        "body": [
            (
                "text",
                "<p>本站按照 GB/T 37668-2019 和 WCAG 2.2 AA 级制作：全部功能不用脚本也能完成，不用图形验证码，流程图和统计图旁边都有同样内容的文字。</p><p>遇到用不了的地方，请拨打 0990-555 0199 告诉我们是哪一页、用的什么设备。我们五个工作日内答复。</p>",
            )
        ],
        "english": {
            "title": "Accessibility",
            "lede": "By keyboard, by screen reader, at four times the size.",
            "body": [
                (
                    "text",
                    "<p>This site follows GB/T 37668-2019 and WCAG 2.2 AA: everything works without scripts, there is no image puzzle, and beside each chart stands the same content in words.</p><p>If something does not work for you, call 0990-555 0199 and tell us the page and your device. We answer within five working days.</p>",
                )
            ],
        },
    },
]
# The one article that is translated: slug of the Chinese one → English.
TRANSLATED = {
    "education-report-4": {
        "title": "How to write a report that can be looked into",
        "lede": "When, where, who, what, and who else knows.",
        "body": [
            (
                "text",
                "<p>Five things are enough: when it happened, where, who it was, what they did, and who or what can show it. It needs no style and no legal words.</p><p>You can add photos, recordings and receipts. If you fear being recognised, first look whether a photo shows your house number, a reflection, or carries your voice.</p>",
            )
        ],
    }
}
HOME = {
    "zh-hans": (
        "权力怎么用，这里都看得到",
        "查一项权力由谁行使、多久办完、收不收钱；办得不对，可以匿名说出来。",
    ),
    "en": (
        "See how public power is used",
        "Look up who holds a power, how long it takes and what it costs. If it is not done right, say so, without giving your name.",
    ),
}
SECTION_INTROS = {
    "power": (
        "<p>全市每一项行政权力：依据、主体、时限、收费、流程、责任和救济。</p>",
        "<p>Every administrative power of the city: basis, body, time limit, fees, process, duties and remedies.</p>",
    ),
    "benchmarks": (
        "<p>同一违法行为分几档处理，每一档的条件和金额。</p>",
        "<p>How one and the same offence is graded: the conditions and amounts of each tier.</p>",
    ),
    "cases": (
        "<p>查处了什么，问题出在哪一步，怎样改的。</p>",
        "<p>What was found, at which step it went wrong, and what has changed.</p>",
    ),
    "library": ("<p>制度规定、廉洁教育和工作动态。</p>", "<p>Rules, integrity education and news.</p>"),
    "notices": ("<p>通知、公告和清单的调整。</p>", "<p>Notices, announcements and changes to the lists.</p>"),
    "stats": (
        "<p>举报收到多少、办结多少、多久办完。</p>",
        "<p>How many reports came, how many were closed, and how long it took.</p>",
    ),
    "data": (
        "<p>本站公开的数据可以下载和转用。</p>",
        "<p>What this site publishes, to download and reuse.</p>",
    ),
    "ledger": (
        "<p>每一次公布、撤下和办理都记入账本；改动会被发现。</p>",
        "<p>Each publication, withdrawal and act is recorded; a change would be noticed.</p>",
    ),
}
