"""Every sentence of the project has its English: all there, none guessed, none in want of a placeholder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polib
import pytest

from tests.support.han import CJK, unannounced
from tests.support.services import ROOT

CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[-+ #0-9.]*[a-z]|%[-0-9.]*[sd]|\{\w*\}")
TAG = re.compile(r"</?[a-z][^>]*>")
NOT_SOURCE = shutil.ignore_patterns(
    ".*", "__pycache__", "node_modules", "var", "tests", "*.mo", "*.pyc", "htmlcov", "dist", "build"
)


def entries() -> list[polib.POEntry]:
    return list(polib.pofile(str(CATALOGUE)))


def texts(entry: polib.POEntry) -> list[str]:
    """The English forms of an entry: one, or as many as there are plurals."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def names(entries: list[polib.POEntry]) -> set[tuple[str | None, str, str]]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in entries}


def test_every_string_has_its_english() -> None:
    found = entries()
    assert len(found) > 1000
    without = [e.msgid for e in found if not all(text.strip() for text in texts(e))]
    assert without == []
    assert [e.msgid for e in found if "fuzzy" in e.flags or e.obsolete] == []
    assert [e.msgid for e in found if e.msgid_plural and sorted(e.msgstr_plural) != [0, 1]] == []


def test_english_forms_the_plural_as_english_does() -> None:
    assert polib.pofile(str(CATALOGUE)).metadata["Plural-Forms"] == "nplurals=2; plural=(n != 1);"


def test_a_translation_holds_the_same_placeholders_and_tags() -> None:
    for entry in entries():
        for text in texts(entry):
            assert Counter(PLACEHOLDER.findall(text)) == Counter(PLACEHOLDER.findall(entry.msgid)), (
                entry.msgid
            )
            # A unit of measure may be dropped (<small>项</small>), links and emphasis may not.
            kept = [tag for tag in TAG.findall(entry.msgid) if "small" not in tag]
            assert sorted(TAG.findall(text)) == sorted(kept), entry.msgid


def test_a_translation_is_english() -> None:
    assert [text for entry in entries() for text in texts(entry) if CJK.search(text)] == []


def test_extraction_finds_nothing_new_and_nothing_gone(tmp_path: Path) -> None:
    """makemessages over a copy of the project finds exactly the catalogue's strings."""
    if shutil.which("xgettext") is None:
        pytest.skip("no gettext here: new strings cannot be extracted (apt-get install gettext)")
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=NOT_SOURCE, symlinks=True)
    (copy / "locale" / "en" / "LC_MESSAGES" / "django.po").unlink()
    subprocess.run(
        [
            *(sys.executable, "-m", "django", "makemessages"),
            *("--locale", "en", "--no-location", "--no-obsolete", "--verbosity", "0"),
        ],
        cwd=copy,
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        check=True,
    )
    extracted = names(list(polib.pofile(str(copy / CATALOGUE.relative_to(ROOT)))))
    assert extracted - names(entries()) == set(), "new strings without English: run makemessages"
    assert names(entries()) - extracted == set(), "English of strings that are gone: run makemessages"


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<html lang="en"><p>plain</p></html>', 0),
        ('<html lang="en"><p>云泽</p></html>', 1),
        ('<html lang="en"><p lang="zh-Hans">云<b>泽</b></p></html>', 0),
        ('<html lang="en"><p lang="zh-Hans">云</p>泽</html>', 1),
        ('<html lang="en"><div lang="zh-Hans"><p lang="en">云</p></div></html>', 1),
        ('<html lang="en"><img alt="云"><br><a aria-label="泽" href="/云">x</a></html>', 2),
        ('<html lang="en"><p>name:　x（y），</p></html>', 1),
        ('<html lang="zh-Hans"><p>云泽</p></html>', 0),
    ],
)
def test_chinese_is_seen_where_nothing_announces_it(html: str, found: int) -> None:
    assert len(unannounced(html)) == found
