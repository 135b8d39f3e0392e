"""What every site needs before its first editor logs in: made once, and again without harm."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Locale,
    Page,
    Site,
    Workflow,
    WorkflowContentType,
    WorkflowPage,
    WorkflowTask,
)

from cms.models import (
    Benchmark,
    Category,
    CategoryAlias,
    Flowchart,
    HeaderSynonym,
    HomePage,
    ImportBatch,
    Law,
    Level,
    LevelAlias,
    NoticeFeedback,
    NoticeType,
    Obligation,
    Opinion,
    Organisation,
    PowerItem,
    ReviewTask,
    RiskGrade,
    SectionPage,
)
from search.models import Synonym

REGISTERS = (Organisation, Law, PowerItem, Flowchart, Benchmark)

# code, name, English, letters, on application, other names of local lists (DOMAIN, Power item).
CATEGORIES = [
    ("licence", "行政许可", "Administrative licence", "XK", True, ["许可", "行政审批"]),
    ("penalty", "行政处罚", "Administrative penalty", "CF", False, ["处罚"]),
    (
        "coercion",
        "行政强制",
        "Administrative coercion",
        "QZ",
        False,
        ["强制", "行政强制措施", "行政强制执行"],
    ),
    ("levy", "行政征收", "Administrative levy", "ZS", False, ["征收", "行政征用", "行政征收征用"]),
    ("payment", "行政给付", "Administrative payment", "JF", True, ["给付"]),
    (
        "inspection",
        "行政检查",
        "Administrative inspection",
        "JC",
        False,
        ["检查", "行政监督", "行政监督检查"],
    ),
    ("confirmation", "行政确认", "Administrative confirmation", "QR", True, ["确认"]),
    ("reward", "行政奖励", "Administrative reward", "JL", True, ["奖励"]),
    ("adjudication", "行政裁决", "Administrative adjudication", "CJ", True, ["裁决"]),
    ("other", "其他权力", "Other powers", "QT", False, ["其他", "其他行政权力", "其他职权", "其他类"]),
    ("filing", "行政备案", "Administrative filing", "BA", True, ["备案"]),
    ("service", "公共服务", "Public service", "FW", True, ["服务事项", "公共服务事项"]),
]
LEVELS = [
    ("nation", "国家级", "National", ["国家", "国", "中央", "中央级"]),
    ("province", "省级", "Province", ["省", "自治区", "直辖市"]),
    ("city", "市级", "City", ["市", "地州市级", "地市级", "设区市级", "州市级", "地级"]),
    ("county", "县级", "County", ["县", "区县级", "县区级", "县市区级", "区级", "区"]),
    ("township", "乡级", "Township", ["乡", "乡镇级", "镇级", "街道", "乡镇（街道）级"]),
    ("village", "村级", "Village", ["村", "村（社区）级", "社区级"]),
]
# slug, Chinese title, English title, in the menu. The order is the menu's.
SECTIONS = [
    ("power", "权责清单", "Power list", True),
    ("benchmarks", "裁量基准", "Discretion benchmarks", True),
    ("cases", "典型案例", "Cases", True),
    ("library", "资料库", "Library", True),
    ("notices", "通知公告", "Notices", False),
    ("consultations", "征求意见", "Consultations", False),
    ("stats", "统计公开", "Statistics", True),
    ("data", "开放数据", "Open data", True),
    ("ledger", "公开账本", "Public ledger", True),
]
EDITORS, MODERATORS = "Editors", "Moderators"
WORKFLOW = "公布审批"


def after_migrate(**kwargs: Any) -> None:
    """Reference rows of a new or updated site; pages and groups are made by `install`."""
    install_tables()


# code, name, English, how it is drawn, least likelihood × severity, months between reviews.
GRADES = [
    ("high", "高", "High", 3, 15, 6),
    ("medium", "中", "Medium", 2, 6, 12),
    ("low", "低", "Low", 1, 1, 12),
]


# code, name, English, sphere: common kinds of openness by category; an operator adds and renames.
NOTICE_TYPES = [
    ("party-fees", "党费收缴使用", "Party dues", "party"),
    ("party-decisions", "党组织重要决定", "Decisions of the Party organisation", "party"),
    ("budget", "预算和决算", "Budget and final accounts", "government"),
    ("procurement", "政府采购", "Public procurement", "government"),
    ("three-public", "“三公”经费", "Official receptions, vehicles, travel", "government"),
    ("factory-staff", "职工切身利益事项", "Matters of the staff", "factory"),
    ("factory-purchase", "物资采购和工程招标", "Purchases and tenders", "factory"),
    ("village-accounts", "村级财务收支", "Village accounts", "village"),
    ("village-assets", "集体资产资源处置", "Collective assets", "village"),
    ("village-subsidy", "惠农补贴发放", "Subsidies to farmers", "village"),
]


def install() -> None:
    """Locales, categories, levels, homes, sections, groups, permissions and the approval workflow."""
    with transaction.atomic():
        install_tables()
        homes = install_homes()
        install_sections(homes)
        install_groups(homes["zh-hans"].get_parent())


def install_tables() -> None:
    """Languages, categories and levels. What an operator renamed keeps its name."""
    for language in ("zh-hans", "en"):
        Locale.objects.get_or_create(language_code=language)
    for order, (code, name, english, letters, on_application, aliases) in enumerate(CATEGORIES):
        row, made = Category.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "name_en": english,
                "letters": letters,
                "order": order,
                "on_application": on_application,
            },
        )
        if made:
            _add_aliases(CategoryAlias, "category", row, aliases)
    for order, (code, name, english, aliases) in enumerate(LEVELS):
        row, made = Level.objects.get_or_create(
            code=code, defaults={"name": name, "name_en": english, "order": order}
        )
        if made:
            _add_aliases(LevelAlias, "level", row, aliases)
    for order, (code, name, english, look, score, months) in enumerate(GRADES):
        RiskGrade.objects.get_or_create(
            code=code,
            defaults={
                "name": name, "name_en": english, "order": order, "look": look, "from_score": score,
                "review_months": months,
            },
        )  # fmt: skip
    for order, (code, name, english, sphere) in enumerate(NOTICE_TYPES):
        NoticeType.objects.get_or_create(
            code=code, defaults={"name": name, "name_en": english, "order": order, "sphere": sphere}
        )


def _add_aliases(model: Any, field: str, row: Any, names: list[str]) -> None:
    for name in names:
        model.objects.get_or_create(name=name, defaults={field: row})


def install_homes() -> dict[str, HomePage]:
    """The home page of each language, by language. Wagtail's welcome page gives way to the first."""
    zh, en = Locale.objects.get(language_code="zh-hans"), Locale.objects.get(language_code="en")
    root = Page.get_first_root_node()
    if root is None:
        root = Page.add_root(title="Root", slug="root", locale=zh)
    home = HomePage.objects.filter(locale=zh, depth=2).first()
    if home is None:
        home = HomePage(title="首页", slug="home-zh", locale=zh, live=False)
        root.add_child(instance=home)
        home.save_revision().publish()
    english = HomePage.objects.filter(locale=en, translation_key=home.translation_key).first()
    if english is None:
        english = home.copy_for_translation(en)
        english.title, english.slug = "Home", "home-en"
        english.save_revision().publish()
    _site_at(home)
    # The page that Wagtail's own migration made: no site stands on it any more.
    Page.objects.filter(depth=2).exact_type(Page).exclude(pk__in=[home.pk, english.pk]).delete()
    return {"zh-hans": HomePage.objects.get(pk=home.pk), "en": HomePage.objects.get(pk=english.pk)}


def _site_at(home: HomePage) -> None:
    site = Site.objects.filter(is_default_site=True).first()
    if site is None:
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True, site_name="清风")
    elif site.root_page_id != home.pk and not isinstance(site.root_page.specific, HomePage):
        site.root_page, site.site_name = home, site.site_name or "清风"
        site.save()
    Site.clear_site_root_paths_cache()


def install_sections(homes: dict[str, HomePage]) -> None:
    """The parts of the site in both languages, published."""
    for slug, title, english_title, in_menu in SECTIONS:
        page = SectionPage.objects.child_of(homes["zh-hans"]).filter(slug=slug).first()
        if page is None:
            page = SectionPage(
                title=title, slug=slug, show_in_menus=in_menu, live=False, locale=homes["zh-hans"].locale
            )
            HomePage.objects.get(pk=homes["zh-hans"].pk).add_child(instance=page)
            page.save_revision().publish()
        if not SectionPage.objects.filter(
            translation_key=page.translation_key, locale=homes["en"].locale
        ).exists():
            english = page.copy_for_translation(homes["en"].locale)
            english.title, english.slug = english_title, slug
            english.save_revision().publish()


def install_groups(root: Page) -> None:
    """Editors write and submit; moderators publish. Nobody but an administrator deletes."""
    editors, _ = Group.objects.get_or_create(name=EDITORS)
    moderators, _ = Group.objects.get_or_create(name=MODERATORS)
    for group, actions in (
        (editors, ["add", "change", "view"]),
        (moderators, ["add", "change", "view", "publish", "lock", "unlock"]),
    ):
        group.permissions.add(
            Permission.objects.get(codename="access_admin", content_type__app_label="wagtailadmin")
        )
        for model in REGISTERS:
            _permit(group, model, actions)
        _permit(group, ImportBatch, ["add", "change", "view"])
        _permit(group, HeaderSynonym, ["add", "change", "view"])
        _permit(group, Synonym, ["add", "change", "delete", "view"])
        _permit(group, Opinion, ["change", "view"])
        _permit(group, NoticeFeedback, [a for a in actions if a in ("change", "view", "publish")])
        _permit_pages(group, root, [a for a in actions if a != "view"])
        _permit_collection(group)
    for model in (Category, Level, RiskGrade, NoticeType, Obligation):
        _permit(moderators, model, ["add", "change", "view"])
    _localize(editors, moderators)
    _workflow(moderators, root)


def _permit(group: Group, model: Any, actions: list[str]) -> None:
    kind = ContentType.objects.get_for_model(model)
    names = [f"{action}_{model._meta.model_name}" for action in actions]
    group.permissions.add(*Permission.objects.filter(content_type=kind, codename__in=names))


def _permit_pages(group: Group, root: Page, actions: list[str]) -> None:
    kind = ContentType.objects.get_for_model(Page)
    for action in actions:
        permission = Permission.objects.filter(content_type=kind, codename=f"{action}_page").first()
        if permission:
            GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _permit_collection(group: Group) -> None:
    collection = Collection.get_first_root_node() or Collection.add_root(name="Root")
    codes = (
        "add_image",
        "change_image",
        "choose_image",
        "add_document",
        "change_document",
        "choose_document",
    )
    for permission in Permission.objects.filter(
        codename__in=codes, content_type__app_label__in=("wagtailimages", "wagtaildocs")
    ):
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )


def _localize(*groups: Group) -> None:
    permission = Permission.objects.filter(codename="submit_translation").first()
    if permission:
        for group in groups:
            group.permissions.add(permission)


def _workflow(moderators: Group, root: Page) -> None:
    """One approval by a moderator who did not write it, for the tree and for every register."""
    workflow, _new = Workflow.objects.get_or_create(name=WORKFLOW)
    task = ReviewTask.objects.filter(name=WORKFLOW).first()
    if task is None:
        task = ReviewTask.objects.create(name=WORKFLOW)
        task.groups.add(moderators)
        # A site that was set up before has Wagtail's own task here, by which one person is enough.
        WorkflowTask.objects.filter(workflow=workflow).delete()
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    if not WorkflowPage.objects.filter(page=root).exists():
        WorkflowPage.objects.create(workflow=workflow, page=root)
    for model in REGISTERS:
        kind = ContentType.objects.get_for_model(model)
        WorkflowContentType.objects.get_or_create(content_type=kind, defaults={"workflow": workflow})
