"""What is published: registers, pages, imports, and the record of publishing."""

from .base import Limit, Register, RegisterQuerySet, Row
from .batches import HeaderSynonym, ImportBatch, ImportFile, ImportRow, Responsibility
from .benchmarks import AmountKind, Benchmark, Tier
from .bulk import BulkJob, BulkRow
from .consultations import (
    ConsultationAnswer,
    ConsultationPage,
    ConsultationPaper,
    ConsultationParagraph,
    Opinion,
)
from .feedback import NoticeFeedback
from .flowcharts import (
    Flowchart,
    ReviewReminder,
    RiskGrade,
    RiskLevel,
    RiskPoint,
    Step,
    StepKind,
    Transition,
)
from .laws import Law, LawKind, LawVersion
from .openness import Exemption, NoticeType, Obligation
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
from .review import ReviewTask
from .tables import Category, CategoryAlias, Level, LevelAlias

__all__ = [
    "Accountability",
    "Address",
    "AmountKind",
    "ArticlePage",
    "Benchmark",
    "BodyNature",
    "BulkJob",
    "BulkRow",
    "CaseOutcomePage",
    "CaseProvision",
    "CaseResult",
    "CaseStep",
    "CaseType",
    "Category",
    "CategoryAlias",
    "ConsultationAnswer",
    "ConsultationPage",
    "ConsultationPaper",
    "ConsultationParagraph",
    "Counter",
    "Duty",
    "Exemption",
    "Fee",
    "Flowchart",
    "HandlingUnit",
    "HeaderSynonym",
    "HomePage",
    "ImportBatch",
    "ImportFile",
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
    "NoticeFeedback",
    "NoticePage",
    "NoticeType",
    "Obligation",
    "Opinion",
    "Organisation",
    "OrganisationAlias",
    "PowerItem",
    "PowerSource",
    "PublishedPage",
    "PublishedVersion",
    "Register",
    "RegisterQuerySet",
    "Responsibility",
    "ReviewReminder",
    "ReviewTask",
    "RiskGrade",
    "RiskLevel",
    "RiskPoint",
    "Row",
    "SectionPage",
    "Step",
    "StepKind",
    "Tier",
    "Transition",
]
