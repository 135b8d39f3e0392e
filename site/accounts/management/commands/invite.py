"""`manage.py invite USERNAME`: a link on which that person sets a password, once, within a day.

It is printed to the terminal and stored nowhere. For someone who had a password it is a reset: the key pair
is new, and memberships wait until a colleague grants again.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext

from accounts import services
from accounts.models import User


class Command(BaseCommand):
    help = "Print a link on which a member of staff sets a password, once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """The name, and for a new account what it needs."""
        parser.add_argument("username")
        parser.add_argument("--create", action="store_true", help="make the account; without, it must exist")
        parser.add_argument("--family-name", default="")
        parser.add_argument("--given-name", default="")
        parser.add_argument("--superuser", action="store_true", help="may do everything in /admin/")

    def handle(self, *, username: str, create: bool, **options: Any) -> None:
        """Print the address."""
        user = self._new(username, options) if create else User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(gettext("没有叫“%(name)s”的账户。新建请加 --create。") % {"name": username})
        self.stdout.write(settings.SITE_URL.rstrip("/") + services.invitation(user))

    def _new(self, username: str, options: dict[str, Any]) -> User:
        try:
            return services.invite_staff(
                username=username,
                family_name=options["family_name"],
                given_name=options["given_name"],
                is_superuser=options["superuser"],
            )
        except ValidationError as error:
            raise CommandError("；".join(error.messages)) from error
