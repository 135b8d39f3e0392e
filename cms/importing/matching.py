"""Which item a row is: by code, then (organisation, category, parent + name); never by row or number."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from cms.models import ImportBatch, Organisation, PowerItem

from .names import main_name, name_key

SIMILAR = 0.8  # from here a vanished item and a new one are proposed to be the same, renamed
PROPOSALS = 200  # at most; comparing is quadratic


def same_name(category_code: str | None, parent: str, name: str) -> tuple[str, str]:
    """The key of an item within its organisation."""
    return category_code or "", f"{name_key(main_name(parent, name))}|{name_key(name)}"


@dataclass
class Known:
    """The items of an organisation, and who has which code anywhere."""

    organisation: Organisation | None
    by_key: dict[tuple[str, str], list[PowerItem]] = field(default_factory=lambda: defaultdict(list))
    by_code: dict[str, PowerItem] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, organisation: Organisation | None) -> Known:
        """Read the items of `organisation`; None is one that does not exist yet."""
        known = cls(organisation)
        if organisation is None:
            return known
        rows = (
            PowerItem.objects.source().filter(organisation=organisation).select_related("category", "batch")
        )
        for item in rows.order_by("code", "pk"):
            key = same_name(item.category.code if item.category else None, item.parent_name, item.name)
            known.by_key[key].append(item)
            if item.code:
                known.by_code[item.code.casefold()] = item
        return known

    def match(self, data: dict[str, Any]) -> PowerItem | None:
        """The item that this row is, or None. Each item is given once; the second of a name is the second.

        `same_as` is the code of an item that an editor has confirmed to be this one under an older name.
        """
        code = (data.get("same_as") or data["code"] or "").casefold()
        item = self.by_code.get(code) if code else None
        if item is None or item.pk in self.taken:
            key = same_name(data["category_code"], data["parent"] or "", data["name"])
            free = [item for item in self.by_key[key] if item.pk not in self.taken]
            # An item that has another real code is another item.
            item = next(
                (i for i in free if i.made_code or not i.code or not code or i.code.casefold() == code), None
            )
        if item is not None:
            self.taken.add(item.pk)
        return item

    def elsewhere(self, data: dict[str, Any]) -> bool:
        """Whether the row's code belongs to an item of another organisation."""
        code = data["code"]
        if not code or code.casefold() in self.by_code:
            return False
        own = {"organisation": self.organisation} if self.organisation else {"pk": None}
        return PowerItem.objects.filter(code__iexact=code).exclude(**own).exists()

    def gone(self) -> list[PowerItem]:
        """Public items of the organisation that no row matched."""
        rows = {item.pk: item for items in self.by_key.values() for item in items}
        return [item for pk, item in rows.items() if pk not in self.taken and is_visible(item)]


def is_visible(item: PowerItem) -> bool:
    """Whether anyone sees the item now (dates aside)."""
    return item.live and (item.batch is None or item.batch.state == ImportBatch.State.APPLIED)


def renamed(gone: list[PowerItem], added: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pairs that look like one item renamed: {code, name, new_name, similarity}. An editor confirms."""
    found = []
    for item in gone[:PROPOSALS]:
        category = item.category.code if item.category else None
        best, score = None, SIMILAR
        for data in added[:PROPOSALS]:
            if data["category_code"] != category:
                continue
            ratio = SequenceMatcher(None, name_key(item.name), name_key(data["name"])).ratio()
            if ratio >= score:
                best, score = data, ratio
        if best is not None:
            found.append({"code": item.code, "name": item.name, "new_name": best["name"],
                          "similarity": round(score, 2)})  # fmt: skip
    return found
