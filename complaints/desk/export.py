"""A case file that leaves the house: a PDF, or a ZIP with every attachment, a manifest and the hashes.

It is made while it is sent: the PDF in memory, attachments opened block by block, so that nothing of it ever
lies on a disk of ours in clear. Its whole size is known before the first byte, which is how a browser shows
progress. Sealed, if asked, in the age format to the receiver's key or to a passphrase (vault.age).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typst
from accounts.models import User
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk import audit_alarms, casefile
from complaints.desk.models import Note
from complaints.desk.services import Refused, Stale, actor, fresh
from complaints.intake import services as intake
from complaints.intake.models import Message, Tip
from complaints.vault import age
from complaints.vault import files as blobs
from complaints.vault import tips as sealing
from complaints.vault.models import SealedFile

TEMPLATE = Path(__file__).with_name("export_case.typ")
FONTS = settings.BASE_DIR / "site" / "config" / "fonts"
NAME_MOST = 100


@dataclass(frozen=True, repr=False)
class Attachment:
    """A file of the tip, still sealed: where it goes in the archive, its true size, hash and key."""

    path: str
    size: int
    sha256: str
    row: SealedFile
    key: bytes

    def blocks(self) -> Iterator[bytes]:
        """Its content. Raises vault.errors.Corrupt where a byte was changed."""
        return blobs.open_file(self.row.uuid, self.key, self.size)


@dataclass(frozen=True, repr=False)
class Part:
    """One file of the archive."""

    path: str
    size: int
    sha256: str
    blocks: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, repr=False)
class Made:
    """What is sent: its name, how many bytes it has, its content in blocks, and the hash of its manifest."""

    name: str
    size: int
    blocks: Iterable[bytes]
    manifest: str
    parts: int


@dataclass(frozen=True, repr=False)
class Seal:
    """How it is sealed: to an age key, to a passphrase, or not at all."""

    recipient: str = ""
    passphrase: str = field(default="", repr=False)

    @property
    def kind(self) -> str:
        """As the ledger has it."""
        return "key" if self.recipient else "passphrase" if self.passphrase else "none"


def attachments(tip: Tip, cells: Sequence[sealing.OpenCell]) -> list[Attachment]:
    """The tip's files as handed in, in the order of the page. Names are made safe and unlike each other."""
    about = {cell.uuid: json.loads(cell.text) for cell in cells if cell.label == "file" and not cell.changed}
    rows = SealedFile.objects.filter(tip=tip.uuid, cell__in=list(about)).order_by("created_on", "uuid")
    return [
        Attachment(
            path=f"files/{number:03d}-{_safe(str(told.get('name', '')))}",
            size=int(told["size"]),
            sha256=str(told["sha256"]),
            row=row,
            key=bytes.fromhex(told["key"]),
        )
        for number, row in enumerate(rows, 1)
        if row.cell and (told := about[row.cell])
    ]


def pdf(facts: dict[str, Any]) -> bytes:
    """The case file drawn by typst, in memory; what was confided is data to it, never markup.

    Letters that the house's own font lacks are looked for in the host's fonts, and named by their numbers in
    the end, for a host that has none either.
    """
    rare = _rare(facts)
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[FONTS],
        ignore_system_fonts=not rare,  # reading those takes a second
        format="pdf",
        sys_inputs={"case": json.dumps({**facts, "rare": rare}, ensure_ascii=False)},
    )


def facts(tip: Tip, case: casefile.CaseFile, user: User, files: Sequence[Attachment]) -> dict[str, Any]:
    """All that the case file says, in plain words."""
    moments = casefile.timeline(casefile.events_of(tip))
    return {
        **_head(tip, user, masked=False),
        "subject": case.subject,
        "narrative": case.narrative,
        "respondents": case.respondents,
        "about": [case.about[name] for name in ("code", "title", "step_title") if case.about.get(name)],
        "messages": [_said(line) for line in case.messages if not line.changed],
        "notes": [
            {"who": line.who, "on": _day(line.row.created_at), "text": line.text}
            for line in case.notes
            if not line.changed and isinstance(line.row, Note)
        ],
        "decisions": [
            *([list(pair) for pair in lines] for lines in case.decisions),
            *([[row.get_kind_display(), row.get_answer_display()], *map(list, lines)]
              for row, lines in case.proposals),
        ],
        "timeline": [
            {"on": _time(m.at) if m.at else m.date.isoformat(), "words": m.words, "who": m.who}
            for m in moments
        ],
        "files": [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in files],
        "changed": case.changed,
    }  # fmt: skip


def masked_facts(tip: Tip, body: dict[str, Any], user: User) -> dict[str, Any]:
    """The same of a masked version: its texts alone, without notes, decisions, timeline and attachments."""
    authors = dict(Message.Author.choices)
    return {
        **_head(tip, user, masked=True),
        "subject": body["subject"],
        "narrative": body["narrative"],
        "respondents": body.get("respondents", []),
        "messages": [
            {"who": str(authors[m["author"]]), "on": m["on"], "text": m["text"]}
            for m in body.get("messages", [])
        ],
    }


def make(tip: Tip, told: dict[str, Any], files: Sequence[Attachment], *, form: str, seal: Seal) -> Made:
    """Build it: `form` is "pdf" or "zip". Slow (typst, a KDF): outside any transaction.

    Raises age.BadRecipient, slots.Busy, typst.TypstError.
    """
    document = pdf(told)
    name = f"case-{tip.number}{'-masked' if told['masked'] else ''}"
    if form == "pdf":
        digest, size, parts = hashlib.sha256(document).hexdigest(), len(document), 1
        blocks: Iterable[bytes] = [document]
    else:
        listed = _parts(told, document, files)
        digest, size, parts = listed[0].sha256, zip_size(listed), len(listed)
        blocks = zipped(listed)
    name = f"{name}.{form}"
    if seal.kind == "none":
        return Made(name, size, blocks, digest, parts)
    sealed = (
        age.to_key(seal.recipient, blocks) if seal.recipient else age.to_passphrase(seal.passphrase, blocks)
    )
    first = next(sealed)
    return Made(f"{name}.age", age.sealed_size(len(first) - 16, size), _chain(first, sealed), digest, parts)


def record(
    *, tip: Tip, user: User, keys: sealing.TipKeys, made: Made, form: str, seal: Seal, reason: str
) -> None:
    """Write, before the first byte is sent, that it leaves: an event, and a note with the reason and hash.

    Raises PermissionDenied, Refused, Stale.
    """
    access.require(user, "export", tip=tip)
    if not reason.strip():
        raise Refused(_("请写明导出给谁、做什么用"))
    now = clock.now()
    text = _("导出案卷（%(name)s）：%(reason)s\n清单的 SHA-256：%(hash)s") % {
        "name": made.name, "reason": reason.strip(), "hash": made.manifest,
    }  # fmt: skip
    cell = sealing.new_cell(keys, tip_uuid=tip.uuid, label="note", text=text)
    with transaction.atomic():
        cell.save(force_insert=True)
        Note.objects.create(tip=tip, user=user, cell=cell, created_at=now)
        ledger.record(
            kind="exported",
            actor=actor(user),
            tag=bytes(tip.tag),
            at=now,
            details={"form": form, "sealed": seal.kind, "parts": made.parts},
            cell_hash=bytes(cell.hash),
        )
        try:
            intake.mark_changed(tip)
        except intake.Moved as error:
            raise Stale(fresh(tip)) from error
    audit_alarms.on_export(tip, user)


# The archive --------------------------------------------------------------------------------------------


class _Pipe(io.RawIOBase):
    """What zipfile writes, to be taken out in between; it cannot seek, so sizes follow the contents."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def zipped(parts: Sequence[Part]) -> Iterator[bytes]:
    """The archive in blocks; contents are stored as they are, dated by the clock of the house."""
    pipe, stamp = _Pipe(), timezone.localtime(clock.now()).timetuple()[:6]
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            info = zipfile.ZipInfo(part.path, stamp)
            info.external_attr = 0o600 << 16
            with archive.open(info, "w") as out:
                for block in part.blocks():
                    out.write(block)
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def zip_size(parts: Sequence[Part]) -> int:
    """How many bytes `zipped` gives: an archive of the same names without contents, and the contents."""
    empty = [Part(part.path, 0, "", lambda: ()) for part in parts]
    return sum(len(block) for block in zipped(empty)) + sum(part.size for part in parts)


def _parts(told: dict[str, Any], document: bytes, files: Sequence[Attachment]) -> list[Part]:
    """Manifest and sums first, so that who receives a broken archive can still say what it should hold."""
    inner = [
        _bytes("case.pdf", document),
        _bytes("case.json", _json(told)),
        *(Part(f.path, f.size, f.sha256, f.blocks) for f in files),
    ]
    listed = [{"path": part.path, "size": part.size, "sha256": part.sha256} for part in inner]
    head = {name: told[name] for name in ("number", "office", "by", "made", "masked")}
    sums = "".join(f"{part.sha256}  {part.path}\n" for part in inner)
    return [
        _bytes("manifest.json", _json({**head, "files": listed})),
        _bytes("SHA256SUMS", sums.encode()),
        *inner,
    ]


def _bytes(path: str, content: bytes) -> Part:
    return Part(path, len(content), hashlib.sha256(content).hexdigest(), lambda: (content,))


# Parts --------------------------------------------------------------------------------------------------


def _head(tip: Tip, user: User, *, masked: bool) -> dict[str, Any]:
    return {
        "masked": masked,
        "number": tip.number,
        "office": tip.office.label,
        "state": tip.get_state_display(),
        "category": tip.category.label,
        "region": tip.region.label,
        "named": tip.named,
        "received": tip.received_on.isoformat(),
        "by": user.name,
        "made": _time(clock.now()),
        "words": _words(),
    }


def _rare(facts: dict[str, Any]) -> list[str]:
    """The letters outside of GB 2312, to which the font is cut, as "喆 U+5586"."""
    letters = sorted(set(json.dumps(facts, ensure_ascii=False)))
    return [f"{one} U+{ord(one):04X}" for one in letters if not one.encode("gb2312", "ignore")]


def _words() -> dict[str, str]:
    """The headings, in the language of whoever exports."""
    return {
        "title": _("案卷"), "masked": _("遮盖本，供移交使用"), "number": _("编号"), "office": _("受理机构"),
        "state": _("状态"), "category": _("举报类别"), "region": _("地区"), "received": _("收到"),
        "named": _("实名"), "anonymous": _("匿名"), "kind": _("署名"), "narrative": _("举报内容"),
        "respondents": _("被反映人"), "about": _("有关的权责事项"), "messages": _("与举报人的往来"),
        "notes": _("内部记录"), "decisions": _("决定"), "timeline": _("办理经过"), "files": _("材料"),
        "changed": _("下列内容在数据库里被改动过，没有导出"), "made": _("导出"), "secret": _("保密"),
        "rare": _("字库里可能没有的字和它们的编码"),
    }  # fmt: skip


def _said(line: casefile.Line) -> dict[str, str]:
    row = line.row
    who = str(row.get_author_display()) if isinstance(row, Message) else ""
    return {"who": who, "on": row.sent_on.isoformat() if isinstance(row, Message) else "", "text": line.text}


def _safe(name: str) -> str:
    """A name for the archive: no path, no device, no trick of direction; never empty."""
    from complaints.desk.views.files import safe_name

    safe = safe_name(name)
    return safe if len(safe) <= NAME_MOST else safe[-NAME_MOST:]


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _time(at: dt.datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _day(at: dt.datetime) -> str:
    return timezone.localtime(at).date().isoformat()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
