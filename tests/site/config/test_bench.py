"""Each part of `bench` takes what the command hands to it; nobody waits an hour to learn that it does not."""

from __future__ import annotations

import importlib
import inspect

import pytest
from config.management.commands import bench


@pytest.mark.parametrize("part", bench.PARTS)
def test_a_part_takes_what_it_is_told(part: str) -> None:
    options = vars(bench.Command().create_parser("manage.py", "bench").parse_args([part]))
    assert options["parts"] == [part]
    told = bench.sizes(part, options)
    assert inspect.signature(importlib.import_module(f"tests.bench.{part}").run).bind(None, **told)
