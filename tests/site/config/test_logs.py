"""Logs hold no query string, no address under /report/, no receipt, and no exception's text."""

from __future__ import annotations

import io
import logging
from typing import Any

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
    assert redact("Not Found: /calendar/Vq3-x_9.ics") == "Not Found: /calendar/…"
    key = "/accounts/password/reset/key/4-cz1x-0f2a/"
    assert redact(f"Forbidden: {key}") == "Forbidden: /accounts/password/reset/key/…"


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


def said_by(name: str, message: object, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord(name, logging.ERROR, "f", 1, message, args, exc_info)  # type: ignore[arg-type]
    Redact().filter(record)
    return Plain("%(message)s").format(record)


def test_an_exception_in_place_of_a_message_is_its_class() -> None:
    assert said_by("gunicorn.error", ValueError("王小明")) == "ValueError"
    assert said_by("any", "failed: %s", ValueError("王小明")) == "failed: ValueError"


def test_a_task_that_fails_keeps_texts_and_arguments_to_itself() -> None:
    context = {
        "id": "17", "name": "accounts.tasks.forget", "description": "raised unexpected", "internal": False,
        "exc": "ValueError('王小明')", "traceback": "… 王小明", "args": "['王小明']", "kwargs": "{}",
    }  # fmt: skip
    typed = "王小明"
    try:
        raise ValueError(typed)
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    text = said_by(
        "celery.app.trace", "Task %(name)s[%(id)s] %(description)s: %(exc)s", context, exc_info=found
    )
    assert text.startswith("Task accounts.tasks.forget[17] raised unexpected: ValueError")
    assert "王小明" not in text


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Any:
    """(gunicorn's logger, set up as we set it up; what it writes)."""
    from config.gunicorn import QuietLogger
    from gunicorn.config import Config

    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    config = Config()
    config.set("errorlog", "-")
    config.set("loglevel", "warning")
    return QuietLogger(config), out


def test_the_web_server_writes_no_address_and_no_first_line(web: Any) -> None:
    logger, out = web
    logger.warning("Invalid request from ip=203.0.113.9: Invalid request line: 'GET /search/?q=张某'")
    assert "203.0.113.9" not in out.getvalue()
    assert "张某" not in out.getvalue()
    assert "a request could not be read" in out.getvalue()


def test_the_web_server_writes_no_text_of_an_exception(web: Any) -> None:
    (logger, out), typed = web, "王小明"
    try:
        raise ValueError(typed)
    except ValueError:
        logger.exception("Error handling request %s %s", "GET", "/report/return/view/?a=b")
    assert typed not in out.getvalue()
    assert "return/view" not in out.getvalue()
    assert "ValueError" in out.getvalue()
