"""Demo content of the room: one invented city, published step by step over the past months.

Everything goes through the services that editors use (a draft, then its revision published), with the clock
set back for each; nothing is written around them.
"""

from __future__ import annotations

import datetime as dt
import secrets
from contextlib import contextmanager
from typing import Any

from accounts.services import add_totp, create_staff
from django.contrib.auth.models import Group
from wagtail.models import Locale
from workdays import clock

from cms import setup
from cms.demo import articles, benchmarks, cases, charts, items, laws, openness, organisations
from cms.models import (
    Accountability,
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    CaseProvision,
    CaseResult,
    CaseStep,
    Category,
    Duty,
    Fee,
    Flowchart,
    HandlingUnit,
    HomePage,
    Law,
    LawVersion,
    LegalBasis,
    Level,
    Material,
    NoticePage,
    Organisation,
    OrganisationAlias,
    PowerItem,
    RiskPoint,
    SectionPage,
    Step,
    Tier,
    Transition,
)

# Code → name, for whoever maps organisations to offices.
ORGANISATIONS: dict[str, str] = {row[0]: row[3] for row in organisations.ROWS}
EDITORS = [("editor", "林", "知夏", setup.EDITORS), ("moderator", "沈", "怀远", setup.MODERATORS)]


def load() -> list[dict[str, Any]]:
    """Make the whole; returns the editors' accounts ({role, username, password, totp_secret, office})."""
    setup.install()
    _homes()
    by_code = _organisations()
    made = _items(by_code, _laws())
    _flowcharts(made)
    heads = _benchmarks(made)
    _pages()
    home = HomePage.objects.get(locale=Locale.get_default())
    sections = {page.slug: page for page in SectionPage.objects.child_of(home)}
    openness.load(by_code, sections, _place, days_ago)
    _cases(by_code, made, heads)
    _a_second_version(made["9901-CG-CF-0147"])
    return [_editor(*row) for row in EDITORS]


@contextmanager
def days_ago(age: int, hour: int = 10):
    """The clock as it stood `age` days before today, at `hour`."""
    then = clock.now() - dt.timedelta(days=age)
    with clock.set_back(min(then.replace(hour=hour, minute=12, second=0, microsecond=0), clock.now())):
        yield


def publish(obj: Any) -> Any:
    """What the admin does: save the draft, publish its revision."""
    obj.live = False
    obj.save()
    obj.save_revision(log_action=True).publish()
    return obj


def in_year(value: Any) -> Any:
    """The texts' {y}, {y1}, {y2}: this year and the two before."""
    if isinstance(value, str):
        year = clock.today().year
        return value.replace("{y}", str(year)).replace("{y1}", str(year - 1)).replace("{y2}", str(year - 2))
    if isinstance(value, dict):
        return {key: in_year(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(in_year(each) for each in value)
    return value


def _homes() -> None:
    for language, (heading, intro) in articles.HOME.items():
        home = HomePage.objects.get(locale__language_code=language)
        home.heading, home.intro = heading, intro
        home.save_revision().publish()
        for section in SectionPage.objects.child_of(home):
            if pair := articles.SECTION_INTROS.get(section.slug):
                section.intro = pair[0 if language == "zh-hans" else 1]
                section.save_revision().publish()


def _organisations() -> dict[str, Organisation]:
    levels = {level.code: level for level in Level.objects.all()}
    made: dict[str, Organisation] = {}
    for order, (code, parent, level, name, english, description, phone) in enumerate(organisations.ROWS):
        row = Organisation(
            code=code,
            name=name,
            name_en=english,
            parent=made.get(parent),
            level=levels[level],
            description=description,
            supervision_phone=phone,
            contact=f"云泽市市民大道 {order + 1} 号，咨询电话 {phone}",
            region="云泽市",
            order=order,
            locale=Locale.get_default(),
        )
        row.aliases.add(*(OrganisationAlias(name=alias) for alias in organisations.ALIASES.get(code, ())))
        with days_ago(320 - order):
            made[code] = publish(row)
    return made


def _laws() -> dict[str, LawVersion]:
    """Name → the version that items cite."""
    written, made = laws.texts(items.ITEMS), {}
    for number, row in enumerate(laws.LAWS):
        name, rank, issuer, short, document, effective, repealed, note, _why = row
        law = Law(name=name, rank=rank, issuer=issuer, short_names=short, locale=Locale.get_default())
        version = LawVersion(
            document_no=document,
            effective_on=dt.date.fromisoformat(effective),
            repealed_on=dt.date.fromisoformat(repealed) if repealed else None,
            note=note,
            text=written[name],
        )
        if successor := laws.REPLACED.get(name):
            version.replaced_by = made[successor].law
        law.versions.add(version)
        with days_ago(310 - number):
            publish(law)
        made[name] = law.versions.get()
    return made


def _items(by_code: dict[str, Organisation], cited: dict[str, LawVersion]) -> dict[str, PowerItem]:
    levels = {level.code: level for level in Level.objects.all()}
    categories = {category.code: category for category in Category.objects.all()}
    made = {}
    for number, row in enumerate(items.ITEMS):
        item = _item(in_year(row), by_code, categories, levels)
        for basis in item.legal_bases.all():
            basis.law_version = cited.get(basis.law_name)
        with days_ago(300 - 6 * number, hour=9 + number % 8):
            publish(item)
        made[item.code] = item
    return made


def _item(row: tuple, by_code: dict, categories: dict, levels: dict) -> PowerItem:
    code, organisation, category, name, at, bases, statutory, promised, more = row
    body = by_code[organisation]
    item = PowerItem(
        code=code,
        name=name,
        organisation=body,
        body_organisation=body,
        exercising_body=body.name,
        body_nature="statutory",
        power_source="statutory",
        category=categories[category],
        level_text=more.get("level_text", ""),
        supervision=f"监督电话 {body.supervision_phone}，也可以在本页网上举报",
        contact=f"咨询电话 {body.supervision_phone}",
        remedy=items.REMEDY,
        effective_on=clock.today().replace(month=1, day=1),
        locale=Locale.get_default(),
    )
    for stem, limit in (("statutory", statutory), ("promised", promised)):
        if limit:
            value, unit, note = limit
            setattr(item, f"{stem}_limit", value)
            setattr(item, f"{stem}_unit", unit)
            setattr(item, f"{stem}_note", note)
    plain = ("conditions", "audience", "case_type", "special_procedures", "no_fees", "fees_note", "in_force")
    for field in (*plain, "penalty_acts", "penalty_kinds", "penalty_range", "state_document", "basic_code"):
        if field in more:
            setattr(item, field, more[field])
    item.levels = [levels[each] for each in at]
    _rows(item, category, bases, more)
    return item


def _rows(item: PowerItem, category: str, bases: list, more: dict) -> None:
    units = more.get("handling") or [(f"{item.exercising_body}业务科室", "")]
    item.handling_units.add(*(HandlingUnit(name=n, post=p, sort_order=i) for i, (n, p) in enumerate(units)))
    for order, (rank, law, article, text) in enumerate(bases):
        item.legal_bases.add(
            LegalBasis(text=text, rank=rank, law_name=law, article=article, sort_order=order)
        )
    for order, (name, form, number, origin) in enumerate(more.get("materials", ())):
        item.materials.add(Material(name=name, form=form, number=number, origin=origin, sort_order=order))
    for order, (name, standard, amount, basis, reducible, why) in enumerate(more.get("fees", ())):
        item.fees.add(
            Fee(
                name=name,
                standard=standard,
                amount=amount,
                basis=basis,
                reducible=reducible,
                reduction_basis=why,
                sort_order=order,
            )
        )
    for order, (stage, text) in enumerate(items.DUTIES.get(category, items.DUTIES[""])):
        item.duties.add(Duty(stage=stage, text=text, sort_order=order))
    for order, text in enumerate(items.ACCOUNTABILITY.get(category, items.ACCOUNTABILITY[""])):
        item.accountabilities.add(Accountability(text=text, sort_order=order))


def _flowcharts(made: dict[str, PowerItem]) -> None:
    step_fields = [
        "key",
        "name",
        "kind",
        "post",
        "unit",
        "limit",
        "limit_unit",
        "limit_note",
        "inputs",
        "outputs",
        "standard",
    ]
    for number, (slug, title, code, steps, arrows, risks, description) in enumerate(charts.CHARTS):
        chart = Flowchart(
            slug=slug,
            title=title,
            power_item=made[code],
            description=description,
            locale=Locale.get_default(),
        )
        for order, step in enumerate(steps):
            chart.steps.add(Step(**dict(zip(step_fields, step, strict=True)), sort_order=order))
        for order, (start, end, condition, back) in enumerate(arrows):
            chart.transitions.add(
                Transition(from_key=start, to_key=end, condition=condition, is_return=back, sort_order=order)
            )
        for order, (key, level, text, measures, owner, likelihood, severity) in enumerate(risks):
            chart.risk_points.add(
                RiskPoint(
                    step_key=key,
                    level=level,
                    description=text,
                    measures="\n".join(measures),
                    owner=owner,
                    likelihood=likelihood,
                    severity=severity,
                    reviewed_on=clock.today() - dt.timedelta(days=60),
                    sort_order=order,
                )
            )
        with days_ago(170 - 20 * number):
            publish(chart)


def _benchmarks(made: dict[str, PowerItem]) -> dict[str, Benchmark]:
    heads = {}
    for number, row in enumerate(in_year(benchmarks.HEADS)):
        item = made[row["item"]]
        head = Benchmark(
            slug=row["slug"],
            title=row["title"],
            power_item=item,
            act=row["act"],
            legal_basis=row["law"],
            penalty_basis=row["law"],
            penalty_kinds=item.penalty_kinds,
            statutory_text=row["text"],
            issuing_body=item.exercising_body,
            document_no=row["no"],
            effective_on=clock.today() - dt.timedelta(days=170),
            expires_on=clock.today() + dt.timedelta(days=5 * 365 - 170),
            locale=Locale.get_default(),
            **_amount(row["kind"], row["min"], row["max"], row.get("base", "")),
        )
        for order, (name, degree, kind, low, high, last, conditions, standard) in enumerate(row["tiers"]):
            head.tiers.add(
                Tier(
                    name=name,
                    degree=degree,
                    conditions=conditions,
                    standard=standard,
                    max_inclusive=last,
                    sort_order=order,
                    **_amount(kind, low, high, row.get("base", "")),
                )
            )
        with days_ago(150 - 12 * number):
            heads[row["slug"]] = publish(head)
    return heads


def _amount(kind: str, low: Any, high: Any, base: str) -> dict[str, Any]:
    if kind == "multiple":
        return {"amount_kind": kind, "multiple_min": low, "multiple_max": high, "base": base}
    return {"amount_kind": kind, "minimum": low, "maximum": high}


def _pages() -> None:
    home = HomePage.objects.get(locale=Locale.get_default())
    sections = {page.slug: page for page in SectionPage.objects.child_of(home)}
    for kind, rows in (("rule", articles.RULES), ("education", articles.EDUCATION)):
        for row in in_year(rows):
            page = _article(row, kind)
            if kind == "rule":
                page.issuer, page.document_no, page.effective_on = row["issuer"], row["no"], page.date
            _place(sections["library"], page, row["age"])
            if row["slug"] in articles.TRANSLATED:
                _translate(page, articles.TRANSLATED[row["slug"]], row["age"] - 1)
    for row in in_year(articles.NOTICES):
        page = NoticePage(
            title=row["title"],
            slug=row["slug"],
            date=clock.today() - dt.timedelta(days=row["age"]),
            issuer=row["issuer"],
            document_no=row["no"],
            lede=row["lede"],
            body=row["body"],
            locale=Locale.get_default(),
        )
        _place(sections["notices"], page, row["age"])
    for row in articles.STANDING:
        page = _article({**row, "age": 310}, "page")
        _place(home, page, 310)
        _translate(page, row["english"], 309)


def _article(row: dict[str, Any], kind: str) -> ArticlePage:
    return ArticlePage(
        title=row["title"],
        slug=row["slug"],
        article_kind=kind,
        date=clock.today() - dt.timedelta(days=row["age"]),
        lede=row["lede"],
        body=row["body"],
        locale=Locale.get_default(),
    )


def _place(parent: Any, page: Any, age: int) -> None:
    """`page` under `parent`, published `age` days ago."""
    page.live = False
    with days_ago(age):
        type(parent).objects.get(pk=parent.pk).add_child(instance=page)
        page.save_revision(log_action=True).publish()


def _translate(page: ArticlePage, english: dict[str, Any], age: int) -> None:
    with days_ago(age):
        copy = page.copy_for_translation(Locale.objects.get(language_code="en"))
        copy.title, copy.lede, copy.body, copy.slug = (
            english["title"],
            english["lede"],
            english["body"],
            page.slug,
        )
        copy.save_revision(log_action=True).publish()


def _cases(by_code: dict[str, Organisation], made: dict[str, PowerItem], heads: dict[str, Benchmark]) -> None:
    section = SectionPage.objects.get(slug="cases", locale=Locale.get_default())
    flows = {chart.slug: chart for chart in Flowchart.objects.all()}
    # Oldest first: the numbers of a year follow its decisions.
    for row in sorted(in_year(cases.CASES), key=lambda row: -row["age"]):
        organisation = by_code[row["organisation"]]
        penalty = row["kind"] == "penalty"
        decided = clock.today() - dt.timedelta(days=row["age"] + 20)
        page = CaseOutcomePage(
            title=row["title"],
            case_kind=row["kind"],
            lede=row["lede"],
            display_name=row["name"],
            unit=row["unit"],
            post=row["post"],
            organisation=organisation,
            facts=row["facts"],
            lesson=row["lesson"],
            deciding_body=organisation.name if penalty else ORGANISATIONS["9901-JW"],
            decided_on=decided,
            publish_due=decided + dt.timedelta(days=29),
            masking=row.get("masking", "surname"),
            locale=Locale.get_default(),
        )
        page.power_items = [made[code] for code in row["items"]]
        page.benchmarks = [heads[slug] for slug in row["benchmarks"]]
        page.provisions.add(*(CaseProvision(text=t, sort_order=i) for i, t in enumerate(row["provisions"])))
        page.results.add(
            *(CaseResult(label=a, text=b, sort_order=i) for i, (a, b) in enumerate(row["results"]))
        )
        page.steps.add(
            *(
                CaseStep(flowchart=flows[slug], step_key=key, sort_order=i)
                for i, (slug, key) in enumerate(row["steps"])
            )
        )
        _place(section, page, row["age"])


def _a_second_version(item: PowerItem) -> None:
    """One item that has changed since it was first published: its history has something to show."""
    changed = PowerItem.objects.get(pk=item.pk)
    changed.promised_limit, changed.promised_unit = 45, "day"
    changed.publication_reason = "缩短承诺时限"
    with days_ago(2):
        changed.save_revision(log_action=True).publish()


def _editor(username: str, family: str, given: str, group: str) -> dict[str, Any]:
    password = secrets.token_urlsafe(15)
    user = create_staff(username=username, password=password, family_name=family, given_name=given)
    user.groups.add(Group.objects.get(name=group))
    role = "editor"
    return {
        "role": role,
        "username": username,
        "password": password,
        "totp_secret": add_totp(user),
        "office": "",
    }
