"""A reporter whose office is late asks the level above to look: one event, and one task there.

The task names number, rule and dates only (LOOK, moment 10), so the office above learns nothing of the tip.
It is made from an outbox row by the room that keeps tasks (complaints.desk.asked); once for each missed day.
"""

from __future__ import annotations

from django.db import transaction
from ledger import services as ledger
from ledger.models import Event
from outbox import services as outbox
from workdays import clock

from complaints.intake import reading
from complaints.intake.afterwards import TooLate
from complaints.intake.models import Tip

KIND = "desk.asked-above"
EVENT = "asked-above"


def may_ask(tip: Tip) -> bool:
    """Whether a promised day has passed, there is an office above, and it was not asked about this day."""
    if not reading.is_late(tip) or tip.office.parent_id is None:
        return False
    asked = Event.objects.filter(kind=EVENT, tag=bytes(tip.tag))
    return not any(event.details.get("due") == str(tip.due_on) for event in asked)


def ask(tip: Tip) -> None:
    """Ask, once for each missed day. Raises TooLate where there is nothing to ask about any more."""
    with transaction.atomic():
        now = Tip.objects.select_for_update(of=("self",)).select_related("office").get(pk=tip.pk)
        if not may_ask(now):
            raise TooLate
        details = {"rule": now.due_rule, "due": str(now.due_on)}
        ledger.record(kind=EVENT, actor="reporter", tag=bytes(now.tag), date=clock.today(), details=details)
        outbox.enqueue(kind=KIND, ref=f"{now.pk}:{now.due_rule}:{now.due_on}")
