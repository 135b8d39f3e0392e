"""Every address of the desk, and who may do what there: the table behind the test and docs/roles.md.

`python -m tests.complaints.desk.roles > docs/roles.md` prints it (with DJANGO_SETTINGS_MODULE set).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from complaints.intake.models import Tip

ROLES = ("triage", "handler", "approver", "custodian", "auditor", "administrator")


@dataclass(frozen=True)
class Row:
    """One address: the methods it takes, and the action of the access table that it asks for.

    `also`: actions of which any will do, where a view asks for more than one. "" stands for any member of
    staff.
    """

    methods: str
    action: str
    also: tuple[str, ...] = ()


ROWS: dict[str, Row] = {
    "queue": Row("GET", ""),  # an administrator is sent on to the members
    "unlock": Row("GET POST", ""),
    "lock": Row("POST", ""),
    "search": Row("POST", "search"),
    "suggestions": Row("GET", "search"),
    "fresh": Row("GET", "queue"),
    "view-save": Row("POST", "queue"),
    "view-delete": Row("POST", "queue"),
    "bulk": Row("POST", "bulk"),
    "bulk-run": Row("POST", "bulk"),
    "job": Row("GET", "bulk"),
    "job-go": Row("POST", "bulk"),
    "transfers": Row("GET", "queue"),
    "asked": Row("POST", "transfer"),
    "half": Row("POST", "half"),
    "joint": Row("GET", "open"),
    "joint-answer": Row("POST", "joint"),
    "joint-note": Row("POST", "note"),
    "joint-end": Row("POST", "joint"),
    "procedure": Row("GET", "queue"),
    "rules": Row("GET", "queue"),
    "feed": Row("GET POST", "queue"),
    "templates": Row("GET POST", "reply"),
    "template": Row("GET POST", "reply"),
    "template-delete": Row("POST", "reply"),
    "stats": Row("GET", "queue"),
    "stats-csv": Row("GET", "queue"),
    "identity": Row("GET POST", "half"),
    "identity-answer": Row("POST", "half:b"),
    "identity-look": Row("POST", "identity-request"),
    "retention": Row("GET", "retention"),
    "retention-rule": Row("POST", "administer"),  # and of the topmost office, which the service asks for
    "retention-list": Row("GET", "retention"),
    "retention-answer": Row("POST", "destroy"),
    "audit": Row("GET", "audit"),
    "audit-csv": Row("GET", "audit"),
    "alarms": Row("GET", "audit"),
    "alarm-answer": Row("POST", "audit"),
    "members": Row("GET", "administer"),
    "offices": Row("GET POST", "administer"),
    "emergency": Row("GET POST", "administer"),
    "calendar": Row("GET POST", "administer"),
    "member-invite": Row("POST", "administer"),
    "member-find": Row("POST", "administer"),
    "member": Row("GET POST", "administer"),
    "member-reset": Row("POST", "administer"),
    "member-factor": Row("POST", "administer"),
    "member-wake": Row("POST", "administer"),
    "member-bind": Row("GET POST", "administer"),
    "member-remove": Row("GET POST", "administer"),
    "tip": Row("GET", "queue"),
    "claim": Row("POST", "claim"),
    "release": Row("POST", "claim"),
    "assign": Row("POST", "assign"),
    "reply": Row("POST", "reply"),
    "note": Row("POST", "note"),
    "state": Row("POST", "queue"),  # each step asks for its own action, in the service
    "feedback": Row("POST", "reply"),
    "propose": Row("POST", "propose"),
    "answer": Row("POST", "decide"),
    "hold": Row("POST", "hold"),
    "pause": Row("POST", "pause"),
    "priority": Row("POST", "priority"),
    "labels": Row("POST", "label"),
    "link": Row("POST", "link"),
    "unlink": Row("POST", "link"),
    "export": Row("GET POST", "export"),
    "redact": Row("GET POST", "redact"),
    "redaction": Row("GET", "open"),
    "transfer": Row("GET POST", "transfer"),
    "joint-ask": Row("GET POST", "joint"),
    "return": Row("POST", "transfer"),
    "file": Row("GET", "files"),
    "look": Row("GET POST", "files"),
    "copy": Row("GET", "files"),
    "file-page": Row("GET", "files"),
}


def allowed(row: Row, role: str) -> bool:
    """Whether this role, in its own office, is let in at this address."""
    from complaints import access

    if row.action == "":
        return True
    return any(role in access.TABLE[action] for action in (row.action, *row.also))


def address(name: str, tip: Tip) -> str:
    """Of this tip, or with ids of nothing."""
    from django.urls import reverse

    from complaints.desk.urls import urlpatterns

    pattern = next(p for p in urlpatterns if p.name == name)
    given: dict[str, Any] = {
        "number": tip.number,
        "pk": 999_999 if "<int:pk>" in str(pattern.pattern) else uuid.UUID(int=7),
        "office": "lake",
        "role": "handler",
        "page": 1,
    }
    wanted = pattern.pattern.converters
    return reverse(f"desk:{name}", kwargs={key: given[key] for key in wanted})


def page() -> str:
    """docs/roles.md, whole."""
    from complaints import access
    from complaints.desk.urls import urlpatterns

    head = "| | " + " | ".join(ROLES) + " |\n|---|" + ":-:|" * len(ROLES)
    out = [
        "# Who may do what",
        "",
        "Printed from `complaints/access.py` and from the table of addresses that",
        "`tests/complaints/desk/test_roles.py` calls, each address as each role of the tip's own office, of",
        "one beside it, above it and below it. To print it again:",
        "`python -m tests.complaints.desk.roles > docs/roles.md`.",
        "",
        "Everything holds in one's own office only: for members of any other office, also of the one above,",
        "an address of a tip answers 404, as if the tip did not exist. Triage, handler and approver may be",
        "bound to categories and regions (“Members”): a tip outside answers 404 to that role in the same",
        "way (`tests/complaints/desk/test_remits.py`).",
        "",
        "## Actions",
        "",
        head,
    ]
    for action, roles in access.TABLE.items():
        out.append(f"| {action} | " + " | ".join("●" if role in roles else "" for role in ROLES) + " |")
    out += ["", "## Addresses", "", head.replace("| |", "| address | method | action |", 1)]
    out[-1] = "| address | method | action | " + " | ".join(ROLES) + " |\n|---|---|---|" + ":-:|" * len(ROLES)
    for pattern in urlpatterns:
        row = ROWS[str(pattern.name)]
        marks = " | ".join("●" if allowed(row, role) else "" for role in ROLES)
        out.append(f"| `/desk/{pattern.pattern}` | {row.methods} | {row.action or 'any'} | {marks} |")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    import os
    import sys

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sys.stdout.write(page())
