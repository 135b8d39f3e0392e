"""Staff and the public half of their keys."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):  # type: ignore[django-manager-missing]  # Wagtail has no types
    """A member of staff. Citizens have no account."""

    language = models.CharField(
        _("界面语言"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )

    dormant = models.BooleanField(default=False, editable=False)  # locked for not having come for long

    class Meta:
        verbose_name = _("工作人员")
        verbose_name_plural = _("工作人员")

    @property
    def name(self) -> str:
        """The name as written in Chinese (family name first), else the login name."""
        return f"{self.last_name}{self.first_name}".strip() or self.username


class Visit(models.Model):
    """One login that holds: the session table alone does not say whose a session is."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="visits")
    session_key = models.CharField(max_length=40, db_index=True)
    device = models.CharField(max_length=40, blank=True)  # "Firefox, Windows"; no address
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)


class StaffKey(models.Model):
    """The public half of a person's key: X25519 and Ed25519, both from one 32-byte seed."""

    user = models.OneToOneField(User, models.CASCADE, related_name="staff_key")
    box_public = models.BinaryField(max_length=32)
    sign_public = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    # A reset makes a new pair: memberships wait until a colleague grants again.
    replaced_at = models.DateTimeField(null=True, blank=True)


class StaffKeyWrap(models.Model):
    """The seed, sealed for one way to open it."""

    class Method(models.TextChoices):
        PASSWORD = "password", _("密码")
        PASSKEY = "passkey", _("通行密钥")

    key = models.ForeignKey(StaffKey, models.CASCADE, related_name="wraps")
    method = models.CharField(max_length=16, choices=Method)
    salt = models.BinaryField(max_length=16)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "method"], name="one_wrap_a_method")]
