"""The register of power items at a city's whole size: an import through the real batch path while citizens
report, then list, facets, search and fact sheet among `items`, of which most are loaded and not imported.

Names are those of a district's service items (../shared/data/power/guangan_service_items.csv), varied.
"""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench.table import Table, milliseconds, share
from tests.support import journeys, services
from tests.support.client import Client
from tests.support.running import Running

NAMES = services.ROOT.parent / "shared" / "data" / "power" / "guangan_service_items.csv"
TIMES = 60
PAGE = 20  # items on a page of the list
WAIT = 3600.0
HEADER = ["序号", "事项名称", "权力类型", "实施依据", "行使主体", "承办机构", "责任事项", "追责情形"]
CATEGORIES = ("行政许可", "行政处罚", "行政确认", "行政检查", "公共服务", "行政给付")
WORDS = ("备案", "许可", "学校", "登记", "社会保险", "项目审批", "资格", "补贴", "运输", "食品")
UPLOAD = """
from django.core.files import File
from accounts.models import User
from cms.importing import review
from cms.models import Organisation
organisation = Organisation.objects.source().order_by("pk").first()
user = User.objects.get(username="editor")
with open({path!r}, "rb") as file:
    batch = review.upload(user=user, kind="power", organisation=organisation, files=[File(file, "list.xlsx")],
                          given={{"issuer": "", "document_no": "", "effective": ""}})
print(batch.pk)
"""
APPROVE = """
from accounts.models import User
from cms.importing import review
from cms.models import ImportBatch
batch = ImportBatch.objects.get(pk={pk})
review.hand_over(batch, user=User.objects.get(username="editor"), accept_rejected=True)
review.approve(batch, user=User.objects.get(username="moderator"))
"""
PUBLISH = """
import time
from tests.cms import making
making.item({name!r})
print(time.time())
"""
# VmHWM of a fresh process; what importing Django takes is in both.
EXPORT = """
import json, resource, time
from workdays import clock
from cms.data import archive
begun, size = time.monotonic(), 0
for piece in archive.archive(clock.now(), 1):
    size += len(piece)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(peak=peak, bytes=size, seconds=time.monotonic() - begun)))
"""
# What there is to be asked for: some codes, and how many items each category and level has.
LISTED = """
import json, random
from django.db.models import Count
from cms.models import PowerItem
rows = PowerItem.objects.disclosed().source().order_by()
codes = random.Random(3).sample(list(rows.values_list("code", flat=True)), {times})
def many(field):
    stated = rows.exclude(**dict([(field, None)])).values_list(field)
    return dict(stated.annotate(n=Count("pk")).order_by("-n"))
counts = dict(category=many("category__code"), level=many("levels__code"))
print(json.dumps(dict(codes=codes, all=rows.count(), **counts)))
"""
LOAD = "from tests.bench.registers import load; print(load({items}))"
REINDEX = "from django.core.management import call_command; call_command('search_rebuild')"


def names() -> list[str]:
    """The names of real service items; made ones where the data is not there."""
    if not NAMES.exists():
        return [f"{word}事项第{n}号" for n in range(20) for word in WORDS]
    with NAMES.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["sub_item"].strip() for row in rows if row["sub_item"].strip()]


def varied(count: int, *, seed: int = 7) -> list[str]:
    """`count` different names."""
    base, chance = names(), random.Random(seed)
    places = [f"{a}{b}" for a in "东西南北中上下" for b in "山水河湖城镇乡街"]
    return [f"{chance.choice(places)}：{base[n % len(base)]}（{n // len(base) + 1}）" for n in range(count)]


def workbook(path: Path, rows: int) -> None:
    """A power list of `rows` items."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("清单")
    sheet.append(["权责清单"])
    sheet.append(HEADER)
    for n, name in enumerate(varied(rows, seed=11)):
        basis = (
            f"【法律】《中华人民共和国行政许可法》第{n % 80 + 1}条：行政机关应当依照法定的权限和程序实施。"
        )
        duty = "1.受理责任：公示应当提交的材料，一次性告知补正材料。\n2.审查责任：对材料审核。\n3.决定责任。"
        sheet.append(
            [
                n + 1,
                f"入册{name}",
                CATEGORIES[n % 6],
                basis,
                "城市管理局",
                "政务服务科、法规科",
                duty,
                "不依法受理的。",
            ]
        )
    book.save(path)


def load(items: int) -> int:
    """Rows of the register by bulk insert, disclosed, with a basis, a duty and a unit each; how many."""
    from django.db import transaction
    from workdays import clock

    from cms.models import Category, Duty, HandlingUnit, LegalBasis, Level, Organisation, PowerItem

    have = PowerItem.objects.source().count()
    organisations = list(Organisation.objects.source().order_by("pk"))
    categories, levels = list(Category.objects.order_by("pk")), list(Level.objects.order_by("pk"))
    locale, now = organisations[0].locale, clock.now()
    done = PowerItem.objects.filter(code__startswith="BENCH-").count()
    wanted = varied(done + max(items - have, 0))[done:]
    for start in range(0, len(wanted), 1000):
        rows = [
            PowerItem(
                locale=locale,
                code=f"BENCH-{done + n:06d}",
                name=name,
                organisation=organisations[n % len(organisations)],
                exercising_body=organisations[n % len(organisations)].name,
                category=categories[n % len(categories)],
                power_source="statutory",
                live=True,
                first_published_at=now,
                last_published_at=now,
            )
            for n, name in enumerate(wanted[start : start + 1000], start)
        ]
        with transaction.atomic():
            rows = PowerItem.objects.bulk_create(rows)
            LegalBasis.objects.bulk_create(
                LegalBasis(item=row, locale=locale, text=f"《{row.name[:6]}条例》第{row.pk % 90}条")
                for row in rows
            )
            Duty.objects.bulk_create(Duty(item=row, locale=locale, text="受理、审查、决定。") for row in rows)
            HandlingUnit.objects.bulk_create(
                HandlingUnit(item=row, locale=locale, name="政务服务科") for row in rows
            )
            through = PowerItem.levels.through
            through.objects.bulk_create(
                through(poweritem_id=row.pk, level_id=levels[row.pk % len(levels)].pk) for row in rows
            )
    return len(wanted)


def run(site: Running, *, items: int = 100_000, rows: int = 5_000) -> Iterator[Table]:
    """The import with citizens beside it; the export at a tenth of `items` and at all; pages; search."""
    yield imported(site, rows)
    site.shell(LOAD.format(items=items // 10))
    small = export(site)
    site.shell(LOAD.format(items=items))
    yield exported(small, export(site), items)
    begun = time.monotonic()
    site.shell(REINDEX)
    yield pages(site, items, rebuilt=time.monotonic() - begun)
    yield searched(site, items)


def imported(site: Running, rows: int) -> Table:
    """Seconds of each part of an import, and how long citizens waited meanwhile."""
    path = site.var / "tmp" / "list.xlsx"
    workbook(path, rows)
    batches = Batches(site)
    batches.rest()
    key = int(site.shell(UPLOAD.format(path=str(path))))
    start = time.monotonic()
    batches.reach(key, "parsed")
    read = time.monotonic() - start
    citizens = Citizens(site.url)
    citizens.start()
    approving = threading.Thread(target=site.shell, args=(APPROVE.format(pk=key),))
    approving.start()
    batches.reach(key, "approved", "applying", "applied")
    start = time.monotonic()
    batches.reach(key, "applied")
    applied = time.monotonic() - start
    approving.join()
    citizens.stop()
    waits = citizens.seconds
    table = Table(
        "An import through the batch path, with citizens beside it",
        ["measure", "value"],
        {"items": rows, "worker": "celery, one process", "citizens": Citizens.MANY},
    )
    table.rows = [
        ["uploaded and read, s", f"{read:.1f}"],
        ["approved and public, s", f"{applied:.1f}"],
        ["items/s, from approval", f"{rows / applied:.0f}"],
        ["items/s, from upload", f"{rows / (applied + read):.0f}"],
        ["reports handed in meanwhile", len(waits)],
        ["of these failed", citizens.failed],
        ["a step of a citizen, p50 ms", milliseconds(share(waits, 0.5))],
        ["a step of a citizen, p95 ms", milliseconds(share(waits, 0.95))],
        ["a step of a citizen, longest ms", milliseconds(max(waits, default=0.0))],
    ]
    return table


class Batches:
    """The states of batches, asked of the database itself: a shell each time would be what is measured."""

    def __init__(self, site: Running) -> None:
        self.url, self.file = site.environment.get("DATABASE_URL", ""), site.var / "db.sqlite3"

    def state(self, key: int) -> str:
        return self._one(f"SELECT state FROM cms_importbatch WHERE id = {key:d}")

    def rest(self) -> None:
        """Wait until the workers have done what the new site's own content asked of them."""
        end = time.monotonic() + WAIT
        due = "done_at IS NULL AND error = '' AND due_at <= CURRENT_TIMESTAMP"
        while self._one(f"SELECT COUNT(*) FROM outbox_entry WHERE {due}") != "0":
            assert time.monotonic() < end, f"waited {WAIT} s for the workers"
            time.sleep(1)

    def _one(self, question: str) -> str:
        if not self.url:
            with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)) as database:
                return str(database.execute(question).fetchone()[0])
        import psycopg

        with psycopg.connect(self.url) as database:
            row = database.execute(question.encode()).fetchone()
            return str(row[0] if row else "")

    def reach(self, key: int, *states: str) -> None:
        """Wait until the batch is in one of the states."""
        end = time.monotonic() + WAIT
        while (found := self.state(key)) not in states:
            assert found not in ("failed", "refused"), found
            assert time.monotonic() < end, f"waited {WAIT} s for {states}"
            time.sleep(0.1)


class Citizens:
    """A few who report, one report after another, and how long each last step takes."""

    MANY = 2

    def __init__(self, url: str) -> None:
        self.url, self.seconds, self.failed = url, [], 0
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._report, args=(n,)) for n in range(self.MANY)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _report(self, who: int) -> None:
        number = 0
        while not self._end.is_set():
            number += 1
            try:
                client = journeys.to_the_end(Client(self.url), f"第{who}人第{number}次反映：多收费用。" * 5)
                begun = time.monotonic()
                journeys.send(client, {})
                self.seconds.append(time.monotonic() - begun)
            except (AssertionError, OSError):
                self.failed += 1


def export(site: Running) -> dict[str, float]:
    """Peak memory (MiB), bytes and seconds of the whole set as a ZIP, in a process of its own."""
    return dict(json.loads(site.shell(EXPORT).splitlines()[-1]))


def exported(small: dict[str, float], large: dict[str, float], items: int) -> Table:
    """What the export takes at a tenth of the items and at all of them."""
    table = Table("The whole set as a ZIP", ["items", "peak MiB", "MB", "seconds"], {"counted": "VmHWM"})
    for count, found in ((items // 10, small), (items, large)):
        table.rows.append(
            [count, f"{found['peak']:.0f}", f"{found['bytes'] / 1e6:.1f}", f"{found['seconds']:.1f}"]
        )
    table.rows.append(["ratio", f"{large['peak'] / small['peak']:.2f}", "", ""])
    return table


def searched(site: Running, items: int) -> Table:
    """Seconds from the commit of a publication until the public search answers with it."""
    table = Table(
        "From publication to the search's answer",
        ["while", "times", "p50 s", "longest s"],
        {"items": items},
    )
    idle = [waited(site, f"空闲时公布第{n}号事项{n}") for n in range(3)]
    rebuilding = threading.Thread(target=site.shell, args=(REINDEX,))
    rebuilding.start()
    time.sleep(2)
    busy = []
    while rebuilding.is_alive() and len(busy) < 3:
        busy.append(waited(site, f"重建时公布第{len(busy)}号事项"))
    rebuilding.join()
    for name, seconds in (("idle", idle), ("a rebuild", busy)):
        if seconds:
            table.rows.append([name, len(seconds), f"{share(seconds, 0.5):.1f}", f"{max(seconds):.1f}"])
    return table


def waited(site: Running, name: str) -> float:
    """Publish an item of this name through its revision; seconds until it is found."""
    committed = float(site.shell(PUBLISH.format(name=name)).splitlines()[-1])
    end = committed + 120
    while time.time() < end:
        answer = Client(site.url).get(f"/search/results.json?q={quoted(name)}")
        if name in json.dumps(json.loads(answer.body), ensure_ascii=False):
            return max(0.0, time.time() - committed)
        time.sleep(0.1)
    raise AssertionError(f"{name} is not found after 120 s")


def pages(site: Running, items: int, *, rebuilt: float) -> Table:
    """Each address asked TIMES in another form each time, so that no cache answers."""
    there = json.loads(site.shell(LISTED.format(times=TIMES)).splitlines()[-1])
    codes, kinds = there["codes"], list(there["category"])[:5]

    def paged(query: str, n: int, count: int) -> str:
        """The n-th page of so many items, from the first again behind the last."""
        return f"/power/?{query}page={n % max(1, count // PAGE) + 1}"

    def each(field: str, n: int) -> str:
        values = list(there[field])[:5]
        value = values[n % len(values)]
        return paged(f"{field}={value}&", n, there[field][value])

    ways = {
        "list, page n": [paged("", n, there["all"]) for n in range(TIMES)],
        "list, one category, page n": [each("category", n) for n in range(TIMES)],
        "list, category or category": [
            f"{each('category', n)}&category={kinds[(n + 1) % len(kinds)]}" for n in range(TIMES)
        ],
        "list, a level, page n": [each("level", n) for n in range(TIMES)],
        "list, found by a word": [f"/power/?q={quoted(WORDS[n % 10])}" for n in range(TIMES)],
        "list, found, in a category": [
            f"/power/?q={quoted(WORDS[n % 10])}&category={kinds[n % len(kinds)]}" for n in range(TIMES)
        ],
        "fact sheet": [f"/power/{code}/?" for code in codes],
    }
    table = Table(
        "Pages of the register over HTTP",
        ["page", "p50 ms", "p95 ms", "longest ms", "not 200"],
        {"items": items, "times": TIMES, "web": "gunicorn 2 × 8", "index built in s": round(rebuilt)},
    )
    for name, paths in ways.items():
        times, wrong = [], 0
        for number, path in enumerate(paths):
            # A word that no list knows keeps the cache of pages out.
            begun = time.monotonic()
            wrong += Client(site.url).get(f"{path}&bench={number}").status != 200
            times.append(time.monotonic() - begun)
        row = [milliseconds(share(times, 0.5)), milliseconds(share(times, 0.95)), milliseconds(max(times))]
        table.rows.append([name, *row, wrong])
    return table


def quoted(text: str) -> str:
    return urllib.parse.quote(text)
