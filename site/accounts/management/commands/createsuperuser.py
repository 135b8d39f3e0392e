"""Django's command of this name would make an account without a key: it is replaced by a refusal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext


class Command(BaseCommand):
    help = "Not in use: `manage.py invite USERNAME --create --superuser` makes one."

    def add_arguments(self, parser: Any) -> None:
        """What Django's takes and scripts give."""
        parser.add_argument("--username")
        parser.add_argument("--email")

    def handle(self, **options: Any) -> None:
        """Refuse and say what to use."""
        raise CommandError(gettext("账户由邀请建立：用 manage.py invite 用户名 --create --superuser。"))
