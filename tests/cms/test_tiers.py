"""A benchmark's tiers against the statutory range: errors name the tier."""

from __future__ import annotations

import pytest

from cms.models import Benchmark, Tier
from cms.publishing.tiers import check_tiers

LAW = Benchmark(title="t", amount_kind="range", minimum=50_000, maximum=500_000)


def tier(name: str, low: int | None, high: int | None, **fields) -> Tier:
    fields.setdefault("max_inclusive", False)
    return Tier(name=name, minimum=low, maximum=high, **fields)


def codes(*tiers: Tier, law: Benchmark = LAW) -> list[tuple[str, str]]:
    return [(finding.code, finding.tier) for finding in check_tiers(law, tiers)]


GOOD = (
    tier("从轻", 50_000, 150_000),
    tier("一般", 150_000, 300_000),
    tier("从重", 300_000, 500_000, max_inclusive=True),
)


def test_it_works():
    assert codes(*GOOD) == []


def test_outside_names_the_tier_and_blocks():
    found = check_tiers(LAW, [*GOOD[:2], tier("从重", 300_000, 600_000)])
    assert [(f.code, f.tier, f.blocks) for f in found] == [("outside", "从重", True)]
    assert "从重" in found[0].message
    assert codes(tier("从轻", 10_000, 150_000), *GOOD[1:]) == [("outside", "从轻")]
    assert codes(*GOOD[:2], tier("从重", 300_000, None)) == [("outside", "从重")]


def test_waivers_may_lie_below():
    waived = Tier(name="不予", degree="none", amount_kind="none")
    mitigated = tier("减轻", 5_000, 20_000, degree="mitigated")
    assert codes(waived, mitigated, *GOOD) == []
    assert codes(tier("减轻", 5_000, 600_000, degree="mitigated"), *GOOD) == [("outside", "减轻")]


def test_overlap_blocks_and_a_gap_warns():
    overlap = check_tiers(LAW, [GOOD[0], tier("一般", 140_000, 300_000), GOOD[2]])
    assert [(f.code, f.tier, f.blocks) for f in overlap] == [("overlap", "一般", True)]
    gap = check_tiers(LAW, [GOOD[0], tier("一般", 160_000, 300_000), GOOD[2]])
    assert [(f.code, f.tier, f.blocks) for f in gap] == [("gap", "一般", False)]


def test_both_ends_of_the_range():
    assert codes(tier("从轻", 60_000, 150_000), *GOOD[1:]) == [("gap", "从轻")]
    assert codes(*GOOD[:2], tier("从重", 300_000, 450_000)) == [("gap", "从重")]


def test_groups_are_judged_apart():
    persons = [tier(t.name, t.minimum, t.maximum, group="个人", max_inclusive=t.max_inclusive) for t in GOOD]
    bodies = [tier(t.name, t.minimum, t.maximum, group="单位", max_inclusive=t.max_inclusive) for t in GOOD]
    assert codes(*persons, *bodies) == []


@pytest.mark.parametrize("kind", ["fixed", "non-monetary"])
def test_amounts_that_are_no_range_make_no_gaps(kind):
    rows = [Tier(name=str(n), amount_kind=kind, minimum=n * 100_000) for n in (1, 2, 4)]
    assert codes(*rows) == []


def test_a_fixed_amount_outside_and_reversed_bounds():
    assert ("outside", "固定") in codes(Tier(name="固定", amount_kind="fixed", minimum=900_000), *GOOD)
    assert codes(tier("反了", 300_000, 100_000), *GOOD) == [("order", "反了")]
    assert codes(tier("空的", None, None), *GOOD) == [("incomplete", "空的")]


def test_multiples_of_one_base():
    law = Benchmark(amount_kind="multiple", multiple_min=1, multiple_max=5, base="违法所得")
    rows = [
        Tier(
            name="轻",
            amount_kind="multiple",
            base="违法所得",
            multiple_min=1,
            multiple_max=2,
            max_inclusive=False,
        ),
        Tier(
            name="中",
            amount_kind="multiple",
            base="违法所得",
            multiple_min=2,
            multiple_max=3,
            max_inclusive=False,
        ),
        Tier(name="重", amount_kind="multiple", base="违法所得", multiple_min=3, multiple_max=6),
    ]
    assert codes(*rows, law=law) == [("outside", "重")]
    rows[2].base = "货值金额"
    assert ("outside", "重") not in codes(*rows, law=law)


def test_fewer_than_three_is_a_warning_that_the_approver_confirms():
    head = Benchmark(title="t", amount_kind="range", minimum=0, maximum=100)
    head.tiers.add(tier("一档", 0, 100, max_inclusive=True))
    assert [f.code for f in head.findings()] == ["few"]
    assert head.publishing_errors()
    head.warnings_confirmed = True
    assert head.publishing_errors() == []
