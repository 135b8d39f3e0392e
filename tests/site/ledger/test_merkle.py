"""The tree of RFC 6962: its own vectors, outside proofs, and a naive second implementation."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import merkle

CASES = Path(__file__).parent / "testdata"

# The leaves and roots of the RFC's own test tree (as in Certificate Transparency's reference code).
LEAVES = [bytes.fromhex(x) for x in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves):
    """MTH of RFC 6962, 2.1, word for word, over raw leaf data."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m, leaves):
    """PATH of 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m, leaves, whole=True):
    """PROOF and SUBPROOF of 2.1.2."""
    n = len(leaves)
    if m == n:
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def data(n):
    return [b"leaf %d" % i for i in range(n)]


def hashed(leaves):
    return [merkle.leaf_hash(leaf) for leaf in leaves]


def test_it_gives_the_rfcs_roots():
    hashes = hashed(LEAVES)
    for n, expected in enumerate(ROOTS, start=1):
        assert merkle.root(hashes[:n]).hex() == expected
    assert merkle.root([]) == hashlib.sha256(b"").digest()


def outside(kind):
    lines = (CASES / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def cases(kind):
    return [pytest.param(case, id=case["file"]) for case in outside(kind)]


def raw(value):
    return base64.b64decode(value or "")


def holds(verify, *args):
    try:
        verify(*args)
    except merkle.ProofInvalid:
        return False
    return True


@pytest.mark.parametrize("case", cases("inclusion"))
def test_outside_inclusion_cases(case):
    proof = [raw(item) for item in case["proof"] or []]
    ok = holds(
        merkle.verify_inclusion,
        raw(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, raw(case["root"]),
    )  # fmt: skip
    assert ok is not case["wantErr"]


@pytest.mark.parametrize("case", cases("consistency"))
def test_outside_consistency_cases(case):
    proof = [raw(item) for item in case["proof"] or []]
    ok = holds(
        merkle.verify_consistency,
        case["size1"], case["size2"], proof, raw(case["root1"]), raw(case["root2"]),
    )  # fmt: skip
    assert ok is not case["wantErr"]


def test_outside_subtree_inclusion_cases():
    wrong = []
    for case in outside("subtreeinclusion"):
        proof = [raw(item) for item in case["proof"] or []]
        ok = holds(
            merkle.verify_subtree_inclusion,
            raw(case["leafHash"]), case["leafIdx"], case["start"], case["end"], proof, raw(case["root"]),
        )  # fmt: skip
        wrong += [case["file"]] if ok is case["wantErr"] else []
    assert not wrong


def test_outside_subtree_consistency_cases():
    wrong = []
    for case in outside("subtreeconsistency"):
        proof = [raw(item) for item in case["proof"] or []]
        ok = holds(
            merkle.verify_subtree_consistency,
            case["start"], case["end"], case["size"], proof, raw(case["root1"]), raw(case["root2"]),
        )  # fmt: skip
        wrong += [case["file"]] if ok is case["wantErr"] else []
    assert not wrong


def test_all_outside_cases_are_here():
    kinds = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")
    assert sum(len(outside(kind)) for kind in kinds) == 518


def test_every_small_subtree_in_full():
    hashes = hashed(data(20))
    for n in range(1, 21):
        for start in range(n):
            for end in range(start + 1, n + 1):
                if not merkle.is_subtree(start, end):
                    continue
                ranges = merkle.subtree_ranges(start, end, n)
                proof = [merkle.root(hashes[a:b]) for a, b in ranges]
                part, whole = merkle.root(hashes[start:end]), merkle.root(hashes[:n])
                merkle.verify_subtree_consistency(start, end, n, proof, part, whole)
                assert not holds(merkle.verify_subtree_consistency, start, end, n, proof, part, bytes(32))
                assert not holds(merkle.verify_subtree_consistency, start, end, n, proof, bytes(32), whole)
                if start == 0:
                    assert ranges == merkle.consistency_ranges(end, n)


@given(st.integers(0, 300))
def test_root_is_the_naive_one(n):
    assert merkle.root(hashed(data(n))) == naive_root(data(n))


@given(st.data())
def test_proofs_are_the_naive_ones_and_hold(draw):
    n = draw.draw(st.integers(1, 200))
    m = draw.draw(st.integers(0, n - 1))
    leaves, hashes = data(n), hashed(data(n))
    proof = merkle.inclusion_proof(m, hashes)
    assert proof == naive_path(m, leaves)
    merkle.verify_inclusion(hashes[m], m, n, proof, merkle.root(hashes))
    old = m + 1
    proof = merkle.consistency_proof(old, hashes)
    assert proof == naive_proof(old, leaves)
    merkle.verify_consistency(old, n, proof, merkle.root(hashes[:old]), merkle.root(hashes))


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_proof_does_not_hold(draw):
    n = draw.draw(st.integers(2, 100))
    m = draw.draw(st.integers(0, n - 1))
    hashes = hashed(data(n))
    root = merkle.root(hashes)
    proof = merkle.inclusion_proof(m, hashes)
    i, byte = draw.draw(st.integers(0, len(proof) - 1)), draw.draw(st.integers(0, 31))
    bad = list(proof)
    bad[i] = bytes(b ^ (1 if j == byte else 0) for j, b in enumerate(bad[i]))
    for attempt in (bad, proof[:-1], [*proof, root], proof[1:]):
        assert not holds(merkle.verify_inclusion, hashes[m], m, n, attempt, root)
    assert not holds(merkle.verify_inclusion, hashes[m], (m + 1) % n, n, proof, root)


def test_every_small_tree_in_full():
    hashes = hashed(data(33))
    for n in range(34):
        for old in range(1, n + 1):
            proof = merkle.consistency_proof(old, hashes[:n])
            merkle.verify_consistency(old, n, proof, merkle.root(hashes[:old]), merkle.root(hashes[:n]))


@pytest.mark.parametrize(("position", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5)])
def test_no_proof_outside_the_tree(position, size):
    with pytest.raises(ValueError):
        merkle.inclusion_ranges(position, size)


@given(st.integers(0, 300))
def test_compact_reads_from_the_left(n):
    compact, made = merkle.Compact(), {}
    for leaf in hashed(data(n)):
        made |= dict(compact.append(leaf))
    assert compact.root() == naive_root(data(n))
    assert compact.size == n
    # Every complete subtree was reported once, and they are enough for the root.
    assert merkle.fold([made[place] for place in merkle.parts(0, n)]) == compact.root()
    assert len(made) == sum(n >> level for level in range(n.bit_length()))
    assert len(compact._edge) == n.bit_count()
