"""A backup made after an unmasking incident holds nothing of it; one made before does, until it expires."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from config import archive
from django.db import connection

from cms.erasing import service
from cms.erasing.places import forms
from cms.models import NoticePage
from tests.cms import making

NAME = "隗豆豆家住迎春里"


def database_in(path: Path, folder: Path) -> bytes:
    """The snapshot of the database; of PostgreSQL's compressed one, what it would restore."""
    folder.mkdir()
    with tarfile.open(path) as tar:
        member = next(name for name in tar.getnames() if name.startswith("database."))
        tar.extract(member, folder, filter="data")
    if connection.vendor != "postgresql":
        return (folder / member).read_bytes()
    done = subprocess.run(["pg_restore", "-f", "-", str(folder / member)], capture_output=True, check=True)
    return done.stdout


def held(raw: bytes) -> list[str]:
    """The name in each of its forms; a dump of PostgreSQL doubles what is escaped once more."""
    every = [*forms(NAME), *(form.replace("\\", "\\\\") for form in forms(NAME))]
    return [form for form in every if form.encode() in raw]


@pytest.mark.django_db(transaction=True)
def test_it_works(installed_alone, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    page = making.page("notices", NoticePage(title="占道经营", body=[("text", f"<p>举报人{NAME}。</p>")]))
    page.body = [("text", "<p>举报人某某。</p>")]
    page.save_revision().publish()
    before = archive.write(tmp_path / "before")
    assert held(database_in(before, tmp_path / "a"))
    service.erase([NAME], reason="误公开举报人信息", actor="user:1")
    after = archive.write(tmp_path / "after")
    assert held(database_in(after, tmp_path / "b")) == []
