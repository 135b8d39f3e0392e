"""Checkpoints, keys, witnesses, proof files, destruction: what they say and what they refuse."""

import base64
import datetime as dt
import http.server
import itertools
import threading
import uuid
from contextlib import contextmanager

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from ledger import checkpoints, destruction, keys, merkle, notes, proofs, sequencer, services, tasks, tree
from ledger import verify as checking
from ledger import witnesses as outside
from ledger.models import Checkpoint, Cosignature, Event, KeyChange, Page, Witness
from nacl.signing import SigningKey
from outbox import services as outbox
from workdays import clock

from tests.faults.twice import as_once

W1 = SigningKey(bytes(range(1, 33)))
NAME = "witness.example/w1"
VKEY = notes.vkey(NAME, bytes(W1.verify_key), notes.COSIGNATURE)


def record(n=1, **more):
    with transaction.atomic():
        return [services.record(**({"kind": "x", "actor": "system"} | more)) for _ in range(n)]


def faults(held=None):
    return [str(fault) for fault in checking.verify(checking.Result(), held)]


def cosignature(note, at=1_700_000_000, key=W1, name=NAME):
    text = notes.split(note)[0]
    blob = at.to_bytes(8, "big") + key.sign(notes.cosigned(text, at)).signature
    ident = notes.key_id(name, bytes(key.verify_key), notes.COSIGNATURE)
    return f"— {name} {base64.b64encode(ident + blob).decode()}"


# The schedule -------------------------------------------------------------------------------------------


def test_a_checkpoint_is_the_signed_head(db):
    record(3)
    made = checkpoints.make()
    said = checkpoints.read(made.note, keys.ours())
    assert said == checkpoints.Said(notes.key_name(), 64, tree.head().root)
    assert made.note.split("\n")[:2] == [notes.key_name(), "64"]
    assert Event.objects.filter(position=None).count() == 0


def test_idle_or_not(db):
    first, second = checkpoints.make(), checkpoints.make()
    assert (first.size, second.size) == (64, 128)
    assert set(Event.objects.values_list("kind", flat=True)) == {sequencer.PADDING}
    assert faults() == []


def test_one_a_period(db, settings):
    settings.LEDGER_EVERY = 60
    tasks.checkpoint()
    tasks.checkpoint()
    assert Checkpoint.objects.count() == 1
    Checkpoint.objects.update(created_at=clock.now() - dt.timedelta(minutes=60))
    tasks.checkpoint()
    assert Checkpoint.objects.count() == 2
    now = dt.datetime(2026, 3, 1, 10, 59, tzinfo=dt.UTC)
    assert checkpoints.next_at(now) == dt.datetime(2026, 3, 1, 11, 0, tzinfo=dt.UTC)
    assert checkpoints.next_at(now + dt.timedelta(minutes=1)) == dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def test_between_checkpoints_only_whole_batches(db):
    record(70)
    tasks.append()
    assert tree.head().size == 64
    assert not Event.objects.filter(kind=sequencer.PADDING).exists()
    assert Event.objects.filter(position=None).count() == 6
    assert [page.emptied for page in Page.objects.all()] == [False]
    checkpoints.make()
    assert [page.emptied for page in Page.objects.order_by("start")] == [False, True]


def test_each_goes_on_from_the_one_before(db):
    made = []
    for count in (1, 100, 0, 64):
        record(count)
        made.append(checkpoints.make())
    for old, new in itertools.pairwise(made):
        proof = tree.consistency_proof(old.size, new.size)
        checkpoints.holds(*(checkpoints.read(row.note, keys.ours()) for row in (old, new)), proof)


@pytest.mark.django_db(transaction=True)
def test_an_old_database_gets_no_signature():
    """All tables are back as they were before anything was; only the file outside remembers."""
    record(1)
    checkpoints.make()
    for model in (Checkpoint, Page, Event):
        model.objects.all().delete()
    from ledger.models import Node, Sequencer

    Node.objects.all().delete()
    Sequencer.objects.all().delete()
    with pytest.raises(checkpoints.Refused, match="a tree of 64 leaves was signed, and this one has 0"):
        checkpoints.make()
    with pytest.raises(CommandError, match="an old database was put back"):
        call_command("ledger_checkpoint")
    tasks.checkpoint()  # says so in the log, and does not fail
    assert not Checkpoint.objects.exists()
    checkpoints._pin_file().write_text("rubbish\n\n— x AAAAAAA=\n")
    with pytest.raises(checkpoints.Refused, match="is not a checkpoint"):
        checkpoints.make()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one():
    record(5)
    errors = []

    def run():
        from django.db import connection

        try:
            checkpoints.make_if_due()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert faults() == []
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    assert sizes[0] == 64


@pytest.mark.parametrize("text", [
    "", "x\n", "x\n1\n", "x\n01\nAAAA\n", "x\n1\nAAAA\n", "x\n-1\n" + "A" * 43 + "=\n",
    "\n1\n" + "A" * 43 + "=\n",
    "x\n1\n" + "A" * 43 + "=\n\nmore\n", f"x\n{2**63}\n" + "A" * 43 + "=\n",
])  # fmt: skip
def test_what_is_no_checkpoint(text):
    with pytest.raises(notes.NoteInvalid):
        checkpoints.parse(text)


def test_commands(db, capsys):
    call_command("ledger_checkpoint")
    assert capsys.readouterr().out == checkpoints.latest().note
    call_command("ledger_checkpoint", "--if-due")
    assert capsys.readouterr().out == ""
    call_command("ledger_key")
    assert capsys.readouterr().out.strip() == notes.own_vkey()


# Keys ---------------------------------------------------------------------------------------------------


def test_a_new_key_is_signed_by_the_old(db, settings, tmp_path, capsys):
    record(1)
    old, first = notes.own_vkey(), checkpoints.make()
    call_command("ledger_key", "--change-to", str(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    out = capsys.readouterr().out
    assert f"old {old}\n" in out
    with pytest.raises(sequencer.KeyRetired):  # the process that still has the old one
        checkpoints.make()
    settings.LEDGER_KEY = bytes.fromhex((tmp_path / "new").read_text())
    record(1)
    second = checkpoints.make()
    assert notes.own_vkey() != old
    assert faults() == []
    # Who holds the old key, printed, walks to the new one; who holds the new one, back.
    assert faults(checking.Held(old, [first.note, second.note])) == []
    assert faults(checking.Held(notes.own_vkey(), [first.note, second.note])) == []
    # Without the signed change, the new key is nobody's.
    KeyChange.objects.all().delete()
    assert any("not signed by this key" in s for s in faults(checking.Held(old, [second.note])))


def test_an_old_key_signs_nothing_new(db, settings):
    checkpoints.make()
    old = notes.signing_key()
    keys.change_to(W1)
    settings.LEDGER_KEY = bytes(W1)
    made = checkpoints.make()
    forged = notes.sign(notes.split(made.note)[0], name=notes.key_name(), key=old)
    with pytest.raises(notes.NoteInvalid):
        checkpoints.read(forged, keys.ours())
    assert checkpoints.read(made.note, keys.ours()).size == made.size


def test_a_change_that_only_one_signed(db):
    checkpoints.make()
    new = notes.vkey(notes.key_name(), bytes(W1.verify_key))
    text = keys.text(64, notes.own_vkey(), new)
    for signer in (notes.signing_key(), W1):
        note = notes.sign(text, name=notes.key_name(), key=signer)
        with pytest.raises(notes.NoteInvalid):
            keys.Keys(notes.own_vkey(), [note])
        KeyChange.objects.update_or_create(size=64, defaults={"note": note, "created_at": clock.now()})
        assert any("changes of the ledger's key do not hold" in s for s in faults())


def test_no_change_to_a_key_in_use(db):
    checkpoints.make()
    with pytest.raises(notes.NoteInvalid):
        keys.change_to(notes.signing_key())
    keys.change_to(W1)
    with pytest.raises(notes.NoteInvalid):
        keys.change_to(SigningKey(bytes(32)))  # two changes at one size


# Witnesses ----------------------------------------------------------------------------------------------


def test_a_cosignature_is_taken_in(db):
    outside.add(vkey=VKEY)
    made = checkpoints.make()
    note = made.note + cosignature(made.note) + "\n"
    (row,) = outside.take(note)
    assert row.signed_at == dt.datetime.fromtimestamp(1_700_000_000, tz=dt.UTC)
    assert checkpoints.signed(made) == note
    assert outside.take(note) == []
    assert Witness.objects.get().size == 64
    assert faults() == []
    Cosignature.objects.update(line=cosignature(made.note, at=1))
    Cosignature.objects.update(line=row.line.replace(row.line[-20:-10], "A" * 10))
    assert any("the cosignature of witness.example/w1 under 64 leaves does not hold" in s for s in faults())


def test_cosignatures_that_are_not_taken(db):
    outside.add(vkey=VKEY)
    made = checkpoints.make()
    stranger = cosignature(made.note, name="stranger.example")
    assert outside.take(f"{made.note}{stranger}\n") == []
    ahead = int((clock.now() + dt.timedelta(hours=1)).timestamp())
    other = notes.sign("x\n1\n" + "A" * 43 + "=\n", name="x", key=W1)
    for bad in (
        made.note + cosignature(made.note, key=SigningKey(bytes(32))).replace(" ", "  ") + "\n",
        made.note + cosignature(made.note, at=ahead) + "\n",
        made.note + cosignature(made.note, at=0) + "\n",
        made.note + cosignature(other) + "\n",  # of another checkpoint
        other,
        made.note.replace("\n64\n", "\n65\n"),
        "x",
    ):
        with pytest.raises(notes.NoteInvalid):
            outside.take(bad)
    assert not Cosignature.objects.exists()


@pytest.mark.parametrize("wrong", [
    {"name": "x"}, {"vkey": "x"}, {"vkey": VKEY, "name": "other"}, {"name": "x", "email": "a@b.cn", "url": "https://x"},
    {"vkey": VKEY, "url": "file:///etc/passwd"}, {"vkey": notes.vkey(NAME, bytes(32))},
])  # fmt: skip
def test_who_cannot_be_a_witness(db, wrong):
    with pytest.raises(ValueError):
        outside.add(**wrong)


def test_witness_commands(db, capsys, tmp_path):
    call_command("ledger_witness", "add", "--key", VKEY)
    made = checkpoints.make()
    (tmp_path / "note").write_text(made.note + cosignature(made.note) + "\n", encoding="utf-8")
    call_command("ledger_witness", "take", str(tmp_path / "note"))
    call_command("ledger_witness", "list")
    assert capsys.readouterr().out == f"{NAME}\n1 new\n{NAME}\t64\t-\t-\n"
    call_command("ledger_witness", "remove", NAME)
    for wrong in (["remove", NAME], ["add", "x"], ["take", "/nowhere"]):
        with pytest.raises(CommandError):
            call_command("ledger_witness", *wrong)


def test_mail_once_a_day(db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    outside.add(name="报社", email="paper@example.cn")
    first = checkpoints.make()
    checkpoints.make()
    while outbox.run_due():
        pass
    (message,) = mail.outbox
    assert message.to == ["paper@example.cn"]
    assert message.body.endswith(checkpoints.signed(first))
    assert message.attachments[0][0] == "64.checkpoint"


def test_a_mail_may_come_twice_and_is_the_same(db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    witness = outside.add(name="报社", email="paper@example.cn")
    first = checkpoints.make()
    ref = f"{first.size}:{witness.pk}"
    as_once("ledger.mail", ref, lambda: {(m.to[0], m.subject, m.body) for m in mail.outbox})


class Example(http.server.BaseHTTPRequestHandler):
    """A witness by the letter of C2SP tlog-witness, with one log."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        head, _, note = body.partition("\n\n")
        old, *proof = head.split("\n")
        text = notes.verify(note, vkey=self.server.log)
        said, size = checkpoints.parse(text), int(old.removeprefix("old "))
        kept = self.server.kept
        if self.path != "/w/add-checkpoint":
            return self.say(404, "")
        if size != (kept.size if kept else 0):
            return self.say(409, f"{kept.size if kept else 0}\n")
        try:
            if kept:
                hashes = [base64.b64decode(line) for line in proof]
                merkle.verify_consistency(kept.size, said.size, hashes, kept.root, said.root)
            elif proof:
                raise merkle.ProofInvalid
        except merkle.ProofInvalid:
            return self.say(422, "")
        self.server.kept = said
        return self.say(200, cosignature(note) + "\n")

    def say(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@contextmanager
def example_witness():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Example)
    server.log, server.kept = notes.own_vkey(), None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_address[1]}/w"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_witness_is_asked_and_signs(db):
    with example_witness() as (server, url):
        witness = outside.add(vkey=VKEY, url=url)
        for count in (1, 100, 0):
            record(count)
            checkpoints.make()
            while outbox.run_due():
                pass
        assert server.kept.size == 256
    assert list(Cosignature.objects.order_by("pk").values_list("checkpoint__size", flat=True)) == [
        64,
        192,
        256,
    ]
    assert faults() == []
    # It remembers more than we: asked from there, it signs; a tree that does not go on from it, never.
    with example_witness() as (server, url):
        rows = list(Checkpoint.objects.order_by("size"))
        server.kept = checkpoints.read(rows[1].note, keys.ours())
        Cosignature.objects.all().delete()
        Witness.objects.update(url=url, size=64)
        witness.refresh_from_db()
        assert outside.offer(witness, rows[2])
        server.kept = checkpoints.Said("x", 192, bytes(32))
        Cosignature.objects.all().delete()
        with pytest.raises(outside.Unreachable, match="422"):
            outside.offer(witness, rows[2])
    with pytest.raises(outside.Unreachable):
        outside.offer(witness, rows[2])


def test_a_witness_asked_twice_signs_once(db):
    with example_witness() as (server, url):
        witness = outside.add(vkey=VKEY, url=url)
        made = checkpoints.make()
        seen = Cosignature.objects.filter(checkpoint=made)
        as_once("ledger.cosign", f"{made.size}:{witness.pk}", lambda: (seen.count(), server.kept))


# Proof files and destruction ----------------------------------------------------------------------------


def test_a_proof_opens_the_public_half_alone(db):
    tag, cell = bytes(range(16)), b"\xcc" * 32
    (event,) = record(1, kind="submitted", actor="reporter", tag=tag, cell_hash=cell, details={"k": "机密"})
    with pytest.raises(proofs.NotYet):
        proofs.of(event)
    checkpoints.make()
    event.refresh_from_db()
    text = proofs.of(event)
    index, hashes, note = proofs.parse(text)
    said = checkpoints.read(note, keys.ours())
    name, leaf = proofs.opened(text)
    assert (name, leaf, index) == (str(event.pk), bytes(event.leaf_hash), event.position)
    merkle.verify_inclusion(leaf, index, said.size, hashes, said.root)
    extra = base64.b64decode(text.split("\n")[1].removeprefix("extra ")).decode()
    assert "submitted" in extra
    for hidden in ("reporter", cell.hex(), "机密", "\\u673a", bytes(event.salt_private).hex()):
        assert hidden not in extra


@pytest.mark.parametrize("text", ["", "x", f"{proofs.HEADER}\n\nx", f"{proofs.HEADER}\nindex 01\n\nx",
                                  f"{proofs.HEADER}\nextra QQ==\nindex 1\nx\n\nx"])  # fmt: skip
def test_what_is_no_proof(text):
    with pytest.raises(ValueError):
        proofs.parse(text)


def test_destroyed_and_still_proven(db):
    tags = [uuid.uuid4().bytes for _ in range(3)]
    gone = [event for tag in tags[:2] for event in record(3, tag=tag, actor="user:5", details={"w": "字"})]
    kept = record(2, tag=tags[2])
    head = checkpoints.make()
    held = checking.Held(notes.own_vkey(), [proofs.of(Event.objects.get(pk=e.pk)) for e in (*gone, *kept)])
    with transaction.atomic():
        (listing,) = destruction.destroy(tags=tags[:2], actor="user:1", details={"rule": "R1"})
        assert destruction.destroy(tags=tags[:2], actor="user:1") == []  # again
    for event in gone:
        row = Event.objects.get(pk=event.pk)
        assert bytes(row.leaf_hash) == bytes(event.leaf_hash)
        assert (row.kind, row.actor, row.details, row.at) == ("", "", {}, None)
        assert not any(bytes(x) for x in (row.tag, row.salt_public, row.salt_private, row.cell_hash))
        with pytest.raises(ValueError):
            proofs.of(row)
    assert listing.details["leaves"] == sorted(bytes(e.leaf_hash).hex() for e in gone)
    result = checking.Result()
    assert list(checking.verify(result, held)) == []
    assert result.destroyed == 6
    checkpoints.make()
    assert faults(held) == []
    assert tree.root_at(head.size) == bytes(head.root)


def test_a_missing_opening_that_nobody_listed(db):
    first, second = record(2, tag=bytes(16))
    (listing,) = record(1, kind="destroyed", details={"leaves": [bytes(first.leaf_hash).hex()]})
    checkpoints.make()
    empty = {"kind": "", "tag": b"", "actor": "", "details": {}, "salt_public": b"", "salt_private": b""}
    Event.objects.filter(pk=second.pk).update(**empty)
    assert faults() == [f"event {second.pk}: its content is gone, and no event lists it as destroyed"]
    Event.objects.filter(pk=second.pk).update(destroyed_by=listing.pk)
    assert faults() == [f"event {second.pk}: its content is gone, and event {listing.pk} does not list it"]
    # Listed, but still there in part; and a list that was itself changed.
    Event.objects.filter(pk=second.pk).update(destroyed_by=None, **empty)
    Event.objects.filter(pk=first.pk).update(destroyed_by=listing.pk)
    assert f"event {first.pk}: is said to be destroyed, but is still there in part" in faults()
    Event.objects.filter(pk=listing.pk).update(details={"leaves": [bytes(second.leaf_hash).hex()]})
    Event.objects.filter(pk=second.pk).update(destroyed_by=listing.pk)
    found = faults()
    assert f"event {listing.pk}: its content is not what its leaf commits to" in found
    assert f"event {second.pk}: its content is gone, and event {listing.pk} does not list it" in found


@pytest.mark.django_db(transaction=True)
def test_destruction_is_part_of_a_transaction():
    with pytest.raises(services.NotInTransaction):
        destruction.destroy(tags=[bytes(16)], actor="user:1")
    with transaction.atomic(), pytest.raises(ValueError):
        destruction.destroy(tags=[b"x"], actor="user:1")


def test_long_lists_are_divided(db, monkeypatch):
    monkeypatch.setattr(destruction, "MOST", 4)
    record(10, tag=bytes(16))
    made = destruction.destroy(tags=[bytes(16)], actor="user:1")
    assert [len(event.details["leaves"]) for event in made] == [4, 4, 2]
    checkpoints.make()
    assert faults() == []
