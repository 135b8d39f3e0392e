"""import_benchmarks FILE…: discretion benchmarks, as JSON or as workbooks of the usual layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from cms.importing import benchmark_batch as batches
from cms.importing import service
from cms.importing.benchmark_files import Differences, Reading, compare, read_files
from cms.importing.sentences import located
from cms.models import Benchmark, ImportBatch, ImportRow
from cms.publishing.batch import BatchRefused

TAKEN_ALL, REJECTS, REFUSED = 0, 2, 1


class Command(BaseCommand):
    help = (
        "Import discretion benchmarks (JSON, xlsx, xls, ods, csv). Says for each what was read of its "
        "amounts, what its tiers break, and what is odd in it. Exit 0: all taken; 2: some rows or "
        "benchmarks were not; 1: refused, nothing imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--organisation", metavar="NAME", default="", help="the issuing body")
        parser.add_argument("--document-no", default="", help="the document's number")
        parser.add_argument("--effective", default="", metavar="YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="read and compare, write nothing")
        parser.add_argument("--json", action="store_true", help="what was read, as JSON")
        parser.add_argument(
            "--accept-rejected", action="store_true", help="import the rest without these rows"
        )
        parser.add_argument(
            "--accept-warnings",
            action="store_true",
            help="publish in spite of gaps and of fewer than three tiers",
        )
        parser.add_argument("--undo", metavar="BATCH", type=int, help="withdraw an import")

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = options["json"]
        if options["undo"]:
            raise SystemExit(self.undo(options["undo"]))
        if not options["files"]:
            self.stderr.write(_("要有文件。"))
            raise SystemExit(REFUSED)
        raise SystemExit(self.take(options))

    def take(self, options: dict[str, Any]) -> int:
        """Read, report, and unless it is a dry run apply; the exit code."""
        given = {
            "issuer": options["organisation"].strip(),
            "document_no": options["document_no"],
            "effective": options["effective"],
        }
        readings = read_files(options["files"], given)
        refused = [reading for reading in readings if reading.problem]
        left_out = [row for reading in readings for row in reading.left_out]
        differences = compare(readings)
        report: dict[str, Any] = {
            "dry_run": options["dry_run"],
            "applied": False,
            "batch": None,
            **as_json(readings),
            "differences": differences.as_json(),
        }
        if not self.quiet:
            self.tell(readings, differences)
        if not refused and not options["dry_run"]:
            if left_out and not options["accept_rejected"]:
                self.say(_("有没读懂的行，什么也没有导入。看过以后加 --accept-rejected，导入其余的行。"))
            else:
                report |= self.apply(readings, differences, options)
        if refused:
            self.say(_("有文件不能导入，什么也没有导入。"))
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        if refused:
            return REFUSED
        return REJECTS if left_out or report.get("drafts") else TAKEN_ALL

    def apply(
        self, readings: list[Reading], differences: Differences, options: dict[str, Any]
    ) -> dict[str, Any]:
        batch = batches.unfinished(readings)
        if batch is not None:
            self.say(_("接着做上次没有做完的批次 %(batch)s。") % {"batch": batch.pk})
        elif not differences.added and not differences.changed:
            self.say(_("没有变化。"))
            return {"applied": True}
        else:
            named = next((item["issuing_body"] for r in readings for item in r.items), "")
            organisation = service.find_organisation(named) if named else None
            batch = batches.make_batch(
                readings, differences, organisation=organisation, accept_rejected=options["accept_rejected"]
            )
        edited = batches.apply(
            batch, actor="system", confirmed=options["accept_warnings"], progress=self.progress
        )
        drafts = self.drafts(batch)
        self.say(
            _("批次 %(batch)s 已生效：%(count)s 项裁量基准，其中 %(drafts)s 项存为草稿。")
            % {"batch": batch.pk, "count": batch.counts["items"], "drafts": len(drafts)}
        )
        for draft in drafts:
            self.say("  - " + f"{draft['title']}{_('：')}{_('；').join(draft['reasons'])}")
        for record in edited:
            self.say(
                _("%(code)s %(name)s：导入期间有人改过，没有动。")
                % {"code": record.slug, "name": record.title}
            )
        return {
            "applied": True,
            "batch": batch.pk,
            "drafts": drafts,
            "edited": [record.slug for record in edited],
        }

    def drafts(self, batch: ImportBatch) -> list[dict[str, Any]]:
        """What the batch stored without publishing it, and why."""
        touched = (ImportRow.Action.CREATE, ImportRow.Action.CHANGE)
        found = []
        for row in batch.rows.filter(action__in=touched, version_after=None).select_related(
            "benchmark", "revision"
        ):
            record: Benchmark | None = row.benchmark
            if record is None or (row.action == ImportRow.Action.CREATE and record.live):
                continue
            draft = row.revision.as_object() if row.revision else record
            found.append({"slug": record.slug, "title": record.title, "reasons": draft.publishing_errors()})
        return found

    def undo(self, number: int) -> int:
        batch = ImportBatch.objects.filter(pk=number, kind=batches.KIND).first()
        if batch is None:
            self.stderr.write(_("没有批次 %(batch)s。") % {"batch": number})
            return REFUSED
        try:
            done = batches.undo(batch, reason=_("撤回导入批次 %(batch)s") % {"batch": number}, actor="system")
        except BatchRefused:
            self.stderr.write(_("批次 %(batch)s 正由另一个进程处理。") % {"batch": number})
            return REFUSED
        self.say(
            _("批次 %(batch)s 已撤回：撤下 %(withdrawn)s 项，恢复 %(restored)s 项。")
            % {"batch": number, "withdrawn": done.withdrawn, "restored": done.restored}
        )
        return REJECTS if done.edited else TAKEN_ALL

    # Saying it ------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A line for a person; with --json it goes to standard error."""
        (self.stderr if self.quiet else self.stdout).write(text)

    def progress(self, done: int, of: int) -> None:
        if of > 100:
            self.say(_("已写 %(done)s / %(of)s 项") % {"done": done, "of": of})

    def tell(self, readings: list[Reading], differences: Differences) -> None:
        """The table of what was understood."""
        for reading in readings:
            if reading.problem:
                self.say(_("不能导入：") + located(reading.name, reading.problem))
                continue
            self.say(
                _("%(file)s：%(items)s 项裁量基准，没读懂 %(rejected)s 行")
                % {"file": reading.name, "items": len(reading.items), "rejected": len(reading.left_out)}
            )
            for item in reading.items:
                self.tell_one(item)
            for row in reading.rejected:
                reason = _("附注") if row["reason"] == "note" else row["reason"]
                self.say("  - " + _("第 %(row)s 行") % row + _("：") + f"{reason} {row['text'][:60]}")
            for warning in reading.warnings[:40]:
                self.say("  ! " + located(reading.name, warning))
        self.say(
            _("与已有的相比：新增 %(added)s，修改 %(changed)s，不变 %(same)s，新表中没有 %(gone)s。")
            % {"added": len(differences.added), "changed": len(differences.changed), "same": differences.same,
               "gone": len(differences.gone)}
        )  # fmt: skip
        for record in differences.gone[:50]:
            self.say(
                "  - " + _("新表中没有：%(code)s %(name)s") % {"code": record.slug, "name": record.title}
            )

    def tell_one(self, item: dict[str, Any]) -> None:
        from cms.importing.benchmarks import record
        from cms.templatetags.registers import amount

        head, tiers = record(item)
        self.say(f"  {item['seq'] or item['row']} {item['title'][:60]}{_('：')}{amount(head) or '—'}")
        for tier in tiers:
            beside = _("；") + _("并处%s") % tier.accessory if tier.accessory else ""
            self.say(f"    {tier.name}{_('：')}{amount(tier) or tier.standard[:40]}{beside}")
        for finding in item["checks"]:
            self.say(("    × " if finding["blocks"] else "    ! ") + finding["message"])
        for odd in item["odd"]:
            self.say("    ? " + odd["message"])


def as_json(readings: list[Reading]) -> dict[str, Any]:
    """`items[]` (benchmarks.data_of), `rejected[]`, `warnings[]`, `errors[]` of all files."""
    return {
        "files": [
            {
                "file": r.name, "sha256": r.sha256, "size": r.size, "kind": r.kind, "items": len(r.items),
                "rejected": len(r.rejected), "refused": located(r.name, r.problem) if r.problem else None,
                "sheets": r.sheets,
            }
            for r in readings
        ],
        "items": [item for r in readings for item in r.items],
        "rejected": [row for r in readings for row in r.rejected],
        "warnings": [
            {"file": r.name, "sheet": w.sheet, "row": w.row, "reason": located(r.name, w), "code": w.code}
            for r in readings
            for w in r.warnings
        ],
        "errors": [
            {"file": r.name, "sheet": r.problem.sheet, "row": r.problem.row,
             "reason": located(r.name, r.problem), "code": r.problem.code}
            for r in readings
            if r.problem
        ],
    }  # fmt: skip
