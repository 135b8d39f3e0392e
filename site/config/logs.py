"""What a log may hold: never a query string, an address under /report/, a receipt, or an exception's text."""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType

QUERY = re.compile(r"\?[^\s\"'<>]+")
REPORT = re.compile(r"/report/[^\s\"'<>,)]*")
# 25 digits as people write them: with blanks, dashes (ASCII, full-width, percent) or nothing between.
DIGIT = r"[0-9\uff10-\uff19]"
RECEIPT = re.compile(rf"{DIGIT}(?:(?:%20|[\s\u00a0\u3000+_.\-\u2010-\u2015\uff0d])*{DIGIT}){{19,}}")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def redact(text: str) -> str:
    """`text` without query strings, addresses under /report/, and runs of 20 digits or more."""
    text = REPORT.sub("/report/…", text)
    return RECEIPT.sub("…", QUERY.sub("?…", text))


class Redact(logging.Filter):
    """Rewrites every record; the last line of defence, not the first: callers log classes and row ids."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the record's message is redacted in place."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        request = getattr(record, "request", None)
        if number := getattr(request, "error_number", ""):
            message = f"[{number}] {message}"
        record.msg, record.args = redact(message), None
        return True


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
