"""What allauth asks of us: where the clear password is at hand, the key is opened for the session."""

from __future__ import annotations

import base64
import logging
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import keys, services, unlock
from accounts.models import User
from accounts.network import client_address
from accounts.slots import Busy

log = logging.getLogger("security")


class Adapter(DefaultAccountAdapter):
    """Accounts are given, not taken: no sign-up, no addresses, no mail."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("用户名或者密码不正确。请检查后再试。"),
        "too_many_login_attempts": _("尝试次数过多，请稍后再试。"),
        "enter_current_password": _("当前密码不正确。"),
        "incorrect_password": _("密码不正确。"),
        "account_inactive": _("此账户已停用。"),
        "busy": _("现在人多，请等一下"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an administrator invites."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """As allauth does; at a login (not a reauthentication) the key goes sealed into the session.

        Raises ValidationError where the host has no time for the key derivation: that is no failed login.
        """
        try:
            return self._authenticate(request, **credentials)
        except Busy:
            self._rollback_login_failed_rl_usage()
            raise self.validation_error("busy") from None

    def _authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if isinstance(user, User) and user.is_active and not request.user.is_authenticated:
            try:
                seed = services.open_seed(user=user, password=credentials["password"])
            except services.WrongPassword:
                # The password is right but opens no key (none was made, or it was tampered with): the person
                # may log in, and the desk stays locked.
                log.warning("no key opened user=%s", user.pk)
            else:
                unlock.unlock(request, seed, user=user)
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """What the limits of allauth count by."""
        return client_address(request) or "unknown"

    def is_reauthentication_required(self, *, app: str | None = None, **kwargs: Any) -> bool:
        """Not for a first enrolment, which comes straight after the password."""
        if app == "allauth.mfa" and not is_mfa_enabled(context.request.user):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The desk; for those whose work is publishing, the administration."""
        return "/admin/" if lands_in_admin(request.user) else settings.LOGIN_REDIRECT_URL

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Every way of setting a password goes through accounts.services, which keeps the key in step."""
        raise RuntimeError("use accounts.services.rewrap or reset_key")

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None,
                    *args: Any, **kwargs: Any) -> None:  # fmt: skip
        """Only what tells something: not that one has just logged in or out."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail to staff: it would tell a mail server when they work."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail at all; pages that would send it are off."""


class MFAAdapter(DefaultMFAAdapter):
    """TOTP secrets and recovery seeds lie sealed under a key of the pepper."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("验证码不正确。请等待新的验证码后再试。"),
    }

    def encrypt(self, text: str) -> str:
        """The text, sealed, in base64."""
        return base64.b64encode(keys.seal(_totp_key(), text.encode(), b"qf1-mfa")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` sealed. Raises SealBroken."""
        return keys.unseal(_totp_key(), base64.b64decode(encrypted_text), b"qf1-mfa").decode()

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """As `get_totp_label`: the login name alone."""
        name = user.get_username()
        return {**super().get_public_key_credential_user_entity(user), "name": name, "display_name": name}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:
        """What a passkey is called whose owner gave it no name."""
        return gettext("通行密钥 %(n)d") % {
            "n": Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        }

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """The login name: nothing else of the person goes onto a phone."""
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        """A QR code as inline SVG, without an XML header; black on white whatever the scheme."""
        code = segno.make(url, error="m", micro=False)
        return code.svg_inline(scale=5, border=4, light="#fff", svgclass="qr", lineclass="qr-line")


def _totp_key() -> bytes:
    return keys.kdf(settings.VAULT_PEPPER, "qf1-mfa")


def lands_in_admin(user: Any) -> bool:
    """Whether this person's work is in /admin/ and not at the desk: has access there and no office."""
    return not user.is_superuser and user.has_perm("wagtailadmin.access_admin") and not _has_office(user)


def _has_office(user: Any) -> bool:
    # `memberships` is the reverse side of complaints.vault's Membership; accounts knows no room by import.
    memberships = getattr(user, "memberships", None)
    return bool(memberships is not None and memberships.exists())


def session_has_mfa(request: HttpRequest) -> bool:
    """Whether this session, and not merely this person, recorded a second step."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def axes_username(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name that axes counts by, also where only the form has it."""
    name = (credentials or {}).get("username")
    if not name and request is not None:
        name = request.POST.get("login", "")
    return str(name or "").strip().lower()
