"""What can be checked without any private key (`vault_check`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from accounts.keys import KeySeed
from accounts.models import StaffKey, User
from django.db.models import Count, QuerySet
from ledger.models import Event

from complaints.vault import cells, directory, holders, offices, wraps
from complaints.vault.directory import Chain
from complaints.vault.errors import DirectoryBroken, NotAMember, NotReady
from complaints.vault.models import (
    Cell,
    DirectoryEntry,
    Epoch,
    Membership,
    Office,
    Purpose,
    ReceiptSalt,
    Wrap,
)

TIP_PURPOSES: Mapping[str, Purpose] = {
    Wrap.Kind.TALK: Purpose.OFFICE,
    Wrap.Kind.CASE: Purpose.OFFICE,
    Wrap.Kind.JOINT: Purpose.OFFICE,
    Wrap.Kind.IDENTITY_A: Purpose.IDENTITY,
    Wrap.Kind.IDENTITY_B: Purpose.APPROVAL,
}


@dataclass
class Report:
    """`faults` stop a site from being trusted; `unheld` is sealed to keys that no member holds."""

    offices: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)
    unheld: list[str] = field(default_factory=list)


def check() -> Report:
    """Check every office. Nothing is written but pins that move on."""
    report = Report()
    if not ReceiptSalt.objects.filter(retired=False).exists():
        report.faults.append("There is no salt of receipts: run vault_init.")
    if not Office.objects.exists():
        report.faults.append("There is no office yet: run vault_init --office NAME --administrator USER.")
    report.faults += _ledger()
    for office in Office.objects.order_by("pk"):
        report.offices += 1
        try:
            chain = directory.verify_to_seal(office)
        except (DirectoryBroken, NotReady) as error:
            report.faults.append(f"{office.code}: {error}.")
            continue
        report.entries += len(chain.hashes)
        report.faults += [f"{office.code}: {fault}." for fault in _faults(chain)]
        report.unheld += [f"{office.code}: {found}." for found in _unheld(chain)]
    return report


def open_canaries(user: User, seed: KeySeed) -> Iterator[tuple[str, bool]]:
    """With one member's key: each office and seed that this person holds, and whether its canary opens."""
    held = Membership.objects.filter(user=user, ended_at=None).values("office")
    for office in Office.objects.filter(pk__in=held).order_by("pk"):
        purposes = {
            purpose
            for member, role in directory.verify(office).last.members
            if member == user.pk
            for purpose in offices.SEEDS[role]
        }
        for purpose in sorted(purposes):
            try:
                opened = offices.open_office_seed(user, seed, office, purpose)
            except (NotAMember, DirectoryBroken):
                yield f"{office.code} {purpose}", False
            else:
                yield f"{office.code} {purpose}", offices.open_canary(office, opened, purpose)


def _ledger() -> list[str]:
    """Each entry is an event: what one of them lacks was removed, or slipped in."""
    entries = {bytes(value) for value in DirectoryEntry.objects.values_list("hash", flat=True)}
    events = Event.objects.filter(kind="directory").values_list("cell_hash", flat=True)
    recorded = {bytes(value) for value in events}
    faults = []
    if count := len(recorded - entries):
        faults.append(f"The ledger has {count} entries that the directory has not: it was rolled back.")
    if count := len(entries - recorded):
        faults.append(f"The directory has {count} entries that the ledger has not.")
    return faults


def _faults(chain: Chain) -> Iterator[str]:
    yield from _memberships(chain)
    for purpose, keys in chain.last.epochs.items():
        for number in range(1, len(keys) + 1):
            try:
                epoch = directory.epoch_of(chain, purpose, number)
            except DirectoryBroken as error:
                yield str(error)
                continue
            yield from _canary(epoch)
            yield from _holders(chain, epoch)
        yield from _member_wraps(chain, purpose)
    kinds = list(offices.SEED_KINDS.values())
    for wrap in Wrap.objects.filter(subject=chain.office.uuid, kind__in=kinds).order_by("uuid"):
        if not offices.wrap_is_signed(chain, wrap):
            yield f"the office has not signed the wrap {wrap.uuid}"
    rows = Epoch.objects.filter(office=chain.office).values("purpose").annotate(count=Count("pk"))
    for row in rows:
        if row["count"] != len(chain.last.epochs.get(row["purpose"], ())):
            yield f"there are epochs ({row['purpose']}) that the directory does not name"


def _memberships(chain: Chain) -> Iterator[str]:
    rows = Membership.objects.filter(office=chain.office, ended_at=None)
    stored = set(rows.values_list("user_id", "role"))
    for user, role in sorted(stored - set(chain.last.members)):
        yield f"user {user} is {role} in the database, but not in the directory"
    for user, role in sorted(set(chain.last.members) - stored):
        yield f"user {user} is {role} in the directory, but not in the database"


def _canary(epoch: Epoch) -> Iterator[str]:
    """The canary's cell has its hash, and its key is sealed to this epoch."""
    name = f"{epoch.purpose} epoch {epoch.number}"
    cell = Cell.objects.filter(
        tip=epoch.office.uuid, label=f"canary-{epoch.purpose}", generation=epoch.number
    ).first()
    if cell is None or cells.cell_hash(bytes(cell.sealed)) != bytes(cell.hash):
        yield f"the canary of {name} is missing or changed"
    recipient = wraps.recipient_hash(bytes(epoch.box_public))
    sealed = Wrap.objects.filter(subject=epoch.office.uuid, kind=Wrap.Kind.CANARY, recipient=recipient)
    if not sealed.exists():
        yield f"the key of the canary of {name} is missing"


def _holders(chain: Chain, epoch: Epoch) -> Iterator[str]:
    pairs = holders.pairs(chain.top.last.holders)
    recipients = [wraps.recipient_hash(first + second) for first, second in pairs]
    count = _seed_wraps(epoch).filter(recipient__in=recipients, user=None).count()
    if count < len(pairs) or not pairs:
        yield f"{epoch.purpose} epoch {epoch.number} is sealed to {count} of {len(pairs)} pairs of holders"


def _member_wraps(chain: Chain, purpose: str) -> Iterator[str]:
    """Each member whose role holds this seed can open the newest epoch."""
    epoch = Epoch.objects.filter(office=chain.office, purpose=purpose).order_by("-number").first()
    if epoch is None:
        return
    for (user, role), keys in sorted(chain.last.members.items(), key=lambda item: item[0]):
        recipient = wraps.recipient_hash(keys.box)
        holds = purpose in offices.SEEDS[role]
        if holds and not _seed_wraps(epoch).filter(user=user, recipient=recipient).exists():
            yield f"user {user} ({role}) has no wrap of {purpose} epoch {epoch.number}"


def _unheld(chain: Chain) -> Iterator[str]:
    """Epochs that no live member opens with a present key, with what is sealed to them; and strange wraps."""
    members = sorted({user for user, _ in chain.last.members})
    recipients = [
        wraps.recipient_hash(bytes(row.box_public)) for row in StaffKey.objects.filter(user__in=members)
    ]
    known: dict[tuple[str, int], bytes] = {}
    for epoch in Epoch.objects.filter(office=chain.office).order_by("purpose", "number"):
        known[epoch.purpose, epoch.number] = wraps.recipient_hash(bytes(epoch.box_public))
        live = _seed_wraps(epoch).filter(user__in=members, recipient__in=recipients)
        if not live.exists():
            rows = Wrap.objects.filter(recipient=known[epoch.purpose, epoch.number], office=chain.office)
            name = f"{epoch.purpose} epoch {epoch.number}"
            count = rows.exclude(kind=Wrap.Kind.CANARY).count()
            if count or epoch.retired_at is None:  # one that was left, and emptied, holds nothing
                yield f"{count} keys are sealed to {name}, which no member opens"
    strange: Counter[str] = Counter()
    rows = Wrap.objects.filter(office=chain.office, kind__in=list(TIP_PURPOSES))
    for row in rows.values("kind", "epoch", "recipient").annotate(count=Count("pk")):
        if known.get((TIP_PURPOSES[row["kind"]], row["epoch"] or 0)) != bytes(row["recipient"]):
            strange[row["kind"]] += row["count"]
    for kind, count in sorted(strange.items()):
        yield f"{count} keys of kind {kind} are sealed to no epoch of the office"


def _seed_wraps(epoch: Epoch) -> QuerySet[Wrap]:
    return Wrap.objects.filter(
        subject=epoch.office.uuid, kind=offices.SEED_KINDS[epoch.purpose], generation=epoch.number
    )
