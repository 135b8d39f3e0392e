"""The register of power items at a city's whole size: an import through the real batch path while citizens
report, then list, facets, search and fact sheet among `items`, of which most are loaded and not imported.

Names are those of a district's service items (../shared/data/power/guangan_service_items.csv), varied.
"""

from __future__ import annotations

import csv
import random
import threading
import time
import urllib.parse
from pathlib import Path

from tests.bench.table import Table, milliseconds, share
from tests.support import journeys, services
from tests.support.client import Client
from tests.support.running import Running

NAMES = services.ROOT.parent / "shared" / "data" / "power" / "guangan_service_items.csv"
TIMES = 60
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
STATE = "from cms.models import ImportBatch; b = ImportBatch.objects.get(pk={pk}); print(b.state, b.written)"
APPROVE = """
from accounts.models import User
from cms.importing import review
from cms.models import ImportBatch
batch = ImportBatch.objects.get(pk={pk})
review.hand_over(batch, user=User.objects.get(username="editor"), accept_rejected=True)
review.approve(batch, user=User.objects.get(username="moderator"))
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
    wanted = varied(max(items - have, 0))
    for start in range(0, len(wanted), 1000):
        rows = [
            PowerItem(
                locale=locale,
                code=f"BENCH-{n:06d}",
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


def run(site: Running, *, items: int = 100_000, rows: int = 5_000) -> list[Table]:
    """The import with citizens beside it, then the pages among `items`."""
    return [imported(site, rows), pages(site, items)]


def imported(site: Running, rows: int) -> Table:
    """Seconds of each part of an import, and how long citizens waited meanwhile."""
    path = site.var / "tmp" / "list.xlsx"
    workbook(path, rows)
    start = time.monotonic()
    key = site.shell(UPLOAD.format(path=str(path)))
    reach(site, key, "parsed")
    read = time.monotonic() - start
    citizens = Citizens(site.url)
    citizens.start()
    site.shell(APPROVE.format(pk=key))
    start = time.monotonic()
    reach(site, key, "applied")
    applied = time.monotonic() - start
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


def reach(site: Running, key: str, state: str) -> None:
    """Wait until the batch is in a state."""
    site.wait(lambda: _state(site, key) == state, WAIT, state)


def _state(site: Running, key: str) -> str:
    time.sleep(0.5)
    found = site.shell(STATE.format(pk=key)).split()[0]
    assert found not in ("failed", "refused"), found
    return found


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


def pages(site: Running, items: int) -> Table:
    """Each address asked TIMES in another form each time, so that no cache answers."""
    site.shell(LOAD.format(items=items))
    site.shell(REINDEX)
    chance = random.Random(3)
    codes = [f"BENCH-{chance.randrange(max(items - 20_000, 500)):06d}" for _ in range(TIMES)]
    kinds = ("licence", "penalty", "inspection", "confirmation", "service")
    ways = {
        "list, page n": [f"/power/?page={n + 1}" for n in range(TIMES)],
        "list, one category, page n": [f"/power/?category={kinds[n % 5]}&page={n + 1}" for n in range(TIMES)],
        "list, category and level": [
            f"/power/?category={kinds[n % 5]}&level={level}&page={n + 1}"
            for n, level in zip(range(TIMES), ["city", "county", "province"] * TIMES, strict=False)
        ],
        "list, found by a word": [
            f"/power/?q={quoted(WORDS[n % 10])}&page={n // 10 + 1}" for n in range(TIMES)
        ],
        "list, found, in a category": [
            f"/power/?q={quoted(WORDS[n % 10])}&category={kinds[n % 5]}&page={n // 10 + 1}"
            for n in range(TIMES)
        ],
        "fact sheet": [f"/power/{code}/" for code in codes],
    }
    table = Table(
        "Pages of the register over HTTP",
        ["page", "p50 ms", "p95 ms", "longest ms", "not 200"],
        {"items": items, "times": TIMES, "web": "gunicorn 2 × 8"},
    )
    for name, paths in ways.items():
        times, wrong = [], 0
        for path in paths:
            begun = time.monotonic()
            wrong += Client(site.url).get(path).status != 200
            times.append(time.monotonic() - begun)
        row = [milliseconds(share(times, 0.5)), milliseconds(share(times, 0.95)), milliseconds(max(times))]
        table.rows.append([name, *row, wrong])
    return table


def quoted(text: str) -> str:
    return urllib.parse.quote(text)
