"""Large numbers as the pages write them, in both languages."""

from __future__ import annotations

import pytest
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import translation


@pytest.mark.once
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_by_threes(language: str) -> None:
    with translation.override(language):
        assert [intcomma(n) for n in (999, 7341, 1234567)] == ["999", "7,341", "1,234,567"]
