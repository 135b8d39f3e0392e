"""Words confided to the real site are on none of its disks: not in clear, not in a disguise of clear.

Fifty tips hold words that stand nowhere else. They are answered, searched for, returned to, refused; then
every byte that the site's processes wrote is looked at, wherever it lies on this tier.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import bytesearch, journeys, services
from tests.support.client import Client
from tests.support.running import Running

# Stems of the canary words: each word is a stem with a number, so that looking for the stems is enough.
HAN, LATIN = "犇羴猋焱蠱", "zqkanarienvogelqz"
# A token of two characters may be all that an index keeps of a word.
WORDS = (HAN, LATIN, HAN[:3], HAN[1:4], HAN[2:])
IMPORTED, TYPED = 46, 4
CLEAR = "云泽市"  # published: it must be found, or the search looks in the wrong place
SESSIONS = """
from django.contrib.sessions.models import Session
for row in Session.objects.all():
    print(row.session_data, ascii(row.get_decoded()), row.get_decoded())
"""


@pytest.fixture(autouse=True)
def own_var() -> None:
    """The site of this test is in processes of its own."""


@pytest.fixture
def transactional_db() -> None:
    """So is its database."""


def word(n: int) -> str:
    return f"{HAN}{n:03d} {LATIN}{n:03d}"


def text_of(n: int) -> str:
    return f"办事窗口额外收取 {word(n)} 费用，已两次反映未果。" * 3


def test_nothing_confided_lies_in_clear(real_site: Running, tmp_path: Path) -> None:
    site = real_site
    site.wait(site.answers, 60, "the web server")
    receipts = [*imported(site, tmp_path), *(typed(site, IMPORTED + n) for n in range(TYPED))]
    assert len(set(receipts)) == IMPORTED + TYPED
    desks = [journeys.log_in(site.url, account) for account in site.accounts("triage")]
    tips = [found_by(desks, n) for n in (0, 7, 45, IMPORTED, IMPORTED + TYPED - 1)]
    for desk, address in tips:
        work(desk, address)
    for receipt in receipts[-TYPED:]:
        returned(site, receipt)
    half_way(site)
    public_words(site)
    site.wait(lambda: site.ready()["parts"]["outbox"]["depth"] == 0, 150, "an empty outbox")

    sought = [*WORDS, *receipts[-TYPED:], *map(grouped, receipts[-TYPED:])]
    hits, size = bytesearch.search_files(site.var, sought)
    for name, data in elsewhere(site):
        size += len(data)
        hits += [f"{hit} in {name}" for hit in bytesearch.found_in(data, sought)]
    assert size > 5_000_000, "the whole site is a few megabytes at least"
    assert hits == []
    assert published_is_found(site), "what is published stands in clear, and is seen by the same search"
    planted(site)


def grouped(receipt: str) -> str:
    return " ".join(receipt[i : i + 5] for i in range(0, 25, 5))


# What people do -----------------------------------------------------------------------------------


def imported(site: Running, folder: Path) -> list[str]:
    """Tips through the command, from a file outside the site; their receipts."""
    source, given = folder / "messages.csv", folder / "receipts"
    with source.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["title", "detail"])
        writer.writerows([f"反映 {word(n)}", text_of(n)] for n in range(IMPORTED))
    done = site.manage("import_messages", str(source), "--receipts", str(given))
    assert done.returncode == 0, done.stderr
    return [line.split(",")[1] for line in given.read_text().split()]


def typed(site: Running, n: int) -> str:
    """A named tip through the pages, with files; mistakes on the way; its receipt."""
    name = {"identity_mode": "named", "name": f"实名 {word(n)}", "phone": f"139 {LATIN}"}
    values = journeys.ANSWERS | {"subject": f"反映 {word(n)}", "narrative": text_of(n)} | name
    values |= {
        "respondents-0-name": word(n),
        "respondents-0-unit": f"单位 {HAN}",
        "respondents-0-post": LATIN,
    }
    client = Client(site.url).get("/report/")
    for _ in range(journeys.STEPS):
        if client.path.rstrip("/").endswith("/check"):
            break
        if "narrative" in client.form().names() and not n % 2:
            # Too long, with a control character: the page comes back with all of it.
            client.submit(client.form(), {"subject": word(n) * 60, "narrative": text_of(n) + "\x00"})
            assert client.status == 422
        files = {"attachments": (f"证据{word(n)}.txt", f"附件 {word(n)}".encode())}
        journeys.send(client, values, files)
    return journeys.receipt(journeys.send(client, {}))


def found_by(desks: list[Client], n: int) -> tuple[Client, str]:
    """Which desk's search finds the tip, and its address."""
    for query in (f"{HAN}{n:03d}", f"{LATIN}{n:03d}", f'"{HAN}{n:03d}"'):
        found = [(desk, tips) for desk in desks if (tips := complete(desk, query))]
        assert [len(tips) for _desk, tips in found] == [1], query
    return found[0][0], found[0][1][0]


def complete(desk: Client, query: str) -> list[str]:
    """The tips found, once the index has read all of them."""
    for _ in range(60):
        tips = journeys.find(desk, query)
        if "尚未读入" not in desk.text:
            return tips
    raise AssertionError("the index does not become complete")


def work(desk: Client, address: str) -> None:
    """Claim, ask back, note, refuse with an address to go to, and every form once too long."""
    desk.get(address)
    if any(form.action.endswith("/claim/") for form in desk.page.forms):
        desk.submit(next(form for form in desk.page.forms if form.action.endswith("/claim/")))
    for field, words in (("reply", f"请问 {word(900)}？"), ("note", f"记下 {word(901)}")):
        desk.get(address)
        desk.submit(desk.form(field), {field: words * 2000})
        assert desk.status == 422
        desk.submit(desk.form(field), {field: words, "ask_back": "on"})
        assert desk.status == 200
    for target, values in (
        ("screening", {}),
        ("refused", {"reason": "litigation", "where": f"请向 {word(902)} 反映"}),
    ):
        desk.get(address)
        form = next(
            form
            for form in desk.page.forms
            if any(f.name == "target" and f.value == target for f in form.fields)
        )
        desk.submit(form, values)
        assert desk.status == 200, target
    for file in [link for link in desk.get(address).page.links if "/files/" in link]:
        assert HAN.encode() in desk.get(file).body
    desk.get("/desk/stats/")


def returned(site: Running, receipt: str) -> None:
    """Back with the receipt, mistyped first; more words and a file; one too long."""
    client = Client(site.url).get("/report/return/")
    wrong = receipt[:-1] + str((int(receipt[-1]) + 1) % 10)
    client.submit(client.form("receipt"), {"receipt": wrong})
    client.submit(client.form("receipt"), {"receipt": receipt})
    assert client.path.endswith("/return/view/")
    client.submit(client.form("text"), {"text": word(903) * 3000})
    client.submit(
        client.form("text"),
        {"text": f"补充 {word(904)}"},
        files={"attachments": (f"{LATIN}.txt", f"补充的附件 {word(905)}".encode())},
    )
    assert word(904) in client.text
    for link in [link for link in client.page.links if "/files/" in link]:
        client.get(link)


def half_way(site: Running) -> None:
    """A report that is never handed in, with a file; and forms without a session or a token."""
    client = Client(site.url).get("/report/")
    files = {"attachments": (f"{HAN}.txt", text_of(906).encode())}
    values = journeys.ANSWERS | {"subject": word(906), "narrative": text_of(906)}
    for _ in range(journeys.STEPS):
        if client.path.rstrip("/").endswith("/identity"):
            break
        journeys.send(client, values, files)
    form = client.form()
    for jar in (client.jar, Client(site.url).jar):
        client.jar = jar
        client.submit(form, {"identity_mode": "named", "name": word(907), "csrfmiddlewaretoken": "wrong"})
    stranger = Client(site.url).get("/accounts/login/")
    stranger.submit(stranger.form("login"), {"login": "triage-city", "password": f"{LATIN}907"})


def public_words(site: Running) -> None:
    """Somebody looks among what is published for what they reported; no address of theirs is kept."""
    from urllib.parse import quote

    for path in (f"/search/?q={quote(word(908))}", f"/power/?q={quote(HAN)}", f"/no-such-page/?x={LATIN}"):
        Client(site.url).get(path)


# Where it could lie -------------------------------------------------------------------------------


def elsewhere(site: Running) -> Iterator[tuple[str, bytes]]:
    """What the files under VAR_DIR do not show by themselves: packed sessions, and servers of this tier."""
    yield "the sessions, unpacked", site.shell(SESSIONS).encode()
    if database := site.environment.get("DATABASE_URL"):
        yield from postgres(database)
    for name in ("REDIS_URL", "CELERY_BROKER_URL"):
        if url := site.environment.get(name):
            yield name, redis(url)
    if url := site.environment.get("ELASTICSEARCH_URL"):
        yield from elasticsearch(url, site.environment["ELASTICSEARCH_PREFIX"])


def postgres(url: str) -> Iterator[tuple[str, bytes]]:
    """Every value of every table; the server's own files and log of changes where it lets us read them."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as link:
        link.execute("CHECKPOINT")
        tables = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = link.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            yield f"table {table}", b"\n".join(raw(value) for row in rows for value in row)
        number = link.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    where = Path(os.environ.get("SERVICES_HOME", services.ROOT / "var" / "services")) / "postgres.where"
    if number is None or not where.exists():
        return
    data = Path(where.read_text().strip())
    for folder in (data / "base" / str(number[0]), data / "pg_wal"):
        if os.access(folder, os.R_OK | os.X_OK):
            yield from folder_bytes(folder)


def raw(value: Any) -> bytes:
    """A value of a column as the bytes that it is."""
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)).encode()


def folder_bytes(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files under a server's folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def redis(url: str) -> bytes:
    """Every key with what it holds, as it was put in."""
    from redis import Redis

    readers = {
        b"string": lambda client, key: client.get(key),
        b"list": lambda client, key: client.lrange(key, 0, -1),
        b"set": lambda client, key: client.smembers(key),
        b"zset": lambda client, key: client.zrange(key, 0, -1),
        b"hash": lambda client, key: client.hgetall(key),
    }
    with Redis.from_url(url) as client:
        found = []
        for key in client.scan_iter(count=1000):
            value = readers.get(client.type(key), lambda *_: b"")(client, key)
            parts = value if isinstance(value, list | set) else [value]
            if isinstance(value, dict):
                parts = [*value, *value.values()]
            found += [key, *(part for part in parts if part)]
    return b"\n".join(found)


def elasticsearch(url: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Every document, and the node's files where they are ours to read."""
    from elasticsearch import Elasticsearch, helpers

    with Elasticsearch(url) as client:
        client.indices.flush(index=f"{prefix}*", force=True)
        for hit in helpers.scan(client, index=f"{prefix}*"):
            yield f"document {hit['_id']}", json.dumps(hit, ensure_ascii=False).encode()
    home = Path(os.environ.get("SERVICES_HOME", services.ROOT / "var" / "services"))
    yield from folder_bytes(home / "elasticsearch" / "data")


# Whether it would be found ------------------------------------------------------------------------


def published_is_found(site: Running) -> bool:
    """The same search finds what is published, in the database itself."""
    if database := site.environment.get("DATABASE_URL"):
        return any(list(bytesearch.found_in(data, [CLEAR])) for _name, data in postgres(database))
    hits, _size = bytesearch.search_files(site.var, [CLEAR])
    return any(hit.endswith("db.sqlite3") for hit in hits)


def planted(site: Running) -> None:
    """One file in clear among all others is found; so is each disguise in the middle of a large file."""
    folder = site.var / "planted"
    folder.mkdir()
    file = folder / "file"
    try:
        file.write_text(text_of(999), encoding="utf-8")
        hits, _size = bytesearch.search_files(site.var, WORDS)
        assert hits
        assert all(hit.endswith(" in planted/file") for hit in hits)
        for stem in (HAN, LATIN):
            for name, data in bytesearch.disguises(stem).items():
                # Half of it on either side of where a block ends.
                file.write_bytes(os.urandom(bytesearch.BLOCK - len(data) // 2) + data + os.urandom(1000))
                assert bytesearch.search_files(folder, [stem])[0], f"{stem} as {name}"
    finally:
        file.unlink()
        folder.rmdir()
