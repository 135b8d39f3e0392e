"""Power lists → a batch → what is public. What the command does, and the admin's upload will do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from cms.models import ImportBatch, ImportRow, Organisation, PowerItem
from cms.publishing import batch as batches
from cms.publishing.numbers import next_number

from . import power
from .files import Reading
from .matching import Known, is_visible, renamed
from .sentences import sentence

Action, Outcome = ImportRow.Action, ImportRow.Outcome


@dataclass
class Differences:
    """What an import would change against what is public now."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)  # {code, name, fields}
    same: int = 0
    gone: list[PowerItem] = field(default_factory=list)
    renamed: list[dict[str, Any]] = field(default_factory=list)
    # For each item of the readings in order: (id of what it would change or None, action, names of fields).
    plan: list[tuple[int | None, str, list[str]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "added": len(self.added),
            "changed": self.changed,
            "same": self.same,
            "gone": [{"code": item.code, "name": item.name} for item in self.gone],
            "renamed": self.renamed,
        }


def find_organisation(text: str) -> Organisation | None:
    """The organisation with this code, name, short name or alias."""
    rows = Organisation.objects.source()
    return (
        rows.filter(code__iexact=text.strip()).first()
        or Organisation.objects.by_name(text)
        or rows.filter(short_name=text.strip()).exclude(short_name="").first()
    )


def create_organisation(name: str) -> Organisation:
    """A public organisation with a made code (ORG-0007): an item cannot be published without one."""
    from wagtail.models import Locale

    with transaction.atomic():
        code = f"ORG-{next_number('code:ORG'):04d}"
        while Organisation.objects.filter(code=code).exists():
            code = f"ORG-{next_number('code:ORG'):04d}"
        organisation = Organisation(code=code, name=name.strip()[:200], locale=Locale.get_default())
        organisation.save()
        organisation.save_revision(clean=False).publish()
    organisation.refresh_from_db()
    return organisation


def reject_foreign_codes(readings: list[Reading], organisation: Organisation | None) -> None:
    """Move rows whose code belongs to another organisation's item to the rejected."""
    known = Known.of(organisation)
    for reading in readings:
        for item in [item for item in reading.items if known.elsewhere(item)]:
            reading.items.remove(item)
            reason = sentence("code_elsewhere", {"value": item["code"]})
            reading.rejected.append(
                {"file": item["file"], "sheet": item["sheet"], "row": item["row"], "reason": reason,
                 "text": item["name"][:200]}
            )  # fmt: skip


def compare(readings: list[Reading], organisation: Organisation | None) -> Differences:
    """What would change. Writes nothing."""
    known, lookups, found = Known.of(organisation), power.Lookups.load(), Differences()
    for reading in readings:
        for data in reading.items:
            item = known.match(data)
            if item is not None and power.stays_a_draft(item, data, lookups):
                found.same += 1
                found.plan.append((item.pk, Action.SAME, []))
                continue
            if item is None or not is_visible(item):
                found.added.append(data)
                found.plan.append((None, Action.CREATE, []))
                continue
            before, code = power.content(item), item.code
            power.fill(item, data, lookups)
            after = power.content(item)
            fields = [name for name in after if after[name] != before[name]]
            if data["code"] and item.made_code:
                fields.append("code")
            if fields:
                found.changed.append({"code": code, "name": item.name, "fields": fields})
            else:
                found.same += 1
            found.plan.append((item.pk, Action.CHANGE if fields else Action.SAME, fields))
    found.gone = known.gone()
    found.renamed = renamed(found.gone, found.added)
    return found


def unfinished(readings: list[Reading], organisation: Organisation) -> ImportBatch | None:
    """A batch of the same files that died before its switch."""
    states = [ImportBatch.State.PARSED, ImportBatch.State.APPLYING, ImportBatch.State.FAILED]
    digests = sorted(reading.sha256 for reading in readings)
    # One uploaded in the admin waits for its approver there.
    rows = ImportBatch.objects.filter(organisation=organisation, state__in=states, kind="power")
    for batch in rows.filter(uploaded_by=None):
        if sorted(file["sha256"] for file in batch.files) == digests:
            return batch
    return None


def make_batch(
    readings: list[Reading],
    organisation: Organisation,
    differences: Differences,
    *,
    accept_rejected: bool = False,
    uploaded_by: Any = None,
) -> ImportBatch:
    """Store what was read, in one transaction of bulk inserts."""
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            organisation=organisation,
            uploaded_by=uploaded_by,
            accept_rejected=accept_rejected,
            files=[
                {"name": r.name, "sha256": r.sha256, "size": r.size, "kind": r.kind, "sheets": r.sheets}
                for r in readings
            ],
            counts={
                "items": sum(len(r.items) for r in readings),
                "created": len(differences.added),
                "changed": len(differences.changed),
                "unchanged": differences.same,
                "gone": len(differences.gone),
                "rejected": sum(len(r.rejected) for r in readings),
            },
        )
        rows = []
        for reading in readings:
            for data in reading.items:
                rows.append(row_of(batch, data, Outcome.ITEM, data=data))
            for row in reading.rejected:
                outcome = Outcome.NOTE if row["reason"] == "note" else Outcome.REJECTED
                rows.append(row_of(batch, row, outcome, reason=row["reason"], data={"text": row["text"]}))
        for item in differences.gone:
            place = {"file": item.source_file, "sheet": item.source_sheet, "row": item.source_row or 0}
            rows.append(row_of(batch, place, Outcome.NOTE, action=Action.MISSING, item=item))
        ImportRow.objects.bulk_create(rows, batch_size=100)
    return batch


def row_of(batch: ImportBatch, place: dict[str, Any], outcome: str, **fields: Any) -> ImportRow:
    fields["reason"] = fields.get("reason", "")[:500]
    done = outcome != Outcome.ITEM
    return ImportRow(
        batch=batch, file=place["file"][:255], sheet=place["sheet"][:255], row=place["row"], outcome=outcome,
        done=done, **fields,
    )  # fmt: skip


def apply(
    batch: ImportBatch, *, actor: str = "", progress: Callable[[int, int], None] = lambda done, of: None
) -> list[PowerItem]:
    """Write the drafts of a batch and switch it on; items edited meanwhile, which it left alone.

    What fails on the way leaves nothing visible: the batch can be taken up again or withdrawn.
    """
    try:
        batches.write(batch, progress=progress)
    except BaseException:
        ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.APPLYING).update(
            state=ImportBatch.State.FAILED
        )
        raise
    return batches.switch(batch, actor=actor)
