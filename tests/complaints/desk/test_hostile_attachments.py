"""Hostile files at the desk: shown, thumbnailed and downloaded without an error."""

from __future__ import annotations

from typing import Any

import pytest

from complaints.intake import uploads
from tests.complaints.intake import hostile
from tests.complaints.intake.test_hostile_uploads import ENDINGS

from .test_copies import attached, body

pytestmark = pytest.mark.once  # the tier changes nothing of it
FILES = hostile.DOCUMENTS | hostile.FILES


@pytest.mark.parametrize("name", FILES)
def test_it_is_looked_at(desk: Any, name: str) -> None:
    mime, data = FILES[name]
    ending = ENDINGS.get(mime, mime.partition("/")[2])
    try:
        tip, url = attached(desk, f"a.{ending}", data)
    except uploads.Unwanted:  # refused as it came in
        return
    client = desk.client("handler")
    assert client.post(url + "look/").status_code == 303
    for page in (url + "look/", f"/desk/tips/{tip.number}/"):
        assert client.get(page).status_code == 200
    for part in ("copy/", "pages/0/", "pages/1/", "pages/9/"):
        answer = client.get(url + part)
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            shown = body(answer)
            assert not [word for word in (b"JavaScript", b"ENTITY", b"root:") if word in shown]
    whole = client.get(url)
    assert whole["Content-Disposition"].startswith("attachment")
    assert body(whole) == data
