"""What stays in the memory of web and workers after all staff have logged out: a program, and its scanner.

    python -m tests.faults.memory --folder DIR [--embedded] [--wait 60]

It sets up a site of its own (tests.faults.standing), confides canary words to it in every way that
tests/e2e/test_canary.py knows, lets the staff log in, search and read, logs all of them out, waits, and reads
/proc/PID/mem of every process of the site (proc(5); as the same user or root). It prints how often each kind
of secret stands there, by process and encoding; docs/security.md explains what it finds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tests.e2e import test_canary as canary
from tests.faults.standing import standing
from tests.support import bytesearch, journeys
from tests.support.client import Client
from tests.support.running import Running

BLOCK = 8 << 20
TIPS, PEOPLE = 2, 4  # whose secrets are looked for: every form of each costs a pass over gigabytes
FORMS = {"UTF-8", "UTF-16LE", "JSON", "percent", *(f"base64 of UTF-8 at {n}" for n in range(3))}
Hits = Counter[tuple[str, str]]  # (which secret, in which encoding)


def needles(word: str) -> dict[str, bytes]:
    """`word` as software carries it, and as Python keeps a text that has an emoji in it."""
    known = {name: form for name, form in bytesearch.disguises(word).items() if name in FORMS}
    return known | {"UTF-32LE": word.encode("utf-32-le")}


def search_process(pid: int, sought: Mapping[str, Mapping[str, bytes]]) -> tuple[Hits, int]:
    """How often each needle stands in what a process can read and nobody else wrote, and the bytes looked at.

    `sought` is name → encoding → bytes. A process that goes meanwhile holds nothing.
    """
    hits: Hits = Counter()
    size = 0
    for block, tail in _memory(pid):
        size += len(block) - tail
        for name, forms in sought.items():
            for form, needle in forms.items():
                # A needle wholly within the part that was seen before was counted there.
                first = max(0, tail - len(needle) + 1)
                if found := block.count(needle, first):
                    hits[name, form] += found
    return hits, size


def _memory(pid: int) -> Iterator[tuple[bytes, int]]:
    """(bytes, how many of them the block before ended with), of each private readable region."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text()
        memory = Path(f"/proc/{pid}/mem").open("rb", buffering=0)  # noqa: SIM115  (closed below)
    except OSError:
        return
    with memory:
        for line in maps.splitlines():
            start, end, rights, inode, name = _region(line)
            if "r" not in rights or (inode and "w" not in rights) or name in ("[vvar]", "[vsyscall]"):
                continue  # programs and libraries as they lie on the disk
            at, tail = start, b""
            while at < end:
                with suppress(OSError, ValueError):
                    memory.seek(at)
                    block = memory.read(min(BLOCK, end - at))
                    yield tail + block, len(tail)
                    tail = block[-4096:]
                at += BLOCK


def _region(line: str) -> tuple[int, int, str, int, str]:
    span, rights, _offset, _device, inode, *name = line.split(maxsplit=5)
    start, _, end = span.partition("-")
    return int(start, 16), int(end, 16), rights, int(inode), name[0].strip() if name else ""


# The program --------------------------------------------------------------------------------------------


def confide(site: Running, folder: Path) -> dict[str, dict[str, bytes]]:
    """Everything that test_canary.py tells the site; what to look for afterwards, by name."""
    folder.mkdir(exist_ok=True)
    numbers = range(first := 100 + time.time_ns() // 10**9 % 800, first + TIPS)  # a site is used again
    receipts = [canary.typed(site, n) for n in numbers]
    opened = {account["username"]: journeys.log_in(site.url, account) for account in staff(site)}
    readers = [opened[account["username"]] for account in site.accounts("triage")]
    read = sum(_read(desk) for desk in readers)
    assert read, "nobody has found any of it"
    for receipt in receipts:
        canary.returned(site, receipt)
    for desk in opened.values():
        desk.get("/desk/")
        desk.submit(next(form for form in desk.page.forms if form.action.endswith("/logout/")))
    sought = {
        "words of reports (Chinese)": needles(canary.HAN),
        "words of reports (Latin)": needles(canary.LATIN),
    }
    for name, values in (
        ("receipts", [*receipts, *map(canary.grouped, receipts)]),
        ("passwords of staff", [account["password"] for account in staff(site)[:PEOPLE]]),
        ("seeds of second factors", [account["totp_secret"] for account in staff(site)[:PEOPLE]]),
    ):
        sought[name] = {f"{n} UTF-8": value.encode() for n, value in enumerate(values)}
    return sought


def _read(desk: Client) -> int:
    """Search for the words, open what is found with its files, and write a note; how many were opened."""
    found = [*canary.complete(desk, canary.HAN), *canary.complete(desk, canary.LATIN)]
    for address in dict.fromkeys(found[: 2 * TIPS]):
        desk.get(address)
        for link in [link for link in desk.page.links if "/files/" in link]:
            desk.get(link)
        desk.get(address)
        desk.submit(desk.form("note"), {"note": f"记下 {canary.word(901)}"})
    return len(found)


def staff(site: Running) -> list[dict[str, str]]:
    """Every demo account that has a desk to log in to."""
    everybody = json.loads((site.var / "demo-accounts.json").read_text(encoding="utf-8"))
    return [account for account in everybody if account["role"] in ("triage", "handler", "head", "approver")]


def role_of(site: Running, pid: int) -> str:
    """web, uploads, worker, vault-worker, beat or supervisor."""
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        for part, name in (
            ("gunicorn_uploads", "uploads"),
            ("gunicorn", "web"),
            ("vault@", "vault-worker"),
            ("worker@", "worker"),
            ("beat", "beat"),
        ):
            if part in command:
                return name
    return "supervisor"


def main() -> int:
    """The exit code: 1 where the scanner is blind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the site and its servers keep all")
    parser.add_argument("--embedded", action="store_true", help="SQLite and no servers")
    parser.add_argument("--wait", type=float, default=60, help="seconds after the last has logged out")
    asked = parser.parse_args()
    with standing(asked.folder, embedded=asked.embedded) as (site, _servers):
        sought = confide(site, asked.folder / "canary")
        everything: dict[str, Hits] = {}
        sys.stdout.write(f"all are logged out; {asked.wait:.0f} s …\n")
        time.sleep(asked.wait)
        size = 0
        for pid in site.processes(""):
            hits, read = search_process(pid, sought)
            everything.setdefault(role_of(site, pid), Counter()).update(hits)
            size += read
    rows = [
        f"| {role} | {name} | {count} | {', '.join(forms)} |"
        for role, hits in sorted(everything.items())
        for name, count, forms in _by_name(hits)
    ]
    sys.stdout.write("\n".join(["| process | what | times | as |", "|---|---|---|---|", *rows, ""]))
    sys.stdout.write(f"{size / 2**20:.0f} MB of {sum(map(bool, everything.values()))} of "
                     f"{len(everything)} kinds of process held any.\n")  # fmt: skip
    return 0 if size > 2**26 else 1


def _by_name(hits: Hits) -> Iterator[tuple[str, int, list[str]]]:
    for name in sorted({name for name, _form in hits}):
        own = {form.lstrip("0123456789 ") for (each, form) in hits if each == name}
        yield name, sum(count for (each, _form), count in hits.items() if each == name), sorted(own)


if __name__ == "__main__":
    sys.exit(main())
