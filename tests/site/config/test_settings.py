"""The environment is typed: a wrong or missing value stops the start with a sentence that names it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HEX = "ab" * 32
PRODUCTION = {
    "PRODUCTION": "1",
    "SITE_URL": "https://qingfeng.example",
    "ALLOWED_HOSTS": "qingfeng.example",
    "SECRET_KEY": HEX,
    "VAULT_PEPPER": HEX,
    "WORKER_SECRET": HEX,
    "LEDGER_KEY": HEX,
    "VAULT_ROOT": HEX,
    "DATABASE_URL": "postgres://qingfeng@127.0.0.1/qingfeng",
    "REDIS_URL": "redis://127.0.0.1/0",
    "CELERY_BROKER_URL": "redis://127.0.0.1/1",
}


def start(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that reads the settings and nothing else."""
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings", "--output", "unified"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var)} | environment,
        capture_output=True,
        text=True,
    )


def test_no_process_that_reads_them_dumps_its_memory(tmp_path: Path) -> None:
    code = "import config.settings, resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}"},
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "(0, 0)"


def test_nothing_need_be_set(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "db.sqlite3") in done.stdout


def test_a_whole_production_starts(tmp_path: Path) -> None:
    done = start(tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "ALLOWED_HOSTS",
        "SITE_URL",
        "SECRET_KEY",
        "VAULT_PEPPER",
        "WORKER_SECRET",
        "LEDGER_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "CELERY_BROKER_URL",
    ],
)
def test_what_production_needs_is_named(tmp_path: Path, name: str) -> None:
    done = start(tmp_path, **{k: v for k, v in PRODUCTION.items() if k != name})
    assert done.returncode == 1
    assert done.stderr.startswith(name)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("INTERFACES", "public,backdoor"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "postgres://127.0.0.1"),
        ("DATABASE_URL", "postgres://h:port/x"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "redis://"),
        ("ELASTICSEARCH_URL", "elastic"),
        ("VAULT_PEPPER", "short"),
        ("VAULT_PEPPER", "ab"),
        ("VAULT_ROOT", "ab"),
        ("SECRET_KEY_FILE", "/nowhere/secret"),
        ("VAR_DIR", "/proc/nowhere"),
        ("EXIT_URL", "javascript:alert(1)"),
    ],
)
def test_what_is_malformed_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = start(tmp_path, **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(name), done.stderr


@pytest.mark.parametrize(("name", "value"), [("DEBUG", "1"), ("RATELIMIT_ENABLE", "0")])
def test_production_refuses(tmp_path: Path, name: str, value: str) -> None:
    done = start(tmp_path, **PRODUCTION, **{name: value})
    assert done.returncode == 1
    assert name in done.stderr


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "pepper").write_text(HEX + "\n")
    environment = PRODUCTION | {"VAULT_PEPPER": "", "VAULT_PEPPER_FILE": str(tmp_path / "pepper")}
    assert start(tmp_path, **environment).returncode == 0


def test_embedded_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    start(tmp_path)
    pepper = tmp_path / "secrets" / "pepper"
    first = pepper.read_text()
    assert len(bytes.fromhex(first)) == 32
    assert pepper.stat().st_mode & 0o077 == 0
    start(tmp_path)
    assert pepper.read_text() == first


def test_site_stays_the_standard_library() -> None:
    """`site` is a stdlib module: the folder is on the path, and is never a package."""
    assert not (ROOT / "site" / "__init__.py").exists()
    done = subprocess.run(
        [sys.executable, "-c", "import site; print(site.__file__)"], cwd=ROOT, capture_output=True, text=True
    )
    assert str(ROOT) not in done.stdout.replace(str(ROOT / ".venv"), "")


def test_garbage_is_looked_for_once_all_is_loaded() -> None:
    assert gc.isenabled()
