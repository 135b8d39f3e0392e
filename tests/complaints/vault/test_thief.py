"""A thief with database, environment, secrets and files, but no password, receipt or code, opens nothing."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from accounts.keys import KeySeed, SealBroken, kdf, unseal
from accounts.models import StaffKeyWrap
from django.apps import apps
from django.conf import settings
from nacl.public import PrivateKey

from complaints.vault import cells, files, receipts, root, tips, wraps
from complaints.vault.errors import BadSeal, Corrupt
from complaints.vault.models import Cell, Wrap

CANARY = "金丝雀账本四七一一 canary"


@pytest.fixture
def scene(guarded):
    """One named tip with a file, and what the thief must not find."""
    receipt = receipts.new_receipt()
    master = receipts.derive(receipt)
    tip, file_uuid, file_key = uuid4(), uuid4(), os.urandom(32)
    with files.SealedWriter(file_uuid, file_key) as writer:
        writer.write(CANARY.encode() * 500)
    writer.close().row(tip=tip).save()
    facts = json.dumps({"name": f"{CANARY}.pdf", "key": file_key.hex(), "size": writer.true_size})
    done = tips.seal_tip(
        tip_uuid=tip,
        office=guarded.lower,
        reporter=master.reporter,
        cells=[
            tips.NewCell("narrative", CANARY),
            tips.NewCell("file", facts),
            tips.NewCell("note", CANARY),
        ],
        identity=json.dumps({"name": CANARY}, ensure_ascii=False),
    )
    Cell.objects.bulk_create(done.cells)
    Wrap.objects.bulk_create(done.wraps)
    secret = [
        receipt.encode(),
        master.reporter.seed,
        done.talk_key,
        done.case_key,
        file_key,
        *(seed.seed for seed in guarded.seeds.values()),
        guarded.seed(guarded.lower, "head").seed,
        guarded.seed(guarded.root, "chief").seed,
        guarded.seed(guarded.root, "keeper", "identity").seed,
        guarded.seed(guarded.root, "judge", "approval").seed,
        *(code.encode() for code in guarded.codes),
    ]
    root.drop()  # the commit of the first office does this
    return secret


def forms(secret: bytes) -> Iterator[bytes]:
    """How a secret may stand in a dump."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")[:-1]
    yield base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1]


def canaries() -> list[bytes]:
    return [
        CANARY.encode(),
        CANARY.encode("utf-16-le"),
        CANARY.encode("utf-16-be"),
        base64.b64encode(CANARY.encode()).rstrip(b"=")[:-1],
        quote(CANARY).encode(),
        json.dumps(CANARY).strip('"').encode(),
    ]


def loot() -> bytes:
    """Every column of every row, every file under VAR_DIR, the environment and the settings' secrets."""
    parts: list[bytes] = []
    for model in apps.get_models():
        for row in model.objects.all().values_list():
            for value in row:
                raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                parts.append(raw)
    for path in Path(settings.VAR_DIR).rglob("*"):
        if path.is_file():
            parts.append(path.read_bytes())
    parts += [f"{name}={value}".encode() for name, value in os.environ.items()]
    parts += [
        settings.VAULT_PEPPER,
        settings.LEDGER_KEY,
        settings.WORKER_SECRET,
        settings.SECRET_KEY.encode(),
    ]
    return b"\n".join(parts)


def test_the_loot_holds_no_text_and_no_key(scene):
    found = loot()
    assert len(found) > 10_000
    for canary in canaries():
        assert canary not in found
    for secret in scene:
        for form in forms(secret):
            assert form not in found


def test_the_search_would_find_a_canary_in_clear(scene):
    Cell.objects.filter(label="note").update(sealed=CANARY.encode())
    assert canaries()[0] in loot()


def known_keys() -> list[bytes]:
    """Every 32 bytes that the thief has and could try as a key."""
    keys = [settings.VAULT_PEPPER, settings.LEDGER_KEY, settings.WORKER_SECRET, bytes(32)]
    keys.append(bytes.fromhex(settings.SECRET_KEY)[:32].ljust(32, b"\0"))
    for model in apps.get_models():
        for row in model.objects.all().values_list():
            keys += [bytes(v) for v in row if isinstance(v, bytes | memoryview) and len(v) == 32]
    keys += [kdf(key, label) for key in keys for label in ("qf1-box", "qf1-sign", "qf1-find", "qf1-kek")]
    return list(dict.fromkeys(keys))


def test_no_key_at_hand_opens_a_wrap(scene):
    boxes = [PrivateKey(key) for key in known_keys()]
    boxes += [KeySeed(key).box for key in known_keys()[:50]]
    rows = list(Wrap.objects.all())
    assert len(rows) > 10
    for wrap in rows:
        for box in boxes:
            with pytest.raises(BadSeal):
                wraps.open_wrap(
                    box, wrap.sealed, kind=wrap.kind, subject=wrap.subject, generation=wrap.generation
                )


def test_no_key_at_hand_opens_a_cell_a_file_or_a_staff_seed(scene):
    from complaints.vault.models import SealedFile

    blob = SealedFile.objects.get()
    for key in known_keys():
        for cell in Cell.objects.all():
            with pytest.raises(BadSeal):
                cells.open_cell(
                    key,
                    label=cell.label,
                    tip=cell.tip,
                    row=cell.uuid,
                    generation=cell.generation,
                    sealed=cell.sealed,
                )
        with pytest.raises(Corrupt):
            next(files.open_file(blob.uuid, key, 10))
        for wrap in StaffKeyWrap.objects.all():
            with pytest.raises(SealBroken):
                unseal(key, wrap.sealed, b"qf1-staff\0%d" % wrap.key.user_id)


def test_the_database_without_the_pepper_tests_no_password(guarded, settings):
    from accounts import services as accounts

    settings.VAULT_PEPPER = os.urandom(32)
    with pytest.raises(accounts.WrongPassword):
        accounts.open_seed(user=guarded.users["head"], password="correct horse battery staple")


def test_a_guardian_alone_opens_no_identity(scene, guarded):
    cell = Cell.objects.get(label="identity")
    everything = [
        guarded.seed(guarded.root, "keeper", "identity"),
        guarded.seed(guarded.root, "keeper"),
        guarded.seeds["keeper"],
    ]
    halves = []
    for seed in everything:
        for wrap in Wrap.objects.filter(subject=cell.tip):
            try:
                halves.append(
                    wraps.open_wrap(
                        seed.box,
                        wrap.sealed,
                        kind=wrap.kind,
                        subject=wrap.subject,
                        generation=wrap.generation,
                    )
                )
            except BadSeal:
                continue
    assert len(halves) == 1
    for key in [*halves, *(seed.seed for seed in everything)]:
        with pytest.raises(BadSeal):
            cells.open_cell(
                key, label="identity", tip=cell.tip, row=cell.uuid, generation=1, sealed=cell.sealed
            )
