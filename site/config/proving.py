"""What follows from a checkpoint: mail to those who keep it, a request to those who cosign it.

Ledger and outbox do not know each other; here both are known. The rows of the outbox are written in the
transaction that makes the checkpoint, and tried until they succeed. A newer checkpoint makes an older request
to a witness idle: it is not asked for that one any more.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override
from ledger import checkpoints, notes, verify, witnesses
from ledger.models import Checkpoint, Witness
from outbox import services as outbox
from outbox.registry import handler

from cms.integrity import published_versions

log = logging.getLogger("ledger")
MAIL, COSIGN = "ledger.mail", "ledger.cosign"

verify.register(published_versions)


def enqueue(sender: Any, checkpoint: Checkpoint, **_rest: Any) -> None:
    """One entry for each witness concerned; `ref` is size and witness."""
    first = witnesses.is_first_of_day(checkpoint)
    for witness in Witness.objects.filter(active=True):
        ref = f"{checkpoint.size}:{witness.pk}"
        if witness.email and first:
            outbox.enqueue(kind=MAIL, ref=ref)
        if witness.url:
            outbox.enqueue(kind=COSIGN, ref=ref)


checkpoints.made.connect(enqueue, dispatch_uid="ledger-checkpoint")


def _rows(ref: str) -> tuple[Checkpoint, Witness] | None:
    """None where the witness is none any more."""
    size, _colon, pk = ref.partition(":")
    witness = Witness.objects.filter(pk=int(pk), active=True).first()
    checkpoint = Checkpoint.objects.filter(size=int(size)).first()
    return (checkpoint, witness) if checkpoint and witness else None


@handler(MAIL, lease=timedelta(minutes=2))
def mail(ref: str) -> None:
    """The checkpoint as the body's end and as a file. After a crash it may come twice, the same."""
    found = _rows(ref)
    if found is None or not found[1].email:
        return
    checkpoint, witness = found
    note = checkpoints.signed(checkpoint)
    with override(settings.LANGUAGE_CODE):
        subject = _("公开账本的账底：%(size)d 行") % {"size": checkpoint.size}
        body = _("请保存这封信。以后拿它和账本的前 %(size)d 行比，就知道有没有人改过。") % {
            "size": checkpoint.size
        }
        how = _("核对的方法：%(url)s/ledger/") % {"url": settings.SITE_URL.rstrip("/")}
    message = EmailMessage(subject, f"{body}\n{how}\n\n{note}", to=[witness.email])
    message.attach(f"{checkpoint.size}.checkpoint", note, "text/plain")
    message.send()


@handler(COSIGN, lease=timedelta(minutes=2))
def cosign(ref: str) -> None:
    """Offer the checkpoint to a witness. Raises witnesses.Unreachable: the outbox tries again."""
    found = _rows(ref)
    if found is None or not found[1].url:
        return
    checkpoint, witness = found
    if Checkpoint.objects.filter(size__gt=checkpoint.size).exists():
        return
    try:
        witnesses.offer(witness, checkpoint)
    except notes.NoteInvalid as error:
        log.error("the witness %s answered with a line that does not hold: %s", witness.name, error)
