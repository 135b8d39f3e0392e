"""A working day: twenty sessions over HTTP on two thousand tips, and whether all of it held."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence

from tests.bench.table import Table, milliseconds, share
from tests.support import day
from tests.support.running import ROOT, Running

OFFICE, OTHER = "qingshi", "wanghu"
PEOPLE = {"triage": 5, "handler": 8, "approver": 3}  # beside those of the demo: 20 sessions with the receiver
HIRE = """
import json
from tests.support import day
from complaints.vault.models import Office
head = json.load(open({head!r}))
made = day.hire({office!r}, head, {people!r})
handlers = [dict(username="handler-" + {office!r}), *(a for a in made if a["role"] == "handler")]
print(json.dumps([made, str(Office.objects.get(code={other!r}).pk), day.ids(handlers)]))
"""
SUBMIT = """
import json
from tests.support import day
print(json.dumps(day.submit({count}, region={office!r})))
"""
CHECK = """
import json
from tests.support import day
given = json.load(open({given!r}))
print(json.dumps(day.wrong(day.loaded(given["acts"]), given["numbers"])))
"""
CLERKS = 2  # processes that hand in the tips
# What a server writes when two transactions stand in each other's way.
ALARMS = re.compile(r"deadlock detected|database is locked|Traceback|Internal Server Error")


def run(site: Running, *, tips: int) -> list[Table]:
    """The table of acts, and one of what was checked afterwards."""
    numbers = handed_in(site, tips)
    shift = day.Day(site.url, people(site), numbers)
    took = shift.run()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as given:
        json.dump({"acts": day.dumped(shift.acts), "numbers": numbers}, given)
        given.flush()
        wrong: list[str] = json.loads(site.shell(CHECK.format(given=given.name)).splitlines()[-1])
    return [_acts(shift, tips, took), _held(site, shift, wrong)]


def _acts(shift: day.Day, tips: int, took: float) -> Table:
    table = Table(
        "A working day at the desk: each form with the page that follows it",
        ["act", "done", "too late (409)", "gone (404)", "p50 ms", "p95 ms"],
        {
            "tips": tips,
            "sessions": len(shift.staff.everybody()),
            "seconds": f"{took:.0f}",
            "requests/s": f"{len(shift.acts) / took:.1f}",
        },
    )
    by: dict[str, list[day.Act]] = defaultdict(list)
    for act in shift.acts:
        by[act.name].append(act)
    for name, acts in sorted(by.items()):
        times = [act.seconds for act in acts]
        counts = [sum(act.status == status for act in acts) for status in (200, 409, 404)]
        table.rows.append([name, *counts, milliseconds(share(times, 0.5)), milliseconds(share(times, 0.95))])
    return table


def _held(site: Running, shift: day.Day, wrong: Sequence[str]) -> Table:
    table = Table("A working day: what held", ["what", "figure"])
    log = (site.var / "serve.log").read_text(encoding="utf-8", errors="replace")
    failed = sum(act.status >= 500 for act in shift.acts)
    table.rows += [
        ["answers of 500 and more", failed],
        ["deadlocks and tracebacks in the log", len(ALARMS.findall(log))],
        ["confirmed acts that are not in the ledger, or twice; ledger_verify", len(wrong)],
        *(["", sentence] for sentence in wrong[:20]),
    ]
    return table


def people(site: Running) -> day.Staff:
    """The demo's staff of one office and new colleagues; who receives is of another office."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as head:
        json.dump(_account(site, "administrator", OFFICE), head)
        head.flush()
        code = HIRE.format(head=head.name, office=OFFICE, people=PEOPLE, other=OTHER)
        made, to, ids = json.loads(site.shell(code).splitlines()[-1])

    def of(role: str) -> list[day.Account]:
        return [_account(site, role, OFFICE), *(a for a in made if a["role"] == role)]

    receivers = [_account(site, "triage", OTHER)]
    return day.Staff(of("triage"), of("handler"), of("approver"), receivers, to, ids)


def _account(site: Running, role: str, office: str) -> day.Account:
    return next(a for a in site.accounts(role) if a["username"].endswith(f"-{office}"))


def handed_in(site: Running, tips: int) -> list[str]:
    """The numbers of so many new tips, through the real intake in CLERKS processes at once."""
    running = [
        subprocess.Popen(
            [site.python, "manage.py", "shell", "--no-imports", "-c", SUBMIT.format(count=n, office=OFFICE)],
            cwd=ROOT,
            env=site.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in (tips // CLERKS, tips - tips // CLERKS)
    ]
    return [number for process in running for number in json.loads(process.communicate()[0].splitlines()[-1])]
