"""Where the services of the tests are: from the environment, else from what `make services` wrote down."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "TEST_DATABASE_URL": "PostgreSQL",
    "TEST_REDIS_URL": "Redis",
    "TEST_ELASTICSEARCH_URL": "Elasticsearch",
}


def address(name: str) -> str | None:
    """The address under `name` (of NAMES) if something listens there, else None."""
    url = os.environ.get(name) or _written().get(name)
    return url if url and _listens(url) else None


def why_not(name: str) -> str:
    """The reason of a skip."""
    return f"no {NAMES[name]} within reach ({name}, or `make services`)"


def _written() -> dict[str, str]:
    file = Path(os.environ.get("SERVICES_HOME", ROOT / "var" / "services")) / "env"
    if not file.exists():
        return {}
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True
