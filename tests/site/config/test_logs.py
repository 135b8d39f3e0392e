"""Logs hold no query string, no address under /report/, no receipt, and no exception's text."""

from __future__ import annotations

import io
import logging

import pytest
from config.logs import Plain, Redact, redact

RECEIPT = "12345 67890 12345 67890 12345"


@pytest.mark.parametrize(
    "line",
    [
        RECEIPT,
        RECEIPT.replace(" ", ""),
        RECEIPT.replace(" ", "-"),
        RECEIPT.replace(" ", "%20"),
        RECEIPT.replace(" ", "\u00a0"),
        "".join(chr(ord("\uff10") + int(d)) for d in RECEIPT if d != " "),
        f"receipt={RECEIPT} not found",
    ],
)
def test_receipts_go(line: str) -> None:
    assert "67890" not in redact(line)
    assert "\uff16\uff17" not in redact(line)


def test_addresses_go() -> None:
    assert redact("GET /search/?q=张某&page=2 500") == "GET /search/?… 500"
    assert redact("Not Found: /en/report/what/") == "Not Found: /en/report/…"


def test_what_helps_stays() -> None:
    assert redact("entry 17 of 2026-11-20 10:20:30: OperationalError") == (
        "entry 17 of 2026-11-20 10:20:30: OperationalError"
    )


def logged(write: object) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Plain("%(message)s"))
    handler.addFilter(Redact())
    logger = logging.getLogger("qingfeng.test")
    logger.handlers.clear()
    logger.propagate = False
    logger.addHandler(handler)
    write(logger)  # type: ignore[operator]
    return out.getvalue()


def test_an_exception_keeps_its_class_and_place_and_loses_its_text() -> None:
    typed, other = "王小明", "张某"

    def write(logger: logging.Logger) -> None:
        try:
            try:
                int(typed)
            except ValueError as error:
                raise RuntimeError(other) from error
        except RuntimeError:
            logger.exception("failed for %s", "/search/?q=李某")

    text = logged(write)
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert "test_logs.py" in text
    for name in (typed, other, "李某"):
        assert name not in text


def test_arguments_are_redacted_too() -> None:
    assert "12345" not in logged(lambda logger: logger.warning("code %s", RECEIPT))


def test_a_record_that_does_not_fit_its_arguments_is_still_written() -> None:
    assert "%d things" in logged(lambda logger: logger.warning("%d things", "no number"))
