"""Four offices for stories between them: city above lake and hill, village below lake."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from complaints.intake.models import Region, Route
from complaints.vault import offices
from complaints.vault.models import Office

ROLES = ("triage", "handler", "approver", "custodian", "auditor", "administrator")


@dataclass
class Land:
    """The cast of `desk`, with everybody everywhere: people are named role-office."""

    desk: Any
    offices: dict[str, Office] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)  # the administrator of each office

    def member(self, role: str, code: str) -> str:
        """The name of a person with this role in this office, made on first use."""
        name = f"{role}-{code}"
        if role == "administrator":
            return self.heads[code]
        if name not in self.desk.users:
            desk, head = self.desk, self.heads[code]
            user = desk.person(name)
            offices.grant(
                office=self.offices[code],
                user=user,
                role=role,
                granter_seed=desk.seeds[head],
                granter=desk.users[head],
            )
        return name

    def seeds(self, code: str) -> list[Any]:
        """Every seed of this office that its people hold: office, identity, approval."""
        from complaints.vault.errors import NotAMember
        from complaints.vault.models import Purpose

        found = []
        for name, user in self.desk.users.items():
            for purpose in Purpose:
                try:
                    office = self.offices[code]
                    found.append(offices.open_office_seed(user, self.desk.seeds[name], office, purpose))
                except NotAMember:
                    continue
        return found


def make_land(desk: Any) -> Land:
    """Two more offices beside those of the desk: hill beside lake, village below it."""
    land = Land(desk, {"city": desk.city, "lake": desk.lake}, {"city": "chief", "lake": "head"})
    for code, parent, name in (("hill", "city", "青山县纪委监委"), ("village", "lake", "柳溪镇纪委")):
        head = f"head-{code}"
        desk.person(head)
        by = land.heads[parent]
        land.offices[code] = offices.create_office(
            parent=land.offices[parent],
            code=code,
            name=name,
            administrator=desk.users[head],
            granter=desk.seeds[by],
            granted_by=desk.users[by],
        )
        land.heads[code] = head
        Route.objects.create(
            region=Region.objects.create(code=code, name=name[:3]), office=land.offices[code]
        )
    return land
