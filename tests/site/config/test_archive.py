"""`backup` while reports come in, `restore` where there is nothing: every receipt handed out before opens."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest
from config import archive
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from tests.support import services
from tests.support.running import database_for

OPEN = """
import json, os
from complaints.intake.models import Tip
from complaints.vault import files, receipts, tips
from complaints.vault.checking import check
for receipt in json.loads(os.environ["RECEIPTS"]):
    master = receipts.derive(receipt)
    tip = Tip.objects.get(lookup_id=master.lookup_id)
    keys = tips.open_as_reporter(tip_uuid=tip.uuid, reporter=master.reporter)
    texts = {cell.label: cell.text for cell in tips.read_cells(keys, tip.uuid)}
    line = texts["narrative"]
    if "file" in texts:
        about = json.loads(texts["file"])
        from complaints.vault.models import SealedFile
        row = SealedFile.objects.get(tip=tip.uuid)
        key = bytes.fromhex(about["key"])
        line += "|" + b"".join(files.open_file(row.uuid, key, about["size"])).decode()
    print("TIP", line)
print("FAULTS", check().faults)
"""


def send(number, *, with_file=False):
    """One report through the real intake, its key derivation included: another process must find it."""
    from uuid import uuid4

    from workdays import clock

    from complaints.intake import services as intake
    from complaints.intake.models import Draft
    from complaints.intake.uploads import HandedFile
    from complaints.vault import files, receipts

    handed = []
    if with_file:
        uuid, key = uuid4(), os.urandom(32)
        with files.SealedWriter(uuid, key) as writer:
            writer.write("收据的照片".encode())
        written = writer.close()
        draft = Draft.objects.create(sealed=b"x", created_at=clock.now(), touched_at=clock.now())
        written.row(draft=draft.uuid).save(force_insert=True)
        handed = [
            HandedFile(
                uuid=str(uuid), key=key.hex(), name="a.txt", type="text/plain", size=written.true_size,
                sha256=written.sha256.hex(), blob=written.name, padded=written.size,
            )
        ]  # fmt: skip
    receipt = receipts.new_receipt()
    intake.submit_tip(
        receipt=receipt,
        master=receipts.derive(receipt),
        answers=intake.Answers(
            category="fees", region="lake", subject="押金", narrative=f"第 {number} 件，收了押金不退。"
        ),
        files=handed,
    )
    return receipt


def site(var, database, *arguments, **more):
    """A command of the restored site, in a process and folder of its own."""
    unset = ("SECRET_KEY", "VAULT_PEPPER", "WORKER_SECRET", "LEDGER_KEY", "VAULT_ROOT", "PRODUCTION")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"VAR_DIR": str(var), "DATABASE_URL": database, "ELASTICSEARCH_URL": "", **more}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=services.ROOT, env=environment, capture_output=True
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


@pytest.fixture
def running(transactional_db, monkeypatch):
    """The desk's cast with real commits; people's keys cheaply, receipts as they are."""
    from tests.complaints.desk.conftest import make_desk
    from tests.support import alone

    with pytest.MonkeyPatch.context() as cheap:
        alone.cheapen_kdf(cheap)
        return make_desk()


def test_every_receipt_handed_out_before_opens_afterwards(running, tmp_path):
    receipts, stop = [send(0, with_file=True), send(1)], threading.Event()
    later: list[str] = []

    def load():
        number = 2
        while not stop.is_set() and number < 12:
            later.append(send(number))
            number += 1
        connection.close()

    thread = threading.Thread(target=load)
    thread.start()
    while not later:
        stop.wait(0.01)
    before = [*receipts, *later]
    path = archive.write(tmp_path / "backups")
    stop.set()
    thread.join()
    secrets = tmp_path / "secrets.json"
    archive.write_secrets(secrets)
    assert (path.stat().st_mode | secrets.stat().st_mode) & 0o77 == 0
    url = os.environ.get("DATABASE_URL", "")
    with database_for(url) as database:
        var = tmp_path / "empty"
        code, out = site(var, database, "restore", str(path), "--secrets", str(secrets))
        assert code == 0, out
        code, out = site(var, database, "shell", "-v", "0", "-c", OPEN, RECEIPTS=json.dumps(before))
        assert code == 0, out
        opened = [line for line in out.splitlines() if line.startswith("TIP")]
        assert len(opened) == len(before) >= 3, out
        assert opened[0].endswith("|收据的照片")
        assert "FAULTS []" in out
        code, out = site(var, database, "restore", str(path))
        assert code != 0
        assert "already" in out


def names(path):
    with tarfile.open(path) as tar:
        return tar.getnames()


def test_what_the_archive_holds_and_what_not(running, tmp_path):
    send(0, with_file=True)
    Path(settings.MEDIA_ROOT, "images").mkdir(parents=True)
    Path(settings.MEDIA_ROOT, "images", "公章.png").write_bytes(b"png")
    Path(settings.FIND_DIR, "office-1.db").write_bytes(b"index")
    path = archive.write(tmp_path / "backups")
    held = names(path)
    assert held[0].startswith("database.")
    assert held[-1] == "manifest.json"
    assert "media/images/公章.png" in held
    assert sum(name.startswith("files/") for name in held) == 1
    assert not [name for name in held if "secret" in name or "find" in name or "pin" in name]
    raw = path.read_bytes()
    for secret in (settings.VAULT_PEPPER, settings.WORKER_SECRET, settings.LEDGER_KEY):
        assert secret not in raw
        assert secret.hex().encode() not in raw
    assert "收了押金不退".encode() not in raw
    manifest = archive.check(path)
    assert manifest["root"]
    assert manifest["missing"] == 0


def rewritten(path, change):
    """The archive with one member changed, left out, or added."""
    fresh = path.with_name("changed.tar")
    with tarfile.open(path) as old, tarfile.open(fresh, "w") as new:
        for info in old:
            data = old.extractfile(info).read()
            if change == "flip" and info.name.startswith("database"):
                data = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
            if change == "drop" and info.name.startswith("files/"):
                continue
            new.addfile(info, io.BytesIO(data))
        extra = {"escape": "../../escaped", "absolute": "/tmp/escaped", "extra": "files/zz/more"}.get(change)
        if extra:
            info = tarfile.TarInfo(extra)
            info.size = 1
            new.addfile(info, io.BytesIO(b"x"))
        if change == "link":
            info = tarfile.TarInfo("files/link")
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            new.addfile(info)
    if change == "cut":
        fresh.write_bytes(path.read_bytes()[:-20_000])
    return fresh


def test_a_damaged_archive_is_refused_before_anything_is_written(running, tmp_path):
    send(0, with_file=True)
    path = archive.write(tmp_path / "backups")
    assert archive.check(path)
    for change in ("flip", "drop", "escape", "absolute", "extra", "link", "cut"):
        with pytest.raises(archive.ArchiveError):
            archive.check(rewritten(path, change))
    with pytest.raises(archive.ArchiveError):
        archive.restore(path)  # a site is here
    Path(tmp_path, "nothing.tar").write_bytes(b"")
    with pytest.raises(CommandError):
        call_command("restore", str(tmp_path / "nothing.tar"))


def test_old_archives_expire(tmp_path):
    tmp_path = tmp_path / "backups"
    tmp_path.mkdir()
    for name in ("qingfeng-20200101-000000.tar", "qingfeng-29990101-000000.tar", "other-2020.tar"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in archive.prune(tmp_path, 30)] == ["qingfeng-20200101-000000.tar"]
    assert len(list(tmp_path.iterdir())) == 2
