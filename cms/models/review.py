"""The step of the workflow in which what an editor wrote is approved."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask, TaskState

from cms.publishing.four_eyes import is_own


class ReviewTask(AbstractGroupApprovalTask):
    """Approval by a member of the chosen groups who wrote none of it."""

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        """Who wrote it may send it back to be changed, and no more."""
        actions = super().get_actions(obj, user)
        return [each for each in actions if each[0] != "approve"] if is_own(user, obj) else actions

    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> None:
        """Asked again: whoever changes the text in the same breath is one who wrote it."""
        if action_name == "approve" and is_own(user, task_state.workflow_state.content_object):
            raise PermissionDenied
        super().on_action(task_state, user, action_name, **kwargs)

    @classmethod
    def get_description(cls) -> str:
        return str(_("所选用户组的成员可以批准；自己写的由另一个人批准。"))

    class Meta:
        verbose_name = _("另一个人批准")
        verbose_name_plural = _("另一个人批准")
