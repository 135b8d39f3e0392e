"""Writing accounts: the person, the key pair, the wraps that open it.

Key derivation costs 100 ms and 64 MiB: it always runs before the transaction that stores its result.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.urls import reverse
from workdays import clock

from accounts.keys import KeySeed, SealBroken, open_with_password, seal_for_password
from accounts.models import StaffKey, StaffKeyWrap, User

log = logging.getLogger("security")
PASSWORD = StaffKeyWrap.Method.PASSWORD


class WrongPassword(Exception):
    """The password does not open this person's key."""


def create_staff(
    *,
    username: str,
    password: str,
    family_name: str = "",
    given_name: str = "",
    language: str = "zh-hans",
    is_superuser: bool = False,
) -> User:
    """A member of staff with a key pair, sealed for the password. Raises ValidationError, IntegrityError."""
    user = User(
        username=username,
        last_name=family_name,
        first_name=given_name,
        language=language,
        is_superuser=is_superuser,
        is_staff=is_superuser,
    )
    validate_password(password, user)
    user.password = make_password(password)
    user.full_clean()
    seed = KeySeed.new()
    wrap = seal_for_password(seed, password)
    with transaction.atomic():
        user.save(force_insert=True)
        _store_key(user, seed, wrap)
    return user


def invite_staff(
    *, username: str, family_name: str = "", given_name: str = "", is_superuser: bool = False
) -> User:
    """A member of staff without password or key, who gets both by `invitation`. Raises ValidationError."""
    user = User(
        username=username,
        last_name=family_name,
        first_name=given_name,
        is_superuser=is_superuser,
        is_staff=is_superuser,
    )
    user.set_unusable_password()
    user.full_clean()
    user.save(force_insert=True)
    return user


def open_seed(*, user: User, password: str) -> KeySeed:
    """The person's seed. Raises WrongPassword. Costs an Argon2id."""
    wrap = StaffKeyWrap.objects.filter(key__user=user, method=PASSWORD).select_related("key").first()
    if wrap is None:
        raise WrongPassword
    try:
        seed = open_with_password(
            bytes(wrap.sealed), bytes(wrap.salt), password, box_public=bytes(wrap.key.box_public)
        )
    except SealBroken:
        raise WrongPassword from None
    if seed.box_public != bytes(wrap.key.box_public) or seed.sign_public != bytes(wrap.key.sign_public):
        # Another pair's public half stands beside this wrap: what is sealed to it is not for this person.
        log.error("key mismatch user=%s", user.pk)
        raise WrongPassword
    return seed


@dataclass(frozen=True, repr=False)
class Prepared:
    """A password to be: its hash, and the seed sealed for it. All that is slow about it is done."""

    seed: KeySeed
    encoded: str
    wrap: tuple[bytes, bytes]


def prepare(*, user: User, password: str, seed: KeySeed | None = None) -> Prepared:
    """Seal the seed (None: a new one) for a new password. Raises ValidationError, slots.Busy."""
    validate_password(password, user)
    seed = seed or KeySeed.new()
    return Prepared(seed, make_password(password), seal_for_password(seed, password))


def rewrap(*, user: User, old: str, new: str) -> None:
    """Change the password: the same key pair, sealed anew. Raises WrongPassword, ValidationError.

    Other sessions end, because the session's hash is made of the stored password.
    """
    store_rewrapped(user, prepare(user=user, password=new, seed=open_seed(user=user, password=old)))


def store_rewrapped(user: User, made: Prepared) -> None:
    """rewrap, where the same seed has been sealed already. Raises WrongPassword."""
    with transaction.atomic():
        key = StaffKey.objects.select_for_update().get(user=user)
        if bytes(key.box_public) != made.seed.box_public:  # a reset came between
            raise WrongPassword
        _store_wrap(key, made.wrap)
        _store_password(user, made.encoded)
    log.info("password changed user=%s", user.pk)


def reset_key(*, user: User, password: str) -> None:
    """A new password and a new key pair: what was sealed to the old pair is lost to this person.

    Memberships wait until a colleague grants again. Raises ValidationError.
    """
    store_reset(user, prepare(user=user, password=password))


def store_reset(user: User, made: Prepared) -> None:
    """reset_key, where the new pair has been made and sealed already."""
    with transaction.atomic():
        _store_key(user, made.seed, made.wrap)
        _store_password(user, made.encoded)
    log.info("password reset user=%s", user.pk)


def add_totp(user: User) -> str:
    """Give the person a TOTP authenticator; its secret in base32, once. It is stored sealed."""
    secret: str = generate_totp_secret()
    with transaction.atomic():
        Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
        TOTP.activate(user, secret)
    return secret


def drop_second_factor(user: User) -> None:
    """Forget every authenticator and recovery code: the next login enrols anew, after the password."""
    Authenticator.objects.filter(user=user).delete()
    log.warning("second factor dropped user=%s", user.pk)


def end_sessions(user: User) -> int:
    """End every login of this person, with the unlocked key in it; how many."""
    ended = 0
    for session in Session.objects.filter(expire_date__gte=clock.now()):
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
            ended += 1
    log.info("sessions ended user=%s", user.pk)
    return ended


def invitation(user: User) -> str:
    """The path of a page on which this person sets a password, once, within PASSWORD_RESET_TIMEOUT.

    It serves an invitation and a reset alike; nothing of it is stored, and a password set makes it void.
    """
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "U", "key": "K"})
    return f"{path.removesuffix('U-K/')}{key}/"


def _store_key(user: User, seed: KeySeed, wrap: tuple[bytes, bytes]) -> None:
    public = {"box_public": seed.box_public, "sign_public": seed.sign_public}
    key, new = StaffKey.objects.get_or_create(user=user, defaults=public)
    if not new:
        StaffKey.objects.filter(pk=key.pk).update(**public, replaced_at=clock.now())
        key.wraps.all().delete()
    _store_wrap(key, wrap)


def _store_wrap(key: StaffKey, wrap: tuple[bytes, bytes]) -> None:
    salt, sealed = wrap
    StaffKeyWrap.objects.update_or_create(key=key, method=PASSWORD, defaults={"salt": salt, "sealed": sealed})


def _store_password(user: User, encoded: str) -> None:
    user.password = encoded
    user._password = None  # type: ignore[attr-defined]
    user.save(update_fields=["password"])
