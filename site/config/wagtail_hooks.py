"""Wagtail looks for hooks here."""

from config import figures  # noqa: F401
