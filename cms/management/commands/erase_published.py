"""erase_published --reason WHY < TEXTS: personal text that was published by mistake leaves every version."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from cms.erasing import service


class Command(BaseCommand):
    help = (
        "Remove texts (one a line, on standard input: a shell keeps what stands in a command) from every "
        "stored version, revision, draft, diff, index and cache. Without --yes: only say where they stand."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="public; must not hold the texts themselves")
        parser.add_argument("--instead", default=service.INSTEAD, help="what stands in their place")
        parser.add_argument("--yes", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            texts = service.checked(sys.stdin.read().splitlines(), options["reason"], options["instead"])
            if not options["yes"]:
                self.tell(*service.found(texts))
                return
            done = service.erase(texts, reason=options["reason"], actor="system", instead=options["instead"])
        except service.Refused as refused:
            raise CommandError(str(refused)) from refused
        for table, count in done.rows.items():
            self.stdout.write(f"{table} {count}")
        for address, number in done.versions:
            self.stdout.write(_("%(address)s 第 %(n)s 版：正文已销毁") % {"address": address, "n": number})
        for address in done.corrected:
            self.stdout.write(_("%(address)s：已按去掉后的内容重新公布") % {"address": address})
        for address in done.withdrawn:
            self.stdout.write(_("%(address)s：去掉以后不合公布条件，已撤下") % {"address": address})
        self.stdout.write(_("以前做的备份里还有，到期才会删除；图片和附件里的文字要另外处理。"))

    def tell(self, counts: Any, versions: Any) -> None:
        for table, count in counts.items():
            self.stdout.write(f"{table} {count}")
        for version in versions:
            self.stdout.write(
                _("%(address)s 第 %(n)s 版") % {"address": version.address, "n": version.number}
            )
        self.stdout.write(_("什么也没有改。确认以后加 --yes。"))
