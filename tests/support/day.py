"""A working day at the desk: many people act on the same tips at once over HTTP, and what must hold after it.

Each tip lies on the table of two people, who both try to claim it; who comes second often answers the
reporter all the same, so that forms grow stale under the hand. What a page confirmed is compared with the
database afterwards, act by act: nothing confirmed may be missing, nothing may have happened twice.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.support import journeys
from tests.support.client import Client, Field, Form

Account = dict[str, str]
PAUSE = 0.5  # seconds between two looks for work that others have to bring
TRIES = 8  # how often a stale form is sent again
MOST, EACH = 1800, 3  # seconds, of them for each tip: a day that has not ended by then never will
# What an act is called in the ledger; a change of state also by its target.
KINDS = {
    "claim": "claimed",
    "reply": "message",
    "note": "noted",
    "assign": "assigned",
    "transfer": "transferred",
    "return": "returned",
    "propose": "proposed",
    "agree": "agreed",
    "screening": "state:screening",
    "accepted": "state:accepted",
    "refused": "state:refused",
    "closed": "state:closed",
}
TOLD = ("refused", "closed")  # with these a message goes to the reporter


@dataclass
class Act:
    """One form that was sent: by whom, on which tip, what came back, after how many seconds."""

    name: str
    number: str
    username: str
    status: int
    seconds: float


@dataclass
class Staff:
    """Who works on this day, and the office that what is given away goes to."""

    triage: list[Account]
    handlers: list[Account]
    approvers: list[Account]
    receivers: list[Account]
    to: str  # the id of the receivers' office
    ids: list[str]  # of the handlers, to whom triage assigns

    def everybody(self) -> list[Account]:
        """All of them; each is one session."""
        return [*self.triage, *self.handlers, *self.approvers, *self.receivers]


class Session:
    """One person with an open browser."""

    def __init__(self, base: str, account: Account, acts: list[Act]) -> None:
        self.username, self.acts = account["username"], acts
        self.client: Client = journeys.log_in(base, account)
        self.token = next(f.value for form in self.client.page.forms for f in form.fields if f.name == TOKEN)

    def send(self, name: str, number: str, form: Form, **values: str) -> bool:
        """Sends a form and waits for the page after it; whether it was done."""
        start = time.perf_counter()
        self.client.submit(form, values)
        took = time.perf_counter() - start
        self.acts.append(Act(name, number, self.username, self.client.status, took))
        return self.client.status == 200

    def persist(self, name: str, number: str, find: Callable[[], Form | None], **values: str) -> bool:
        """The same, again while the answer is that somebody was faster and the form is still there."""
        for _try in range(TRIES):
            if (form := find()) is None or self.send(name, number, form, **values):
                return form is not None
            if self.client.status != 409:
                return False
        return False

    def look(self, path: str, name: str) -> bool:
        """Opens a page; whether it is there."""
        start = time.perf_counter()
        self.client.get(path)
        self.acts.append(Act(name, "", self.username, self.client.status, time.perf_counter() - start))
        return self.client.status == 200

    def tips(self, path: str, name: str = "queue") -> list[str]:
        """The numbers of the tips on a page."""
        self.look(path, name)
        links = (re.search(r"/desk/tips/([^/]+)/$", link) for link in self.client.page.links)
        return list(dict.fromkeys(found[1] for found in links if found))

    def claim(self, number: str) -> bool:
        """From the queue: the button in the tip's row."""
        action = f"/desk/tips/{number}/claim/"
        return self.send("claim", number, Form(action, "post", [Field(TOKEN, "hidden", self.token)]))

    def on(self, number: str) -> bool:
        """Opens the tip."""
        return self.look(f"/desk/tips/{number}/", "open a tip")

    def form(self, act: str) -> Form | None:
        """The form of the open tip for an act."""
        return next((f for f in self.client.page.forms if f.action.endswith(f"/{act}/")), None)

    def away(self) -> Form | None:
        """The form that gives the tip to another office."""
        return next((f for f in self.client.page.forms if f.names() >= {"to", "reason"}), None)

    def step(self, target: str) -> Form | None:
        """The form of the open tip for a change of state."""
        for form in self.client.page.forms:
            if form.action.endswith("/state/") and ("target", target) in {
                (f.name, f.value) for f in form.fields
            }:
                return form
        return None


TOKEN = "csrfmiddlewaretoken"


@dataclass
class Day:
    """Runs it: `tips` are numbers of one office, in which all but the receivers work.

    Every tip is claimed; each `deep`-th goes its whole way.
    """

    base: str
    staff: Staff
    tips: Sequence[str]
    deep: int = 1
    acts: list[Act] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    triaged: threading.Event = field(default_factory=threading.Event)
    handled: threading.Event = field(default_factory=threading.Event)

    def run(self) -> float:
        """Until nothing is left to do; the seconds it took, logging in apart. Raises anybody's errors."""
        self.end, self.known = (
            time.monotonic() + max(MOST, EACH * len(self.tips)),
            set(self.tips[:: self.deep]),
        )
        sessions = {
            account["username"]: Session(self.base, account, self.acts) for account in self.staff.everybody()
        }
        front = [*self.staff.triage, *self.staff.handlers]
        mine = {account["username"]: self.tips_of(n, len(front)) for n, account in enumerate(front)}
        s = self.staff
        start = time.perf_counter()
        triage = [self.begin(self.triage, sessions[a["username"]], mine[a["username"]]) for a in s.triage]
        handle = [self.begin(self.handle, sessions[a["username"]], mine[a["username"]]) for a in s.handlers]
        others = [self.begin(self.approve, sessions[a["username"]], n) for n, a in enumerate(s.approvers)]
        others += [self.begin(self.receive, sessions[a["username"]], n) for n, a in enumerate(s.receivers)]
        for group, done in ((triage, self.triaged), (handle, self.handled), (others, None)):
            for thread in group:
                thread.join()
            if done is not None:
                done.set()
        took = time.perf_counter() - start
        assert not self.errors, "\n".join(self.errors)
        return took

    def tips_of(self, n: int, people: int) -> list[tuple[int, str]]:
        """The tips on the table of the n-th: each lies on two."""
        return [(i, number) for i, number in enumerate(self.tips) if i % people in (n, (n + 1) % people)]

    def begin(self, work: Callable[..., None], *given: Any) -> threading.Thread:
        """A person begins to work."""

        def run() -> None:
            try:
                work(*given)
            except Exception as error:
                self.errors.append(f"{given[0].username}: {type(error).__name__} {error}")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def late(self) -> None:
        """Raises where the day does not end."""
        if time.monotonic() > self.end:
            raise TimeoutError("the day does not end")

    def taken(self, who: Session, i: int, number: str) -> bool:
        """Both try; whether this one has it to work on. Who has not, sometimes acts on it all the same."""
        if number not in self.known:
            who.claim(number)
            return False
        i //= self.deep
        if i % 3 == 0:
            who.on(number)  # and the form that is read here may be old when it is sent
            before = who.form("reply")
            if who.claim(number):
                return True
            if before is not None and not who.send("reply", number, before, reply=f"补问第 {i} 件"):
                who.persist("reply", number, lambda: who.form("reply"), reply=f"补问第 {i} 件")
            return False
        if who.claim(number):
            return True
        if i % 5 == 0 and who.on(number) and (form := who.form("note")):
            who.send("note", number, form, note=f"已由别人办理，第 {i} 件")
        return False

    def triage(self, who: Session, tips: list[tuple[int, str]]) -> None:
        """Claim, screen, then give away, refuse, or accept and assign."""
        who.look("/desk/", "queue")
        for i, number in tips:
            self.late()
            if not self.taken(who, i, number):
                continue
            who.persist("screening", number, lambda: who.step("screening"))
            if (i // self.deep) % 4 < 2:
                who.look(f"/desk/tips/{number}/transfer/", "transfer form")
                who.persist("transfer", number, who.away, to=self.staff.to, reason="不归这里管")
            elif (i // self.deep) % 4 == 2:
                who.persist("refused", number, lambda: who.step("refused"), reason="no-substance")
            else:
                who.persist("accepted", number, lambda: who.step("accepted"))
                hand = self.staff.ids[i % len(self.staff.ids)]
                who.persist("assign", number, lambda: who.form("assign"), to=hand)

    def handle(self, who: Session, tips: list[tuple[int, str]]) -> None:
        """Claim, screen, accept, answer, propose a disposal; and close what was agreed to."""
        for i, number in tips:
            self.late()
            if self.taken(who, i, number):
                who.persist("screening", number, lambda: who.step("screening"))
                who.persist("accepted", number, lambda: who.step("accepted"))
                if (i // self.deep) % 2:
                    who.persist("reply", number, lambda: who.form("reply"), reply=f"第 {i} 件已收到")
                self.propose(who, number)
        while True:
            self.late()
            over = self.triaged.is_set()
            given = self.mine(who, "accepted")
            for number in given:
                if who.on(number) and who.step("disposing") is not None:
                    self.propose(who, number)
            ready = self.mine(who, "disposing")
            for number in ready:
                if who.on(number):
                    who.persist("closed", number, lambda: who.step("closed"), result="已经查清并处理")
            if over and not given and not ready:
                return
            time.sleep(PAUSE)

    def mine(self, who: Session, state: str) -> list[str]:
        """The tips of this day that this person has in a state."""
        return [n for n in who.tips(f"/desk/?assignee=me&state={state}") if n in self.known]

    @staticmethod
    def propose(who: Session, number: str) -> None:
        """The disposal, for another person to agree to."""
        who.persist("propose", number, lambda: who.step("disposing"), disposal="check", opinion="拟初步核实")

    def approve(self, who: Session, _n: int) -> None:
        """Agree to what is proposed; several people look at the same list."""
        while True:
            self.late()
            over = self.handled.is_set()
            waiting = [n for n in who.tips("/desk/?answer=proposed") if n in self.known]
            for number in waiting:
                if who.on(number) and (form := who.form("answer")):
                    who.send("agree", number, form)
            if over and not waiting:
                return
            time.sleep(PAUSE)

    def receive(self, who: Session, _n: int) -> None:
        """Take on what another office gives, or send every third back."""
        done = 0
        while True:
            self.late()
            over = self.triaged.is_set()
            given = [n for n in who.tips("/desk/?state=submitted") if n in self.known]
            for number in given:
                if not who.on(number):
                    continue
                done += 1
                if done % 3 == 0:
                    who.persist("return", number, lambda: who.form("return"), reason="归你们管")
                else:
                    who.persist("screening", number, lambda: who.step("screening"))
            if over and not given:
                return
            time.sleep(PAUSE)


# Inside the site ----------------------------------------------------------------------------------------


def hire(code: str, administrator: Account, people: dict[str, int]) -> list[Account]:
    """New colleagues in an office, with keys and a second step: as accounts to log in with."""
    from accounts import services as accounts
    from accounts.models import User

    from complaints.desk.demo import password
    from complaints.vault import offices
    from complaints.vault.models import Office

    office = Office.objects.get(code=code)
    head = User.objects.get(username=administrator["username"])
    seed = accounts.open_seed(user=head, password=administrator["password"])
    made = []
    for role, count in people.items():
        for n in range(count):
            secret, name = password(), f"{role}-day{n}-{code}"
            user = accounts.create_staff(
                username=name, password=secret, family_name="日", given_name=f"{role}{n}"
            )
            offices.grant(office=office, user=user, role=role, granter_seed=seed, granter=head)
            made.append(
                {
                    "role": role,
                    "username": name,
                    "password": secret,
                    "totp_secret": accounts.add_totp(user),
                    "office": office.name,
                }
            )
    return made


def ids(accounts: Sequence[Account]) -> list[str]:
    """The ids of these people, as a form has them."""
    from accounts.models import User

    names = [account["username"] for account in accounts]
    found = User.objects.filter(username__in=names).order_by("pk")
    return [str(pk) for pk in found.values_list("pk", flat=True)]


def submit(count: int, *, region: str, **answers: Any) -> list[str]:
    """So many reports through the real intake; their numbers. `answers`: more of intake.Answers."""
    from complaints.intake import services as intake
    from complaints.intake.models import Category
    from complaints.vault import receipts

    category = Category.objects.filter(stop_message="", children=None).order_by("pk")[0].code
    numbers = []
    for n in range(count):
        receipt = receipts.new_receipt()
        made = intake.submit_tip(
            receipt=receipt,
            master=receipts.derive(receipt),
            answers=intake.Answers(
                category=category,
                region=region,
                subject=f"忙日来件 {n}",
                narrative=f"第 {n} 件，窗口收费没有凭据。",
                **answers,
            ),
        )
        numbers.append(made.tip.number)
    return numbers


def wrong(acts: Sequence[Act], numbers: Sequence[str]) -> list[str]:
    """What does not hold after the day, as sentences: each confirmed act against rows and events."""
    from accounts.models import User
    from ledger import checkpoints, sequencer, verify
    from ledger.models import Event

    from complaints.intake.models import Message, Tip

    found = [f"{a.status} for {a.name} of {a.number} by {a.username}" for a in acts if not _allowed(a)]
    names = {f"user:{pk}": name for pk, name in User.objects.values_list("pk", "username")}
    tips = {bytes(tip.tag): tip for tip in Tip.objects.filter(number__in=list(numbers))}
    confirmed = Counter(
        (KINDS[a.name], a.number, a.username) for a in acts if a.status == 200 and a.name in KINDS
    )
    for a in acts:
        if a.status == 200 and a.name in TOLD:
            confirmed["message", a.number, a.username] += 1
    happened: Counter[tuple[str, str, str]] = Counter()
    for event in Event.objects.filter(tag__in=list(tips)).exclude(actor__in=["reporter", "system"]):
        kind = f"state:{event.details['to']}" if event.kind == "state" else event.kind
        if kind in KINDS.values():
            happened[kind, tips[bytes(event.tag)].number, names[event.actor]] += 1
    found += [f"lost: {act} {n} times more than it happened" for act, n in (confirmed - happened).items()]
    found += [f"not confirmed: {act} {n} times" for act, n in (happened - confirmed).items()]
    claims = Counter(number for kind, number, _who in happened.elements() if kind == "claimed")
    free = Counter(number for kind, number, _who in happened.elements() if kind == "returned")
    for number in numbers:  # what comes back from another office is free once more
        if not 1 <= claims[number] <= 1 + free[number]:
            found.append(f"{number} claimed {claims[number]} times")
    said = Message.objects.filter(tip__in=[t.pk for t in tips.values()], author=Message.Author.OFFICE).count()
    told = sum(n for (kind, _number, _who), n in happened.items() if kind == "message")
    if said != told:
        found.append(f"{said} messages, {told} events of messages")
    begun = {number for kind, number, _who in happened if kind == "state:screening"}
    back = {number for kind, number, _who in happened if kind == "returned"}
    left = [t.number for t in tips.values() if t.state in ("submitted", "accepted", "disposing")]
    found += [f"{number} was left lying" for number in left if number in begun - back]
    while sequencer.append_pending():
        pass
    checkpoints.make()
    return found + [str(fault) for fault in verify.verify(verify.Result())]


def _allowed(act: Act) -> bool:
    """Done, or told that somebody was faster (409), or that the tip is elsewhere by now (404)."""
    return act.status in (200, 409) or (act.status == 404 and bool(act.number or act.name == "open a tip"))


def dumped(acts: Sequence[Act]) -> str:
    """As JSON, for a check in another process."""
    return json.dumps([asdict(act) for act in acts])


def loaded(text: str) -> list[Act]:
    """What `dumped` wrote."""
    return [Act(**row) for row in json.loads(text)]
