"""What is published: registers, pages, imports, and the record of publishing."""

from .base import Limit, Register, RegisterQuerySet, Row
from .batches import HeaderSynonym, ImportBatch, ImportRow
from .benchmarks import AmountKind, Benchmark, Tier
from .flowcharts import Flowchart, RiskLevel, RiskPoint, Step, StepKind, Transition
from .laws import Law, LawKind, LawVersion
from .organisations import Organisation, OrganisationAlias
from .pages import (
    ArticlePage,
    CaseOutcomePage,
    CaseProvision,
    CaseResult,
    CaseStep,
    HomePage,
    NoticeAttachment,
    NoticePage,
    PublishedPage,
    SectionPage,
)
from .power import (
    Accountability,
    BodyNature,
    CaseType,
    Duty,
    Fee,
    HandlingUnit,
    InForce,
    LegalBasis,
    Material,
    PowerItem,
    PowerSource,
)
from .records import Address, Counter, PublishedVersion
from .tables import Category, CategoryAlias, Level, LevelAlias

__all__ = [
    "Accountability",
    "Address",
    "AmountKind",
    "ArticlePage",
    "Benchmark",
    "BodyNature",
    "CaseOutcomePage",
    "CaseProvision",
    "CaseResult",
    "CaseStep",
    "CaseType",
    "Category",
    "CategoryAlias",
    "Counter",
    "Duty",
    "Fee",
    "Flowchart",
    "HandlingUnit",
    "HeaderSynonym",
    "HomePage",
    "ImportBatch",
    "ImportRow",
    "InForce",
    "Law",
    "LawKind",
    "LawVersion",
    "LegalBasis",
    "Level",
    "LevelAlias",
    "Limit",
    "Material",
    "NoticeAttachment",
    "NoticePage",
    "Organisation",
    "OrganisationAlias",
    "PowerItem",
    "PowerSource",
    "PublishedPage",
    "PublishedVersion",
    "Register",
    "RegisterQuerySet",
    "RiskLevel",
    "RiskPoint",
    "Row",
    "SectionPage",
    "Step",
    "StepKind",
    "Tier",
    "Transition",
]
