"""Compiles the translations: .po is in the repository, .mo is made beside it where it is missing or older.

In Python, because gettext's msgfmt need not be there.
"""

from __future__ import annotations

import os
from pathlib import Path

import polib


def compile_stale(folders: list[Path]) -> list[Path]:
    """Makes the .mo of every .po under `folders` that is newer than its .mo; the files written.

    Raises polib's OSError, which names file and line, for a .po that is not one.
    """
    written = []
    for po in sorted(path for folder in folders for path in folder.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        # Renamed into place: two processes that start at once never see half a file.
        half = mo.with_suffix(f".{os.getpid()}.mo")
        polib.pofile(str(po)).save_as_mofile(str(half))
        half.replace(mo)
        written.append(mo)
    return written
