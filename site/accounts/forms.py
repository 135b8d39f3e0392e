"""allauth's forms where a password is set: the key is sealed anew in the same breath."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.mfa import app_settings
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.utils.translation import gettext, gettext_lazy

from accounts import services
from accounts.keys import KeySeed
from accounts.models import StaffKey

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
    """Current and new password."""

    _seed: KeySeed | None = None

    def clean(self) -> dict[str, Any]:
        """Open the key with the current password: where that fails, nothing may change."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and StaffKey.objects.filter(user=self.user).exists():
            try:
                self._seed = services.open_seed(user=self.user, password=cleaned["oldpassword"])
            except services.WrongPassword:
                self.add_error(None, gettext("这个密码打不开您的密钥。请找本机构管理员。"))
        return cleaned

    def save(self) -> None:
        """Seal the same key for the new password; a person who had none gets one."""
        new = self.cleaned_data["password1"]
        if self._seed is None:
            services.reset_key(user=self.user, password=new)
        else:
            services.rewrap_seed(user=self.user, seed=self._seed, new=new)


class ResetPasswordKeyForm(Asks, forms.ResetPasswordKeyForm):
    """A password by invitation or after it was forgotten: the key pair is new."""

    def save(self) -> None:
        """Make a new key pair for the new password."""
        services.reset_key(user=self.user, password=self.cleaned_data["password1"])
