"""One consistent archive of a running site, and a site out of an archive (docs/operate.md, "Backup").

    qingfeng-YYYYMMDD-HHMMSS.tar, mode 0600:
      database.sqlite3 | database.dump   a snapshot (SQLite's online backup; pg_dump's custom format)
      files/…                            the sealed files, as they lie in the store
      media/…                            what editors have uploaded
      manifest.json                      last: size and SHA-256 of each, the root's public key, migrations

The database comes first. A sealed file is synced before the row that names it commits, and is never changed,
so every file that the snapshot names is there when it is read afterwards. What the archive does not hold:
secrets (pepper above all), indexes of tips, pins, caches, queues, logs.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE, DUMP = "database.sqlite3", "database.dump"
PATTERN = "qingfeng-*.tar"
SECRETS = ("django", "pepper", "worker", "ledger")
# Rows of logins, queues and of keys in a memory that is gone: they mean nothing on another machine.
TRANSIENT = ("django_session", "vault_workergrant", "outbox_heartbeat", "intake_returnsession")


class ArchiveError(Exception):
    """Why it cannot be done, as a sentence for the operator."""


# Writing ------------------------------------------------------------------------------------------------


def write(folder: Path) -> Path:
    """The new archive in `folder`. The site may run, and be written to. Raises ArchiveError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = timezone.localtime()
    path = folder / f"qingfeng-{now:%Y%m%d-%H%M%S}.tar"
    if path.exists():
        raise ArchiveError(f"{path} is there already: one backup a second is enough.")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as work:
        fresh = Path(work) / path.name
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            _fill(out, Path(work), now)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    _sync(folder)
    return path


def prune(folder: Path, days: int) -> list[Path]:
    """Delete the archives in `folder` that are older than `days`: what was destroyed goes with them."""
    end = (timezone.localtime() - dt.timedelta(days=days)).strftime("qingfeng-%Y%m%d-%H%M%S.tar")
    gone = [path for path in sorted(folder.glob(PATTERN)) if path.name < end]
    for path in gone:
        path.unlink()
    return gone


def write_secrets(path: Path) -> None:
    """What `restore` needs beside the archive, to be kept apart from it: a new file, mode 0600."""
    root = Path(settings.VAR_DIR) / "vault-root"
    content = {
        "django": settings.SECRET_KEY,
        "pepper": settings.VAULT_PEPPER.hex(),
        "worker": settings.WORKER_SECRET.hex(),
        "ledger": settings.LEDGER_KEY.hex(),
        "root": settings.VAULT_ROOT or (root.read_text(encoding="ascii").strip() if root.exists() else ""),
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)


def _fill(out: IO[bytes], work: Path, now: dt.datetime) -> None:
    members: dict[str, dict[str, Any]] = {}
    missing = []
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        database = _snapshot(work)
        with database.open("rb") as source:
            _add(tar, members, database.name, source, database.stat().st_size)
        database.unlink()
        for name in _sealed_names():
            try:
                with storages["sealed"].open(name, "rb") as source:
                    _add(tar, members, f"files/{name}", source, source.size)
            except FileNotFoundError:
                missing.append(name)  # destroyed since the snapshot
        media = Path(settings.MEDIA_ROOT)
        for path in sorted(item for item in media.rglob("*") if item.is_file()):
            with path.open("rb") as source:
                _add(tar, members, f"media/{path.relative_to(media).as_posix()}", source, path.stat().st_size)
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(timespec="seconds"),
            "engine": connection.vendor,
            "root": _root(),
            "migrations": _migrations(),
            "missing": len(missing),
            "members": members,
        }
        raw = json.dumps(manifest, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(raw), 0o600
        with tempfile.TemporaryFile() as source:
            source.write(raw)
            source.seek(0)
            tar.addfile(info, source)


class _Hashing:
    """Reads a file and hashes what it hands out."""

    def __init__(self, source: Any) -> None:
        self.source, self.hash = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = self.source.read(size)
        self.hash.update(data)
        return data


def _add(tar: tarfile.TarFile, members: dict[str, dict[str, Any]], name: str, source: Any, size: int) -> None:
    info = tarfile.TarInfo(name)  # without owner and time: a blob's row keeps the day alone
    info.size, info.mode = size, 0o600
    hashing = _Hashing(source)
    tar.addfile(info, hashing)  # it asks for nothing but read()
    members[name] = {"size": size, "sha256": hashing.hash.hexdigest()}


def _snapshot(work: Path) -> Path:
    """The database at one moment, while others write."""
    if connection.vendor == "sqlite":
        path = work / SQLITE
        with (
            contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=60)) as source,
            contextlib.closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)  # one step: one read transaction, which stops no writer under WAL
            target.execute("PRAGMA journal_mode=DELETE")
        return path
    path = work / DUMP
    _postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
    return path


def _sealed_names() -> Iterator[str]:
    from complaints.vault.models import SealedFile

    yield from SealedFile.objects.order_by("name").values_list("name", flat=True).iterator()


def _root() -> str:
    from complaints.vault import root
    from complaints.vault.errors import NotReady

    try:
        return root.public().hex()
    except NotReady:
        return ""


def _migrations() -> list[str]:
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    return sorted(f"{app}.{name}" for app, name in recorder.applied_migrations())


# Reading ------------------------------------------------------------------------------------------------


def check(path: Path) -> dict[str, Any]:
    """The manifest, after every member was read and compared with it. Raises ArchiveError."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(path, mode="r:") as tar:
            for info in tar:
                source = tar.extractfile(info) if info.isreg() else None
                if source is None or info.name in found or not _is_plain(info.name):
                    raise ArchiveError(f"The archive holds something that no backup wrote: {info.name!r}.")
                if info.name == MANIFEST:
                    manifest = json.load(source)
                else:
                    digest = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
                    found[info.name] = {"size": info.size, "sha256": digest}
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ArchiveError("The archive cannot be read, or is cut short.") from error
    if manifest is None or manifest.get("format") != FORMAT:
        raise ArchiveError("The archive has no manifest of this format: it is cut short, or another file.")
    if found != manifest["members"]:
        raise ArchiveError("The archive is not what its manifest says: a part is changed or missing.")
    return manifest


def read_secrets(path: Path) -> dict[str, str]:
    """What `write_secrets` wrote. Raises ArchiveError."""
    try:
        content: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        bytes.fromhex(content["pepper"] + content["root"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{path} is not a file of secrets that `backup` wrote.") from error
    return content


def place_secrets(content: dict[str, str]) -> None:
    """Put the secrets where the embedded tier keeps them. Raises ArchiveError where a site is here."""
    _require_empty()
    folder = Path(settings.SECRETS_DIR)
    for name in SECRETS:
        _place(folder / name, content[name])
    if content["root"]:
        _place(Path(settings.VAR_DIR) / "vault-root", content["root"])


def restore(path: Path) -> dict[str, Any]:
    """Bring a site back where there is none; the manifest. Raises ArchiveError, and then has changed nothing.

    Everything is read and compared before the first byte is written.
    """
    manifest = check(path)
    if manifest["engine"] != connection.vendor:
        raise ArchiveError(
            f"The archive is of {manifest['engine']}, this site is set to {connection.vendor}."
        )
    if manifest["root"] and manifest["root"] != _root():
        raise ArchiveError(
            "The root key pinned here is not the archive's: bring the secrets (--secrets), or set VAULT_ROOT."
        )
    _require_empty()
    with tarfile.open(path, mode="r:") as tar:
        for info in tar:
            source = tar.extractfile(info)
            if source is None:
                continue
            if info.name in (SQLITE, DUMP):
                _load(source)
            elif info.name.startswith("files/"):
                _keep(info.name.removeprefix("files/"), source)
            elif info.name.startswith("media/"):
                _write(Path(settings.MEDIA_ROOT) / info.name.removeprefix("media/"), source)
    _forget_transient()
    return manifest


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return inside and (name in (SQLITE, DUMP, MANIFEST) or path.parts[0] in ("files", "media"))


def _require_empty() -> None:
    if connection.introspection.table_names():
        raise ArchiveError("There is a site here already: a backup is restored on an empty machine.")


def _load(source: IO[bytes]) -> None:
    if connection.vendor != "sqlite":
        with tempfile.TemporaryDirectory() as work:
            dump = Path(work) / DUMP
            _write(dump, source)
            _postgres("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
                      "--single-transaction", f"--dbname={_dbname()}", str(dump))  # fmt: skip
        return
    target = Path(connection.settings_dict["NAME"])
    fresh = target.with_name(f".{target.name}.restored")
    _write(fresh, source)
    with contextlib.closing(sqlite3.connect(fresh)) as opened:
        if opened.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise ArchiveError("The database of the archive is damaged.")
        opened.execute("PRAGMA journal_mode=WAL")
    connection.close()
    for end in ("", "-wal", "-shm"):  # an empty file that some command has made by connecting
        target.with_name(target.name + end).unlink(missing_ok=True)
    fresh.replace(target)
    _sync(target.parent)


def _keep(name: str, source: IO[bytes]) -> None:
    """A sealed file, under its own name; on a local disk dated to the day, as when it was first written."""
    store = storages["sealed"]
    if store.save(name, File(source)) != name:
        raise ArchiveError("The store of sealed files is not empty.")
    with contextlib.suppress(NotImplementedError):
        day = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        path = Path(store.path(name))
        path.chmod(0o600)
        os.utime(path, (day, day))


def _forget_transient() -> None:
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in TRANSIENT:
            if table in there:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608  (names of ours)


# Parts --------------------------------------------------------------------------------------------------


def _place(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(content)


def _write(path: Path, source: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(source, out, 2**20)
        out.flush()
        os.fsync(out.fileno())


def _dbname() -> str:
    return str(connection.settings_dict["NAME"])


def _postgres(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL, found on PATH, against this database; the password by environment."""
    found = shutil.which(program)
    if found is None:
        raise ArchiveError(f"{program} is not on PATH: install PostgreSQL's client programs.")
    kept = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    environment = {key: str(kept[name]) for key, name in names.items() if kept.get(name)}
    environment |= {"PGDATABASE": _dbname(), "PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    done = subprocess.run(  # noqa: S603  (no shell, arguments of ours)
        [found, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        # Not the rows: an error of pg_restore can quote one.
        raise ArchiveError(f"{program} failed: {lines[0][:200] if lines else done.returncode}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
