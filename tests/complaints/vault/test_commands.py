"""vault_init and vault_check."""

from __future__ import annotations

import io
import json
from uuid import uuid4

import pytest
from accounts import services as accounts
from accounts.keys import KeySeed
from accounts.models import StaffKey, User
from django.core.management import CommandError, call_command
from ledger.models import Event

from complaints.vault import directory, holders, offices, root, services, tips
from complaints.vault.checking import check
from complaints.vault.models import Cell, Epoch, Membership, Office, ReceiptSalt, Wrap


def init(tmp_path, **options):
    out = io.StringIO()
    options.setdefault("out", tmp_path / "codes.json")
    call_command("vault_init", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def first(transactional_db, tmp_path):
    return init(tmp_path, office="市纪委监委", administrator="chief", outside_address="省纪委监委")


def test_init_makes_everything(first, tmp_path):
    office = offices.root_office()
    assert (office.name, office.outside_address) == ("市纪委监委", "省纪委监委")
    codes = json.loads((tmp_path / "codes.json").read_text())["holders"]
    publics = directory.verify(office).last.holders
    assert tuple(holders.from_code(code).box_public for code in codes) == publics
    assert (tmp_path / "codes.json").stat().st_mode & 0o777 == 0o600
    assert not any(code in first for code in codes)
    password = first.split("shown this once: ")[1].split()[0]
    user = User.objects.get(username="chief")
    seed = accounts.open_seed(user=user, password=password)
    assert offices.open_canary(office, offices.open_office_seed(user, seed, office))
    assert not root.pending_file().exists()
    assert services.site_ready()


def test_init_again_changes_nothing(first, tmp_path):
    before = (root.public(), bytes(ReceiptSalt.objects.get().salt), (tmp_path / "codes.json").read_text())
    again = init(tmp_path, office="市纪委监委", administrator="chief")
    assert "already" in again
    assert "shown this once" not in again
    assert before == (
        root.public(),
        bytes(ReceiptSalt.objects.get().salt),
        (tmp_path / "codes.json").read_text(),
    )
    assert Office.objects.count() == 1


def test_init_in_two_steps(transactional_db, tmp_path):
    init(tmp_path)
    assert root.pending_file().stat().st_mode & 0o777 == 0o600
    assert not services.site_ready()
    init(tmp_path, office="市", administrator="chief")
    assert services.site_ready()
    assert not root.pending_file().exists()


def test_codes_never_go_to_a_log(db, tmp_path):
    with pytest.raises(CommandError, match="--out"):
        init(tmp_path, out=None)
    assert not root.known()


def test_codes_never_replace_a_file(db, tmp_path):
    (tmp_path / "codes.json").write_text("x")
    with pytest.raises(CommandError):
        init(tmp_path)
    assert not root.known()


@pytest.mark.parametrize("options", [{"office": "市"}, {"administrator": "chief"}])
def test_office_and_administrator_go_together(db, tmp_path, options):
    with pytest.raises(CommandError, match="together"):
        init(tmp_path, **options)


def test_an_existing_administrator_is_asked_for_the_password(db, tmp_path, monkeypatch):
    accounts.create_staff(username="chief", password="correct horse battery staple")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="terminal"):
        init(tmp_path, office="市", administrator="chief")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "wrong")
    with pytest.raises(CommandError, match="not the password"):
        init(tmp_path, office="市", administrator="chief")
    monkeypatch.setattr("getpass.getpass", lambda prompt: "correct horse battery staple")
    assert "Office made" in init(tmp_path, office="市", administrator="chief")


def test_an_impossible_user_name_makes_nothing(db, tmp_path):
    with pytest.raises(CommandError):
        init(tmp_path, office="市", administrator="a b/")
    assert not Office.objects.exists()


def test_a_root_of_another_database_is_refused(first, tmp_path):
    Wrap.objects.all().delete()
    for model in (Cell, Membership, Epoch, directory.DirectoryEntry, Office):
        model.objects.all().delete()
    with pytest.raises(CommandError):
        init(tmp_path)


# vault_check


def run_check():
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("vault_check", stdout=out, stderr=err)
        code = 0
    except SystemExit as exit_:
        code = exit_.code
    return code, out.getvalue() + err.getvalue()


def test_check_is_content(guarded):
    done = tips.seal_tip(
        tip_uuid=uuid4(), office=guarded.lower, reporter=KeySeed.new(), cells=[], identity="x"
    )
    Wrap.objects.bulk_create(done.wraps)
    code, text = run_check()
    assert code == 0, text
    assert "2 offices, 8 directory entries, 0 faults, 0 not held" in text


def test_check_before_init(db):
    code, text = run_check()
    assert code == 1
    assert "vault_init" in text


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: directory.DirectoryEntry.objects.filter(number=2).delete(), "directory"),
        (lambda c: c.lower.directory.last().delete(), "rolled back"),
        (lambda c: Event.objects.filter(kind="directory").first().delete(), "ledger has not"),
        (lambda c: Cell.objects.filter(label="canary-office").update(sealed=b"x"), "canary"),
        (lambda c: Wrap.objects.filter(kind="canary").delete(), "canary"),
        (lambda c: Wrap.objects.filter(user=None, kind="office-seed").delete(), "pairs of holders"),
        (lambda c: Wrap.objects.filter(user=c.users["head"]).delete(), "no wrap"),
        (lambda c: Wrap.objects.filter(user=c.users["head"]).update(signature=b"x" * 64), "not signed"),
        (lambda c: Membership.objects.filter(user=c.users["head"]).update(role="handler"), "database"),
        (lambda c: Epoch.objects.filter(purpose="approval").update(box_public=bytes(32)), "epoch"),
        (
            lambda c: Epoch.objects.create(
                office=c.lower,
                purpose="identity",
                number=1,
                box_public=bytes(32),
                sign_public=bytes(32),
                created_at=c.lower.epochs.get().created_at,
            ),
            "does not name",
        ),
        (lambda c: ReceiptSalt.objects.all().delete(), "salt"),
    ],
)
def test_check_finds(guarded, spoil, words):
    spoil(guarded)
    code, text = run_check()
    assert code == 1
    assert words in text


def test_check_lists_what_nobody_holds(guarded):
    done = tips.seal_tip(
        tip_uuid=uuid4(), office=guarded.lower, reporter=KeySeed.new(), cells=[], identity=None
    )
    Wrap.objects.bulk_create(done.wraps)
    StaffKey.objects.filter(user=guarded.users["head"]).update(box_public=KeySeed.new().box_public)
    report = check()
    assert any("no member opens" in line and line.startswith("lower") for line in report.unheld)


def test_check_lists_what_is_sealed_to_no_epoch(guarded):
    done = tips.seal_tip(
        tip_uuid=uuid4(), office=guarded.lower, reporter=KeySeed.new(), cells=[], identity=None
    )
    Wrap.objects.bulk_create(done.wraps)
    Wrap.objects.filter(kind="case").update(recipient=b"x" * 16)
    assert any("no epoch" in line for line in check().unheld)
