"""The ways people take through the site, over HTTP, in as few lines as they can be told."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.support.client import RECEIPT, Client, code

ANSWERS = {
    "subject": "关于某窗口收费的反映",
    "identity_mode": "anonymous",
    "concerns_office": "no",
    "respondents-0-name": "张某",
    "respondents-0-unit": "某局",
    "respondents-0-post": "科长",
}
STEPS = 20
AGREE = re.compile(r"agree|confirm|consent|understood|read")


class Stuck(AssertionError):
    """The way did not lead where it should; says where it ended, never what was typed."""


def to_the_end(client: Client, narrative: str, **values: str) -> Client:
    """Answers the questions up to the last page, whose button hands the report in."""
    values = ANSWERS | {"narrative": narrative} | values
    client.get("/report/")
    for _ in range(STEPS):
        if client.path.rstrip("/").endswith("/check"):
            return client
        send(client, values)
    raise Stuck(f"the last question was not reached: {client.path}")


def send(
    client: Client, values: Mapping[str, str], files: Mapping[str, tuple[str, bytes]] | None = None
) -> Client:
    """Sends the open page's form; of radios it knows nothing about it takes the first."""
    form, given = client.form(), dict(values)
    for control in form.fields:
        if control.type == "radio" or (control.type == "checkbox" and AGREE.search(control.name)):
            given.setdefault(control.name, control.value)
    client.submit(form, given, files=files)
    if client.status >= 400:
        raise Stuck(f"{client.status} at {client.path}")
    return client


def report(base: str, narrative: str, **values: str) -> str:
    """Hands in a report; its receipt, 25 digits."""
    client = to_the_end(Client(base), narrative, **values)
    return receipt(send(client, {}))


def receipt(client: Client) -> str:
    """The 25 digits on the open page."""
    found = RECEIPT.search(client.text)
    if client.status != 200 or found is None:
        raise Stuck(f"no receipt at {client.path} ({client.status})")
    return found[0].replace(" ", "")


def come_back(base: str, number: str) -> Client:
    """Opens the return page with a receipt."""
    client = Client(base).get("/report/return/")
    return client.submit(client.form("receipt"), {"receipt": number})


def opens(base: str, number: str) -> bool:
    """Whether the receipt shows its tip (and not the form again)."""
    client = come_back(base, number)
    return client.status == 200 and client.path.endswith("/return/view/")


def log_in(base: str, account: Mapping[str, str]) -> Client:
    """Logs in with password and TOTP; the desk is open and unlocked."""
    client = Client(base).get("/accounts/login/")
    client.submit(
        client.form("login", "password"), {"login": account["username"], "password": account["password"]}
    )
    if any("code" in form.names() for form in client.page.forms):
        client.submit(client.form("code"), {"code": code(account["totp_secret"])})
    client.get("/desk/")
    if client.status != 200 or "/login" in client.path:
        raise Stuck(f"no desk: {client.status} {client.path}")
    return client


def find(desk: Client, words: str) -> list[str]:
    """The addresses of the tips that the desk's search finds."""
    desk.get("/desk/")
    desk.submit(desk.form("q"), {"q": words})
    return [link for link in dict.fromkeys(desk.page.links) if re.search(r"/desk/tips/[^/]+/$", link)]
