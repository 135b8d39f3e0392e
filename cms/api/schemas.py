"""Shapes of the API: amounts in fen, limits {value, unit}, dates ISO 8601, enumerations {code, zh, en}."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Field, Schema


class Enumeration(Schema):
    """A value from a list: its code and its name in both languages."""

    code: str
    zh: str
    en: str


class Limit(Schema):
    """A time limit. `unit` is workday, day or month."""

    value: int
    unit: str


class Text(Schema):
    """A name in both languages; `en` is null where there is no published translation."""

    zh: str
    en: str | None


class OrganisationRef(Schema):
    id: str = Field(description="Permanent public address.")
    code: str
    name: Text


class Basis(Schema):
    """A legal basis. `text` is verbatim; the rest is null where the text could not be split."""

    text: str
    rank: Enumeration | None
    law: str | None
    article: str | None
    document_no: str | None


class FeeOut(Schema):
    name: str
    standard: str
    amount: int | None = Field(description="In fen (1/100 yuan).")
    basis: str
    reducible: bool


class MaterialOut(Schema):
    name: str
    needed: bool
    form: str | None
    number: int | None


class DutyOut(Schema):
    stage: str | None
    text: str
    basis: str | None


class AccountabilityOut(Schema):
    text: str
    basis: str | None


class PowerItemSummary(Schema):
    """A power item as it stands in a list."""

    id: str = Field(description="Permanent public address.")
    api: str = Field(description="Address of the whole record in this API.")
    code: str
    code_made_here: bool = Field(
        description="Whether this site made the code because the department states none."
    )
    basic_code: str | None
    version: int
    published_at: datetime
    in_force: Enumeration
    name: Text
    parent: str | None
    category: Enumeration
    organisation: OrganisationRef
    levels: list[Enumeration]
    statutory_limit: Limit | None
    promised_limit: Limit | None


class PowerItemDetail(PowerItemSummary):
    """The whole record. Null means that the department did not state it."""

    exercising_body: str | None
    handling_units: list[str]
    level_text: str | None
    source_of_power: str | None
    legal_bases: list[Basis]
    conditions: str | None
    audience: str | None
    materials: list[MaterialOut]
    no_fees: bool | None
    fees: list[FeeOut]
    fees_note: str | None
    department_duty: str | None
    duties: list[DutyOut]
    accountability_scope: str | None
    accountability: list[AccountabilityOut]
    supervision: str | None
    contact: str | None
    remedy: str | None
    remarks: str | None
    effective_on: date | None
    ends_on: date | None


class PowerItemPage(Schema):
    items: list[PowerItemSummary]
    next: str | None = Field(description="Address of the next page; null on the last.")


class Root(Schema):
    """What this API offers."""

    name: str
    version: str
    schema_: str = Field(alias="schema")
    catalogue: str = Field(description="DCAT-AP catalogue, JSON-LD.")
    changes: str
    power_items: str
    organisations: str
    laws: str
    flowcharts: str
    risk_points: str
    benchmarks: str
    cases: str
    articles: str
    notices: str
    consultations: str
    documentation: str
    licence: str


class Problem(Schema):
    """RFC 9457. `errors` names the parameters at fault."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []
