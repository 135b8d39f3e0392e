"""Uploads, sealed as they arrive: no part of a file ever lies on disk in clear (VAULT: Around it).

Each file gets a fresh key. What is too large, empty or of a kind that is not taken is dropped while it comes
in; a request that is refused as a whole leaves nothing.
"""

from __future__ import annotations

import io
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from accounts.slots import Busy
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers, StopUpload
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from workdays import clock

from complaints.intake import filetypes, text
from complaints.intake.cleaning import run
from complaints.vault.errors import Corrupt
from complaints.vault.files import SealedWriter, delete_blob, disk_is_full, open_blob
from complaints.vault.models import Cell, SealedFile

log = logging.getLogger("qingfeng.intake")
FIELD = "attachments"
NAME_MOST = 150
STRIP_S = 40.0  # for all files of one request
WORDS_S = 20.0  # the same, to look for their words
WORDS_MOST = 200_000  # characters of all files of a report or message; the index reads no more of a tip
WORDS_FROM = 50 * 2**20  # bytes; a larger file is a film or a scan
TEXT_ROOM = 2**20  # what the other fields of the form may take


@dataclass(frozen=True)
class HandedFile:
    """A sealed file with everything needed to open it; kept in a sealed draft, then in a talk cell."""

    uuid: str
    key: str  # hex
    name: str
    type: str
    size: int  # true bytes
    sha256: str
    blob: str  # its name in the store
    padded: int
    strip: bool = False  # hidden data was taken out of it before it was kept, as the reporter wished
    unclean: str = ""  # or why that could not be done: a key of cleaning.run.REASONS
    words: str = ""  # what it says, for the search: sealed in a cell of its own, never beside the key

    def as_json(self) -> dict[str, Any]:
        """A plain object."""
        return asdict(self)


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, and why, in words."""

    name: str
    reason: str


class BodyTooLarge(RequestDataTooBig):
    """A request that says it is larger than anything that is taken here: nothing of its body was read."""


def refuse_over(most: int, said: int) -> None:
    """Raises BodyTooLarge for a body that says it has more than `most` bytes."""
    if said > most:
        raise BodyTooLarge


class DroppingHandler(FileUploadHandler):
    """For pages that take no files: whatever is sent goes nowhere."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, *args: Any, **kwargs: Any
    ) -> None:
        """What is larger than any file is not read at all. Raises BodyTooLarge."""
        refuse_over(settings.UPLOAD_MAX_BYTES + TEXT_ROOM, content_length)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skips it."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called."""

    def file_complete(self, file_size: int) -> None:
        """Never called."""


class Space:
    """The bytes that may still come: for one report, and for the whole site."""

    def __init__(self, used: int) -> None:
        """`used`: what the report holds already."""
        self._tip = settings.UPLOAD_TIP_BYTES - used
        self._site: int | None = None  # counted when the first byte comes

    def take(self, size: int) -> None:
        """Raises Unwanted where so many bytes more are too many."""
        if self._site is None:
            self._site = _site_left()
        self._tip -= size
        self._site -= size
        if self._tip < 0:
            most = readable(settings.UPLOAD_TIP_BYTES)
            raise Unwanted(_("没有收下：同一件举报的文件合起来不超过 %(most)s") % {"most": most})
        if self._site < 0 or disk_is_full():
            log.error("no room for uploads")
            raise Unwanted(_("没有收下：网站现在存不下更多文件。文字照样可以交，文件请过几天凭查询码补交"))

    def give(self, size: int) -> None:
        """So many bytes were not kept after all."""
        self._tip += size
        self._site = None


def _site_left() -> int:
    if not settings.UPLOAD_SITE_BYTES:
        return 2**62
    held: int = SealedFile.objects.aggregate(sum=Sum("size"))["sum"] or 0
    return int(settings.UPLOAD_SITE_BYTES) - held


def held_of(tip: UUID) -> int:
    """The bytes of the files that came with a report and its messages, without the desk's copies."""
    own = Cell.objects.filter(tip=tip, label="file").values("uuid")
    return SealedFile.objects.filter(tip=tip, cell__in=own).aggregate(sum=Sum("size"))["sum"] or 0


class Arrival:
    """One file on its way in. Raises Unwanted as soon as it is known that it will not be kept."""

    def __init__(self, name: str, space: Space | None = None) -> None:
        self.space = space
        self.name = text.clean_line(name)[-NAME_MOST:] or "file"
        self.uuid, self.key = uuid4(), secrets.token_bytes(32)
        self.writer: SealedWriter | None = None  # not before the first bytes are found to be acceptable
        self.size = 0
        self.head = b""
        self.kind: filetypes.Kind | None = None

    def take(self, chunk: bytes) -> None:
        """Checks and seals the next bytes."""
        self.size += len(chunk)
        if self.space is not None:
            self.space.take(len(chunk))
        if self.size > settings.UPLOAD_MAX_BYTES:
            raise Unwanted(_("太大，每个文件不超过 %(most)s") % {"most": readable(settings.UPLOAD_MAX_BYTES)})
        if self.kind is None:
            self.head += chunk
            if len(self.head) < filetypes.HEAD_BYTES:
                return  # too little to tell; nothing is written yet
            chunk, self.head = self.head, b""
            self._recognise(chunk)
        elif self.kind.text and not filetypes.goes_on_as_text(chunk):
            raise Unwanted(not_taken())
        self._write(chunk)

    def end(self) -> HandedFile:
        """Seals the rest; raises Unwanted for an empty file."""
        if self.size == 0:
            raise Unwanted(_("是空的，请换一个"))
        if self.kind is None:
            self._recognise(self.head)
            self._write(self.head)
        assert self.kind is not None  # noqa: S101  (recognised above)
        assert self.writer is not None  # noqa: S101
        written = self.writer.close()
        return HandedFile(
            uuid=str(self.uuid),
            key=self.key.hex(),
            name=self.name,
            type=self.kind.mime,
            size=written.true_size,
            sha256=written.sha256.hex(),
            blob=written.name,
            padded=written.size,
        )

    def drop(self) -> None:
        """Leaves nothing of it."""
        if self.writer is not None:
            self.writer.abort()
        if self.space is not None:
            self.space.give(self.size)

    def _recognise(self, head: bytes) -> None:
        self.kind = filetypes.kind_of(head, self.name)
        if self.kind is None or not filetypes.allowed(self.kind, settings.UPLOAD_TYPES):
            raise Unwanted(not_taken())

    def _write(self, chunk: bytes) -> None:
        if self.writer is None:
            self.writer = SealedWriter(self.uuid, self.key)
        self.writer.write(chunk)


class Unwanted(Exception):
    """A file that is not taken; the sentence says why."""


def not_taken() -> str:
    """Why a kind is refused, and what to do."""
    return _(
        "这种文件不能交。可以交照片、录音、录像、PDF、Word、Excel、PPT、文本和 zip 压缩包；网页请先存成 PDF"
    )


class SealingHandler(FileUploadHandler):
    """Seals each chunk of FIELD as it comes; `room` files at most, beside `used` bytes that are there.

    `taken` and `refused` tell the view what came of it; `discard` drops what the view did not keep.
    """

    def __init__(self, request: HttpRequest, *, room: int, used: int = 0) -> None:
        super().__init__(request)
        self.room = room
        self.space = Space(used)
        self.taken: list[HandedFile] = []
        self.refused: list[Refused] = []
        self.arrival: Arrival | None = None
        self.kept = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """A body larger than all files together may be is not read at all. Raises BodyTooLarge."""
        files = min(max(1, self.room) * settings.UPLOAD_MAX_BYTES,
                    max(settings.UPLOAD_TIP_BYTES, settings.UPLOAD_MAX_BYTES))  # fmt: skip
        refuse_over(files + TEXT_ROOM, content_length)

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Begins a file, or skips it where there is no room or it is not ours."""
        if field_name != FIELD:
            raise SkipFile
        if len(self.taken) >= self.room:
            most = settings.UPLOAD_MAX_FILES
            reason = _("没有收下：一共最多 %(most)s 个文件，请先移除不要的") % {"most": most}
            self.refused.append(Refused(text.clean_line(file_name)[-NAME_MOST:], reason))
            raise SkipFile
        super().new_file(field_name, file_name, *args, **kwargs)
        self.arrival = Arrival(file_name, self.space)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Seals a chunk; nothing is handed on to any other handler."""
        if self.arrival is None:
            raise StopUpload
        try:
            self.arrival.take(raw_data)
        except Unwanted as error:
            self._refuse(str(error))
            raise SkipFile from None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """Ends a file. What Django gets holds its name and size and no content."""
        if self.arrival is None:
            return None
        try:
            self.taken.append(self.arrival.end())
        except Unwanted as error:
            self._refuse(str(error))
        else:
            self.arrival = None
        return UploadedFile(io.BytesIO(), name="sealed", size=0, content_type="application/octet-stream")

    def upload_interrupted(self) -> None:
        """Django says so for a body that ends inside a file, and for one whose last file was skipped."""
        if self.arrival is not None:
            self._refuse(_("没有收全，请再选一次"))

    def discard(self) -> None:
        """Drops everything that was not kept."""
        if self.arrival is not None:
            self.arrival.drop()
            self.arrival = None
        if not self.kept:
            for file in self.taken:
                drop_blob(file.blob)
            self.taken = []

    def _refuse(self, reason: str) -> None:
        if self.arrival is not None:
            self.refused.append(Refused(self.arrival.name, reason))
            self.arrival.drop()
            self.arrival = None


def receive(
    request: HttpRequest,
    *,
    room: int,
    view: Callable[[HttpRequest, SealingHandler], HttpResponse],
    used: int = 0,
) -> HttpResponse:
    """Runs `view(request, handler)` behind CSRF with sealed uploads; what it does not keep is dropped.

    The view says `handler.kept = True` once the rows that name the files are committed.
    """
    handler = SealingHandler(request, room=room, used=used)
    request.upload_handlers = [handler]

    @csrf_protect
    def protected(request: HttpRequest) -> HttpResponse:
        return view(request, handler)

    try:
        return protected(request)
    finally:
        handler.discard()


def seal_file(*, name: str, content: Iterable[bytes]) -> HandedFile:
    """A file from elsewhere (the desk's reply, the demo), through the same checks. Raises Unwanted."""
    arrival = Arrival(name)
    try:
        for chunk in content:
            arrival.take(chunk)
        return arrival.end()
    except BaseException:
        arrival.drop()
        raise


def stripped(file: HandedFile, *, end: float) -> HandedFile:
    """The file without hidden data, sealed anew: another HandedFile, whose blob the caller keeps or drops.

    Where that cannot be done, the same blob with the reason in `unclean`. `end`: by time.monotonic(), after
    which nothing more is begun. Raises Corrupt, OSError.
    """
    if file.strip or file.type == "text/plain":  # a text has nothing hidden
        return replace(file, strip=True)
    if file.type == "application/zip":  # what staff see of it is a list; that is no original
        return replace(file, unclean="kind")
    if time.monotonic() > end:
        return replace(file, unclean="time")
    with run.clean(
        file.type, open_blob(file.blob, UUID(file.uuid), bytes.fromhex(file.key), file.size)
    ) as made:
        if made.why or made.shrunk:
            return replace(file, unclean=made.why or "pixels")
        uuid, key = uuid4(), secrets.token_bytes(32)
        with SealedWriter(uuid, key) as writer:
            for block in made.blocks():
                writer.write(block)
    written = writer.close()
    return HandedFile(
        uuid=str(uuid),
        key=key.hex(),
        name=filetypes.download_name(file.name, None, made.mime),
        type=made.mime,
        size=written.true_size,
        sha256=written.sha256.hex(),
        blob=written.name,
        padded=written.size,
        strip=True,
    )


def strip_taken(handler: SealingHandler) -> None:
    """Takes hidden data out of what just arrived; the blobs before are dropped. Raises Corrupt, OSError."""
    end = time.monotonic() + STRIP_S
    for number, file in enumerate(handler.taken):
        handler.taken[number] = fresh = stripped(file, end=end)
        if fresh.blob != file.blob:
            drop_blob(file.blob)


def read_taken(handler: SealingHandler, *, room: int = WORDS_MOST) -> None:
    """Looks for the words of what just arrived, at most `room` characters of all, in the child without keys.

    They are of the file as it is kept: what was taken out of it is not found. A file whose words cannot be
    had in time is kept without them.
    """
    end = time.monotonic() + WORDS_S
    for number, file in enumerate(handler.taken):
        if room > 0 and time.monotonic() < end:
            words = _words(file)[:room]
            room -= len(words)
            handler.taken[number] = replace(file, words=words)


def _words(file: HandedFile) -> str:
    if file.type not in run.TEXT_KINDS or file.size > WORDS_FROM:
        return ""
    try:
        blocks = open_blob(file.blob, UUID(file.uuid), bytes.fromhex(file.key), file.size)
        return text.clean(run.text_of(file.type, blocks)).strip()
    except (Busy, Corrupt, OSError):
        return ""


def rows_for_draft(files: list[HandedFile], *, draft: UUID) -> list[SealedFile]:
    """Unsaved rows of a draft's files."""
    return [_row(file, draft=draft, tip=None) for file in files]


def hand_over(file: HandedFile, *, tip: UUID, cell: UUID) -> None:
    """In the transaction that writes its cell: the draft's row becomes the tip's, or a new one is made."""
    rows = SealedFile.objects.filter(uuid=file.uuid, tip=None)
    if rows.update(tip=tip, cell=cell, draft=None) != 1:
        row = _row(file, draft=None, tip=tip)
        row.cell = cell
        row.save(force_insert=True)


def _row(file: HandedFile, *, draft: UUID | None, tip: UUID | None) -> SealedFile:
    return SealedFile(
        uuid=UUID(file.uuid),
        tip=tip,
        draft=draft,
        name=file.blob,
        size=file.padded,
        created_on=clock.today(),
    )


def drop_blob(name: str) -> None:
    """Deletes a blob; it is no error where it is gone."""
    delete_blob(name)


def readable(size: int) -> str:
    """A size as people say it: 200 MB, 1.2 MB, 12 KB."""
    if size >= 2**20:
        megabytes = size / 2**20
        return (
            f"{megabytes:.0f} MB" if megabytes >= 10 or megabytes == int(megabytes) else f"{megabytes:.1f} MB"
        )
    return f"{max(1, round(size / 1024))} KB"
