"""An import by four eyes: one uploads and hands over, another approves; a worker reads and writes.

Every step is a conditional update of the batch's state; what a worker must do is an outbox entry of the same
transaction. Who may take a step at all (permission, organisation) is the views' question (cms.admin.imports);
that nobody approves what went through their own hands is asked here, where no address leads around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from outbox import services as outbox
from workdays import clock

from cms.models import HeaderSynonym, ImportBatch, ImportFile, ImportRow, Organisation, PowerItem

from .headers import FIELDS, plain
from .sentences import TIER_LABELS

State, Outcome, Action = ImportBatch.State, ImportRow.Outcome, ImportRow.Action
READ, APPLY, UNDO = "cms.import.read", "cms.import.apply", "cms.import.undo"
CHOICES = {"power": frozenset(FIELDS), "benchmark": frozenset(TIER_LABELS)}


class Refused(Exception):
    """A step cannot be taken. `code`: state (somebody was faster), same_person, rejected, nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _move(batch: ImportBatch, of: Sequence[str], to: str, **fields: Any) -> None:
    """The batch from one of the states `of` into `to`. Raises Refused("state")."""
    if ImportBatch.objects.filter(pk=batch.pk, state__in=of).update(state=to, **fields) != 1:
        raise Refused("state")


def _locked(batch: ImportBatch) -> ImportBatch:
    """The row as it is, which nobody changes until the transaction ends."""
    return ImportBatch.objects.select_for_update().get(pk=batch.pk)


def _hand(row: ImportBatch, user: Any) -> list[int]:
    """Who had it in hand, with this person."""
    return sorted({*row.hands, user.pk})


def upload(
    *, user: Any, kind: str, organisation: Organisation, files: Sequence[Any], given: dict[str, str]
) -> ImportBatch:
    """Store the files as they came; a worker reads them. `given`: issuer, document_no, effective."""
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            kind=kind,
            organisation=organisation,
            uploaded_by=user,
            state=State.UPLOADED,
            hands=[user.pk],
            given=given,
        )
        seen: set[str] = set()
        for file in files:
            name = file.name[-200:]
            while name in seen:  # two folders may hold files of one name
                name = f"_{name}"
            seen.add(name)
            stored = ImportFile(batch=batch, name=name)
            suffix = re.sub(r"[^A-Za-z0-9.]", "", name[name.rfind(".") :])[:8] if "." in name else ""
            stored.file.save(f"{batch.uuid.hex}-{len(seen)}{suffix}", file, save=False)
            stored.save()
        outbox.enqueue(kind=READ, ref=str(batch.pk))
    return batch


def correct(
    batch: ImportBatch, *, user: Any, columns: dict[str, dict[str, Any]], remember: bool = False
) -> None:
    """Read again with these columns ({file: {sheet: {"header", "fields"}}}). Raises Refused.

    `remember`: the header words mean these fields for the organisation from now on.
    """
    with transaction.atomic():
        row = _locked(batch)
        if remember and row.kind == "power":
            _remember(row, columns)
        _move(
            row,
            [State.PARSED, State.REFUSED],
            State.UPLOADED,
            columns=merged(row.columns, columns),
            hands=_hand(row, user),
            note="",
        )
        outbox.enqueue(kind=READ, ref=str(batch.pk))


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Corrections made before, with those made now over them."""
    out = {file: {name: dict(sheet) for name, sheet in sheets.items()} for file, sheets in old.items()}
    for file, sheets in new.items():
        for name, sheet in sheets.items():
            before = out.setdefault(file, {}).get(name, {})
            out[file][name] = {
                "header": sheet.get("header") or before.get("header"),
                "fields": {**before.get("fields", {}), **sheet.get("fields", {})},
            }
    return out


def _remember(batch: ImportBatch, columns: dict[str, dict[str, Any]]) -> None:
    """Header words become synonyms of the organisation; a column taken out is not remembered."""
    for file in batch.files:
        for sheet in file.get("sheets", []):
            chosen = columns.get(file["name"], {}).get(sheet["name"], {}).get("fields", {})
            for letters, field in chosen.items():
                text = plain((sheet.get("labels") or {}).get(letters, ""))
                if field and text:
                    HeaderSynonym.objects.update_or_create(
                        organisation=batch.organisation, text=text[:200], defaults={"field": field}
                    )


def confirm_renames(batch: ImportBatch, *, user: Any, pairs: Sequence[tuple[str, str]]) -> int:
    """Rows of these new names are the items with these codes, which keep them; how many. Raises Refused."""
    done = 0
    with transaction.atomic():
        row = _locked(batch)
        _move(row, [State.PARSED], State.PARSED, hands=_hand(row, user))
        counts = dict(row.counts)
        offered = {(pair["code"], pair["new_name"]) for pair in counts.get("renamed", [])}
        for code, name in dict(pairs).items():
            item = PowerItem.objects.source().filter(organisation=row.organisation, code=code).first()
            new = row.rows.filter(outcome=Outcome.ITEM, action=Action.CREATE, data__name=name).first()
            if item is None or new is None or (code, name) not in offered:
                continue
            new.data = {**new.data, "same_as": code}
            new.item, new.action, new.changes = item, Action.CHANGE, ["name"]
            new.save(update_fields=["data", "item", "action", "changes"])
            done += row.rows.filter(action=Action.MISSING, item=item).delete()[0]
            counts["renamed"] = [pair for pair in counts["renamed"] if pair["code"] != code]
        for key, action in (("created", Action.CREATE), ("changed", Action.CHANGE), ("gone", Action.MISSING)):
            counts[key] = row.rows.filter(action=action).count()
        ImportBatch.objects.filter(pk=row.pk).update(counts=counts)
    return done


def hand_over(batch: ImportBatch, *, user: Any, accept_rejected: bool) -> None:
    """Ask for approval. Raises Refused: rows that were not understood want a tick; nothing to change."""
    with transaction.atomic():
        row = _locked(batch)
        if row.counts.get("rejected_rows") and not accept_rejected:
            raise Refused("rejected")
        if not row.counts.get("created") and not row.counts.get("changed"):
            raise Refused("nothing")
        _move(
            row,
            [State.PARSED],
            State.SUBMITTED,
            accept_rejected=accept_rejected,
            hands=_hand(row, user),
            submitted_at=clock.now(),
            note="",
        )


def strike(batch: ImportBatch, *, rows: Sequence[int], struck: bool = True) -> int:
    """Take rows out of a batch that waits for approval, or put them back; how many. Raises Refused."""
    old, new = (Outcome.ITEM, Outcome.STRUCK) if struck else (Outcome.STRUCK, Outcome.ITEM)
    with transaction.atomic():
        row = _locked(batch)
        if row.state != State.SUBMITTED:
            raise Refused("state")
        return row.rows.filter(pk__in=rows, outcome=old).update(outcome=new, done=struck)


def send_back(batch: ImportBatch, *, note: str) -> None:
    """Back to whoever uploaded it, with a reason; what was struck out is in it again. Raises Refused."""
    with transaction.atomic():
        _move(batch, [State.SUBMITTED], State.PARSED, note=note[:500], submitted_at=None)
        batch.rows.filter(outcome=Outcome.STRUCK).update(outcome=Outcome.ITEM, done=False)


def approve(batch: ImportBatch, *, user: Any, confirmed: bool = False) -> None:
    """Let a worker make it public. Raises Refused("same_person") for anyone who had it in hand."""
    with transaction.atomic():
        row = _locked(batch)
        if user.pk in row.hands or user.pk == row.uploaded_by_id:
            raise Refused("same_person")
        if not row.rows.filter(outcome=Outcome.ITEM).exists():
            raise Refused("nothing")
        _move(row, [State.SUBMITTED], State.APPROVED, approved_by=user, confirmed=confirmed, written=0)
        outbox.enqueue(kind=APPLY, ref=str(batch.pk))


def discard(batch: ImportBatch) -> None:
    """Throw an import away of which nothing was written. Raises Refused."""
    waiting = [State.UPLOADED, State.REFUSED, State.PARSED, State.SUBMITTED]
    _move(batch, waiting, State.WITHDRAWN, withdrawn_at=clock.now())


def ask_undo(batch: ImportBatch, *, user: Any, reason: str) -> None:
    """Let a worker take an applied batch back. Raises Refused if it is not applied, or asked already."""
    with transaction.atomic():
        rows = ImportBatch.objects.filter(pk=batch.pk, state=State.APPLIED, undo_reason="")
        if rows.update(undo_reason=reason[:300], undo_by=user) != 1:
            raise Refused("state")
        outbox.enqueue(kind=UNDO, ref=str(batch.pk))
