"""What a log may hold: never a query string, an address that is secret, a receipt, or an exception's text."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping
from types import TracebackType

QUERY = re.compile(r"\?[^\s\"'<>]+")
REPORT = re.compile(r"/report/[^\s\"'<>,)]*")
# Addresses that are themselves a key: a calendar's, and the one on which a person sets a password.
SECRET = re.compile(r"/(calendar|accounts/password/reset/key)/[^\s\"'<>,)]*")
# 25 digits as people write them: with blanks, dashes (ASCII, full-width, percent) or nothing between.
DIGIT = r"[0-9\uff10-\uff19]"
RECEIPT = re.compile(rf"{DIGIT}(?:(?:%20|[\s\u00a0\u3000+_.\-\u2010-\u2015\uff0d])*{DIGIT}){{19,}}")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def redact(text: str) -> str:
    """`text` without query strings, addresses that are secret, and runs of 20 digits or more."""
    text = SECRET.sub(r"/\1/…", REPORT.sub("/report/…", text))
    return RECEIPT.sub("…", QUERY.sub("?…", text))


class Redact(logging.Filter):
    """Rewrites every record; the last line of defence, not the first: callers log classes and row ids."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record's message is redacted in place."""
        _without_exceptions(record)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        request = getattr(record, "request", None)
        if number := getattr(request, "error_number", ""):
            message = f"[{number}] {message}"
        record.msg, record.args = redact(message), None
        return True


def _without_exceptions(record: logging.LogRecord) -> None:
    """Other people's loggers put an exception itself, or the address of a sender, into their message."""
    if isinstance(record.msg, BaseException):
        record.msg = type(record.msg).__name__
    elif str(record.msg).startswith("Invalid request from ip="):  # gunicorn; what follows is the request's
        record.msg = "a request could not be read"
    if isinstance(record.args, Mapping) and "exc" in record.args:  # Celery: its text, arguments, traceback
        raised = record.exc_info[0] if record.exc_info else None
        name = raised.__name__ if raised else "an exception"
        record.args = {
            key: name if key in ("exc", "traceback") else "…" if key in ("args", "kwargs") else value
            for key, value in record.args.items()
        }
    elif isinstance(record.args, tuple):
        record.args = tuple(
            type(value).__name__ if isinstance(value, BaseException) else value for value in record.args
        )


class Plain(logging.Formatter):
    """One line a record; of an exception only its class and where it was raised.

    An exception's text can hold what somebody typed ("invalid literal …", a database's DETAIL line), so it
    is not written. Source lines are our own and may be.
    """

    def formatException(self, ei: ExcInfo) -> str:
        """Frames and class names of the exception and what caused it, without messages."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            lines += [line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)]
            lines.append(type(error).__qualname__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return redact("\n".join(lines))

    def format(self, record: logging.LogRecord) -> str:
        """The base class caches exc_text on the record, where another formatter may have put the message."""
        record.exc_text = None
        text = super().format(record)
        record.exc_text = None
        return text
