"""The Django project: settings, addresses, and what one room needs of another."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
