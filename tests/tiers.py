"""`make test`: the whole suite on the first tier, and all that has a store on each other within reach.

    python tests/tiers.py [pytest's arguments]

WORKERS=n runs n processes of pytest-xdist (else one a core, at most four); ONLY=embedded or ONLY=production
runs one tier. With REQUIRE_SERVICES=1 a tier that cannot run is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import services, template

ROOT = services.ROOT
Tier = tuple[str, dict[str, str]]


def tiers() -> list[Tier]:
    """Name and environment of each tier that can run here; says which cannot."""
    # Nothing of the caller's own site reaches a test.
    found: list[Tier] = [("embedded", {"DATABASE_URL": "", "REDIS_URL": "", "ELASTICSEARCH_URL": ""})]
    urls = {name: services.address(name) for name in services.NAMES}
    for name, url in urls.items():
        if url is None:
            print(f"{services.NAMES[name]}: {services.why_not(name)}; what needs it is skipped.", flush=True)
    if database := urls["TEST_DATABASE_URL"]:
        redis = urls["TEST_REDIS_URL"] or ""
        found.append(
            (
                "production",
                {
                    "DATABASE_URL": database,
                    "REDIS_URL": redis,
                    "CELERY_BROKER_URL": redis,
                    "ELASTICSEARCH_URL": urls["TEST_ELASTICSEARCH_URL"] or "",
                    "PGOPTIONS": "-c lock_timeout=120s",  # two that wait for each other fail, and do not hang
                },
            )
        )
    only = os.environ.get("ONLY")
    if os.environ.get("REQUIRE_SERVICES") == "1" and None in urls.values():
        sys.exit("REQUIRE_SERVICES=1: every service must be within reach.")
    return [tier for tier in found if only in (None, "", tier[0])]


@contextmanager
def prepared(tier: Tier) -> Iterator[dict[str, str]]:
    """The whole environment of `tier`, with a migrated database to copy."""
    name, environment = tier
    var = ROOT / "var" / "test" / name
    var.mkdir(parents=True, exist_ok=True)
    clean = {k: v for k, v in os.environ.items() if k not in ("PRODUCTION", "DEBUG", "INTERFACES", "DEMO")}
    whole = clean | environment | {"VAR_DIR": str(var)}
    with template.made(whole, var) as copied:
        yield whole | {"TEST_TEMPLATE": copied}


def run(name: str, environment: dict[str, str], arguments: list[str]) -> int:
    """pytest's exit code on the tier of that name."""
    workers = os.environ.get("WORKERS") or str(min(4, os.cpu_count() or 1))
    processes = ["-n", workers, "--dist", "loadscope", "--no-loadscope-reorder"] if workers != "1" else []
    command = [sys.executable, "-m", "pytest", *processes, *arguments]
    start = time.monotonic()
    print(f"\n== tier {name} ==", flush=True)
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    print(
        f"== tier {name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s ==",
        flush=True,
    )
    return code


def main() -> None:
    """Exits with 1 if any tier failed; all are run."""
    failed, found = [], tiers()
    # What has no store comes out the same again (tests/conftest.py).
    both = [(name, env | {"TIER_AGAIN": "1" if number else ""}) for number, (name, env) in enumerate(found)]
    # To migrate takes half a minute of one core; the databases of all tiers are made side by side.
    with ExitStack() as stack, ThreadPoolExecutor() as side:
        making = [prepared(tier) for tier in both]
        environments = list(side.map(stack.enter_context, making))
        for (name, _), environment in zip(both, environments, strict=True):
            if run(name, environment, sys.argv[1:]):
                failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
