#!/usr/bin/env python3
"""Check a proof file of the ledger, alone: python verify.py --key VKEY PROOF CHECKPOINT

核对账本的证明文件，单独运行，不需要网络，也不需要本站的其他程序。

Needs Python 3.9 or later and PyNaCl (pip install pynacl), and nothing else; it opens no connection.

  VKEY        the ledger's verifier key, from print or from a witness, never from the site that is checked
  PROOF       the proof file (c2sp.org/tlog-proof) from the return page
  CHECKPOINT  a checkpoint (c2sp.org/tlog-checkpoint) that somebody else kept: by mail, in print, a witness.
              Without it you learn that the site has shown you this tree, not that it shows all the same one.

Exit code: 0 it holds, 1 it does not, 2 something is missing or cannot be read.
Formats: RFC 6962 (2.1), RFC 8785, C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof.
"""

# mypy: ignore-errors
import argparse
import base64
import hashlib
import json
import sys

try:
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey
except ImportError:
    sys.stderr.write("需要 PyNaCl：pip install pynacl\nPyNaCl is missing: pip install pynacl\n")
    sys.exit(2)

HEADER = "c2sp.org/tlog-proof@v1"
LOG, WITNESS = b"\x01", b"\x04"
MOST = 1_000_000


class Wrong(Exception):
    """It does not hold. Arguments: the sentence in Chinese and in English."""


class Unreadable(Exception):
    """A file or key is not what it should be. Arguments as above."""


def sha256(data):
    return hashlib.sha256(data).digest()


def from_base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Unreadable("文件里的 base64 有误。", "There is broken base64 in a file.") from None


def read(name):
    try:
        with open(name, encoding="utf-8", newline="") as file:
            text = file.read(MOST)
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"读不了 {name}：{error}", f"Cannot read {name}: {error}") from None
    return text.replace("\r\n", "\n")  # as some mail programs and editors leave it


# Keys and notes -----------------------------------------------------------------------------------------


class Key:
    """A verifier key: name+id+base64(type and public key)."""

    def __init__(self, vkey, kind):
        parts = vkey.strip().split("+", 2)
        if len(parts) != 3:
            raise Unreadable(f"公钥写法不对：{vkey}", f"Not a verifier key: {vkey}")
        self.vkey, self.name, raw = vkey.strip(), parts[0], from_base64(parts[2])
        self.id = sha256(self.name.encode() + b"\n" + raw)[:4]
        if raw[:1] != kind or len(raw) != 33 or self.id.hex() != parts[1]:
            raise Unreadable(f"公钥有抄错的地方：{vkey}", f"The verifier key was copied wrongly: {vkey}")
        self.public = VerifyKey(raw[1:])

    def holds(self, message, signature):
        try:
            self.public.verify(message, signature)
        except (BadSignatureError, ValueError, TypeError):
            return False
        return True


def split_note(note, what):
    """(text, [(name, id, bytes)])"""
    text, gap, lines = note.rpartition("\n\n")
    if not gap:
        raise Unreadable(f"{what}里没有签名。", f"There is no signature in the {what}.")
    signatures = []
    for line in lines.strip("\n").split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014":
            raise Unreadable(f"{what}的签名行写法不对。", f"A signature line of the {what} is malformed.")
        raw = from_base64(parts[2])
        signatures.append((parts[1], raw[:4], raw[4:]))
    return text + "\n", signatures


def check_log(note, keys, what):
    """The text of a note that one of the log's keys signed."""
    text, signatures = split_note(note, what)
    signed = False
    for name, ident, signature in signatures:
        for key in keys:
            if (key.name, key.id) == (name, ident):
                if not key.holds(text.encode(), signature):
                    raise Wrong(f"{what}的签名是假的。", f"The signature of the {what} is forged.")
                signed = True
    if not signed:
        raise Wrong(f"{what}不是用您给的公钥签的。", f"The {what} is not signed by the key that you gave.")
    return text


def cosigned_by(note, witnesses):
    """Names of the witnesses whose line under the checkpoint holds."""
    text, signatures = split_note(note, "checkpoint")
    found = []
    for name, ident, blob in signatures:
        for key in witnesses:
            if (key.name, key.id) == (name, ident):
                message = f"cosignature/v1\ntime {int.from_bytes(blob[:8], 'big')}\n{text}"
                if not key.holds(message.encode(), blob[8:]):
                    raise Wrong(f"见证人 {name} 的签名是假的。", f"The line of witness {name} is forged.")
                found.append(name)
    return found


def follow_changes(key, names):
    """All keys that follow from the trusted one by notes that both the old and the new key signed."""
    keys, notes = [key], [read(name) for name in names]
    for _ in notes:
        for note in notes:
            text, _lines = split_note(note, "change of key")
            said = dict(line.split(" ", 1) for line in text.split("\n")[1:] if " " in line)
            both = [Key(said.get("old", ""), LOG), Key(said.get("new", ""), LOG)]
            known = {k.vkey for k in keys}
            if {k.vkey for k in both} & known:
                for one in both:
                    check_log(note, [one], "change of key")
                keys += [k for k in both if k.vkey not in known]
    return keys


def parse_checkpoint(text):
    """(origin, size, root)"""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[1].isdecimal() or str(int(lines[1])) != lines[1]:
        raise Unreadable("这不是账底文件。", "This is not a checkpoint.")
    root = from_base64(lines[2])
    if len(root) != 32:
        raise Unreadable("账底的长度不对。", "The root of the checkpoint has another length.")
    return lines[0], int(lines[1]), root


# The tree -----------------------------------------------------------------------------------------------


def node(left, right):
    return sha256(b"\x01" + left + right)


def root_from_inclusion(leaf, index, size, proof):
    """RFC 9162, 2.1.3.2: the root that the proof leads to, or None."""
    if not 0 <= index < size:
        return None
    at, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            value = node(sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node(value, sibling)
        at, last = at >> 1, last >> 1
    return value if last == 0 else None


def is_consistent(old, new, old_root, new_root, proof):
    """RFC 9162, 2.1.4.2: is the tree of `old` leaves a beginning of the tree of `new`?"""
    if old == new:
        return old > 0 and not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(sibling, before), node(sibling, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def canonical(public):
    """RFC 8785 for an object whose names and values are all text."""
    if not isinstance(public, dict) or not all(isinstance(v, str) for v in public.values()):
        raise Unreadable("证明文件里的公开部分有误。", "The opening in the proof file is malformed.")
    text = json.dumps(public, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


# The proof ----------------------------------------------------------------------------------------------


class Proof:
    """A proof file, taken apart: what it opens, its leaf hash, index, hashes, and checkpoint."""

    def __init__(self, text):
        head, gap, self.note = text.partition("\n\n")
        lines = head.split("\n")
        if not gap or lines[0] != HEADER or len(lines) < 3:
            raise Unreadable("这不是证明文件。", "This is not a proof file.")
        extra, index = lines[1].partition(" "), lines[2].partition(" ")
        if extra[0] != "extra" or index[0] != "index" or not index[2].isdecimal():
            raise Unreadable("证明文件不完整。", "The proof file is not complete.")
        self.index, self.hashes = int(index[2]), [from_base64(line) for line in lines[3:]]
        try:
            opening = json.loads(from_base64(extra[2]))
            self.public = opening["public"]
            pub = sha256(bytes.fromhex(opening["salt"]) + canonical(self.public))
            self.leaf = sha256(b"\x00" + pub + bytes.fromhex(opening["private"]))
        except (ValueError, KeyError, TypeError):
            raise Unreadable("证明文件里的公开部分有误。", "The opening is malformed.") from None
        if any(len(value) != 32 for value in self.hashes):
            raise Unreadable("证明文件里的哈希长度不对。", "A hash of the proof has another length.")


def acknowledged_leaf(note, keys):
    """(leaf, date) of a signed acknowledgement."""
    text = check_log(note, keys, "acknowledgement")
    said = dict(line.split(" ", 1) for line in text.split("\n")[1:] if " " in line)
    return from_base64(said.get("leaf", "")), said.get("date", "")


def check(args, say):
    """Say what holds, one sentence after another. Raises Wrong, Unreadable."""
    keys = follow_changes(Key(args.key, LOG), args.change)
    proof = Proof(read(args.proof))
    origin, size, root = parse_checkpoint(check_log(proof.note, keys, "proof"))
    if root_from_inclusion(proof.leaf, proof.index, size, proof.hashes) != root:
        raise Wrong("证明是假的：这一行不在账里。", "The proof is forged: the leaf is not in the tree.")
    public = proof.public
    say(
        f"第 {proof.index} 行在共 {size} 行的账里：{public.get('date')}，{public.get('kind')}，"
        f"事件 {public.get('event')}。",
        f"Leaf {proof.index} is in the tree of {size}: {public.get('date')}, {public.get('kind')}, "
        f"event {public.get('event')}.",
    )
    if args.acknowledgement:
        leaf, date = acknowledged_leaf(read(args.acknowledgement), keys)
        if leaf != proof.leaf or date != public.get("date"):
            raise Wrong("收件凭证说的是另一件事。", "The acknowledgement is about another leaf.")
        say(f"它就是 {date} 收件凭证上的那一行。", f"It is the leaf that was acknowledged on {date}.")
    witnesses = [Key(vkey, WITNESS) for vkey in args.witness]
    seen = cosigned_by(proof.note, witnesses)
    if args.checkpoint:
        other = read(args.checkpoint)
        if other.startswith(HEADER):  # somebody else's proof holds a checkpoint too
            other = other.partition("\n\n")[2]
        compare(args, (origin, size, root), parse_checkpoint(check_log(other, keys, "checkpoint")), say)
        seen += cosigned_by(other, witnesses)
    else:
        say(
            "没有别人留存的账底可比：只能说明本站给您看的这本账前后相符。",
            "No checkpoint that others kept was given: this shows only what the site has shown to you.",
        )
    missing = [key.name for key in witnesses if key.name not in seen]
    if missing:
        raise Wrong(f"没有见证人 {missing[0]} 的签名。", f"Witness {missing[0]} has not signed.")
    if seen:
        names = "、".join(sorted(set(seen)))
        say(f"见证人已签名：{names}。", f"Signed by the witnesses: {names}.")


def compare(args, ours, theirs, say):
    """The tree of the proof and that of the checkpoint must be one tree."""
    (origin, size, root), (their_origin, their_size, their_root) = ours, theirs
    if origin != their_origin:
        raise Wrong("两份文件说的不是同一本账。", "The two files are about different ledgers.")
    if size == their_size:
        if root != their_root:
            raise Wrong(
                f"同样 {size} 行，有两个账底：这本账被人重写或分成了两本。",
                f"There are two roots for {size} leaves: the ledger was rewritten or forked.",
            )
        say("与您手里的账底相同。", "It is the same tree as that of your checkpoint.")
        return
    old, new = sorted([(size, root), (their_size, their_root)])
    address = f"https://{origin}/proof/consistency?old={old[0]}&new={new[0]}"
    if not args.consistency:
        raise Unreadable(
            f"两份文件的行数不同（{size} 和 {their_size}）。请下载 {address}，再加上 --consistency 文件名。",
            f"The files are about {size} and {their_size} leaves. "
            f"Download {address} and add --consistency FILE.",
        )
    try:
        hashes = [from_base64(line) for line in json.loads(read(args.consistency))["proof"]]
    except (ValueError, KeyError, TypeError):
        raise Unreadable("衔接文件有误。", "The consistency proof cannot be read.") from None
    if not is_consistent(old[0], new[0], old[1], new[1], hashes):
        raise Wrong(
            f"{new[0]} 行的账不是从 {old[0]} 行的账接着写的：前面被改过。",
            f"The tree of {new[0]} leaves does not go on from that of {old[0]}: it was changed.",
        )
    say(
        f"{new[0]} 行的账是从 {old[0]} 行的账接着写的，前面没有改动。",
        f"The tree of {new[0]} leaves goes on from that of {old[0]}; nothing before was changed.",
    )


def main(arguments=None):
    """The exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--key", required=True, metavar="VKEY", help="the ledger's verifier key, from print")
    parser.add_argument("proof", metavar="PROOF")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", nargs="?")
    parser.add_argument("--consistency", metavar="FILE", help="where the two are of different sizes")
    parser.add_argument("--acknowledgement", metavar="FILE", help="what you were given when you reported")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="must have signed")
    parser.add_argument("--change", action="append", default=[], metavar="FILE", help="signed change of key")
    args = parser.parse_args(arguments)

    def say(chinese, english, out=sys.stdout):
        out.write(f"{chinese}\n{english}\n")

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        check(args, say)
    except Wrong as error:
        say("不成立：" + error.args[0], "It does not hold: " + error.args[1], sys.stderr)
        return 1
    except Unreadable as error:
        say(*error.args, sys.stderr)
        return 2
    say("成立。", "It holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
