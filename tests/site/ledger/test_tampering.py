"""Twelve ways to change the past by SQL, each in two strengths, and who finds it.

The attacker has database, code and sequencer, and so writes every leaf and hash above it anew; he has not
the key. The checker has an old checkpoint, kept outside, and the printed verifier key.
"""

import base64
import datetime as dt
import hashlib
import json

import pytest
from django.db import connection, transaction
from ledger import checkpoints, leaves, merkle, notes, proofs, sequencer, services, tree, verify
from ledger.models import Checkpoint, Event, Node, Page, Sequencer
from nacl.signing import SigningKey

from cms.integrity import published_versions
from cms.models import PublishedVersion

EVENTS, TABLES = "ledger_event", ("ledger_event", "ledger_node", "ledger_page", "ledger_checkpoint")
THEIRS = SigningKey(bytes(range(32)))


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def record(n, **more):
    with transaction.atomic():
        return [services.record(kind="x", actor="system", details={"n": i}, **more) for i in range(n)]


@pytest.fixture
def kept(db):
    """Three checkpoints at 64, 192 and 256; the last is what somebody outside holds, with the key."""
    for count in (40, 100, 64):
        record(count)
        checkpoints.make()
    assert [row.size for row in Checkpoint.objects.order_by("size")] == [64, 192, 256]
    return verify.Held(key=notes.own_vkey(), notes=[checkpoints.signed(checkpoints.latest())])


def found(held=None):
    return [str(fault) for fault in verify.verify(verify.Result(), held)]


def at(position):
    return Event.objects.get(position=position)


def rebuild():
    """The attacker's sequencer: all leaves anew from the rows, all hashes above them, the size."""
    events = list(Event.objects.filter(position__isnull=False).order_by("position"))
    for event in events:
        event.leaf_hash = leaves.leaf_of(event)
        Event.objects.filter(pk=event.pk).update(leaf_hash=event.leaf_hash)
    compact, made = merkle.Compact(), []
    for event in events:
        made += compact.append(bytes(event.leaf_hash))
    sql("DELETE FROM ledger_node")
    Node.objects.bulk_create([Node(level=a, index=b, hash=value) for (a, b), value in made])
    Sequencer.objects.update(size=len(events))


def shift(first, by):
    """All positions from `first` on, one by one, because they are unique."""
    rows = Event.objects.filter(position__gte=first).order_by("position" if by < 0 else "-position")
    for pk, position in list(rows.values_list("pk", "position")):
        Event.objects.filter(pk=pk).update(position=position + by)


def names(event, sentences):
    return any(str(event.pk) in sentence for sentence in sentences)


def disagrees(held):
    """What the holder of the old checkpoint is told about it."""
    return [s for s in found(held) if "that you hold" in s]


def test_nothing_was_done(kept):
    assert found() == []
    assert found(kept) == []


@pytest.mark.parametrize("thorough", [False, True])
def test_1_change(kept, thorough):
    event = at(100)
    sql(f"UPDATE {EVENTS} SET actor = 'user:9' WHERE position = 100")
    if thorough:
        rebuild()
        assert f"event {event.pk}: its leaf is not the one in the tree at 100" in found()
    assert names(event, found())
    assert bool(disagrees(kept)) is thorough


@pytest.mark.parametrize("thorough", [False, True])
def test_2_delete(kept, thorough):
    event, leaf = at(100), bytes(at(100).leaf_hash).hex()
    sql(f"DELETE FROM {EVENTS} WHERE position = 100")
    if not thorough:
        assert found() == [f"no event stands at 100: it was deleted (leaf {leaf})"]
        return
    following = at(101)
    shift(101, -1)
    rebuild()
    sentences = found(kept)
    # Its leaf is known from the signed list, and its successor stands where it stood.
    assert f"event {following.pk}: its leaf is not the one in the tree at 100" in sentences
    assert any("something from 64 to 191 was changed, put in or taken out" in s for s in sentences)
    assert any("that you hold of 256" in s or "256 leaves that you hold" in s for s in sentences)
    proof_of_it = Page.objects.get(start=64)
    assert leaf in bytes(proof_of_it.leaves).hex()
    assert not Event.objects.filter(pk=event.pk).exists()


@pytest.mark.parametrize("thorough", [False, True])
def test_3_swap(kept, thorough):
    first, second = at(10), at(20)
    sql(f"UPDATE {EVENTS} SET position = NULL WHERE position = 10")
    sql(f"UPDATE {EVENTS} SET position = 10 WHERE position = 20")
    Event.objects.filter(pk=first.pk).update(position=20)
    if thorough:
        rebuild()
    sentences = found(kept)
    assert f"event {first.pk}: its leaf is not the one in the tree at 20" in sentences
    assert f"event {second.pk}: its leaf is not the one in the tree at 10" in sentences


@pytest.mark.parametrize("thorough", [False, True])
def test_4_back_date_an_event(kept, thorough):
    event = at(200)
    sql(f"UPDATE {EVENTS} SET date = '2020-01-01' WHERE position = 200")
    if thorough:
        rebuild()
    sentences = found(kept)
    assert names(event, sentences)
    assert any(str(event.pk) in s and "is dated 2020-01-01" in s for s in sentences)


def test_4_back_date_with_an_honest_sequencer(kept):
    """It is put in before it is appended: leaf, list and head are all right, only its day is not."""
    late = record(1, date=dt.date(2020, 1, 1))[0]
    checkpoints.make()
    today = Page.objects.order_by("-start").first().date
    assert found(kept) == [
        f"event {late.pk}: is dated 2020-01-01, but came only on {today}: it was back-dated"
    ]


@pytest.mark.parametrize("thorough", [False, True])
def test_5_insert(kept, thorough):
    shift(100, 1)
    event = services.build(kind="x", actor="user:9", details={})
    event.position = 100
    event.save(force_insert=True)
    if thorough:
        rebuild()
    sentences = found(kept)
    assert f"event {event.pk}: its leaf is not the one in the tree at 100" in sentences


@pytest.mark.parametrize("thorough", [False, True])
def test_6_truncate(kept, thorough):
    """With the checkpoints and lists of what is cut off, so that the database alone is whole again."""
    for table, column in (("ledger_event", "position"), ("ledger_page", "start")):
        sql(f"DELETE FROM {table} WHERE {column} >= 192")
    if not thorough:
        assert "no event stands at 192: it was deleted" in found()[0]
        return
    rebuild()
    assert found() == [
        "the checkpoint of 256 leaves is of a larger tree: 192 to 255 were cut off, "
        "or an old database was put back"
    ]
    sql("DELETE FROM ledger_checkpoint WHERE size > 192")
    assert found() == []
    assert found(kept) == [
        "the checkpoint that you hold of 256 leaves is of a larger tree: 192 to 255 were cut off, "
        "or an old database was put back"
    ]


@pytest.mark.parametrize("thorough", [False, True])
def test_7_replace_a_salt(kept, thorough):
    event = at(30)
    Event.objects.filter(pk=event.pk).update(salt_public=bytes(32))
    if thorough:
        rebuild()
    assert names(event, found(kept))


def test_8_replay_an_old_database(db):
    record(10)
    checkpoints.make()
    old = {table: rows(table) for table in (*TABLES, "ledger_sequencer")}
    lost = record(1)[0]
    note = services.acknowledgement(lost)
    checkpoints.make()
    proof = proofs.of(Event.objects.get(pk=lost.pk))
    held = verify.Held(key=notes.own_vkey(), notes=[checkpoints.signed(checkpoints.latest())])
    for table, (columns, content) in old.items():
        sql(f"DELETE FROM {table}")
        for row in content:
            sql(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(row))})", *row)
    assert found() == []
    (sentence,) = found(held)
    assert "64 to 127 were cut off, or an old database was put back" in sentence
    # Who has more than a checkpoint can name the event.
    held.notes = [proof]
    assert any(str(lost.pk) in s and "where it is no longer" in s for s in found(held))
    held.notes = [note]
    assert any(bytes(lost.leaf_hash).hex() in s and "its event was deleted" in s for s in found(held))


def rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return ", ".join(f'"{column[0]}"' for column in cursor.description), cursor.fetchall()


def test_9_fork_the_tree(kept):
    """The same size, another event in it, and a head of his own; he signs with another key of that name."""
    event = at(150)
    sql(f"UPDATE {EVENTS} SET kind = 'y' WHERE position = 150")
    rebuild()
    head = tree.head()
    forged = notes.sign(
        checkpoints.text(notes.key_name(), head.size, head.root), name=notes.key_name(), key=THEIRS
    )
    Checkpoint.objects.filter(size=256).update(root=head.root, note=forged)
    sentences = found(kept)
    assert f"event {event.pk}: its leaf is not the one in the tree at 150" in sentences
    assert any("checkpoint of 256 leaves of" in s and "not signed by this key" in s for s in sentences)
    assert any("256 leaves that you hold was signed over other leaves" in s for s in sentences)
    # And the key refuses to go on from there.
    record(1)
    with pytest.raises(checkpoints.Refused, match="of 256 leaves, does not hold: not signed by this key"):
        checkpoints.make()
    Checkpoint.objects.filter(size=256).delete()
    with pytest.raises(checkpoints.Refused, match="first 192 leaves are not those that were signed"):
        checkpoints.make()


def test_9_fork_with_lists_of_his_own(kept):
    """Without the signed lists the event cannot be named, but the batch can, and the lists are missed."""
    sql(f"UPDATE {EVENTS} SET kind = 'y' WHERE position = 150")
    rebuild()
    for page in Page.objects.filter(start=64):
        joined = b"".join(bytes(h) for h in Event.objects.filter(position__gte=64, position__lt=192)
                          .order_by("position").values_list("leaf_hash", flat=True))  # fmt: skip
        page.note = notes.sign("x\n", name=notes.key_name(), key=THEIRS)
        page.leaves = joined
        page.save()
    sentences = found(kept)
    assert any("the signed list of 64 to 191 does not hold" in s for s in sentences)
    assert any(
        "those up to 64 are the same, and something from 64 to 191 was changed" in s for s in sentences
    )


def test_10_swap_checkpoints(kept):
    first, second = Checkpoint.objects.get(size=64), Checkpoint.objects.get(size=192)
    Checkpoint.objects.filter(pk=first.pk).update(note=second.note)
    Checkpoint.objects.filter(pk=second.pk).update(note=first.note)
    sentences = found()
    assert any("64 leaves" in s and "holds a note about 192 leaves" in s for s in sentences)
    assert any("192 leaves" in s and "holds a note about 64 leaves" in s for s in sentences)


@pytest.fixture
def version(db, wagtail_root):
    from cms import setup
    from tests.cms import making

    setup.install()
    making.item("公开的事项")
    checkpoints.make()
    assert list(published_versions()) == []
    return PublishedVersion.objects.visible().filter(action="published").exclude(content=None).last()


@pytest.mark.parametrize("thorough", [False, True])
def test_11_edit_a_published_version(version, thorough):
    from cms.publishing.snapshot import digest

    content = {**version.content, "title": "改过的标题"}
    more = {"sha256": digest(content)} if thorough else {}
    PublishedVersion.objects.filter(pk=version.pk).update(content=content, **more)
    if thorough:  # and the event too, with its leaf and the tree
        details = {**Event.objects.get(pk=version.event).details, **more}
        Event.objects.filter(pk=version.event).update(details=details)
        rebuild()
    (first, *_rest) = sentences = found()
    assert str(version.event) in first
    assert ("its leaf is not the one in the tree" in first) is thorough
    assert any("was changed after it was published" in s for s in sentences) is not thorough


def test_11_delete_or_put_in_a_published_version(version):
    PublishedVersion.objects.filter(pk=version.pk).update(event=None)
    sentences = found()
    assert any("has no event in the ledger: it was put in" in s for s in sentences)
    assert any(str(version.event) in s and "was published and is gone" in s for s in sentences)


def forge(proof, **changes):
    """Another opening in a proof file."""
    lines = proof.split("\n")
    extra = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    extra["public"].update(changes)
    lines[1] = "extra " + base64.b64encode(json.dumps(extra).encode()).decode()
    return "\n".join(lines), extra["public"]["event"]


def test_12_forge_a_proof(kept):
    event = at(77)
    forged, name = forge(proofs.of(event), date="2020-01-01")
    assert found(verify.Held(kept.key, [proofs.of(event)])) == []
    (sentence,) = found(verify.Held(kept.key, [forged]))
    assert sentence == f"event {name}: the proof that you hold is forged: it leads to another root"


def test_a_large_ledger_costs_no_more_memory(kept, monkeypatch, django_assert_max_num_queries):
    """In chunks smaller than a batch, with lists that reach over several of them."""
    monkeypatch.setattr(verify, "CHUNK", 48)
    assert found(kept) == []
    event = at(130)
    sql(f"UPDATE {EVENTS} SET kind = 'y' WHERE position = 130")
    rebuild()
    assert f"event {event.pk}: its leaf is not the one in the tree at 130" in found(kept)


def test_a_list_that_is_gone_is_missed(kept):
    Page.objects.filter(start=64).delete()
    assert found() == ["the signed list of the leaves 64 to 191 is missing"]


def test_another_key_vouches_for_nothing(kept):
    other = notes.vkey(notes.key_name(), bytes(THEIRS.verify_key))
    sentences = found(verify.Held(other, kept.notes))
    assert sum("does not hold: not signed by this key" in s for s in sentences) == 6
    assert "file 1 that you hold is not signed by this key: not signed by this key" in sentences


def test_leaf_hash_is_what_the_page_says(kept):
    event = at(5)
    page = Page.objects.get(start=0)
    assert bytes(page.leaves)[5 * 32 : 6 * 32] == bytes(event.leaf_hash) == leaves.leaf_of(event)
    assert base64.b64encode(hashlib.sha256(bytes(page.leaves)).digest()).decode() in page.note
    assert sequencer.BATCH == 64
