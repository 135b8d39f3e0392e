"""Text and RTF."""

from __future__ import annotations

import re
from typing import BinaryIO

from complaints.intake.cleaning.answers import Answer, Unable

RTF_MOST = 50 * 2**20
# RTF 1.9.1: destinations that name, date, hold other files, or fetch.
GROUPS = (
    rb"info|\*\\generator|\*\\userprops|object|\*\\objdata|\*\\xmlnstbl|\*\\rsidtbl|\*\\template|template|filetbl"
    rb"|\*\\datastore|\*\\themedata|\*\\colorschememapping|\*\\atnid|\*\\atnauthor|\*\\atndate|\*\\atntime"
    rb"|\*\\revtbl|\*\\company|\*\\operator|\*\\author|\*\\private|\*\\passwordhash|\*\\blipuid|\*\\docvar"
    rb"|field\b(?=[^{}]*\{\\\*\\fldinst[^{}]*(?:INCLUDE|DDE|LINK))"
)
OPENS = re.compile(rb"\{\s*\\(?:" + GROUPS + rb")(?![a-z])")
WORDS = re.compile(rb"\\(?:insrsid|rsidroot|rsid|charrsid|pararsid|sectrsid|tblrsid|delrsid|revauth|revdttm"
                   rb"|revauthdel|revdttmdel)\d+ ?")  # fmt: skip


def clean(source: BinaryIO, out: BinaryIO) -> Answer:
    """Text as UTF-8, whatever it was. Unable("broken") where it is none."""
    data = source.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            words = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        out.write(words.replace("\x00", "").encode())
        return Answer("text/plain")
    raise Unable("broken")


def clean_rtf(source: BinaryIO, out: BinaryIO) -> Answer:
    """RTF without the groups that say who, when and with what, and without embedded objects."""
    data = source.read(RTF_MOST + 1)
    if len(data) > RTF_MOST:
        raise Unable("size")
    if rb"\bin" in data:  # raw bytes would hide where groups end
        raise Unable("broken")
    kept, at = [], 0
    while found := OPENS.search(data, at):
        kept.append(data[at : found.start()])
        at = _end(data, found.start())
    kept.append(data[at:])
    out.write(WORDS.sub(b"", b"".join(kept)))
    return Answer("application/rtf")


def _end(data: bytes, start: int) -> int:
    """Just after the group that opens at `start`."""
    depth = 0
    for mark in re.finditer(rb"\\.|[{}]", data[start:], re.S):
        if mark[0] == b"{":
            depth += 1
        elif mark[0] == b"}":
            depth -= 1
            if not depth:
                return start + mark.end()
    raise Unable("broken")
