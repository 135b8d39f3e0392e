"""import_power_list FILE… --organisation NAME: power lists as departments publish them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from cms.importing import service
from cms.importing.files import Reading, read_files
from cms.importing.sentences import FIELD_LABELS, located
from cms.models import Category, ImportBatch, Organisation, PowerItem
from cms.publishing import batch as batches

TAKEN_ALL, REJECTS, REFUSED = 0, 2, 1


class Command(BaseCommand):
    help = (
        "Import power lists (xlsx, xls, ods, csv). Says for each file what was understood, and each row "
        "that was not and why. Exit 0: all rows taken; 2: some stand in `rejected`; "
        "1: refused, nothing imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--organisation", metavar="NAME", help="name, alias or code; created if unknown")
        parser.add_argument("--dry-run", action="store_true", help="read and compare, write nothing")
        parser.add_argument("--json", action="store_true", help="what was read, as JSON")
        parser.add_argument(
            "--accept-rejected", action="store_true", help="import the rest without these rows"
        )
        parser.add_argument("--undo", metavar="BATCH", type=int, help="withdraw an import")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["undo"]:
            code = self.undo(options["undo"])
        elif not options["files"] or not (options["organisation"] or "").strip():
            self.stderr.write(_("要有文件和 --organisation。"))
            code = REFUSED
        else:
            code = self.take(options)
        raise SystemExit(code)

    # Importing ------------------------------------------------------------------------------------------

    def take(self, options: dict[str, Any]) -> int:
        """Read, report, and unless it is a dry run apply; the exit code."""
        self.quiet = options["json"]
        name = options["organisation"].strip()
        organisation = service.find_organisation(name)
        readings = read_files(options["files"], organisation)
        service.reject_foreign_codes(readings, organisation)
        refused = [reading for reading in readings if reading.problem]
        left_out = [row for reading in readings for row in reading.left_out]
        differences = service.compare(readings, organisation)
        waits = bool(left_out) and not options["accept_rejected"]
        report: dict[str, Any] = {
            "organisation": {"name": name, "code": organisation.code if organisation else None},
            "dry_run": options["dry_run"],
            "applied": False,
            "batch": None,
            **as_json(readings),
            "differences": differences.as_json(),
        }
        if not self.quiet:
            self.tell(readings, name, organisation, differences)
        if not refused and not options["dry_run"]:
            if waits:
                self.say(_("有没读懂的行，什么也没有导入。看过以后加 --accept-rejected，导入其余的行。"))
            else:
                report |= self.apply(readings, organisation, name, differences, options)
        if refused:
            self.say(_("有文件不能导入，什么也没有导入。"))
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        if refused:
            return REFUSED
        return REJECTS if any(reading.rejected for reading in readings) else TAKEN_ALL

    def apply(
        self,
        readings: list[Reading],
        organisation: Organisation | None,
        name: str,
        differences: service.Differences,
        options: dict[str, Any],
    ) -> dict[str, Any]:
        if organisation is None:
            organisation = service.create_organisation(name)
            self.say(_("新建机构“%(name)s”，编码 %(code)s。") % {"name": name, "code": organisation.code})
        batch = service.unfinished(readings, organisation)
        if batch is not None:
            self.say(_("接着做上次没有做完的批次 %(batch)s。") % {"batch": batch.pk})
        elif not differences.added and not differences.changed:
            self.say(_("没有变化。"))
            return {"applied": True, "organisation": {"name": organisation.name, "code": organisation.code}}
        else:
            batch = service.make_batch(
                readings, organisation, differences, accept_rejected=options["accept_rejected"]
            )
        began = monotonic()
        edited = service.apply(batch, actor="system", progress=self.progress)
        seconds = monotonic() - began
        drafts = PowerItem.objects.filter(batch=batch, live=False).count()
        count = batch.counts.get("items", 0)
        self.say(
            _("批次 %(batch)s 已生效：%(count)s 项，%(seconds).1f 秒（每秒 %(rate).0f 项）。")
            % {"batch": batch.pk, "count": count, "seconds": seconds, "rate": count / max(seconds, 0.001)}
        )
        if drafts:
            self.say(_("其中 %(count)s 项缺类别或者设定依据，存为草稿，没有公布。") % {"count": drafts})
        for item in edited:
            self.say(
                _("%(code)s %(name)s：导入期间有人改过，没有动。") % {"code": item.code, "name": item.name}
            )
        return {
            "applied": True,
            "batch": batch.pk,
            "drafts": drafts,
            "edited": [item.code for item in edited],
            "organisation": {"name": organisation.name, "code": organisation.code},
        }

    def undo(self, number: int) -> int:
        self.quiet = False
        batch = ImportBatch.objects.filter(pk=number).first()
        if batch is None:
            self.stderr.write(_("没有批次 %(batch)s。") % {"batch": number})
            return REFUSED
        try:
            done = batches.undo(batch, reason=_("撤回导入批次 %(batch)s") % {"batch": number}, actor="system")
        except batches.BatchRefused:
            self.stderr.write(_("批次 %(batch)s 正由另一个进程处理。") % {"batch": number})
            return REFUSED
        self.say(
            _("批次 %(batch)s 已撤回：撤下 %(withdrawn)s 项，恢复 %(restored)s 项。")
            % {"batch": number, "withdrawn": done.withdrawn, "restored": done.restored}
        )
        for item in done.edited:
            self.say(
                _("%(code)s %(name)s：导入以后有人改过，没有动。") % {"code": item.code, "name": item.name}
            )
        return REJECTS if done.edited else TAKEN_ALL

    # Saying it ------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A line for a person; with --json it goes to standard error, which holds no JSON."""
        (self.stderr if self.quiet else self.stdout).write(text)

    def progress(self, done: int, of: int) -> None:
        if of > 100:
            self.say(_("已写 %(done)s / %(of)s 项") % {"done": done, "of": of})

    def tell(
        self,
        readings: list[Reading],
        name: str,
        organisation: Organisation | None,
        differences: service.Differences,
    ) -> None:
        """The table of what was understood."""
        if organisation is None:
            self.say(_("机构“%(name)s”还没有，导入时会新建。") % {"name": name})
        labels = {row.code: row.name for row in Category.objects.all()}
        for reading in readings:
            self.tell_file(reading, labels)
        self.say(
            _("与已公布的相比：新增 %(added)s，修改 %(changed)s，不变 %(same)s，新表中没有 %(gone)s。")
            % {"added": len(differences.added), "changed": len(differences.changed), "same": differences.same,
               "gone": len(differences.gone)}
        )  # fmt: skip
        for item in differences.gone[:50]:
            self.say("  - " + _("新表中没有：%(code)s %(name)s") % {"code": item.code, "name": item.name})
        for pair in differences.renamed[:50]:
            self.say("  - " + _("可能改了名：%(code)s %(name)s → %(new_name)s") % pair)

    def tell_file(self, reading: Reading, labels: dict[str, str]) -> None:
        if reading.problem:
            self.say(_("不能导入：") + located(reading.name, reading.problem))
            return
        self.say(
            _("%(file)s：%(items)s 项，没读懂 %(rejected)s 行，附注 %(notes)s 行")
            % {"file": reading.name, "items": len(reading.items), "rejected": len(reading.left_out),
               "notes": len(reading.rejected) - len(reading.left_out)}
        )  # fmt: skip
        for sheet in reading.sheets:
            self.say("  " + sheet_line(sheet))
        counts = Counter(labels.get(i["category_code"], i["category"] or "—") for i in reading.items)
        self.say("  " + _("类别：") + _("，").join(f"{key} {count}" for key, count in counts.most_common()))
        for row in reading.rejected:
            reason = _("附注") if row["reason"] == "note" else row["reason"]
            where = _("工作表“%(sheet)s”第 %(row)s 行") % row if row["sheet"] else _("第 %(row)s 行") % row
            self.say("  - " + where + _("：") + f"{reason} {row['text'][:60]}")
        for warning in reading.warnings[:40]:
            self.say("  ! " + located(reading.name, warning))
        if len(reading.warnings) > 40:
            self.say("  ! " + _("还有 %(count)s 条提醒，见 --json。") % {"count": len(reading.warnings) - 40})


def sheet_line(sheet: dict[str, Any]) -> str:
    """One sheet: blank, without header, or its columns."""
    place = {"sheet": sheet["name"]}
    if sheet.get("blank"):
        return _("工作表“%(sheet)s”：空") % place
    if not sheet.get("header"):
        return _("工作表“%(sheet)s”：没有表头") % place
    top, bottom = sheet["header"]
    columns = _("，").join(f"{key}={FIELD_LABELS.get(name, name)}" for key, name in sheet["columns"].items())
    rows = str(top) if top == bottom else f"{top}–{bottom}"
    return _("工作表“%(sheet)s”：表头第 %(rows)s 行，%(columns)s") % {
        **place,
        "rows": rows,
        "columns": columns,
    }


def as_json(readings: list[Reading]) -> dict[str, Any]:
    """The JSON of PUBLISHING: items and rejected rows of all files, with warnings and errors beside them."""
    hidden = ("stated",)
    return {
        "files": [
            {
                "file": r.name, "sha256": r.sha256, "size": r.size, "kind": r.kind, "items": len(r.items),
                "rejected": len(r.rejected), "refused": located(r.name, r.problem) if r.problem else None,
                "sheets": r.sheets,
            }
            for r in readings
        ],
        "items": [{k: v for k, v in i.items() if k not in hidden} for r in readings for i in r.items],
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
