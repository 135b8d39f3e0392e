"""Starts the child that makes copies, and hands out what it made. No part of a file touches the disk.

A file goes to the child, and the copy comes back, in files of memory alone (memfd_create(2)); this process
holds a block of either at a time. At most CLEAN_AT_ONCE children run on a host, each of at most CLEAN_MEMORY
bytes and CLEAN_SECONDS; the file, its copy and the child together are the memory one copy costs.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accounts.slots import Busy, slot
from django.conf import settings
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parents[3]
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from complaints.intake.cleaning.child import main; main(*sys.argv[1:])"
)
ANSWER_MOST = 2**18
BLOCK = 65_536
TEXT_MOST = 200_000  # characters
TEXT_KINDS = frozenset(
    {
        "application/pdf",
        "application/zip",
        "text/plain",
        "application/vnd.ms-excel",
        *(f"application/vnd.openxmlformats-officedocument.{part}" for part in (
            "wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")),
        *(f"application/vnd.oasis.opendocument.{part}" for part in ("text", "spreadsheet", "presentation")),
    }
)  # fmt: skip

# Why there is no copy, for the desk and for a reporter who asked for one.
REASONS = {
    "kind": _("这种格式在这里没有办法去掉隐藏的信息"),
    "ffmpeg": _("这台服务器没有装 ffmpeg，录音录像里隐藏的信息去不掉"),
    "pixels": _("图片的像素太多"),
    "pages": _("页数太多"),
    "ratio": _("解开后太大，像是压缩炸弹"),
    "locked": _("文件有密码"),
    "size": _("处理后的文件太大"),
    "memory": _("处理这个文件要用的内存太多"),
    "time": _("处理这个文件要的时间太长"),
    "busy": _("现在正在处理的文件太多，请过一会儿再试"),
    "broken": _("文件已经损坏，或者内容和格式不符"),
    "memfd": _("这台服务器的系统不支持在内存里处理文件"),
}


@dataclass
class Made:
    """What the child answered: `why` is "" where a copy was made, else a key of REASONS.

    `walls`: which walls stood round the child, {"network": bool, "disk": bool}; {} where none was started.
    """

    why: str = ""
    mime: str = ""
    width: int = 0
    height: int = 0
    pages: int = 0
    shrunk: bool = False
    thumb: bytes = b""
    size: int = 0
    walls: dict[str, bool] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    _out: int = -1

    def blocks(self) -> Iterator[bytes]:
        """The copy, at most 64 KiB at a time; only within the `with` that made it."""
        at = 0
        while block := os.pread(self._out, BLOCK, at):
            at += len(block)
            yield block

    def data(self, most: int = 2**24) -> bytes:
        """The copy at once, at most `most` bytes."""
        return os.pread(self._out, min(most, self.size), 0)

    @property
    def reason(self) -> str:
        """`why` in words."""
        return str(REASONS.get(self.why, self.why)) if self.why else ""


@contextmanager
def clean(mime: str, blocks: Iterable[bytes]) -> Iterator[Made]:
    """A copy without hidden data of a file of this MIME type, while the block runs."""
    with _child({"do": "clean", "mime": mime}, blocks) as made:
        yield made


@contextmanager
def page_image(number: int, blocks: Iterable[bytes]) -> Iterator[Made]:
    """Page `number` (from 0) of a PDF as a JPEG."""
    with _child({"do": "page", "page": number, "mime": "application/pdf"}, blocks) as made:
        yield made


def text_of(kind: str, blocks: Iterable[bytes]) -> str:
    """The words of a file of MIME type `kind`, at most TEXT_MOST characters, read by the same child.

    "" where the kind has none or the file cannot be read. Raises Busy where no child was free in time: the
    words are not known then, and may be asked for again.
    """
    if kind not in TEXT_KINDS:
        return ""
    with _child({"do": "text", "mime": kind}, blocks) as made:
        if made.why == "busy":
            raise Busy
        return "" if made.why else made.data().decode("utf-8", "replace")[:TEXT_MOST]


def ffmpeg() -> str:
    """The program that strips sound and film, or "" where there is none."""
    return settings.FFMPEG if settings.FFMPEG != "auto" else shutil.which("ffmpeg") or ""


@contextmanager
def _child(order: dict[str, Any], blocks: Iterable[bytes]) -> Iterator[Made]:
    if not hasattr(os, "memfd_create"):
        yield Made(why="memfd")
        return
    try:
        with slot("clean", settings.CLEAN_AT_ONCE, settings.CLEAN_WAIT), _memory() as given, _memory() as out:
            _fill(given, blocks)
            said = _run(order, given, out)
            yield _made(said, out)
    except Busy:
        yield Made(why="busy")


def _made(said: dict[str, Any], out: int) -> Made:
    made = Made(why=said.get("why", ""), walls=said.get("walls", {}), said=said, _out=out)
    if not made.why:
        made.mime, made.size = str(said.get("mime", "")), os.fstat(out).st_size
        made.width, made.height = int(said.get("width", 0)), int(said.get("height", 0))
        made.pages, made.shrunk = int(said.get("pages", 0)), bool(said.get("shrunk"))
        made.thumb = base64.b64decode(said.get("thumb", ""))
    return made


@contextmanager
def _memory() -> Iterator[int]:
    """A file that exists in memory alone, and ends with its handle."""
    handle = os.memfd_create("copy", os.MFD_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _fill(handle: int, blocks: Iterable[bytes]) -> None:
    for block in blocks:
        view = memoryview(block)
        while view:
            view = view[os.write(handle, view) :]
    os.lseek(handle, 0, os.SEEK_SET)


def _run(order: dict[str, Any], given: int, out: int) -> dict[str, Any]:
    """Runs the child to its end or its limit; what it said. Never raises for what a file does to it."""
    seconds = settings.CLEAN_SECONDS
    order |= {
        "memory": settings.CLEAN_MEMORY,
        "seconds": seconds,
        "output": settings.CLEAN_OUTPUT,
        "pixels": settings.CLEAN_PIXELS,
        "pages": settings.CLEAN_PAGES,
        "ffmpeg": ffmpeg(),
    }
    child = subprocess.Popen(  # noqa: S603  our own interpreter and a constant program
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", START, str(ROOT), json.dumps(order)],
        stdin=given,
        stdout=out,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
        start_new_session=True,  # so that ffmpeg ends with it
    )
    try:
        answer = _answer(child, time.monotonic() + seconds + 3)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stderr:
            child.stderr.close()
    if answer is None:
        return {"why": "time"}
    try:
        said = json.loads(answer)
    except ValueError:
        # It was killed: by its limit of processor time, or by a library that a file has upset.
        return {"why": "time" if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL) else "broken"}
    return said if isinstance(said, dict) else {"why": "broken"}


def _answer(child: subprocess.Popen[bytes], end: float) -> bytes | None:
    """What it says until it ends, at most ANSWER_MOST bytes; None where its time is over."""
    if child.stderr is None:
        return None
    said = b""
    handle = child.stderr.fileno()
    while len(said) <= ANSWER_MOST:
        left = end - time.monotonic()
        if left <= 0 or not select.select([handle], [], [], left)[0]:
            return None
        if not (part := os.read(handle, BLOCK)):
            child.wait()
            return said
        said += part
    return b""
