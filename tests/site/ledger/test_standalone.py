"""verify.py alone: in an empty folder, isolated, with the standard library and PyNaCl and nothing of ours."""

import ast
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import ledger
import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import checkpoints, keys, merkle, notes, proofs, services, tree
from ledger.models import Checkpoint, Event
from nacl.signing import SigningKey

CHECKER = Path(ledger.__file__).parent / "standalone" / "verify.py"
THEIRS = SigningKey(bytes(range(32)))
WITNESS = SigningKey(bytes(range(1, 33)))


def load():
    module = {"__name__": "checker"}
    exec(compile(CHECKER.read_text(encoding="utf-8"), str(CHECKER), "exec"), module)
    return module


MODULE = load()


def record(n, **more):
    with transaction.atomic():
        return [services.record(**({"kind": "x", "actor": "system"} | more)) for _ in range(n)]


@pytest.fixture
def folder(db, tmp_path):
    """What a reporter and an outsider have, as files."""
    (event,) = record(1, kind="submitted", actor="reporter", tag=bytes(range(16)))
    (tmp_path / "ack").write_text(services.acknowledgement(event), encoding="utf-8")
    record(70)
    first = checkpoints.make()
    record(5)
    second = checkpoints.make()
    event = Event.objects.get(pk=event.pk)
    (tmp_path / "proof").write_text(proofs.of(event, checkpoint=first), encoding="utf-8")
    (tmp_path / "later").write_text(proofs.of(event), encoding="utf-8")
    for name, row in (("first", first), ("second", second)):
        (tmp_path / name).write_text(checkpoints.signed(row), encoding="utf-8")
    between = [base64.b64encode(x).decode() for x in tree.consistency_proof(first.size, second.size)]
    (tmp_path / "between").write_text(json.dumps({"proof": between}))
    return tmp_path


def run(folder, *arguments, key=None):
    """(exit code, both streams), called as a function: starting Python for each would take too long."""
    import contextlib
    import io

    out = io.StringIO()
    names = [str(folder / a) if (folder / a).is_file() else a for a in arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = MODULE["main"](["--key", key or notes.own_vkey(), *names])
    return code, out.getvalue()


def test_on_a_machine_with_nothing_but_it(folder, tmp_path_factory):
    alone = tmp_path_factory.mktemp("alone")
    for name in ("proof", "first"):
        (alone / name).write_bytes((folder / name).read_bytes())
    (alone / "verify.py").write_bytes(CHECKER.read_bytes())
    command = [sys.executable, "-I", "verify.py", "--key", notes.own_vkey(), "proof", "first"]
    clean = {"PATH": os.environ["PATH"], "HOME": str(alone), "LC_ALL": "C"}
    done = subprocess.run(command, cwd=alone, env=clean, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    out = done.stdout.decode()
    assert "成立。" in out
    assert "It holds." in out
    assert "submitted" in out
    assert not done.stderr


def test_it_needs_only_the_standard_library_and_pynacl():
    wanted = set()
    for node in ast.walk(ast.parse(CHECKER.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            wanted.add(node.module.split(".")[0])
    assert wanted - set(sys.stdlib_module_names) == {"nacl"}
    assert not wanted & {"socket", "urllib", "http", "subprocess"}


def test_what_holds(folder):
    assert run(folder, "proof", "first")[0] == 0
    assert run(folder, "proof")[0] == 0
    assert run(folder, "proof", "proof")[0] == 0  # two reporters compare what they were given
    assert run(folder, "later", "second", "--acknowledgement", "ack")[0] == 0
    code, out = run(folder, "later", "first", "--consistency", "between")
    assert code == 0
    assert "goes on from that of 128" in out
    assert run(folder, "proof", "second", "--consistency", "between")[0] == 0


def test_what_is_missing(folder):
    code, out = run(folder, "later", "first")
    assert code == 2
    assert "/proof/consistency?old=128&new=192" in out
    for wrong in (("nowhere",), ("first",), ("ack",), ("proof", "between"), ("proof", "ack")):
        assert run(folder, *wrong)[0] == 2, wrong
    assert run(folder, "proof", key="x")[0] == 2
    assert run(folder, "proof", key=notes.own_vkey()[:-4] + "AAA=")[0] == 2


def edit(folder, name, change):
    text = (folder / name).read_text(encoding="utf-8")
    lines = text.split("\n")
    change(lines)
    (folder / "bad").write_text("\n".join(lines), encoding="utf-8")


def reopen(lines, **changes):
    extra = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    extra["public"].update(changes)
    lines[1] = "extra " + base64.b64encode(json.dumps(extra).encode()).decode()


@pytest.mark.parametrize("change", [
    lambda lines: reopen(lines, date="2020-01-01"),
    lambda lines: reopen(lines, kind="closed"),
    lambda lines: lines.__setitem__(2, "index 1" if lines[2] != "index 1" else "index 2"),
    lambda lines: lines.__setitem__(3, lines[4]),
    lambda lines: lines.__delitem__(3),
    lambda lines: lines.insert(3, lines[3]),
])  # fmt: skip
def test_a_forged_proof(folder, change):
    edit(folder, "proof", change)
    code, out = run(folder, "bad", "first")
    assert code == 1
    assert "The proof is forged" in out


def test_a_forged_head(folder):
    """The attacker's own tree, in which the proof is right, signed by his own key of the same name."""
    said = checkpoints.parse(
        notes.split((folder / "proof").read_text(encoding="utf-8").partition("\n\n")[2])[0]
    )
    text = checkpoints.text(said.origin, said.size, said.root)
    forged = notes.sign(text, name=notes.key_name(), key=THEIRS)
    head = (folder / "proof").read_text(encoding="utf-8").partition("\n\n")[0]
    (folder / "bad").write_text(f"{head}\n\n{forged}", encoding="utf-8")
    code, out = run(folder, "bad", "first")
    assert code == 1
    assert "not signed by the key that you gave" in out
    # Under our key's id, with his signature.
    ours = notes.split((folder / "first").read_text(encoding="utf-8"))[1][0]
    theirs = notes.split(forged)[1][0]
    line = f"— {ours.name} {base64.b64encode(ours.key_id + theirs.blob).decode()}"
    (folder / "bad").write_text(f"{head}\n\n{text}\n{line}\n", encoding="utf-8")
    assert "forged" in run(folder, "bad", "first")[1]


def test_two_trees_of_one_size(folder):
    """The key was stolen too: only what somebody else kept tells."""
    note = notes.sign(
        checkpoints.text(notes.key_name(), 128, bytes(32)), name=notes.key_name(), key=notes.signing_key()
    )
    (folder / "kept").write_text(note, encoding="utf-8")
    code, out = run(folder, "proof", "kept")
    assert code == 1
    assert "two roots for 128 leaves" in out
    code, out = run(folder, "later", "kept", "--consistency", "between")
    assert code == 1
    assert "does not go on" in out


def test_another_acknowledgement(folder):
    (other,) = record(1)
    (folder / "other").write_text(services.acknowledgement(other), encoding="utf-8")
    code, out = run(folder, "proof", "first", "--acknowledgement", "other")
    assert code == 1
    assert "about another leaf" in out


def test_a_witness_must_have_signed(folder):
    name = "witness.example/w1"
    vkey = notes.vkey(name, bytes(WITNESS.verify_key), notes.COSIGNATURE)
    assert run(folder, "proof", "first", "--witness", vkey)[0] == 1
    note = (folder / "first").read_text(encoding="utf-8")
    at = 1_700_000_000
    blob = at.to_bytes(8, "big") + WITNESS.sign(notes.cosigned(notes.split(note)[0], at)).signature
    ident = notes.key_id(name, bytes(WITNESS.verify_key), notes.COSIGNATURE)
    good = f"{note}— {name} {base64.b64encode(ident + blob).decode()}\n"
    (folder / "cosigned").write_text(good, encoding="utf-8")
    code, out = run(folder, "proof", "cosigned", "--witness", vkey)
    assert code == 0
    assert name in out
    bad = f"{note}— {name} {base64.b64encode(ident + bytes(8) + blob[8:]).decode()}\n"
    (folder / "cosigned").write_text(bad, encoding="utf-8")
    assert run(folder, "proof", "cosigned", "--witness", vkey)[0] == 1


def test_over_a_change_of_key(folder, settings):
    old = notes.own_vkey()
    change = keys.change_to(THEIRS)
    settings.LEDGER_KEY = bytes(THEIRS)
    made = checkpoints.make()
    event = Event.objects.get(kind="submitted")
    (folder / "new").write_text(proofs.of(event), encoding="utf-8")
    (folder / "change").write_text(change.note, encoding="utf-8")
    assert made == Checkpoint.objects.order_by("-size").first()
    assert run(folder, "new", key=old)[0] == 1
    assert run(folder, "new", "--change", "change", key=old)[0] == 0
    assert run(folder, "new", key=notes.own_vkey())[0] == 0


def test_lines_as_other_systems_end_them(folder):
    text = (folder / "first").read_text(encoding="utf-8")
    (folder / "dos").write_bytes(text.replace("\n", "\r\n").encode())
    assert run(folder, "proof", "dos")[0] == 0


# Its own small Merkle code against the house's, which has passed all 518 outside cases -------------------


def hashes(n):
    return [merkle.leaf_hash(b"leaf %d" % i) for i in range(n)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_its_proofs_are_ours(draw):
    n = draw.draw(st.integers(1, 130))
    m = draw.draw(st.integers(0, n - 1))
    leaves = hashes(n)
    root, proof = merkle.root(leaves), merkle.inclusion_proof(m, leaves)
    assert MODULE["root_from_inclusion"](leaves[m], m, n, proof) == root
    old = m + 1
    between = merkle.consistency_proof(old, leaves)
    assert MODULE["is_consistent"](old, n, merkle.root(leaves[:old]), root, between)
    # Whatever is done to it, both say the same.
    index = draw.draw(st.integers(0, n + 2))
    size = draw.draw(st.integers(0, n + 2))
    kind = draw.draw(st.sampled_from(["cut", "more", "flip", "none"]))
    bad = list(proof)
    if kind == "cut":
        bad = bad[:-1]
    elif kind == "more":
        bad.append(root)
    elif kind == "flip" and bad:
        at = draw.draw(st.integers(0, len(bad) - 1))
        bad[at] = bytes([bad[at][0] ^ 1]) + bad[at][1:]
    try:
        ours = merkle.root_from_inclusion(leaves[m], index, size, bad)
    except merkle.ProofInvalid:
        ours = None
    assert MODULE["root_from_inclusion"](leaves[m], index, size, bad) == ours
    try:
        merkle.verify_consistency(max(old, 1), size, bad, merkle.root(leaves[:old]), root)
        holds = True
    except merkle.ProofInvalid:
        holds = False
    assert MODULE["is_consistent"](old, size, merkle.root(leaves[:old]), root, bad) == holds


def test_the_outside_cases():
    cases = Path(__file__).parent / "testdata"
    wrong = []
    for line in (cases / "inclusion.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        proof = [base64.b64decode(x) for x in case["proof"] or []]
        leaf, root = (base64.b64decode(case[x] or "") for x in ("leafHash", "root"))
        fits = all(len(x) == 32 for x in (leaf, *proof))
        found = MODULE["root_from_inclusion"](leaf, case["leafIdx"], case["treeSize"], proof)
        wrong += [case["file"]] if (fits and found == root) is case["wantErr"] else []
    for line in (cases / "consistency.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        proof = [base64.b64decode(x) for x in case["proof"] or []]
        roots = [base64.b64decode(case[x] or "") for x in ("root1", "root2")]
        ok = MODULE["is_consistent"](case["size1"], case["size2"], *roots, proof)
        wrong += [case["file"]] if ok is case["wantErr"] else []
    assert not wrong
