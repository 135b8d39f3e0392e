"""Django's command of this name would set a password that opens no key: it is replaced by a refusal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext


class Command(BaseCommand):
    help = "Not in use: `manage.py invite USERNAME` prints a link on which a person sets a password."

    def add_arguments(self, parser: Any) -> None:
        """Whatever Django's takes."""
        parser.add_argument("rest", nargs="*")

    def handle(self, **options: Any) -> None:
        """Refuse and say what to use."""
        raise CommandError(gettext("密码由本人设置：用 manage.py invite 用户名 生成一次性链接。"))
