"""/ledger/ for people and for machines: nothing beyond the newest checkpoint, and no way to ask too much."""

import base64
import hashlib
import json

import pytest
from ledger import checkpoints, keys, merkle, notes, services, tree
from ledger.models import Event, Witness
from nacl.signing import SigningKey
from workdays import clock

from cms.views.ledger_files import CHECKER

pytestmark = pytest.mark.django_db
W1 = SigningKey(bytes(range(1, 33)))
VKEY = notes.vkey("witness.example/w1", bytes(W1.verify_key), notes.COSIGNATURE)


def record(n):
    rows = [services.build(kind="x", actor="system", details={"w": "机密"}) for _ in range(n)]
    return Event.objects.bulk_create(rows)


@pytest.fixture
def made():
    record(300)
    first = checkpoints.make()
    record(10)
    return first, checkpoints.make()


def test_before_the_first_checkpoint(client, installed):
    page = client.get("/ledger/")
    assert page.status_code == 200
    assert "还没有签过账底" in page.content.decode()
    for path in ("checkpoint", "latest.json", "tile/0/000", "proof/inclusion?index=0", "checkpoints/64"):
        answer = client.get(f"/ledger/{path}")
        assert answer.status_code == 404, path
        assert "error" in answer.json()


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page(client, installed, made, prefix, django_assert_max_num_queries):
    Witness.objects.create(name="witness.example/w1", vkey=VKEY, added_at=clock.now())
    client.get(f"{prefix}/ledger/")
    with django_assert_max_num_queries(40):
        text = client.get(f"{prefix}/ledger/").content.decode()
    root = bytes(made[1].root)
    assert root.hex() in text
    assert notes.own_vkey() in text.replace("&#x2B;", "+")
    assert base64.b64encode(root).decode() in text.replace("&#x2B;", "+")
    assert "witness.example/w1" in text
    assert "/ledger/verify.py" in text
    assert hashlib.sha256(CHECKER.read_bytes()).hexdigest() in text


def test_the_newest_checkpoint(client, made):
    answer = client.get("/ledger/checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "max-age=5" in answer["Cache-Control"]
    said = checkpoints.read(answer.content.decode(), keys.ours())
    assert (said.size, said.root) == (384, bytes(made[1].root))
    assert client.get("/ledger/checkpoints/320").content.decode() == made[0].note
    latest = client.get("/ledger/latest.json").json()
    assert (latest["size"], latest["sizes"]) == (384, [384, 320])
    assert latest["checkpoint"] == answer.content.decode()


def test_tiles_make_the_tree(client, made):
    whole = client.get("/ledger/tile/0/000").content
    part = client.get("/ledger/tile/0/001.p/128").content
    leaves = [whole[n : n + 32] for n in range(0, 8192, 32)] + [part[n : n + 32] for n in range(0, 4096, 32)]
    assert len(leaves) == 384
    assert merkle.root(leaves) == bytes(made[1].root)
    assert client.get("/ledger/tile/1/000.p/1").content == merkle.root(leaves[:256])
    assert "immutable" in client.get("/ledger/tile/0/000")["Cache-Control"]


NO_TILES = [
    "0/001", "0/001.p/129", "0/002.p/1", "1/000", "1/000.p/2", "2/000.p/1", "0/000.p/256", "0/000.p/0",
    "0/0", "0/x000/000x", "0/x999/x999/x999/999.p/1", "8/000.p/1", "0/000.p/01", "entries/000",
    "0/x000/001.p/0",
]  # fmt: skip


def test_no_other_tile(client, made):
    for path in NO_TILES:
        assert client.get(f"/ledger/tile/{path}").status_code == 404, path


def test_nothing_beyond_the_checkpoint(client, made):
    from ledger import sequencer

    (event,) = record(1)
    sequencer.append_pending()
    assert tree.head().size == 448
    event.refresh_from_db()
    leaf = bytes(event.leaf_hash).hex()
    for path in (f"proof/inclusion?index={event.position}", f"proof/inclusion?leaf={leaf}",
                 "proof/inclusion?index=0&size=448", "proof/consistency?old=64&new=448",
                 "tile/0/001.p/192"):  # fmt: skip
        assert client.get(f"/ledger/{path}").status_code == 404, path
    assert client.get("/ledger/latest.json").json()["size"] == 384


def test_proofs(client, made):
    event = Event.objects.get(position=77)
    for query in ("index=77", f"leaf={bytes(event.leaf_hash).hex()}", "index=77&size=100"):
        said = client.get(f"/ledger/proof/inclusion?{query}").json()
        hashes = [base64.b64decode(x) for x in said["proof"]]
        leaf = bytes.fromhex(said["leaf"])
        assert leaf == bytes(event.leaf_hash)
        merkle.verify_inclusion(leaf, said["index"], said["size"], hashes, tree.root_at(said["size"]))
    said = client.get("/ledger/proof/consistency?old=320").json()
    hashes = [base64.b64decode(x) for x in said["proof"]]
    merkle.verify_consistency(320, 384, hashes, bytes(made[0].root), bytes(made[1].root))


BAD = [
    ("proof/inclusion", 400), ("proof/inclusion?index=-1", 400), ("proof/inclusion?index=1.5", 400),
    ("proof/inclusion?index=９", 400), ("proof/inclusion?index=384", 404), ("proof/inclusion?leaf=xyz", 400),
    ("proof/inclusion?index=" + "9" * 400, 400), ("proof/inclusion?leaf=" + "0" * 64, 404),
    ("proof/inclusion?index=5&size=5", 404), ("proof/inclusion?index=5&size=0", 404),
    ("proof/consistency", 400), ("proof/consistency?old=9&new=5", 404),
    ("proof/consistency?old=1&new=385", 404),
    ("checkpoints/0", 404), ("checkpoints/99999999999999999999999", 404),
]  # fmt: skip


def test_bad_questions(client, made):
    for path, status in BAD:
        answer = client.get(f"/ledger/{path}")
        assert answer.status_code == status, path
        assert answer.json()["error"]
        assert answer["Cache-Control"] == "no-store"


def test_nothing_of_what_happened(client, made):
    event = Event.objects.get(position=5)
    for path in (
        "checkpoint",
        "latest.json",
        "tile/0/000",
        "proof/inclusion?index=5",
        "feed.atom",
        "key-changes",
    ):
        content = client.get(f"/ledger/{path}").content
        for word in ("机密", str(event.pk), bytes(event.salt_public).hex()):
            assert word.encode() not in content


def test_the_feed(client, made):
    text = client.get("/ledger/feed.atom").content.decode()
    assert text.count("<entry>") == 2
    assert "/ledger/checkpoints/384" in text
    assert base64.b64encode(bytes(made[1].root)).decode() in text


def test_the_checker_is_the_file(client):
    answer = client.get("/ledger/verify.py")
    assert answer.content == CHECKER.read_bytes()
    assert 'filename="verify.py"' in answer["Content-Disposition"]


def post(client, text):
    return client.post("/ledger/cosignatures", text.encode(), content_type="text/plain")


def test_cosignatures_are_taken_in(client, made):
    Witness.objects.create(name="witness.example/w1", vkey=VKEY, added_at=clock.now())
    note, at = made[1].note, 1_700_000_000
    blob = at.to_bytes(8, "big") + W1.sign(notes.cosigned(notes.split(note)[0], at)).signature
    ident = notes.key_id("witness.example/w1", bytes(W1.verify_key), notes.COSIGNATURE)
    line = f"— witness.example/w1 {base64.b64encode(ident + blob).decode()}\n"
    bad = f"— witness.example/w1 {base64.b64encode(ident + blob[:-1] + b'x').decode()}\n"
    assert json.loads(post(client, note + line).content) == {"kept": 1}
    assert client.get("/ledger/checkpoint").content.decode() == note + line
    for text, status in (
        (note + bad, 400),
        ("x", 400),
        (note.replace("384", "385"), 400),
        ("x" * 70_000, 413),
    ):
        assert post(client, text).status_code == status
    assert client.post("/ledger/cosignatures", b"\xff", content_type="text/plain").status_code == 400
    assert client.get("/ledger/cosignatures").status_code == 405
