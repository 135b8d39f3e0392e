"""allauth's forms where a password is set: the key is sealed anew in the same breath."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.mfa import app_settings
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.utils.translation import gettext, gettext_lazy

from accounts import services
from accounts.models import StaffKey
from accounts.slots import Busy

ASKS = {
    "login": gettext_lazy("请填写用户名。"),
    "password": gettext_lazy("请填写密码。"),
    "oldpassword": gettext_lazy("请填写当前密码。"),
    "password1": gettext_lazy("请填写新密码。"),
    "password2": gettext_lazy("请再填一次新密码。"),
    "code": gettext_lazy("请填写验证码。"),
}


class Asks:
    """An empty field is asked for by its name, so that the summary of errors says what to do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]  # of the form it is mixed into
        for name, sentence in ASKS.items():
            if name in fields:
                fields[name].error_messages["required"] = sentence


class LoginForm(Asks, forms.LoginForm):
    """User name and password."""


class ReauthenticateForm(Asks, forms.ReauthenticateForm):
    """The password once more."""


class Once:
    """A code serves once for as long as it is accepted.

    With a tolerance of one period a code is good for 90 seconds, but allauth remembers a used one for 30.
    """

    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, remembered as used until it lapses. Raises ValidationError."""
        code: str = super().clean_code()  # type: ignore[misc]  # of the form it is mixed into
        if self.authenticator.type == Authenticator.Type.TOTP:
            lasts = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
            cache.set(TOTP(self.authenticator)._get_used_cache_key(code), "y", timeout=lasts)
        return code


class CodeForm(Asks, Once, mfa_forms.AuthenticateForm):
    """The second step of a login."""


class CodeAgainForm(Asks, Once, mfa_forms.ReauthenticateForm):
    """A code once more."""


class ActivateForm(Asks, totp_forms.ActivateTOTPForm):
    """The first code of a new authenticator."""


class ChangePasswordForm(Asks, forms.ChangePasswordForm):
    """Current and new password. What is slow is done while errors can still be told."""

    _made: services.Prepared
    _had_key = False

    def clean_oldpassword(self) -> str:
        """The current password. Raises ValidationError."""
        try:
            return str(super().clean_oldpassword())
        except Busy:
            raise get_adapter().validation_error("busy") from None

    def clean(self) -> dict[str, Any]:
        """Open the key with the current password: where that fails, nothing may change."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        seed = None
        self._had_key = StaffKey.objects.filter(user=self.user).exists()
        try:
            if self._had_key:
                seed = services.open_seed(user=self.user, password=cleaned["oldpassword"])
            self._made = services.prepare(user=self.user, password=cleaned["password1"], seed=seed)
        except services.WrongPassword:
            self.add_error(None, gettext("这个密码打不开您的密钥。请找本机构管理员。"))
        except Busy:
            self.add_error(None, get_adapter().validation_error("busy"))
        return cleaned

    def save(self) -> None:
        """Seal the same key for the new password; a person who had none gets one."""
        if self._had_key:
            services.store_rewrapped(self.user, self._made)
        else:
            services.store_reset(self.user, self._made)


class ResetPasswordKeyForm(Asks, forms.ResetPasswordKeyForm):
    """A password by invitation or after it was forgotten: the key pair is new."""

    _made: services.Prepared

    def clean(self) -> dict[str, Any]:
        """Make a new key pair for the new password."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self._made = services.prepare(user=self.user, password=cleaned["password1"])
            except Busy:
                self.add_error(None, get_adapter().validation_error("busy"))
        return cleaned

    def save(self) -> None:
        """Keep both."""
        services.store_reset(self.user, self._made)
