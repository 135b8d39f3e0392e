"""What happens at the door, written to the security log (six months, apart from everything else).

People by id, failures without the name that was tried (it may be a password typed into the wrong field);
addresses only where axes needs them to lock.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import unlock, visits

log = logging.getLogger("security")


@receiver(authentication_step_completed)
def on_step(sender: Any, *, user: Any, method: str, **kwargs: Any) -> None:
    """A password or a second step was right."""
    log.info("step %s user=%s", method, user.pk)


@receiver(user_logged_in)
def on_login(sender: Any, *, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    """All steps were done."""
    if request is not None and hasattr(request, "session"):
        visits.begin(request, user)
    log.info("login user=%s", user.pk)


@receiver(user_login_failed)
def on_failure(sender: Any, **kwargs: Any) -> None:
    """A name and password that do not belong together."""
    log.warning("login failed")


@receiver(authentication_failed)
def on_wrong_code(sender: Any, *, user: Any, **kwargs: Any) -> None:
    """A wrong, old or used code of the second step."""
    log.warning("mfa failed user=%s", user.pk)


@receiver(user_locked_out)
def on_lock_out(sender: Any, **kwargs: Any) -> None:
    """axes refuses further tries of this name from this address for a while."""
    log.warning("login locked out")


@receiver(user_logged_out)
def on_logout(sender: Any, *, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    """The session's half of the key goes with the session; the browser's with this response."""
    if request is not None:
        unlock.lock(request)
    if user is not None:
        log.info("logout user=%s", user.pk)


@receiver(authenticator_added)
def on_enrolment(
    sender: Any, *, request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any
) -> None:
    """A fresh enrolment is a second step of this session: without the record it would be locked out.

    It counts as a reauthentication too, so that the recovery codes are shown next and nothing is asked again.
    """
    log.info("mfa added type=%s user=%s", authenticator.type, user.pk)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(
            request, user, method="mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


@receiver(authenticator_removed)
def on_removal(sender: Any, *, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    """An authenticator is gone; with the one that makes codes, so are passkeys and recovery codes.

    A passkey needs a script: alone it would keep out who has none.
    """
    log.warning("mfa removed type=%s user=%s", authenticator.type, user.pk)
    if authenticator.type == Authenticator.Type.TOTP:
        Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk).delete()
