"""The pin lies in a file: what one test signs is not the next test's past."""

import pytest
from ledger import checkpoints


@pytest.fixture(autouse=True)
def no_pin():
    checkpoints._pin_file().unlink(missing_ok=True)
    yield
    checkpoints._pin_file().unlink(missing_ok=True)
