"""What the worker does for the ledger."""

import logging

from celery import shared_task

from ledger import checkpoints, sequencer

log = logging.getLogger("ledger")


@shared_task
def append() -> None:
    """Append whole batches; two of these at once do no harm, and one that dies is made up for by the next."""
    try:
        sequencer.append_pending(whole=True)
    except sequencer.KeyRetired as error:
        log.error("nothing is appended: %s", error)


@shared_task
def checkpoint() -> None:
    """A checkpoint where the period has none yet; a refusal is said again every time until it is mended."""
    try:
        checkpoints.make_if_due()
    except (checkpoints.Refused, sequencer.KeyRetired) as error:
        log.error("no checkpoint: %s", error)
