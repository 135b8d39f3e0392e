"""No time for a key derivation: a sentence at the form, nothing changed, and no try counted."""

import pytest
from accounts import keys, services, slots, unlock
from accounts.services import open_seed
from django.test import Client, RequestFactory

from .conftest import PASSWORD, let_in

NEW = "another long pass phrase"
SENTENCE = "现在人多，请等一下"


@pytest.fixture
def busy(monkeypatch):
    """Make the n-th derivation from now on, and all after it, find no slot; None frees them."""
    left = {"free": None}
    slot = keys.kdf_slot

    def kdf_slot(timeout=5):
        if left["free"] is not None:
            if left["free"] == 0:
                raise slots.Busy
            left["free"] -= 1
        return slot(timeout)

    monkeypatch.setattr(keys, "kdf_slot", kdf_slot)
    return lambda free: left.update(free=free)


@pytest.mark.parametrize("free", [0, 1])  # at the hash of the password, at its key
def test_login(client, staff, busy, free):
    for _ in range(7):  # more than failed logins are let through
        busy(free)
        answer = staff.start(client)
        assert answer.status_code == 200
        assert SENTENCE in answer.content.decode()
        assert "_auth_user_id" not in client.session
    busy(None)
    staff.login(client)
    assert let_in(client)


def test_unlock_counts_no_try(staff, busy, rf: RequestFactory):
    for _ in range(7):
        busy(0)
        request = rf.post("/desk/unlock/")
        request.user, request.session = staff.user, {}
        with pytest.raises(slots.Busy):
            unlock.unlock_with_password(request, PASSWORD)
    busy(None)
    assert unlock.unlock_with_password(request, PASSWORD)


@pytest.mark.parametrize("free", [0, 1, 2, 3])
def test_change_of_password(client, staff, busy, free):
    staff.login(client)
    busy(free)
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = client.post("/accounts/password/change/", fields)
    busy(None)
    assert answer.status_code == 200
    assert SENTENCE in answer.content.decode()
    staff.user.refresh_from_db()
    assert staff.user.check_password(PASSWORD)
    assert open_seed(user=staff.user, password=PASSWORD)


@pytest.mark.parametrize("free", [0, 1])
def test_invitation(staff, busy, free):
    client = Client()
    form = client.get(services.invitation(staff.user), follow=True).request["PATH_INFO"]
    busy(free)
    answer = client.post(form, {"password1": NEW, "password2": NEW})
    assert answer.status_code == 200
    assert SENTENCE in answer.content.decode()
    busy(None)
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert open_seed(user=staff.user, password=NEW)
