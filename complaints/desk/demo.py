"""Demo: offices, people and tips of an invented city, through the real services, with the clock set back.

Nothing here goes around a service: each tip is sealed by intake, each act is one of a member of staff with
the keys that their role has. It is made once, on an empty site, before the ledger's first checkpoint.
"""

from __future__ import annotations

import datetime as dt
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from accounts import services as accounts
from accounts.keys import KeySeed
from accounts.models import User
from django.contrib.auth.models import Group
from django.utils import timezone
from PIL import Image
from workdays import calendar, clock, rules

from complaints.desk import deciding, opening, services
from complaints.desk.demo_tips import STORIES, Step, Story
from complaints.desk.models import ReplyTemplate
from complaints.intake import about, defaults, uploads
from complaints.intake import services as intake
from complaints.intake.models import OrganisationOffice, Region, Route, Tip
from complaints.vault import offices, receipts
from complaints.vault import tips as sealing
from complaints.vault.models import Membership, Office

FOUNDED_DAYS_AGO = 200
ROLES = ("triage", "handler", "approver", "custodian", "auditor", "administrator")
# code, Chinese name, English name; the first is the root.
OFFICES = (
    ("city", "云泽市纪委监委", "Yunze City Commission for Discipline Inspection and Supervision"),
    ("wanghu", "望湖区纪委监委", "Wanghu District Commission for Discipline Inspection and Supervision"),
    ("linjiang", "临江区纪委监委", "Linjiang District Commission for Discipline Inspection and Supervision"),
    ("qingshi", "青石县纪委监委", "Qingshi County Commission for Discipline Inspection and Supervision"),
)
# code, Chinese, English; each goes to the office of the same code.
REGIONS = (
    ("wanghu", "望湖区", "Wanghu District"),
    ("linjiang", "临江区", "Linjiang District"),
    ("qingshi", "青石县", "Qingshi County"),
)
# Which office takes reports on an organisation: the codes are those of the published demo organisations.
ORGANISATIONS: dict[str, tuple[str, ...]] = {
    "city": (
        "9901", "9901-JW", "9901-CG", "9901-JT", "9901-GA", "9901-ZR", "9901-MZ", "9901-SJ", "9901-RS",
    ),
    "wanghu": ("990102", "990102-CG"),
    "qingshi": ("990103",),
}  # fmt: skip
OUTSIDE = "省纪委监委信访室，12388.gov.cn，电话 12388"
# Family and given names, office by office, in the order of ROLES.
NAMES = (
    ("林", "一舟"), ("许", "知遥"), ("周", "予安"), ("秦", "守白"), ("陶", "明察"), ("方", "正言"),
    ("苏", "晚晴"), ("叶", "景行"), ("梁", "思齐"), ("宋", "慎之"), ("贺", "清源"), ("夏", "知秋"),
    ("江", "映川"), ("白", "若谷"), ("程", "怀瑾"), ("陆", "缄"), ("尹", "观澜"), ("邵", "立群"),
    ("石", "见山"), ("温", "如故"), ("顾", "长宁"), ("任", "守拙"), ("钟", "鸣远"), ("柳", "新程"),
)  # fmt: skip
TEMPLATES = (
    ("请补充情况", "谢谢您反映。请补充：什么时候、什么地方，涉及哪些人，有没有材料？记得多少写多少。",
     "Please tell us more", "Thank you. When and where did it happen, and who took part? What shows it?"),
    ("告知受理", "您反映的事项我们已经受理，正在办理。有进展会在这里告诉您。",
     "We have taken the case", "We are working on your case. You will read here how it goes on."),
    ("告知延期", "办理您反映的事项还需要一些时间，我们会尽快告诉您结果。",
     "It takes longer", "Your case needs some more time. We will tell you the result as soon as we can."),
)  # fmt: skip
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
Account = dict[str, str]


@dataclass
class Cast:
    """The people of all offices, with their opened seeds, and the accounts as handed out."""

    offices: dict[str, Office] = field(default_factory=dict)
    users: dict[tuple[str, str], User] = field(default_factory=dict)  # (role, office code)
    seeds: dict[int, KeySeed] = field(default_factory=dict)  # by user
    accounts: list[Account] = field(default_factory=list)


def load() -> list[Account]:
    """Make everything; the accounts as {"role", "username", "password", "totp_secret", "office"}.

    The vault must be initialised and hold no office. Some 30 seconds, most of them key derivation.
    """
    cast = Cast()
    rules.install_defaults()
    defaults.install()
    with _at(FOUNDED_DAYS_AGO, hour=9):
        _found(cast)
        _route(cast)
    _editor(cast)
    for name, text, name_en, text_en in TEMPLATES:
        ReplyTemplate.objects.get_or_create(
            name=name, defaults={"text": text, "name_en": name_en, "text_en": text_en}
        )
    for story in sorted(STORIES, key=lambda s: -s.ago):
        _tell(cast, story)
    return cast.accounts


def password() -> str:
    """Twenty characters in groups of five, none of which is misread: 99 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))


# Offices and people --------------------------------------------------------------------------------


def _found(cast: Cast) -> None:
    """People first (their keys are derived outside any transaction), then offices, then roles."""
    names = iter(NAMES)
    for code, office_name, _en in OFFICES:
        for role in ROLES:
            _hire(cast, role, code, office_name, *next(names))
    root_code, root_name, root_en = OFFICES[0]
    chief = cast.users["administrator", root_code]
    root = cast.offices[root_code] = offices.create_root(
        code=root_code,
        name=root_name,
        name_en=root_en,
        administrator=chief,
        administrator_seed=cast.seeds[chief.pk],
        outside_address=OUTSIDE,
    )
    for code, name, name_en in OFFICES[1:]:
        cast.offices[code] = offices.create_office(
            parent=root,
            code=code,
            name=name,
            name_en=name_en,
            administrator=cast.users["administrator", code],
            granter=cast.seeds[chief.pk],
            granted_by=chief,
        )
    for (role, code), user in cast.users.items():
        granter = cast.users["administrator", code]
        if role != Membership.Role.ADMINISTRATOR:
            offices.grant(
                office=cast.offices[code],
                user=user,
                role=role,
                granter_seed=cast.seeds[granter.pk],
                granter=granter,
            )


def _hire(cast: Cast, role: str, code: str, office: str, family: str, given: str) -> None:
    secret = password()
    username = f"{role}-{code}"
    user = accounts.create_staff(username=username, password=secret, family_name=family, given_name=given)
    cast.users[role, code] = user
    cast.seeds[user.pk] = accounts.open_seed(user=user, password=secret)
    cast.accounts.append(_account(role, user, secret, office))


def _account(role: str, user: User, secret: str, office: str) -> Account:
    return {
        "role": role,
        "username": user.username,
        "password": secret,
        "totp_secret": accounts.add_totp(user),
        "office": office,
    }


def _editor(cast: Cast) -> None:
    """Somebody who publishes and belongs to no office, unless the other room has made one."""
    editors, _new = Group.objects.get_or_create(name="Editors")
    if User.objects.filter(groups=editors).exists():
        return
    secret = password()
    user = accounts.create_staff(username="editor", password=secret, family_name="文", given_name="若兰")
    user.groups.add(editors)
    cast.accounts.append(_account("editor", user, secret, ""))


def _route(cast: Cast) -> None:
    """Each region to its office; regions that a new site begins with and this city has not are put away."""
    for order, (code, name, name_en) in enumerate(REGIONS, start=1):
        region, _new = Region.objects.get_or_create(
            code=code, defaults={"name": name, "name_en": name_en, "order": order}
        )
        Route.objects.get_or_create(region=region, category=None, defaults={"office": cast.offices[code]})
    keep = {"city", "elsewhere", *(code for code, _name, _en in REGIONS)}
    Region.objects.exclude(code__in=keep).update(active=False)
    Region.objects.filter(code="elsewhere").update(order=len(REGIONS) + 1)
    for code, organisations in ORGANISATIONS.items():
        for organisation in organisations:
            OrganisationOffice.objects.get_or_create(
                organisation_code=organisation, defaults={"office": cast.offices[code]}
            )


# Tips --------------------------------------------------------------------------------------------------


def _tell(cast: Cast, story: Story) -> None:
    """Hand in the tip on its day, then everything that happened to it."""
    receipt = receipts.new_receipt()
    master = receipts.derive(receipt)
    with _at(story.ago, hour=20):
        tip = intake.submit_tip(
            receipt=receipt,
            master=master,
            answers=intake.Answers(
                category=story.category,
                region=story.region,
                subject=story.subject,
                narrative=story.narrative,
                about=about.resolve_about("power", story.about) if story.about else None,
                respondents=tuple(intake.Respondent(*person) for person in story.respondents),
                identity=intake.Identity(*story.named) if story.named else None,
                language=story.language,
                concerns_office=story.concerns_office,
            ),
            files=[_file(name) for name in story.files],
        ).tip
    for number, step in enumerate(story.steps):
        at = (
            _at(step.ago, hour=20)
            if step.role == "reporter"
            else _at(step.ago, hour=9 + number % 8, work=True)
        )
        with at:
            _do(cast, Tip.objects.select_related("office").get(pk=tip.pk), step, master, story.language)


def _do(cast: Cast, tip: Tip, step: Step, master: receipts.Master, language: str) -> None:
    """One step, by the person whose role it is in the tip's office."""
    if step.act == "answer":
        keys = sealing.open_as_reporter(tip_uuid=tip.uuid, reporter=master.reporter)
        intake.add_message(tip=tip, keys=keys, author="reporter", text=step.text)
        return
    user = cast.users[step.role, tip.office.code]
    if step.act == "claim":
        services.claim(tip=tip, user=user)
        return
    if step.act == "assign":
        handler = cast.users["handler", tip.office.code]
        services.assign(tip=tip, user=user, to=handler, revision=tip.revision)
        return
    if step.act == "feedback":
        services.give_feedback(tip=tip, user=user, revision=tip.revision)
        return
    keys, office_seed, _cells = opening.open_tip(user=user, seed=cast.seeds[user.pk], tip=tip, labels=[])
    services.record_opened(tip=tip, user=user)
    if step.act == "note":
        services.add_note(tip=tip, user=user, keys=keys, text=step.text)
    elif step.act in ("reply", "ask"):
        services.reply(
            tip=tip,
            user=user,
            keys=keys,
            office_seed=office_seed,
            text=step.text,
            revision=tip.revision,
            ask_back=step.act == "ask",
        )
    elif step.act == "disposing":
        made = deciding.propose(
            tip=tip, user=user, keys=keys, kind="disposal", choice=step.disposal, revision=tip.revision
        )
        made.tip = services.fresh(tip)
        deciding.answer(proposal=made, user=cast.users["approver", tip.office.code], agree=True)
    else:
        closes = step.act == "closed"
        services.change_state(
            tip=tip,
            user=user,
            keys=keys,
            office_seed=office_seed,
            target=step.act,
            revision=tip.revision,
            decision=services.Decision(
                reason=step.reason,
                where="" if closes else step.text,
                disposal=step.disposal,
                result=step.text if closes else "",
            ),
            language=language,
        )


def _file(name: str) -> uploads.HandedFile:
    """A small attachment, sealed as an upload is."""
    arrival = uploads.Arrival(name)
    if name.endswith(".jpg"):
        picture = io.BytesIO()
        Image.new("RGB", (640, 480), (112, 128, 120)).save(picture, "JPEG")
        arrival.take(picture.getvalue())
    else:
        arrival.take(f"{name}\n\n演示用的文字材料，内容是虚构的。\n".encode())
    return arrival.end()


@contextmanager
def _at(days_ago: int, *, hour: int, work: bool = False) -> Iterator[None]:
    """The clock at this hour so many days ago; staff (`work`) act on the next working day, not after now."""
    now = timezone.localtime()
    day = now.date() - dt.timedelta(days=days_ago)
    if work:
        day = calendar.load(strict=False).on_or_after(day)
    at = now.replace(year=day.year, month=day.month, day=day.day, hour=hour, minute=secrets.randbelow(60))
    with clock.set_back(min(at, now - dt.timedelta(minutes=1))):
        yield
