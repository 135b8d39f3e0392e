"""A new office below one's own, and two offices that become one (VAULT: signed directory, large work)."""

from __future__ import annotations

import re

from accounts.keys import KeySeed
from accounts.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk.joint_models import LIVE, Joint
from complaints.intake.models import OrganisationOffice, Route
from complaints.vault import directory, jobs
from complaints.vault import offices as vault
from complaints.vault.errors import Refused
from complaints.vault.models import Job, Office, Purpose

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def create(
    *,
    parent: Office,
    code: str,
    name: str,
    name_en: str,
    administrator: User,
    heard: str,
    by: User,
    seed: KeySeed,
) -> Office:
    """An office below `parent`, whose first administrator's key was compared by voice.

    Raises Refused, NotAMember, DirectoryBroken.
    """
    if not CODE.fullmatch(code) or Office.objects.filter(code=code).exists():
        raise Refused(_("代码只用小写字母、数字和短横线，而且不能和别的机构相同。"))
    return vault.create_office(
        parent=parent,
        code=code,
        name=name,
        name_en=name_en,
        administrator=administrator,
        granter=seed,
        granted_by=by,
        heard=heard,
    )


def merge(*, source: Office, target: Office, by: User, seed: KeySeed) -> Job:
    """`source` takes no more reports; its tips go to `target`, sealed anew in the background.

    Only who administers both may do it. Its guardians keep the identities of its tips; what was written about
    them stays in the ledger. Raises Refused, NotAMember, DirectoryBroken.
    """
    for office in (source, target):
        if not access.can(by, "administer", office=office):
            raise Refused(_("两个机构都由您管理时，才能合并。"))
    with transaction.atomic():
        rows = Office.objects.select_for_update().filter(pk__in=[source.pk, target.pk])
        locked = {row.pk: row for row in rows.order_by("pk")}
        source, target = locked[source.pk], locked[target.pk]
        _may_end(source, target)
        vault.administrators_office_seed(directory.verify_to_seal(source), by, seed)
        directory.verify_to_seal(target)
        Office.objects.filter(pk=source.pk).update(active=False)
        Route.objects.filter(office=source).update(office=target)
        OrganisationOffice.objects.filter(office=source).update(office=target)
        job = jobs.begin(office=source, purpose=Purpose.OFFICE, user=by, kind=Job.Kind.MERGE, target=target)
        ledger.record(
            kind="merged",
            actor=f"user:{by.pk}",
            at=clock.now(),
            details={"from": source.code, "to": target.code, "tips": job.total},
        )
    jobs.offer(by, seed)
    return job


def _may_end(source: Office, target: Office) -> None:
    if source.pk == target.pk or not source.active or not target.active:
        raise Refused(_("请选两个不同的、还在受理的机构。"))
    if source.parent_id is None:
        raise Refused(_("最上级机构不能并入别的机构。"))
    if source.children.filter(active=True).exists():
        raise Refused(_("这个机构下面还有机构。请先合并下面的机构。"))
    together = Q(office=source, tip__office=target) | Q(office=target, tip__office=source)
    if Joint.objects.filter(together, answer__in=LIVE).exists():
        raise Refused(_("两个机构还有共同办理的件。请先结束共同办理。"))
