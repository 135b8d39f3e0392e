"""What the desk has to do without anybody's key."""

from __future__ import annotations

from celery import shared_task

from complaints.desk import deadlines, digest, finding, identity, largework, public, retention
from complaints.vault.models import Office


@shared_task
def forget_stale_indexes() -> int:
    """Unlink index files on this host that still hold a tip moved or destroyed a day ago; how many."""
    older = [path for office in Office.objects.all() for path in largework.tidy(office)]
    return len(older) + len(finding.forget_stale())


@shared_task
def lapse_identity_requests() -> int:
    """End requests for an identity that nobody answered or used in time; how many."""
    return identity.lapse()


@shared_task
def raise_warnings() -> int:
    """Raise what has become due, or grown louder; how many."""
    return deadlines.raise_warnings()


@shared_task
def recompute_deadlines() -> int:
    """Count every deadline by the calendar of now: changes that no signal told of are found here."""
    return deadlines.recompute()


@shared_task
def send_digest() -> int:
    """The daily mail of numbers; how many went out."""
    return digest.send()


@shared_task
def list_for_destruction() -> int:
    """Put on this month's lists what is kept no longer; how many lists were made."""
    return retention.make_lists()


@shared_task
def count_for_the_public() -> int:
    """Count the last quarter when it has settled, once; how many were counted."""
    return int(public.draft() is not None)
