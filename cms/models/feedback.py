"""What residents say to a notice, and what its organisation answers: public together, or not at all."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from ledger import services as ledger
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.log_actions import get_active_log_context
from workdays import clock

from cms import masking
from cms.admin.forms import FeedbackForm
from cms.publishing import generations

from .pages import NoticePage
from .said import LONGEST, Said


class FeedbackQuerySet(models.QuerySet):
    """Reads of feedback."""

    def public(self) -> FeedbackQuerySet:
        return self.filter(state=NoticeFeedback.State.PUBLIC)


class NoticeFeedback(Said):
    """One text on one notice. Its own words are never shown: `shown` is, with the answer."""

    class State(models.TextChoices):
        WAITING = "waiting", _("未审")
        PUBLIC = "public", _("公开")
        ASIDE = "aside", _("不公开")

    page = models.ForeignKey(NoticePage, models.PROTECT, related_name="feedback", verbose_name=_("公告"))
    state = models.CharField(_("审看"), max_length=8, choices=State, default=State.WAITING)
    shown = models.TextField(
        _("公开的文字"),
        max_length=LONGEST,
        blank=True,
        help_text=_("抄录或者概括居民的话，去掉可以认出个人的内容；公开的是这里写的，不是原文。"),
    )
    answer = models.TextField(_("答复"), max_length=LONGEST, blank=True)
    answered_on = models.DateField(_("答复公开的日期"), null=True, blank=True, editable=False)
    note = models.CharField(
        _("审看说明"), max_length=200, blank=True, help_text=_("不公开的，写明理由，例如与公告无关。")
    )
    # Who last wrote `shown` or `answer`: somebody else makes them public (cms.admin.forms.FeedbackForm).
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = FeedbackQuerySet.as_manager()
    base_form_class = FeedbackForm

    panels = [
        FieldPanel("page", read_only=True),
        FieldPanel("text", read_only=True),
        FieldPanel("times", read_only=True),
        FieldPanel("received_on", read_only=True),
        MultiFieldPanel([FieldPanel("shown"), FieldPanel("answer")], heading=_("公开的内容")),
        FieldPanel("state"),
        FieldPanel("note"),
    ]

    class Meta:
        verbose_name = _("居民反馈")
        verbose_name_plural = _("居民反馈")
        ordering = ["page", "received_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["page", "digest"], name="one_feedback_a_text")]
        permissions = [("publish_noticefeedback", "Can publish feedback")]

    def __str__(self) -> str:
        return f"{self.page.title}：{self.text[:30]}"

    def clean(self) -> None:
        super().clean()
        if self.state == self.State.ASIDE and not self.note:
            raise ValidationError({"note": _("不公开的，请写明理由。")})
        if self.state != self.State.PUBLIC:
            return
        missing = {n: _("公开以前请填写。") for n in ("shown", "answer") if not getattr(self, n).strip()}
        if missing:
            raise ValidationError(missing)
        found = masking.blocking(masking.findings(self.shown), "none")
        if found:
            parts = "、".join(dict.fromkeys(finding.text for finding in found))
            raise ValidationError({"shown": _now("这些像是个人信息，请改写：%(parts)s") % {"parts": parts}})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """What becomes public, changes in public or ceases to be is in the ledger; pages show it at once."""
        with transaction.atomic():
            rows = NoticeFeedback.objects.filter(pk=self.pk) if self.pk else NoticeFeedback.objects.none()
            before = rows.values_list("state", "shown", "answer").first()
            was, now = before is not None and before[0] == self.State.PUBLIC, self.state == self.State.PUBLIC
            self.answered_on = (self.answered_on or clock.today()) if now else None
            super().save(*args, **kwargs)
            if not (was or now) or before == (self.state, self.shown, self.answer):
                return
            user = get_active_log_context().user
            said = hashlib.sha256(f"{self.shown}\n{self.answer}".encode()).hexdigest() if now else ""
            ledger.record(
                kind="feedback-published" if now else "feedback-withdrawn",
                actor=f"user:{user.pk}" if user is not None and user.pk else "system",
                at=clock.now(),
                details={"notice": self.page.get_absolute_url(), "feedback": str(self.pk), "sha256": said},
            )
            generations.raise_on_commit()
