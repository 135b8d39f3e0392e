"""A migrated database, made once a tier and copied by whoever needs one: to migrate takes half a minute.

tests/tiers.py makes it and names it in TEST_TEMPLATE: SQLite's file, or the name of a PostgreSQL database.
Without that name everybody migrates for themselves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "test_qingfeng_template"


def name() -> str:
    """The template of this run, "" where there is none."""
    return os.environ.get("TEST_TEMPLATE", "")


@contextmanager
def made(environment: dict[str, str], var: Path) -> Iterator[str]:
    """Migrates a new database of the tier that `environment` describes; PostgreSQL's goes in the end."""
    url, folder = environment["DATABASE_URL"], var / "template"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if not url:
        migrate(environment | {"VAR_DIR": str(folder)})
        yield str(folder / "db.sqlite3")
        return
    drop(url, f"{NAME}%")
    copy_postgres(url, NAME, "template1")
    migrate(environment | {"VAR_DIR": str(folder), "DATABASE_URL": beside(url, NAME)})
    try:
        yield NAME
    finally:
        drop(url, "test_qingfeng%")


def migrate(environment: dict[str, str]) -> None:
    """`manage.py migrate` in a process of its own."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def copy_sqlite(to: Path) -> None:
    """The template's file as `to`."""
    for old in (to, *(to.with_name(to.name + tail) for tail in ("-wal", "-shm"))):
        old.unlink(missing_ok=True)
    shutil.copyfile(name(), to)


def copy_postgres(url: str, to: str, template: str = "") -> None:
    """The template as a database `to` on the server of `url`; what has that name is dropped."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(to)))
        command = "CREATE DATABASE {} TEMPLATE {}"
        server.execute(
            sql.SQL(command).format(sql.Identifier(to), sql.Identifier(template or name() or "template1"))
        )


def drop(url: str, pattern: str) -> None:
    """Drops the databases whose name is LIKE `pattern`."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as server:
        names = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]).fetchall()
        for (each,) in names:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(each)))


def beside(url: str, database: str) -> str:
    """`url` with another database's name."""
    return f"{url.rsplit('/', 1)[0]}/{database}"
