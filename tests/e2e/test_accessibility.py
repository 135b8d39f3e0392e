"""Every template in Chromium, in both languages: axe finds nothing, 320 px are enough, so is a keyboard.

The walk goes where people go; states that only a fault brings are brought by that fault. In the end every
file under templates/ must have been drawn at least once, so that a new one cannot be forgotten here.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as Late

from tests.support import sound, templates
from tests.support.cities import City, log_in
from tests.support.client import RECEIPT, code

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# Sentences that stand on another page for once.
NOT_PAGES = {
    "account/messages/password_changed.txt",
    "mfa/messages/recovery_codes_generated.txt",
    "mfa/messages/totp_activated.txt",
    "mfa/messages/totp_deactivated.txt",
    "mfa/messages/webauthn_added.txt",
    "mfa/messages/webauthn_removed.txt",
}
PUBLIC = (
    "/benchmarks/",
    "/risks/",
    "/power/compare/?a=9901-CG-CF-0147&b=9901-CG-XK-0021",
    "/power/compare/?a=9901-CG-CF-0147",
    "/power/basic/330231147000/",
    "/risks/?level=high&post=nobody",
    "/benchmarks/9901-cg-cf-0147/",
    "/benchmarks/9901-cg-cf-0147/?c=1-0",
    "/benchmarks/9901-cg-cf-0147/?c=1-0&c=2-0",
    "/organisations/",
    *("/laws/", "/laws/?q=nothing-of-this-name"),
    "/organisations/9901-CG/",
    *("/cases/", "/library/", "/notices/", "/stats/", "/ledger/", "/data/"),
    *("/about/", "/privacy/", "/accessibility/", "/site-map/"),
)
LONG = "超长不断行的内容" * 12 + "unbroken" * 30


class Eyes:
    """Looks at the open page of one browser, and remembers what was wrong where."""

    def __init__(self, page: Any, city: City, language: str) -> None:
        self.page, self.city, self.language = page, city, language
        self.prefix = "/en" if language == "en" else ""
        self.problems: list[str] = []
        # Chinese at both widths; English, whose words are longer, at the narrow one.
        self.wide = language == "zh"
        self.expected = "en" if language == "en" else "zh-Hans"

    def look(self, name: str, *, has: str = "main h1") -> None:
        """All that is wrong with the open page; `has` shows that it is the page that was meant."""
        self.page.wait_for_load_state()
        try:  # what was sent a moment ago may still be on its way
            self.page.locator(has).first.wait_for(state="attached")
        except Late:
            self.problems.append(f"{name}: no {has} at {self.page.url}")
        self.problems += [f"{name} ({self.page.viewport_size['width']}): {p}" for p in self._unsound()]
        self.page.set_viewport_size(sound.WIDE)

    def _unsound(self) -> Iterator[str]:
        yield from sound.unsound(self.page, wide=self.wide)
        if (language := self.page.evaluate("document.documentElement.lang")) != self.expected:
            yield f"its language is {language!r}"

    def at(self, path: str, name: str = "", **options: Any) -> None:
        """Goes to an address of the reporter's language, and looks."""
        self.page.goto(self.prefix + path)
        self.look(name or path, **options)

    def press(self, name: str = "go") -> None:
        """A button of the main part."""
        self.follow(self.page.locator(f"main button[name={name}]").first)

    def follow(self, link: Any) -> None:
        """Clicks what leads to another page, and waits for that page."""
        with self.page.expect_navigation():
            link.click()

    def enter(self, field: str) -> None:
        """Sends the form of a field by its Enter key, and waits for the answer."""
        with self.page.expect_navigation():
            self.page.press(field, "Enter")

    def label(self, selector: str) -> None:
        """Ticks what `selector` finds first, by its label as a person would."""
        box = self.page.locator(selector).first
        self.page.locator(f"label[for='{box.get_attribute('id')}']").click()


# What is published --------------------------------------------------------------------------------


def publish_the_rest() -> dict[str, str]:
    """What the demo has none of: a law, an article of every block, an item that was withdrawn; addresses."""
    from django.core.files.base import ContentFile
    from PIL import Image as Pillow
    from wagtail.documents import get_document_model
    from wagtail.images import get_image_model
    from wagtail.models import Locale

    from cms.models import ArticlePage, Law, LawVersion, PowerItem, SectionPage
    from tests.cms import making

    if found := Law.objects.filter(name="云泽市市容管理条例（演示）").first():
        article = ArticlePage.objects.get(slug="every-block")
    else:
        law = Law(name="云泽市市容管理条例（演示）", locale=Locale.get_default(), issuer="云泽市人民代表大会")
        text = "第一章 总则\n第一条 为了街面整洁。\n第二条 不得擅自占用城市道路。" + LONG[:40]
        law.short_names = "市容条例"
        law.versions.add(
            LawVersion(
                document_no="第 12 号",
                effective_on="2020-01-01",
                note="修正",
                text=text,
                repealed_on="2024-01-01",
            )
        )
        found = making.publish(law)
        picture = io.BytesIO()
        Pillow.new("RGB", (1600, 900), (112, 128, 120)).save(picture, "JPEG")
        image = get_image_model().objects.create(
            title="整治前后", file=ContentFile(picture.getvalue(), "before.jpg"), width=1600, height=900
        )
        film = get_document_model().objects.create(title="宣传片", file=ContentFile(b"\0" * 64, "film.mp4"))
        words = get_document_model().objects.create(title="字幕", file=ContentFile(b"WEBVTT\n", "film.vtt"))
        body = [
            ("text", "<h2>一</h2><p>正文。</p><ul><li>甲</li></ul>"),
            ("quote", {"text": "公生明，廉生威。", "source": "官箴"}),
            (
                "table",
                {
                    "caption": "收费标准",
                    "cells": f"项目\t金额\n占用费\t每天三元\n{LONG[:60]}\t一",
                },
            ),
            ("video", {"file": film, "caption": "三分钟看懂", "subtitles": words, "transcript": "旁白。"}),
        ]
        article = ArticlePage(title="每一种段落", slug="every-block", article_kind="rule", body=body)
        article.locale = Locale.get_default()
        article.body.append(("image", {"image": image, "caption": "整治前后对比"}))
        article.live = False
        section = SectionPage.objects.get(slug="library", locale=Locale.get_default())
        section.add_child(instance=article)
        article.save_revision().publish()
        making.item("街面公共设施的巡查", code="9901-CG-QT-0990")  # of which hardly anything is stated
        home = section.get_parent()
        topics = SectionPage(title="专题", slug="topics", intro="<p>按专题看。</p>", locale=home.locale)
        home.add_child(instance=topics)
        english = topics.copy_for_translation(Locale.objects.get(language_code="en"))
        english.title, english.intro = "Topics", "<p>By topic.</p>"
        english.save_revision().publish()
    gone = PowerItem.objects.get(code="9901-CG-CF-0160")
    if gone.live:
        gone.unpublish()
    made = {"law": found, "article": article, "gone": gone}
    return {name: row.get_absolute_url() for name, row in made.items()} | {
        "bare": "/power/9901-CG-QT-0990/",
        "section": "/topics/",
    }


def openness() -> dict[str, str]:
    """What no month looks like another in, and consultations that run and that are answered; addresses."""
    import datetime as dt

    from workdays import clock

    from cms.models import ConsultationPage, Exemption, NoticeType, Obligation, Organisation
    from tests.cms import making
    from tests.cms.data.support import consultation

    owner = Organisation.objects.disclosed().source().order_by("pk").first()
    kind, today = NoticeType.objects.get(code="village-accounts"), clock.today()
    rule, made = Obligation.objects.get_or_create(
        organisation=owner, notice_type=kind, begins_on=dt.date(2020, 1, 1), defaults={"basis": LONG[:60]}
    )
    if made:
        for period in ("2021-01", "2021-04"):
            making.notice(
                LONG[:40], date=dt.date(2021, 4, 9), notice_type=kind, organisation=owner, period=period
            )
        rule.exemptions.add(Exemption(period="2021-02", reason=LONG[-40:]))
        rule.save()
        running = consultation(LONG[:60], organisation=owner, lede=LONG)
        past = {"opens_on": today - dt.timedelta(days=9), "closes_on": today - dt.timedelta(days=1)}
        consultation("答复了的草案", summary="<p>收到三条。</p>", summary_on=today, answer=LONG, **past)
    ours = ConsultationPage.objects.disclosed().exclude(slug="consultation-parking-1")  # the demo's own
    running, answered = ours.order_by("pk")[:2]
    return {"running": running.get_absolute_url(), "answered": answered.get_absolute_url()}


def look_at_openness(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """The matrix, the consultations with their form filled in, and the files over their rate."""
    from django.conf import settings

    from cms import limits

    made = openness()
    eyes.at("/notices/matrix/?year=2021", "matrix", has=".matrix")
    eyes.at("/notices/matrix/?year=2019", "matrix of a year without rules")
    eyes.at("/consultations/", has=".hit")
    eyes.at("/consultations/?state=coming", "no such consultation", has=".none")
    eyes.at(made["answered"], "answered consultation", has="#result")
    eyes.at(made["running"], "consultation", has="form#say")
    eyes.press()
    eyes.look("consultation, nothing written", has=".errs")
    eyes.page.locator("textarea[name=whole]").fill(LONG)
    eyes.press()
    eyes.look("consultation, sent", has="#sent")
    with patch.context() as crowded:
        crowded.setattr(settings, "RATELIMIT_ENABLE", True)
        crowded.setitem(limits.RATES, "file", ((0, 60), (600, 60)))
        eyes.at("/data/laws.csv", "files over the rate")


def release_figures() -> None:
    """A quarter of numbers, counted and released."""
    import datetime as dt

    from accounts.models import User
    from workdays import clock

    from complaints.desk.models import PublicFigures

    names = {"zh-hans": LONG[:20], "en": LONG[-20:]}
    data = {"total": 1234, "tables": {"category": [[names, 1200], [names, 34]]}}
    PublicFigures.objects.get_or_create(
        first_day=dt.date(2020, 1, 1),
        defaults={
            "last_day": dt.date(2020, 3, 31),
            "counted_at": clock.now(),
            "data": data,
            "released_at": clock.now(),
            "released_by": User.objects.order_by("pk").first(),
        },
    )


def public(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """What anybody reads."""
    from cms.models import CaseOutcomePage, Flowchart, NoticePage
    from search.engines.base import EngineError

    made = publish_the_rest()
    release_figures()
    item = "/power/9901-CG-CF-0147/"
    for path in ("/", "/power/", item, f"{item}versions/1/", f"{item}versions/2/", *PUBLIC):
        eyes.at(path)
    chart = Flowchart.objects.disclosed().in_language("zh-hans").first()
    eyes.at(f"/flow/{chart.slug}/versions/1/", "version of a flowchart")
    for model in (Flowchart, CaseOutcomePage, NoticePage):
        eyes.at(model.objects.disclosed().in_language("zh-hans").first().get_absolute_url())
    for name, path in made.items():
        eyes.at(path, name)
    eyes.at("/power/?q=占用&category=penalty&page=1", "power list, found", has=".hits .hit")
    eyes.at("/power/?q=龘靐齉", "power list, nothing found", has=".none")
    look_at_openness(eyes, patch)
    eyes.at("/search/", "search, not asked")
    eyes.at("/search/?q=占用&kind=power", "search with results", has=".hits mark, .chip-x")
    eyes.at("/search/?q=龘靐齉" + "龘" * 100, "search without results", has=".none")
    eyes.at("/search/?q=临时占道&from=2020-01-01&to=2021-01-01", "search in a range of dates")
    eyes.at("/cases/?page=99", "beyond the last page")
    with patch.context() as crowded:
        from django.conf import settings

        from search import limits

        crowded.setattr(settings, "RATELIMIT_ENABLE", True)
        crowded.setattr(limits, "NETWORK", 0)
        eyes.at("/search/?q=占用", "too many searches")
    with patch.context() as broken:

        def down(*_a: Any, **_k: Any) -> Any:
            raise EngineError("down")

        from search import engines

        broken.setattr(type(engines.disclosures()), "search", down)
        eyes.at("/search/?q=占用", "search while the engine is down", has="[role=alert]")


def errors(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """Pages for what went wrong."""
    from cms.views import stats

    eyes.at("/no-such-page/", "404")
    post = "(path) => { const f = document.createElement('form'); f.method = 'post'; f.action = path;"
    eyes.page.evaluate(post + "document.body.append(f); f.submit() }", eyes.prefix + "/stats/")
    eyes.page.wait_for_url("**/stats/")
    eyes.look("405 or csrf")
    with patch.context() as broken:

        def fails(*_a: Any, **_k: Any) -> Any:
            raise RuntimeError("broken on purpose")

        broken.setattr(stats, "render", fails)
        eyes.at("/stats/", "500")
    for name in ("400", "403", "405", "csrf"):
        show_error(eyes, patch, name)


def show_error(eyes: Eyes, patch: pytest.MonkeyPatch, name: str) -> None:
    """The page of an error that a browser's own forms never bring, in place of another."""
    from config import errors as pages

    real = pages._page
    with patch.context() as other:
        other.setattr(pages, "_page", lambda request, status, _name=None: real(request, status, name))
        eyes.at("/no-such-page/", name)


# The reporter -------------------------------------------------------------------------------------


def intake(eyes: Eyes, patch: pytest.MonkeyPatch) -> str:
    """Every question with its errors, the receipt, the return; the receipt."""
    page = eyes.page
    eyes.at("/report/?about=power:9901-CG-CF-0147&step=s2", "start, about a step")
    eyes.at("/report/?about=power:none", "start, about nothing known")
    eyes.at("/report/sent/", "sent, when nothing was")
    eyes.at("/report/what/", "a question without a draft")
    page.goto(f"{eyes.prefix}/report/?about=power:9901-CG-CF-0147&step=s2")
    eyes.press()
    eyes.look("category")
    eyes.press()
    eyes.look("category, unanswered", has=".errs")
    stop(eyes)
    asked(eyes)
    eyes.label("[name=category]")
    eyes.press()
    eyes.look("region")
    eyes.press()
    eyes.look("region, unanswered", has=".errs")
    eyes.label("[name=region]")
    eyes.press()
    eyes.look("what")
    eyes.press()
    eyes.look("what, unanswered", has=".errs")
    page.fill("[name=subject]", "窗口多收钱 " + LONG[:90])
    page.fill("[name=narrative]", LONG * 3)
    eyes.press()
    versions(eyes)
    eyes.look("who")
    page.fill("[name=respondents-0-name]", "某" * 300)
    eyes.press()
    eyes.look("who, too long", has=".errs")
    page.fill("[name=respondents-0-name]", LONG[:60])
    eyes.press("add")
    eyes.look("who, a second")
    eyes.press()
    eyes.look("office")
    eyes.press()
    eyes.look("office, unanswered", has=".errs")
    eyes.press("not_this")
    eyes.look("outside")
    page.goto(f"{eyes.prefix}/report/office/")
    eyes.label("[name=concerns_office][value=no]")
    eyes.press()
    eyes.look("files")
    files = {"name": LONG[:80] + ".txt", "mimeType": "text/plain", "buffer": b"x"}
    page.set_input_files("#attachments", files)
    eyes.press("upload")
    eyes.look("files, one taken", has=".files li")
    page.set_input_files("#attachments", {**files, "name": "a.exe", "buffer": b"MZ\0\0"})
    eyes.press()
    eyes.look("files, one refused", has=".errs")
    eyes.press()
    eyes.look("identity")
    eyes.press()
    eyes.look("identity, unanswered", has=".errs")
    eyes.label("[name=identity_mode][value=named]")
    eyes.press()
    eyes.look("identity, named, without a name", has=".errs")
    page.fill("[name=name]", "演示人")
    page.fill("[name=phone]", "139 0000 0000")
    eyes.press()
    eyes.look("check", has="#send")
    waiting(eyes, patch)
    page.goto(f"{eyes.prefix}/report/check/")
    eyes.press()
    eyes.look("sent", has=".digits")
    found = RECEIPT.search(page.locator(".digits").inner_text())
    assert found is not None
    eyes.press()
    eyes.look("sent, not ticked", has=".errs")
    eyes.label("#ok")
    eyes.press()
    return found[0]


def stop(eyes: Eyes) -> None:
    """A kind of matter that is not taken here."""
    from complaints.intake.models import Category

    other = Category.objects.exclude(stop_message="").first()
    assert other is not None
    eyes.label(f"[name=category][value={other.code}]")
    eyes.press()
    eyes.look("stop")
    eyes.follow(eyes.page.locator("main a.back"))


def asked(eyes: Eyes) -> None:
    """A category with questions of its own: one to choose, a line, a text."""
    for category, answer, kind in (("charging", 0, "line"), ("neglect", 1, "text")):
        eyes.label(f"[name=category][value={category}]")
        eyes.press()
        eyes.look(f"asked, to choose, before a {kind}", has="fieldset .opt")
        eyes.page.locator("main .opt label").nth(answer).click()
        eyes.press()
        eyes.look(f"asked, a {kind}", has="main [name^=q-]")
        eyes.page.fill("main [name^=q-]", LONG * 30)
        eyes.press()
        eyes.look(f"asked, a {kind}, too long", has=".errs")
        eyes.page.goto(f"{eyes.prefix}/report/category/")


def versions(eyes: Eyes) -> None:
    """The same question answered otherwise in another window."""
    other = eyes.page.context.new_page()
    for page in (other, eyes.page):
        page.goto(f"{eyes.prefix}/report/what/")
    other.fill("[name=subject]", "另一个窗口里写的")
    other.locator("main button[name=go]").click()
    other.close()
    eyes.page.fill("[name=subject]", "这个窗口里写的 " + LONG[:90])
    eyes.press()
    eyes.look("two versions", has="[name^=choose-]")
    eyes.press()


def waiting(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """Too many at once."""
    from complaints.intake import limits

    with patch.context() as crowded:
        crowded.setattr(limits, "over", lambda *_a, **_k: True)
        eyes.press()
        eyes.look("waiting")


def returning(eyes: Eyes, receipt: str) -> None:
    """Back with the receipt."""
    eyes.at("/report/return/", "return")
    eyes.page.fill("#receipt", "123")
    eyes.press()
    eyes.look("return, mistyped", has=".errs")
    eyes.page.fill("#receipt", "00000 00000 00000 00000 00000")
    eyes.press()
    eyes.look("return, unknown", has=".errs")
    eyes.page.fill("#receipt", receipt)
    eyes.press()
    eyes.look("return view", has="ol.line")
    eyes.press()
    eyes.look("return view, nothing written", has=".errs")
    eyes.page.fill("[name=text]", "补充 " + LONG)
    eyes.page.set_input_files("#attachments", {"name": "b.txt", "mimeType": "text/plain", "buffer": b"x"})
    eyes.press()
    eyes.look("return view, answered", has=".msg-me")
    for path in ("receipt/", "end/"):
        eyes.at(f"/report/return/{path}", f"return, {path}")
        eyes.press()
        if path == "receipt/":
            eyes.look("a new receipt", has=".digits")
            eyes.press()
        eyes.look(f"return, {path} not ticked", has=".errs")
    eyes.page.goto(f"{eyes.prefix}/report/return/view/")
    eyes.page.fill("[name=text]", "写了很久才发出，查询页已经自动关上了，这一段还在。")
    eyes.page.context.clear_cookies(name="qf_return")
    eyes.press()
    eyes.look("return, shut meanwhile")


# The desk -----------------------------------------------------------------------------------------


def accounts(eyes: Eyes) -> None:
    """The door: login, second step, and the person's own pages."""
    from accounts.models import User
    from allauth.mfa.models import Authenticator

    from tests.support import passkeys

    page, expected = eyes.page, eyes.expected
    eyes.expected = "zh-Hans"  # whose language it is, is known only after the second step
    for path in ("login/", "inactive/"):
        page.goto(f"/accounts/{path}")
        eyes.look(f"accounts/{path}")
    page.goto("/accounts/login/")
    eyes.follow(page.locator("main button.btn").first)
    eyes.look("login, empty", has=".errs")
    account = eyes.city.account("auditor", "-linjiang")
    page.fill("#id_login", account["username"])
    page.fill("#id_password", account["password"])
    eyes.enter("#id_password")
    eyes.look("second step", has="#id_code")
    page.fill("#id_code", "000000")
    eyes.enter("#id_code")
    eyes.look("second step, wrong", has=".errs")
    page.fill("#id_code", code(account["totp_secret"]))
    eyes.enter("#id_code")
    page.wait_for_url("**/desk/**")
    eyes.expected = expected
    page.goto("/accounts/2fa/totp/deactivate/")
    eyes.look("the password once more", has="#id_password")
    page.fill("#id_password", account["password"])
    eyes.enter("#id_password")
    eyes.look("the second step taken off", has="main .btn-risk")
    page.goto("/accounts/2fa/webauthn/add/")
    eyes.look("a passkey", has="form.passkey")
    held = User.objects.get(username=account["username"])
    key = Authenticator.objects.create(user=held, type="webauthn", data=passkeys.stored())
    for path, has in (("reauthenticate", "form.passkey"), (f"keys/{key.pk}/remove", ".btn-risk")):
        page.goto(f"/accounts/2fa/webauthn/{path}/")
        eyes.look(f"passkeys, {path[:4]}", has=has)
    own = ["", "password/change/", "2fa/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/", "sessions/"]
    for path in (*own, "2fa/reauthenticate/", "reauthenticate/", "password/reset/key/done/", "logout/"):
        page.goto(f"/accounts/{path}")
        eyes.look(f"accounts/{path}")
    key.delete()


def desk_language(eyes: Eyes) -> str:
    return "en" if eyes.language == "en" else "zh-hans"


def auditor(eyes: Eyes) -> None:
    """Who sees columns only; it is logged in from the door."""
    eyes.page.goto("/desk/")
    eyes.look("queue of an auditor", has="table.queue, .none")
    eyes.page.goto("/desk/?state=all")
    eyes.follow(eyes.page.locator("table.queue tbody a").first)
    eyes.look("tip of an auditor", has="ol.line")
    auditing(eyes)
    eyes.page.goto("/desk/members/")
    eyes.look("403")


def auditing(eyes: Eyes) -> None:
    """Who did what, and what was unusual about it."""
    from accounts.models import User
    from workdays import clock

    from complaints.desk.models import Alarm
    from complaints.vault.models import Membership

    page = eyes.page
    page.goto("/desk/audit/")
    eyes.look("audit", has="table.reg")
    page.goto("/desk/audit/?first=2001-01-01&last=2001-01-02")
    eyes.look("audit, nothing in these days", has=".none")
    page.goto("/desk/audit/?first=yesterday&group=nonsense")
    eyes.look("audit, wrong filters", has=".errs")
    page.goto("/desk/audit/alarms/?seen=1")
    eyes.look("alarms, none", has="h1")
    person = User.objects.get(username=eyes.city.account("auditor", "-linjiang")["username"])
    office = Membership.objects.filter(user=person, ended_at=None).select_related("office")[0].office
    other = Membership.objects.filter(office=office, ended_at=None).exclude(user=person).first()
    assert other is not None
    alarm = Alarm.objects.create(
        rule="hours", user=other.user, office=office, day=clock.today(), count=3, raised_at=clock.now()
    )
    page.goto("/desk/audit/alarms/")
    eyes.look("alarms", has="table.reg select")
    eyes.follow(page.locator("main td form button").first)
    eyes.look("alarms, no finding chosen", has="[role=alert]")
    alarm.delete()


def retention(eyes: Eyes) -> None:
    """How long tips are kept, and a list that waits for two."""
    from workdays import clock

    from complaints.desk.models import DestructionItem, DestructionList, RetentionRule
    from complaints.vault.models import Office

    page = eyes.page
    page.goto("/desk/retention/")
    eyes.look("retention, no rule yet", has="form.ask-box")
    eyes.follow(page.locator("main form.ask-box button"))
    eyes.look("retention, an empty rule", has=".errs")
    today, office = clock.today(), Office.objects.get(code="city")
    by = office.memberships.filter(role="administrator", ended_at=None)[0].user
    rule = RetentionRule.objects.create(
        state="closed", months=12, source="档案管理规定 " + LONG[:50], by=by, at=clock.now()
    )
    row = DestructionList.objects.create(office=office, month=today.replace(day=1), created_at=clock.now())
    for n in range(3):
        DestructionItem.objects.create(
            list=row, number=f"2020-{n}", category="none", state="closed", received_on=today, last_on=today,
            rule=rule,
        )  # fmt: skip
    page.goto("/desk/retention/")
    eyes.look("retention", has="table.reg a")
    page.goto(f"/desk/retention/{row.pk}/")
    eyes.look("a list for destruction", has=".ask-box")
    DestructionList.objects.filter(pk=row.pk).update(version=9)
    eyes.follow(page.locator("main .ask-box .btn-risk"))
    eyes.look("a list for destruction, changed meanwhile", has="[role=alert]")
    row.delete()
    rule.delete()


def leaving(eyes: Eyes, number: str) -> None:
    """A masked version, and a case file on its way out."""
    page = eyes.page
    page.goto(f"/desk/tips/{number}/redact/")
    eyes.look("masked version, not begun", has="textarea")
    page.fill("[name=words]", "字")
    eyes.follow(page.locator("main form [value=look]"))
    eyes.look("masked version, one letter", has=".errs")
    page.fill("[name=words]", "窗口\n绝无此词" + LONG[:40])
    page.locator("#original summary").click()
    page.locator("#original label").first.click()
    eyes.follow(page.locator("main form [value=look]"))
    eyes.look("masked version, looked at", has="article")
    eyes.follow(page.locator("main form [value=keep]"))
    eyes.look("masked version", has="article")
    page.goto(f"/desk/tips/{number}/export/")
    eyes.look("export", has="form.ask-box")
    eyes.follow(page.locator("main form button").first)
    eyes.look("export, nothing filled in", has=".errs")


def administrator(eyes: Eyes) -> None:
    """Whose first page are the members: invite, grant, reset, remove; a new office."""
    from accounts.models import User
    from workdays import clock

    from complaints.vault.models import Job, Membership, Office

    page = eyes.page
    User.objects.filter(username="newcomer").delete()
    log_in(page, eyes.city.account("administrator", "-city"))
    office = Office.objects.get(code="city")
    someone = Membership.objects.filter(office=office, role="handler", ended_at=None).first()
    assert someone is not None
    job = Job.objects.create(
        kind="renew",
        office=office,
        purpose="office",
        user=someone.user,
        total=9,
        done=4,
        created_at=clock.now(),
    )
    page.goto("/desk/members/")
    eyes.look("members, work under way", has="progress")
    job.delete()
    eyes.follow(page.locator('form[action$="/invite/"] button'))
    eyes.look("members, an empty invitation", has=".errs")
    for name, value in (("family_name", "周"), ("given_name", "予安"), ("username", "newcomer")):
        page.fill(f"[name={name}]", value)
    eyes.follow(page.locator('form[action$="/invite/"] button'))
    eyes.look("invitation", has="code")
    page.goto("/desk/members/")
    eyes.look("members, somebody invited", has="table.reg")
    page.goto(f"/desk/members/city/{User.objects.get(username='newcomer').pk}/")
    eyes.look("member without a key", has=".note")
    page.goto(f"/desk/members/city/{someone.user_id}/")
    eyes.look("member", has=".ask-box")
    eyes.follow(page.locator("main form.stack button"))
    eyes.look("member, nothing heard", has=".errs")
    page.goto(f"/desk/members/city/{someone.user_id}/remit/handler/")
    eyes.look("remit", has="[type=checkbox]")
    page.goto(f"/desk/members/city/{someone.user_id}/remove/")
    eyes.look("removal", has=".ask-box")
    for box in page.locator("main [type=checkbox]").all():
        box.uncheck()
    eyes.follow(page.locator("main .btn-risk"))
    eyes.look("removal, no role", has=".errs")
    page.goto("/desk/members/offices/")
    eyes.look("offices", has="form")
    eyes.follow(page.locator("main form.stack button"))
    eyes.look("offices, empty", has=".errs")
    retention(eyes)
    page.goto("/desk/members/emergency/")
    eyes.look("emergency reading", has=".ask-box")
    eyes.follow(page.locator("main form .btn-risk"))
    eyes.look("emergency reading, nothing filled in", has=".errs")
    page.goto("/desk/members/calendar/")
    eyes.look("calendar and rules", has="form")
    eyes.follow(page.locator("main form.stack button").first)
    eyes.look("calendar, a day without a date", has=".errs")
    User.objects.filter(username="newcomer").delete()


def guardians(custodian: Eyes, approver: Eyes) -> None:
    """An identity: asked for, agreed to, looked at once."""
    from accounts import unlock

    from complaints.intake.models import Tip
    from complaints.vault.models import Wrap

    log_in(custodian.page, custodian.city.account("custodian", "-city"))
    log_in(approver.page, approver.city.account("approver", "-city"))
    kept = Wrap.objects.filter(kind="identity-a", office__code="city", user=None).values("subject")
    tip = Tip.objects.filter(pk__in=kept, named=True).order_by("number").first()
    assert tip is not None, "the demo has named tips"
    page = custodian.page
    page.goto("/desk/identity/")
    custodian.follow(page.locator("main .ask-box button").first)
    custodian.look("identity, nothing asked", has=".errs")
    page.fill("[name=number]", tip.number)
    page.fill("[name=reason]", "归还账本 " + LONG[:60])
    custodian.follow(page.locator("main .ask-box button").first)
    custodian.look("identity, asked", has="table.reg")
    approver.page.goto("/desk/identity/")
    approver.look("identity, to answer", has=".ask-box")
    approver.follow(approver.page.locator("main [value=agree]").first)
    page.goto("/desk/identity/")
    custodian.look("identity, agreed", has="td form")
    with pytest.MonkeyPatch.context() as late:
        late.setattr(unlock, "SURE_SECONDS", 0)
        custodian.follow(page.locator("main td form button").first)
    custodian.look("the password once more", has="[name=sure]")
    page.fill("[name=password]", custodian.city.account("custodian", "-city")["password"])
    custodian.enter("[name=password]")
    custodian.look("go on with it", has="main form")
    custodian.follow(page.locator("main form button").first)
    custodian.look("identity, looked at", has="dl.facts")
    page.reload()  # a form sent again
    custodian.look("identity, looked at before", has=".note")
    mine = Tip.objects.filter(office__code="city").order_by("number").first()
    assert mine is not None
    leaving(approver, mine.number)


def editor(eyes: Eyes) -> None:
    """Who belongs to no office."""
    account = eyes.city.account("editor")
    page = eyes.page
    page.goto("/accounts/login/")
    page.fill("#id_login", account["username"])
    page.fill("#id_password", account["password"])
    eyes.enter("#id_password")
    page.fill("#id_code", code(account["totp_secret"]))
    eyes.enter("#id_code")
    page.goto("/desk/")
    eyes.look("desk of an outsider")


def desk(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """Queue, search, tip and their faults, as triage of the city."""
    from workdays import clock

    page = eyes.page
    log_in(page, eyes.city.account("triage", "-city"))
    eyes.look("queue", has="table.queue")
    page.goto("/desk/?state=all&named=nonsense")
    eyes.look("queue, a wrong filter")
    page.goto("/desk/?state=repeat&region=qingshi")
    eyes.look("queue, empty", has=".none")
    page.goto("/desk/?words=00000000-0000-4000-8000-000000000000")
    eyes.look("queue, words lost", has=".note")
    page.goto("/desk/stats/")
    eyes.look("stats", has="table.reg")
    page.goto("/desk/stats/?first=2020-01-01&last=2020-01-02&other_first=2026-01-02&other_last=2026-01-01")
    eyes.look("stats, a wrong period", has=".is-err")
    end = clock.today()
    middle, start = end - dt.timedelta(days=90), end - dt.timedelta(days=180)
    page.goto(f"/desk/stats/?first={start}&last={middle}&other_first={middle}&other_last={end}")
    eyes.look("stats, two periods", has=f"figcaption:has-text('{end}')")
    own_templates(eyes)
    around_the_queue(eyes)
    suggestions(eyes, patch)
    for words, has in (("窗口", "table.queue"), ("绝无此事" + LONG[:50], ".none"), ("，。", ".note")):
        page.goto("/desk/")
        page.fill("#dq", words)
        eyes.enter("#dq")
        eyes.look(f"search for {words[:4]}", has=has)
    page.goto("/desk/")
    page.fill("#dq", " ")
    eyes.enter("#dq")
    eyes.look("search for nothing", has=".err")
    tip(eyes, patch)
    locked(eyes)


def own_templates(eyes: Eyes) -> None:
    """Replies that are written often: the list, a fault, and the page of one."""
    page = eyes.page
    page.goto("/desk/templates/")
    eyes.look("templates", has="textarea")
    page.fill("#id_name", "受理")
    page.fill("#id_text", "{没有的字段}")
    eyes.follow(page.locator("main form:has(#id_text) button.btn"))
    eyes.look("templates, a wrong field", has=".err")
    page.fill("#id_text", "{机构}已经收到。" + LONG)
    eyes.follow(page.locator("main form:has(#id_text) button.btn"))
    eyes.follow(page.locator("main li a[href^='/desk/templates/']").first)
    eyes.look("template, to be changed", has="textarea")


def suggestions(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """How often suggestions were right: before anything was learned, and after."""
    from complaints.desk import finding_triage
    from search.suggest import Band

    eyes.page.goto("/desk/suggestions/")
    eyes.look("suggestions, none yet", has="h2")
    bands = [Band(0.5, 0.6, 71, 42, 0.55), Band(0.95, 1.0, 847, 823, 0.988)]
    record = finding_triage.Record("category", 918, bands, bands, 918, 865, 918, 865)
    with patch.context() as learned:
        learned.setattr(finding_triage, "records", lambda index: [record])
        eyes.page.goto("/desk/suggestions/")
        eyes.look("suggestions", has="table.reg")


def around_the_queue(eyes: Eyes) -> None:
    """Lists and forms beside the queue, and one act on many tips."""
    import datetime as dt

    from workdays import clock

    page = eyes.page
    for path, has in (("transfers", "h2"), ("procedure", "svg .edge"), ("rules", ".note"), ("feed", "form")):
        page.goto(f"/desk/{path}/")
        eyes.look(f"desk, {path}", has=has)
    eyes.follow(page.locator("main form button").first)
    eyes.look("desk, a calendar's address", has=".note code")
    page.goto("/desk/")
    page.locator('details:has(form[action$="/views/"]) summary').click()
    eyes.follow(page.locator('form[action$="/views/"] button'))
    eyes.look("desk, a view without a name", has=".errs")
    page.goto("/desk/?state=all")
    eyes.follow(page.locator(".bulk button").first)
    eyes.look("desk, bulk, nothing chosen", has=".errs")
    page.goto("/desk/?state=all")
    page.locator("#b-act").select_option("priority")
    page.locator(".pick label").first.click()
    eyes.follow(page.locator(".bulk button").first)
    eyes.look("desk, bulk", has="#b-value")
    page.locator("#b-value").select_option("0")
    eyes.follow(page.locator("main form button").first)
    eyes.look("desk, job", has="progress")
    page.goto("/desk/?state=submitted")
    eyes.follow(page.locator("table.queue tbody a").first)
    eyes.follow(page.locator('a[href$="/transfer/"]'))
    eyes.follow(page.locator("main form button.btn-risk"))
    eyes.look("desk, transfer unanswered", has=".errs")
    page.goto("/desk/?state=submitted")
    eyes.follow(page.locator("table.queue tbody a").first)
    eyes.follow(page.locator('.side a[href$="/joint/"]'))
    eyes.follow(page.locator("main form button.btn").first)
    eyes.look("desk, joint handling unanswered", has=".errs")
    page.locator("#j-to").select_option(index=1)
    page.fill("#j-task", LONG)
    page.fill("#j-due_on", (clock.today() + dt.timedelta(days=9)).isoformat())
    eyes.follow(page.locator("main form button.btn").first)
    eyes.look("desk, a part of joint handling", has="#said .msg")
    eyes.follow(page.locator("form.sec-s button").first)
    eyes.look("desk, a part, nothing written", has=".errs")


def tip(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """One tip with everything on it; each form sent wrong; a colleague who is faster; what does not open."""
    from accounts.models import User
    from workdays import clock

    from complaints.desk import copies, opening
    from complaints.intake.models import Tip
    from complaints.vault.errors import Corrupt, DirectoryBroken, NotAMember
    from complaints.vault.models import Cell

    page = eyes.page
    looked_at = Cell.objects.filter(label=copies.LABEL).values("tip")
    rows = Tip.objects.filter(office__code="city", files__gt=0, state="submitted").exclude(uuid__in=looked_at)
    row = rows.order_by("pk").last()
    assert row is not None, "the reporter's own, from before"
    page.goto(f"/desk/tips/{row.number}/")
    eyes.look("tip", has=".work")
    for name in ("reply", "note", "assign"):
        eyes.follow(page.locator(f'form[action$="/{name}/"] button').first)
        eyes.look(f"tip, {name} empty", has=".errs")
    form = page.locator('form[action$="/reply/"]')
    form.locator("[name=reply]").fill("请问 " + LONG)
    eyes.follow(form.locator("button"))
    Tip.objects.filter(pk=row.pk).update(revision=999)
    page.locator('form[action$="/reply/"] [name=reply]').fill("又问")
    Tip.objects.filter(pk=row.pk).update(revision=1000)
    eyes.follow(page.locator('form[action$="/reply/"] button'))
    eyes.look("tip, stale", has="[role=alert]")
    colleague = User.objects.get(username="handler-city")
    Tip.objects.filter(pk=row.pk).update(assignee=None)
    page.goto(f"/desk/tips/{row.number}/")
    Tip.objects.filter(pk=row.pk).update(assignee=colleague, claimed_at=clock.now())
    eyes.follow(page.locator('form[action$="/claim/"] button').first)
    eyes.look("taken", has="[role=alert]")

    def raising(error: Exception) -> Any:
        def fails(*_a: Any, **_k: Any) -> Any:
            raise error

        return fails

    for error, name in ((NotAMember("city"), "no key"), (DirectoryBroken("city"), "directory broken")):
        with patch.context() as broken:
            broken.setattr(opening, "open_tip", raising(error))
            page.goto(f"/desk/tips/{row.number}/")
            eyes.look(name, has="[role=alert]")
    page.goto(f"/desk/tips/{row.number}/")
    eyes.follow(page.locator(".files .name a").first)
    eyes.look("file, no copy yet", has="main form")
    eyes.follow(page.locator("main form button").first)
    eyes.look("file", has=".copy-words")
    address = page.locator("main .btns a").last.get_attribute("href")
    with patch.context() as broken:

        def opened(*_a: Any) -> Iterator[bytes]:
            raise Corrupt("changed")
            yield b""

        broken.setattr(copies.Attachment, "original", opened)
        page.goto(address)
        eyes.look("file broken", has="[role=alert]")


def locked(eyes: Eyes) -> None:
    """The session locks while somebody writes."""
    page = eyes.page
    password = eyes.city.account("triage", "-city")["password"]
    page.goto("/desk/?state=all")
    eyes.follow(page.locator("table.queue tbody a").first)
    page.locator('form[action$="/note/"] [name=note]').fill("写到一半 " + LONG)
    page.context.clear_cookies(name="qf_desk")
    eyes.follow(page.locator('form[action$="/note/"] button'))
    eyes.look("unlock, with what was written", has="[role=alert]")
    page.fill("[name=password]", "wrong")
    eyes.enter("[name=password]")
    eyes.look("unlock, wrong", has=".errs")
    page.fill("[name=password]", password)
    eyes.enter("[name=password]")
    eyes.look("once more", has=".text")
    page.context.clear_cookies(name="qf_desk")
    page.goto("/desk/")
    eyes.look("unlock")


def rest(eyes: Eyes, patch: pytest.MonkeyPatch) -> None:
    """Pages of the door that a person meets once in years."""
    from accounts import services
    from accounts.models import User
    from allauth.core.internal import ratelimit
    from django.conf import settings

    page = eyes.page
    User.objects.filter(username__startswith="someone").delete()
    user = services.create_staff(username="someone", password="a long password indeed")
    User.objects.filter(pk=user.pk).update(language=desk_language(eyes))
    page.goto("/accounts/login/")
    page.fill("#id_login", "someone")
    page.fill("#id_password", "a long password indeed")
    eyes.enter("#id_password")
    eyes.look("enrolment", has="svg.qr")
    eyes.enter("#id_code")
    eyes.look("enrolment, empty", has=".errs")
    page.fill("#id_code", code(page.locator("dd code").inner_text()))
    eyes.enter("#id_code")
    eyes.look("recovery codes", has="li code")
    page.goto("/accounts/password/reset/key/0-nonsense/")
    eyes.look("password link, dead")
    with patch.context() as often:
        often.setattr(ratelimit, "consume", lambda *_a, **_k: None)
        page.goto("/accounts/password/reset/key/0-nonsense/")
        eyes.look("429")
    page.context.clear_cookies()
    eyes.expected = "zh-Hans"
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page.goto("/accounts/login/")
        page.fill("#id_login", "nobody")
        page.fill("#id_password", "a wrong password")
        eyes.enter("#id_password")
    eyes.look("locked out", has="main h1:not(:has-text('登录'))")


@pytest.fixture
def staff_language(city: City) -> Iterator[Callable[[str], None]]:
    """Sets the language of all staff; afterwards it is Chinese again, for the other tests of this city."""
    from accounts.models import User

    def set_to(code: str) -> None:
        User.objects.update(language=code)

    yield set_to
    set_to("zh-hans")


@pytest.fixture
def browser(windowless: Any) -> Any:
    """Hundreds of pages are looked at."""
    return windowless


@pytest.mark.once
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template(
    city: City, visit: Any, monkeypatch: pytest.MonkeyPatch, staff_language: Any, language: str
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "RATELIMIT_ENABLE", False)
    locale = {"zh": "zh-CN", "en": "en-GB"}[language]
    staff_language({"zh": "zh-hans", "en": "en"}[language])
    problems: list[str] = []

    def eyes() -> Eyes:
        made = Eyes(visit(language=locale), city, language)
        made.problems = problems
        return made

    with templates.drawn() as seen:
        public(eyes(), monkeypatch)
        errors(eyes(), monkeypatch)
        reporter = eyes()
        receipt = intake(reporter, monkeypatch)
        door = eyes()
        accounts(door)
        auditor(door)
        administrator(eyes())
        guardians(eyes(), eyes())
        editor(eyes())
        desk(eyes(), monkeypatch)
        returning(reporter, receipt)
        rest(eyes(), monkeypatch)
    unseen = templates.below(TEMPLATES) - seen - NOT_PAGES
    assert not problems, "\n".join(problems)
    assert not unseen, f"no page of this walk draws {sorted(unseen)}"
