"""Shapes of the registers besides power items (schemas.py). Null: not stated, or not public itself."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Field, Schema

from cms.api.schemas import Enumeration, Limit, OrganisationRef, Text


class Base(Schema):
    """What every record has."""

    id: str = Field(description="Permanent public address.")
    api: str = Field(description="Address of the whole record in this API.")
    version: int
    published_at: datetime


class ItemRef(Schema):
    """A published power item."""

    id: str
    code: str
    name: str


class OrganisationSummary(Base):
    code: str
    name: Text
    short_name: str | None
    parent: OrganisationRef | None
    level: Enumeration | None
    region: str | None
    valid_from: date | None
    valid_until: date | None
    successor: OrganisationRef | None


class OrganisationDetail(OrganisationSummary):
    aliases: list[str]
    description: str | None
    contact: str | None
    supervision_phone: str | None


class LawSummary(Base):
    slug: str
    name: Text
    rank: Enumeration
    issuer: str | None
    short_names: list[str]
    repealed: bool = Field(description="No version is in force any more, nor one to come.")


class LawVersionOut(Schema):
    document_no: str | None
    adopted_on: date | None
    effective_on: date | None
    repealed_on: date | None
    note: str | None
    text: str | None


class LawDetail(LawSummary):
    versions: list[LawVersionOut]


class FlowchartSummary(Base):
    slug: str
    title: Text
    power_item: ItemRef | None
    steps_count: int
    bpmn: str = Field(description="Address of the chart as BPMN 2.0 XML.")


class StepOut(Schema):
    key: str = Field(description="Survives reordering and republication.")
    name: str
    kind: Enumeration
    post: str | None
    unit: str | None
    limit: Limit | None
    limit_note: str | None
    standard: str | None
    inputs: str | None
    outputs: str | None


class TransitionOut(Schema):
    from_key: str
    to_key: str
    condition: str | None
    is_return: bool


class RiskBase(Schema):
    step_key: str
    description: str
    level: str | None = Field(description="A code of the scale that the site sets.")
    measures: list[str]
    owner: str | None
    likelihood: int | None
    severity: int | None
    reviewed_on: date | None
    next_review: date | None


class FlowchartDetail(FlowchartSummary):
    description: str | None
    steps: list[StepOut]
    transitions: list[TransitionOut]
    risk_points: list[RiskBase]


class RiskDetail(RiskBase):
    """An integrity risk point of a published flowchart; `version` and `published_at` are the chart's."""

    id: str
    version: int
    published_at: datetime
    flowchart: str = Field(description="Address of the chart.")
    step: str | None
    post: str | None
    organisation: str | None = Field(description="Code of the item's organisation, where public.")


class AmountOut(Schema):
    """Money in fen; a multiple as a decimal text. `base`: of a multiple, or the unit of a rate."""

    kind: Enumeration
    minimum: int | None
    maximum: int | None
    multiple_min: str | None
    multiple_max: str | None
    base: str | None
    per: str | None
    min_inclusive: bool
    max_inclusive: bool


class TierOut(Schema):
    name: str
    degree: Enumeration
    group: str | None
    conditions: str
    standard: str | None
    amount: AmountOut
    accessory: str | None
    accessory_when: str | None
    alone: bool


class BenchmarkSummary(Base):
    slug: str
    title: Text
    power_item: ItemRef | None
    act: str
    statutory: AmountOut
    issuing_body: str | None
    document_no: str | None
    effective_on: date | None
    expires_on: date | None


class BenchmarkDetail(BenchmarkSummary):
    legal_basis: str | None
    penalty_basis: str | None
    penalty_kinds: str | None
    statutory_text: str | None
    notes: str | None
    tiers: list[TierOut]


class CaseSummary(Base):
    number: str
    title: Text
    kind: Enumeration
    lede: str | None
    display_name: str | None
    unit: str | None
    post: str | None
    organisation: OrganisationRef | None
    deciding_body: str | None
    decided_on: date | None
    publish_due: date | None


class CaseResultOut(Schema):
    label: str
    text: str


class CaseDetail(CaseSummary):
    facts: str
    provisions: list[str]
    results: list[CaseResultOut]
    lesson: str | None
    power_items: list[ItemRef]
    source_number: str | None


class ArticleSummary(Base):
    slug: str
    title: Text
    kind: Enumeration
    date: date
    lede: str | None
    document_no: str | None
    issuer: str | None
    effective_on: date | None


class ArticleDetail(ArticleSummary):
    text: str = Field(description="Plain text; pictures and films stand on the page.")


class NoticeSummary(Base):
    slug: str
    title: Text
    date: date
    type: Enumeration | None
    sphere: Enumeration | None
    organisation: OrganisationRef | None
    period: str | None = Field(description="2026, 2026-Q3 or 2026-07.")
    document_no: str | None
    issuer: str | None
    lede: str | None


class FileOut(Schema):
    name: str
    url: str


class NoticeDetail(NoticeSummary):
    text: str
    attachments: list[FileOut]


class ConsultationSummary(Base):
    slug: str
    title: Text
    organisation: OrganisationRef | None
    lede: str | None
    state: Enumeration
    opens_on: date
    closes_on: date
    summary_on: date | None


class ParagraphOut(Schema):
    number: str
    text: str


class AnswerOut(Schema):
    opinion: str
    number: int | None
    verdict: Enumeration
    answer: str


class ConsultationDetail(ConsultationSummary):
    """What people wrote is not part of it: only the department's summary is public."""

    text: str
    paragraphs: list[ParagraphOut]
    summary: str | None
    answers: list[AnswerOut]


class ChangeOut(Schema):
    """One step of the gap-free sequence. What is no longer public has an address and no title."""

    sequence: int
    kind: str = Field(description="The register, or `page` for what is in none.")
    action: Enumeration = Field(description="published, changed or withdrawn.")
    id: str = Field(description="Permanent public address.")
    language: str
    version: int
    at: datetime
    title: str | None
    reason: str | None


class Changes(Schema):
    items: list[ChangeOut]
    next: str | None
    oldest: int | None = Field(description="The first sequence that is kept.")
    newest: int | None = Field(description="The last one there is now.")


def page_of(name: str, summary: type[Schema]) -> type[Schema]:
    """The shape of a list: {items, next}."""
    return type(
        f"{name}Page",
        (Schema,),
        {
            "__annotations__": {"items": list[summary], "next": str | None},
            "next": Field(description="Address of the next page; null on the last."),
            "__module__": __name__,
        },
    )
