"""What search may find: one document for each disclosed record, made from public text alone.

A translation adds its words to the document of its record: one item is one record in every count.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.rich_text import RichText

from cms.flow.chart_of import limit_text
from cms.models import (
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    Category,
    ConsultationPage,
    Flowchart,
    Law,
    Level,
    NoticePage,
    Organisation,
    PowerItem,
    PowerSource,
)
from cms.models.organisations import chain
from cms.models.power import InForce
from cms.papers import documents, file_text, linked_keys
from cms.publishing import kept
from search.documents import Document, Source

CHUNK = 200
HAS = {"flowchart": _("运行流程图"), "benchmark": _("裁量基准"), "case": _("相关典型案例")}


@dataclass(frozen=True)
class Words:
    """The texts of one row, in its language."""

    title: str
    body: str = ""
    low: str = ""
    code: str = ""


class RecordSource(Source):
    """Documents of one model; a subclass says which rows and how a row reads."""

    model: Any = None

    def rows(self) -> Any:
        """Disclosed rows of any language, with what `words` and `facts` read prefetched."""
        return self.model.objects.disclosed().select_related("locale")

    def words(self, row: Any) -> Words:
        raise NotImplementedError

    def facts(self, row: Any, parents: dict[str, str | None]) -> dict[str, Any]:
        """facets, date and order of a source row."""
        raise NotImplementedError

    def meta(self, row: Any) -> list[str]:
        """Short public facts for a result list, in the active language."""
        return []

    def papers(self, rows: list[Any]) -> dict[int, list[Any]]:
        """By key of a row the documents (PDF, Office) that it shows: their text is found with it."""
        return {}

    def lapsing(self) -> list[tuple[str, datetime.datetime]]:
        ends = self.model.objects.filter(live=True).exclude(expire_at=None).order_by("pk")
        return [(f"{self.kind}:{key}", end) for key, end in ends.values_list("pk", "expire_at")]

    # The protocol of search ------------------------------------------------------------------------------

    def iterate(self) -> Iterator[Document]:
        parents, last = Organisation.objects.tree_codes(), 0
        # By key, not by offset or an open cursor: rows may change while a rebuild runs.
        while chunk := list(self._heads().filter(pk__gt=last).order_by("pk")[:CHUNK]):
            yield from self._documents(chunk, parents)
            last = chunk[-1].pk

    def get(self, id: str) -> Document | None:
        return next(iter(self.get_many([id]).values()), None)

    def get_many(self, ids: Collection[str]) -> dict[str, Document]:
        if not (rows := list(self._heads().filter(pk__in=_keys(ids)))):
            return {}
        parents = Organisation.objects.tree_codes()
        return {document.id: document for document in self._documents(rows, parents)}

    def disclosed_ids(self, ids: Collection[str]) -> set[str]:
        rows = self._heads().prefetch_related(None).filter(pk__in=_keys(ids))
        return {f"{self.kind}:{key}" for key in rows.values_list("pk", flat=True)}

    def shown(self, ids: Sequence[str], language: str) -> dict[str, Document]:
        return kept.by_id(f"shown-{language}", ids, lambda missing: self._shown(missing, language))

    def _shown(self, ids: Sequence[str], language: str) -> dict[str, Document]:
        heads = list(self._heads().filter(pk__in=_keys(ids)))
        read = self._translations(heads, language) if language != settings.LANGUAGE_CODE else {}
        found = {}
        with translation.override(language):
            for head in heads:
                row = read.get(head.translation_key, head)
                words = self.words(row)
                found[f"{self.kind}:{head.pk}"] = Document(
                    id=f"{self.kind}:{head.pk}",
                    kind=self.kind,
                    title=words.title,
                    body=words.body,
                    low=words.low,
                    code=words.code,
                    language=row.locale.language_code,
                    url=_in_language(head.get_absolute_url(), language),
                    date=self.facts(head, {})["date"],
                    meta=self.meta(row),
                )
        return found

    # ------------------------------------------------------------------------------------------------------

    def _heads(self) -> Any:
        """One row a record: the source's, or a translation whose source is not disclosed."""
        source = self.model.objects.disclosed().filter(
            translation_key=OuterRef("translation_key"), locale__language_code=settings.LANGUAGE_CODE
        )
        return self.rows().filter(Q(locale__language_code=settings.LANGUAGE_CODE) | ~Exists(source))

    def _translations(self, heads: list[Any], language: str = "") -> dict[Any, Any]:
        keys = [head.translation_key for head in heads]
        rows = self.rows().filter(translation_key__in=keys).exclude(pk__in=[head.pk for head in heads])
        if language:
            rows = rows.filter(locale__language_code=language)
        return {row.translation_key: row for row in rows}

    def _documents(self, heads: list[Any], parents: dict[str, str | None]) -> Iterator[Document]:
        others, shown = self._translations(heads), self.papers(heads)
        for head in heads:
            words = self.words(head)
            if papers := shown.get(head.pk):
                words = replace(words, low=_join(words.low, *(file_text(paper) for paper in papers)))
            if other := others.get(head.translation_key):
                more = self.words(other)
                words = replace(
                    words,
                    title=_join(words.title, more.title),
                    body=_join(words.body, more.body),
                    low=_join(words.low, more.low),
                )
            yield Document(
                id=f"{self.kind}:{head.pk}",
                kind=self.kind,
                title=words.title,
                body=words.body,
                low=words.low,
                code=words.code,
                language=head.locale.language_code,
                url=head.get_absolute_url(),
                **self.facts(head, parents),
            )

    def labels(self, facet: str, values: Collection[str], language: str) -> Mapping[str, str]:
        with translation.override(language):
            if facet == "body":
                rows = Organisation.objects.disclosed().source().filter(code__in=values)
                return {row.code: row.label for row in rows}
            if facet in ("category", "level"):
                table = Category if facet == "category" else Level
                return {row.code: row.label for row in table.objects.filter(code__in=values)}
            if facet == "state":
                return {code: str(label) for code, label in InForce.choices}
            if facet == "source":
                return {code: str(label) for code, label in PowerSource.choices}
            return {code: str(label) for code, label in HAS.items()} if facet == "has" else {}


class PowerRecords(RecordSource):
    kind, model, name = "power", PowerItem, pgettext_lazy("kind", "权责事项")
    facets = {
        "category": _("类别"),
        "body": _("实施主体"),
        "level": _("行使层级"),
        "has": _("带有"),
        "source": _("权力来源"),
        "state": _("效力"),
    }
    # Default lists and counts hold what is in force; the rest is public, and found when asked for.
    resting_filters: ClassVar[dict[str, tuple[str, ...]]] = {"state": (InForce.CURRENT.value,)}

    def rows(self) -> Any:
        charts = Flowchart.objects.disclosed().source().prefetch_related("steps", "risk_points")
        return (
            super()
            .rows()
            .select_related("organisation", "category")
            .prefetch_related(
                "levels",
                "legal_bases",
                "duties",
                "accountabilities",
                "materials",
                "handling_units",
                Prefetch("flowcharts", charts, to_attr="public_charts"),
                Prefetch("benchmarks", Benchmark.objects.disclosed().source(), to_attr="public_benchmarks"),
                Prefetch("cases", CaseOutcomePage.objects.disclosed(), to_attr="public_cases"),
            )
        )

    def words(self, row: PowerItem) -> Words:
        return Words(
            title=row.name,
            body=_join(
                row.parent_name,
                *(basis.text for basis in row.legal_bases.all()),
                row.exercising_body,
                row.organisation.label if row.organisation else "",
                *(unit.name for unit in row.handling_units.all()),
                row.conditions,
                row.audience,
                *(material.name for material in row.materials.all()),
                row.penalty_acts,
                row.penalty_range,
                *(_chart_text(chart) for chart in row.public_charts),
            ),
            # The same boilerplate stands in hundreds of items: found, but never above a name.
            low=_join(
                row.department_duty,
                *(duty.text for duty in row.duties.all()),
                *(case.text for case in row.accountabilities.all()),
                row.remarks,
            ),
            code="\n".join(code for code in (row.code, row.basic_code) if code),
        )

    def facts(self, row: PowerItem, parents: dict[str, str | None]) -> dict[str, Any]:
        facets = {
            "category": [row.category.code] if row.category else [],
            "body": chain(row.organisation.code, parents) if row.organisation else [],
            "level": [level.code for level in row.levels.all()],
            "has": self._has(row),
            "source": [row.power_source] if row.power_source else [],
            "state": [row.in_force],
        }
        return {"facets": facets, "date": _day(row.last_published_at), "order": row.code}

    def meta(self, row: PowerItem) -> list[str]:
        has = self._has(row)
        parts = [
            row.category.label if row.category else "",
            row.organisation.label if row.organisation else "",
            row.get_in_force_display() if row.in_force != "current" else "",
            _limits(row),
            gettext("有流程图") if "flowchart" in has else "",
            gettext("有裁量基准") if "benchmark" in has else "",
        ]
        return [part for part in parts if part]

    def _has(self, row: PowerItem) -> list[str]:
        found = {"flowchart": row.public_charts, "benchmark": row.public_benchmarks, "case": row.public_cases}
        return [name for name, rows in found.items() if rows]


class BenchmarkRecords(RecordSource):
    kind, model, name = "benchmark", Benchmark, pgettext_lazy("kind", "裁量基准")
    facets = {"body": _("实施主体")}

    def rows(self) -> Any:
        return super().rows().select_related("power_item__organisation").prefetch_related("tiers")

    def words(self, row: Benchmark) -> Words:
        tiers = (_join(t.name, t.conditions, t.standard) for t in row.tiers.all())
        body = _join(row.act, row.legal_basis, row.penalty_basis, row.statutory_text, *tiers)
        return Words(title=row.title, body=body, code=row.document_no)

    def facts(self, row: Benchmark, parents: dict[str, str | None]) -> dict[str, Any]:
        organisation = row.power_item.organisation if row.power_item else None
        return {
            "facets": {"body": chain(organisation.code, parents) if organisation else []},
            "date": row.effective_on or _day(row.last_published_at),
            "order": row.slug,
        }

    def meta(self, row: Benchmark) -> list[str]:
        return [row.issuing_body] if row.issuing_body else []


class FlowRecords(RecordSource):
    """A flowchart by itself: its steps, and the risk points of each with what is done against them."""

    kind, model, name = "flow", Flowchart, pgettext_lazy("kind", "运行流程图")
    facets = {"body": _("实施主体")}

    def rows(self) -> Any:
        related = super().rows().select_related("power_item__organisation")
        return related.prefetch_related("steps", "risk_points")

    def words(self, row: Flowchart) -> Words:
        return Words(title=row.title, body=_join(row.description, _chart_text(row)))

    def facts(self, row: Flowchart, parents: dict[str, str | None]) -> dict[str, Any]:
        organisation = row.power_item.organisation if row.power_item else None
        return {
            "facets": {"body": chain(organisation.code, parents) if organisation else []},
            "date": _day(row.last_published_at),
            "order": row.slug,
        }


class LawRecords(RecordSource):
    """A law with the text of its versions, article by article."""

    kind, model, name = "law", Law, pgettext_lazy("kind", "法律法规")

    def rows(self) -> Any:
        return super().rows().prefetch_related("versions")

    def words(self, row: Law) -> Words:
        versions = row.versions.all()
        return Words(
            title=row.name,
            body=_join(row.issuer, row.short_names, *(_join(v.note, v.text) for v in versions)),
            code="\n".join(v.document_no for v in versions if v.document_no),
        )

    def facts(self, row: Law, parents: dict[str, str | None]) -> dict[str, Any]:
        dates = [v.effective_on for v in row.versions.all() if v.effective_on]
        return {"facets": {}, "date": max(dates, default=None), "order": row.name[:100]}

    def meta(self, row: Law) -> list[str]:
        return [part for part in (row.get_rank_display(), row.issuer) if part]


class OrganisationRecords(RecordSource):
    """An organisation: its names, what it does, where it is reached."""

    kind, model, name = "organisation", Organisation, pgettext_lazy("kind", "机构")

    def rows(self) -> Any:
        return super().rows().prefetch_related("aliases")

    def words(self, row: Organisation) -> Words:
        names = (row.short_name, row.name_en, *(alias.name for alias in row.aliases.all()))
        return Words(
            title=row.label if row.label else row.name,
            body=_join(*names, row.region, row.description, row.contact, row.supervision_phone),
            code=row.code,
        )

    def facts(self, row: Organisation, parents: dict[str, str | None]) -> dict[str, Any]:
        return {
            "facets": {"body": chain(row.code, parents)},
            "date": _day(row.last_published_at),
            "order": row.code,
        }


class PageRecords(RecordSource):
    def words(self, row: Any) -> Words:
        return Words(title=row.title, body=_join(row.lede, stream_text(row.body)), code=row.document_no)

    def papers(self, rows: list[Any]) -> dict[int, list[Any]]:
        keys = {row.pk: linked_keys(row.body) for row in rows}
        found = documents(key for linked in keys.values() for key in linked)
        return {pk: [found[key] for key in linked if key in found] for pk, linked in keys.items()}

    def facts(self, row: Any, parents: dict[str, str | None]) -> dict[str, Any]:
        return {"facets": {}, "date": self.day(row)}

    def day(self, row: Any) -> datetime.date | None:
        return row.date

    def meta(self, row: Any) -> list[str]:
        return [self.label(row)]

    def label(self, row: Any) -> str:
        return str(row._meta.verbose_name)


class ArticleRecords(PageRecords):
    kind, model, name = "article", ArticlePage, _("资料库")

    def label(self, row: ArticlePage) -> str:
        return str(row.get_article_kind_display())


class NoticeRecords(PageRecords):
    kind, model, name = "notice", NoticePage, pgettext_lazy("kind", "通知公告")

    def rows(self) -> Any:
        return super().rows().prefetch_related("attachments__file")

    def words(self, row: NoticePage) -> Words:
        words = super().words(row)
        named = (_join(each.name, each.file.title) for each in row.attachments.all())
        return replace(words, body=_join(words.body, row.issuer, *named))

    def papers(self, rows: list[NoticePage]) -> dict[int, list[Any]]:
        linked = super().papers(rows)
        return {row.pk: [*linked[row.pk], *(each.file for each in row.attachments.all())] for row in rows}


class ConsultationRecords(PageRecords):
    """Drafts on which opinions are asked for: the draft, its summary and answers; never an opinion itself."""

    kind, model, name = "consultation", ConsultationPage, _("征求意见")
    facets = {"body": _("实施主体")}

    def rows(self) -> Any:
        related = ("paragraphs", "answers", "papers__file")
        return super().rows().select_related("organisation").prefetch_related(*related)

    def words(self, row: ConsultationPage) -> Words:
        paragraphs = (_join(part.number, part.text) for part in row.paragraphs.all())
        answers = (_join(each.opinion, each.answer) for each in row.answers.all())
        named = (_join(each.name, each.file.title) for each in row.papers.all())
        summary = strip_tags(row.summary.replace("</", " </"))
        body = _join(row.lede, stream_text(row.body), *paragraphs, summary, *answers, *named)
        return Words(title=row.title, body=body)

    def papers(self, rows: list[ConsultationPage]) -> dict[int, list[Any]]:
        linked = super().papers(rows)
        return {row.pk: [*linked[row.pk], *(each.file for each in row.papers.all())] for row in rows}

    def facts(self, row: ConsultationPage, parents: dict[str, str | None]) -> dict[str, Any]:
        body = chain(row.organisation.code, parents) if row.organisation else []
        return {"facets": {"body": body}, "date": row.opens_on}


class CaseRecords(PageRecords):
    kind, model, name = "case", CaseOutcomePage, pgettext_lazy("kind", "案例")
    facets = {"body": _("实施主体")}

    def rows(self) -> Any:
        return super().rows().select_related("organisation").prefetch_related("provisions", "results")

    def words(self, row: CaseOutcomePage) -> Words:
        results = (f"{result.label} {result.text}" for result in row.results.all())
        provisions = (provision.text for provision in row.provisions.all())
        body = _join(row.lede, row.unit, row.post, row.facts, *provisions, *results, row.lesson)
        code = "\n".join(code for code in (row.number, row.source_number) if code)
        return Words(title=row.title, body=body, code=code)

    def papers(self, rows: list[CaseOutcomePage]) -> dict[int, list[Any]]:
        return {}  # it has fields, no body

    def facts(self, row: CaseOutcomePage, parents: dict[str, str | None]) -> dict[str, Any]:
        body = chain(row.organisation.code, parents) if row.organisation else []
        return {"facets": {"body": body}, "date": self.day(row)}

    def day(self, row: CaseOutcomePage) -> datetime.date | None:
        return row.decided_on or _day(row.first_published_at)

    def label(self, row: CaseOutcomePage) -> str:
        return str(row.get_case_kind_display())


ALL = [
    PowerRecords(),
    BenchmarkRecords(),
    CaseRecords(),
    ArticleRecords(),
    NoticeRecords(),
    ConsultationRecords(),
    FlowRecords(),
    LawRecords(),
    OrganisationRecords(),
]


def stream_text(stream: Any) -> str:
    """The words of a StreamField: text, captions, quotations, transcripts and cells."""
    found: list[str] = []
    for block in stream:
        values = block.value.values() if hasattr(block.value, "values") else [block.value]
        for value in values:
            if isinstance(value, RichText):
                found.append(strip_tags(value.source.replace("</", " </")))
            elif isinstance(value, str):
                found.append(value)
    return _join(*found)


def _chart_text(chart: Flowchart) -> str:
    steps = (_join(s.name, s.post, s.unit, s.inputs, s.outputs) for s in chart.steps.all())
    risks = (_join(r.description, r.measures) for r in chart.risk_points.all())
    return _join(chart.title, *steps, *risks)


def _limits(row: PowerItem) -> str:
    """法定 90 日，承诺 60 日; empty where neither is stated."""
    parts = []
    if row.statutory_limit is not None:
        limit = limit_text(row.statutory_limit, row.statutory_unit)
        parts.append(gettext("法定 %(limit)s") % {"limit": limit})
    if row.promised_limit is not None:
        limit = limit_text(row.promised_limit, row.promised_unit)
        parts.append(gettext("承诺 %(limit)s") % {"limit": limit})
    return pgettext("limits of an item", "，").join(parts)


def _in_language(path: str, language: str) -> str:
    """The address with the prefix of `language`: an untranslated record stands there as it is."""
    bare = path.removeprefix("/en") if path.startswith("/en/") else path
    return bare if language == settings.LANGUAGE_CODE else f"/{language}{bare}"


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _keys(ids: Collection[str]) -> list[int]:
    keys = (id.partition(":")[2] for id in ids)
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 18]


def _day(moment: datetime.datetime | None) -> datetime.date | None:
    return timezone.localdate(moment) if moment else None
