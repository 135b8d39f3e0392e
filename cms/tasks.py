"""Scheduled publishing and expiry."""

from __future__ import annotations

import logging

from celery import shared_task
from django.apps import apps
from django.core.exceptions import ValidationError
from wagtail.models import Revision
from workdays import clock

from cms.publishing.recording import Recorded

log = logging.getLogger("cms")


@shared_task
def publish_scheduled() -> None:
    """Take down what has expired and publish what is due; one that fails holds up no other."""
    now = clock.now()
    for model in apps.get_app_config("cms").get_models():
        if issubclass(model, Recorded):
            for obj in model.objects.filter(live=True, expire_at__lt=now).order_by("expire_at"):
                obj.withdrawal_reason = "到期"
                try:
                    obj.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")
                except Exception as error:  # noqa: BLE001  (tried again in a minute; the others must not wait)
                    log.error("%s %s has expired: %s", model.__name__, obj.pk, type(error).__name__)
    due = Revision.objects.filter(approved_go_live_at__lt=now).order_by("approved_go_live_at")
    for revision in due:
        try:
            revision.publish(log_action="wagtail.publish.scheduled")
        except ValidationError:
            log.warning("revision %s is due but may not be published", revision.pk)
        except Exception as error:  # noqa: BLE001  (as above)
            log.error("revision %s is due: %s", revision.pk, type(error).__name__)


@shared_task
def remind_of_reviews() -> None:
    """Owners of risk points whose review is due are told, once a due date."""
    from cms.flow import reviews

    reviews.remind()
