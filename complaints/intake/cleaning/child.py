"""The child: walls first, then a task. Standard input is the file, standard output the copy, both in memory.

What it answers goes to standard error as one line of JSON. It has no Django, no environment, no key.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
SUFFIX = {  # what the reader of texts calls it
    "application/pdf": "pdf",
    OFFICE + "wordprocessingml.document": "docx",
    OFFICE + "spreadsheetml.sheet": "xlsx",
    OFFICE + "presentationml.presentation": "pptx",
    ODF + "text": "odt",
    ODF + "spreadsheet": "ods",
    ODF + "presentation": "odp",
    "application/vnd.ms-excel": "xls",
    "text/plain": "txt",
}


def main(root: str, task: str) -> None:
    """`task`: JSON with what to do and how much of it. Always ends with 0 and an answer, unless killed."""
    order = json.loads(task)
    answers = os.fdopen(os.dup(2), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 2)
    os.close(null)
    os.environ.clear()  # Python itself sets one variable of the locale
    from complaints.intake.cleaning import walls

    walls.limit(memory=order["memory"], seconds=order["seconds"], output=order["output"])
    standing = walls.shut(_readable(root), [order["ffmpeg"]] if order["ffmpeg"] else [])
    said: dict[str, Any] = {"walls": standing}
    try:
        said |= TASKS[order["do"]](order)
    except BaseException as error:  # noqa: BLE001  whatever a stranger's file does to its reader
        said |= {"why": _why(error)}
    answers.write(json.dumps(said).encode())
    answers.flush()
    os._exit(0)  # no destructor of a library that a file has upset


def _readable(root: str) -> list[str]:
    """Where programs and libraries lie, and nothing of the site's data."""
    places = {sys.prefix, sys.base_prefix, str(Path(os.__file__).parent), "/usr", "/lib", "/lib64"}
    places |= {str(Path(root, part)) for part in ("complaints", "search")}
    return [*sorted(place for place in places if place not in ("", "/")), "/etc/ld.so.cache", "/etc/fonts"]


def _why(error: BaseException) -> str:
    from complaints.intake.cleaning.answers import Unable

    if isinstance(error, Unable):
        return error.why
    if isinstance(error, MemoryError) or "bad_alloc" in repr(error) or "memory" in repr(error).lower():
        return "memory"
    if isinstance(error, OSError) and error.errno == 27:  # EFBIG
        return "size"
    return "broken"


def _clean(order: dict[str, Any]) -> dict[str, Any]:
    from complaints.intake.cleaning import images, media, packed, pdf, plain
    from complaints.intake.cleaning.answers import Unable

    mime, source, out = order["mime"], _input(), _output()
    if mime in images.FORMATS:
        answer = images.clean(source, mime, out, pixels=order["pixels"])
    elif mime == "application/pdf":
        answer = pdf.clean(source, out, pages=order["pages"])
    elif mime in PACKED:
        answer = packed.clean(source, mime, out, pixels=order["pixels"])
    elif mime == "application/zip":
        answer = packed.listing(source, out)
    elif mime == "text/plain":
        answer = plain.clean(source, out)
    elif mime == "application/rtf":
        answer = plain.clean_rtf(source, out)
    elif mime == "audio/amr":
        answer = media.clean_amr(source, out)
    elif mime in media.FORMATS:
        answer = media.clean(mime, out, ffmpeg=order["ffmpeg"], seconds=order["seconds"])
    else:
        raise Unable("kind")
    out.flush()
    return {
        "mime": answer.mime,
        "width": answer.width,
        "height": answer.height,
        "pages": answer.pages,
        "shrunk": answer.shrunk,
        "thumb": base64.b64encode(answer.thumb).decode(),
    }


def _page(order: dict[str, Any]) -> dict[str, Any]:
    from complaints.intake.cleaning import pdf

    out = _output()
    out.write(pdf.page_image(_input(), order["page"]))
    out.flush()
    return {"mime": "image/jpeg"}


def _text(order: dict[str, Any]) -> dict[str, Any]:
    from search import filetext

    out = _output()
    data = _input().read()
    if order["mime"] in LISTED:
        words = filetext.names_in_zip(data)
    else:
        words = filetext.text_of(data, SUFFIX[order["mime"]])
    out.write(words.encode("utf-8", "replace"))
    out.flush()
    return {"mime": "text/plain"}


def _look(order: dict[str, Any]) -> dict[str, Any]:
    """What the child finds around itself, for the test that it is nothing."""
    import errno
    import socket

    def tried(act: Any) -> str:
        try:
            act()
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, "?")
        return "open"

    links = {number: _target(number) for number in range(64)}
    secrets = {path: tried(lambda path=path: Path(path).open("rb").close()) for path in order["paths"]}
    return {
        "environment": dict(os.environ),
        "files": {number: target for number, target in links.items() if target},
        "modules": sorted(
            name for name in sys.modules if name.partition(".")[0] in ("django", "nacl", "accounts")
        ),
        "socket": tried(lambda: socket.socket(socket.AF_INET).close()),
        "unix": tried(lambda: socket.socket(socket.AF_UNIX).close()),
        "secrets": secrets,
        "arguments": sys.argv[1:],
    }


def _target(number: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


def _input() -> BinaryIO:
    return io.BufferedReader(io.FileIO(0, "r", closefd=False))


def _output() -> BinaryIO:
    return io.BufferedRandom(io.FileIO(1, "r+", closefd=False))


TASKS = {"clean": _clean, "page": _page, "text": _text, "look": _look}
PACKED = {mime for mime in SUFFIX if mime.startswith((OFFICE, ODF))} | {"application/ofd"}
LISTED = {"application/zip"}
