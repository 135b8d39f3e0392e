"""The masking check of a case outcome: what its level forbids, and what an editor confirmed for this text."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from workdays import clock

from cms import masking
from cms.masking import Finding

KINDS = {
    "name": gettext_lazy("姓名"),
    "identity": gettext_lazy("身份证号码"),
    "phone": gettext_lazy("电话号码"),
    "plate": gettext_lazy("车牌号"),
    "address": gettext_lazy("住址"),
    "card": gettext_lazy("银行卡号"),
    "email": gettext_lazy("电子邮箱"),
    "account": gettext_lazy("网络账号"),
    "document": gettext_lazy("证件号码"),
    "partial": gettext_lazy("姓氏"),
}


def forbidden(page: Any) -> list[Finding]:
    """What may not stand on the page at its level, each (kind, text) once."""
    text = page.published_text()
    public = [part for part in page.display_name.replace("，", "、").split("、") if part]
    found = masking.blocking(masking.findings(text), page.masking, public=public)
    if page.masking == page.Masking.FULL:
        found += masking.partly_masked(text)
    return list({(f.kind, f.text): f for f in found}.values())


def digest(page: Any) -> str:
    """SHA-256 of the exact text and the level: another text, another digest."""
    return hashlib.sha256(f"{page.masking}\n{page.published_text()}".encode()).hexdigest()


def key(finding: Finding) -> str:
    return f"{finding.kind}:{finding.text}"


def is_confirmed(page: Any, finding: Finding) -> bool:
    """Whether an editor let this finding stand in exactly this text."""
    said = page.masking_confirmed or {}
    return said.get("text") == digest(page) and key(finding) in said.get("findings", [])


def confirm(page: Any, findings: list[str], user: Any) -> None:
    """Record on the page (and so in its revision) who let what stand, for this text."""
    page.masking_confirmed = {
        "text": digest(page),
        "findings": sorted(findings),
        "by": user.pk if user is not None else None,
        "at": clock.now().isoformat(timespec="seconds"),
    }


def sentence(finding: Finding) -> str:
    return _("“%(text)s”像是%(kind)s，没有处理：请改写，或者核对后确认它可以公开。") % {
        "text": finding.text,
        "kind": label(finding),
    }


def label(finding: Finding) -> str:
    return str(KINDS.get(finding.kind, finding.kind))
