"""The registers' forms in the admin, grouped as the law groups the fields."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PublishingPanel,
    TabbedInterface,
)

from cms.admin.flow_panel import FlowPreviewPanel
from cms.admin.forms import GradeSelect


def publishing_tab() -> ObjectList:
    """When it goes live and when it expires."""
    return ObjectList([PublishingPanel()], heading=_("公布"))


def _group(heading, *names: str, collapsed: bool = False) -> MultiFieldPanel:
    panels = [FieldPanel(name) for name in names]
    return MultiFieldPanel(panels, heading=heading, classname="collapsed" if collapsed else "")


def _limit(stem: str, heading) -> MultiFieldPanel:
    return MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel(f"{stem}_limit"), FieldPanel(f"{stem}_unit")]),
            FieldPanel(f"{stem}_note"),
        ],
        heading=heading,
    )


def power_handler() -> TabbedInterface:
    """What the guidance asks (power, basis, body, process, duty), then service, then the rest."""
    basis = InlinePanel(
        "legal_bases",
        label=_("设定依据"),
        min_num=1,
        panels=[
            FieldPanel("text"),
            FieldRowPanel([FieldPanel("rank"), FieldPanel("kind_text")]),
            FieldPanel("law_name"),
            FieldRowPanel([FieldPanel("article"), FieldPanel("document_no")]),
            FieldPanel("law_version"),
        ],
    )
    return TabbedInterface(
        [
            ObjectList(
                [
                    _group(_("事项"), "name", "parent_name", "parent_item", "category", "organisation"),
                    _group(_("编码"), "code", "basic_code"),
                    _group(
                        _("实施主体"),
                        "exercising_body",
                        "body_organisation",
                        "body_code",
                        "body_nature",
                        "entrusted_by",
                        "power_source",
                    ),
                    InlinePanel("handling_units", label=_("承办机构")),
                    _group(_("行使层级"), "levels", "level_text"),
                    basis,
                ],
                heading=_("权力"),
            ),
            ObjectList(
                [
                    _limit("statutory", _("法定办结时限")),
                    _limit("promised", _("承诺办结时限")),
                    _group(_("条件"), "case_type", "audience", "conditions", "special_procedures"),
                    InlinePanel("materials", label=_("申请材料")),
                    _group(_("收费"), "no_fees", "fees_note"),
                    InlinePanel("fees", label=_("收费项目")),
                    _group(_("处罚"), "penalty_acts", "penalty_kinds", "penalty_range"),
                ],
                heading=_("办理"),
            ),
            ObjectList(
                [
                    FieldPanel("department_duty"),
                    InlinePanel("duties", label=_("责任事项")),
                    FieldPanel("accountability_scope"),
                    InlinePanel("accountabilities", label=_("追责情形")),
                    _group(_("监督和救济"), "supervision", "contact", "remedy"),
                ],
                heading=_("责任"),
            ),
            ObjectList(
                [
                    _group(_("效力"), "in_force", "effective_on", "ends_on", "state_document", "successor"),
                    FieldPanel("remarks"),
                    MultiFieldPanel(
                        [
                            FieldPanel("source_file", read_only=True),
                            FieldPanel("source_sheet", read_only=True),
                            FieldPanel("source_row", read_only=True),
                        ],
                        heading=_("导入来源"),
                    ),
                ],
                heading=_("效力和来源"),
            ),
            publishing_tab(),
        ]
    )


def flowchart_handler() -> TabbedInterface:
    """Steps, then the arrows between their keys, then the risks at them."""
    return TabbedInterface(
        [
            ObjectList(
                [
                    _group(_("流程图"), "title", "power_item", "description"),
                    FlowPreviewPanel(heading=_("边填边看")),
                    InlinePanel("steps", label=_("环节"), min_num=2),
                    InlinePanel("transitions", label=_("流转"), min_num=1),
                ],
                heading=_("流程"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "risk_points",
                        label=_("廉政风险点"),
                        panels=[
                            FieldPanel("step_key"),
                            FieldPanel("description"),
                            FieldPanel("level", widget=GradeSelect),
                            FieldRowPanel([FieldPanel("likelihood"), FieldPanel("severity")]),
                            FieldPanel("measures"),
                            FieldRowPanel([FieldPanel("owner"), FieldPanel("owner_account")]),
                            FieldRowPanel([FieldPanel("reviewed_on"), FieldPanel("next_review")]),
                        ],
                    )
                ],
                heading=_("廉政风险"),
            ),
            publishing_tab(),
        ]
    )


def benchmark_handler() -> TabbedInterface:
    """The head with the statutory range, then the tiers."""
    return TabbedInterface(
        [
            ObjectList(
                [
                    _group(_("裁量基准"), "title", "power_item", "act"),
                    _group(_("依据"), "legal_basis", "penalty_basis", "penalty_kinds"),
                    _group(
                        _("法定幅度"),
                        "statutory_text",
                        "amount_kind",
                        "minimum",
                        "maximum",
                        "multiple_min",
                        "multiple_max",
                        "base",
                        "per",
                        "min_inclusive",
                        "max_inclusive",
                    ),
                    _group(
                        _("文件"),
                        "issuing_body",
                        "document_no",
                        "effective_on",
                        "expires_on",
                        "supersedes",
                        "source_code",
                        "notes",
                    ),
                ],
                heading=_("基准"),
            ),
            ObjectList(
                [InlinePanel("tiers", label=_("阶次"), min_num=1), FieldPanel("warnings_confirmed")],
                heading=_("阶次"),
            ),
            publishing_tab(),
        ]
    )
