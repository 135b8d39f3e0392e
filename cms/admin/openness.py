"""The 公开事项 group of the admin's menu: what is to be published by whom, and opinions to be looked at."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.permissions import register_permission_policy
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from cms.admin.viewsets import BoundPolicy, Scoped
from cms.models import NoticeFeedback, NoticeType, Obligation, Opinion


class NoticeTypeViewSet(SnippetViewSet):
    model = NoticeType
    icon = "tag"
    list_display = ["name", "sphere", "code", "order"]
    list_filter = ["sphere"]


register_permission_policy(Obligation, BoundPolicy(Obligation))


class ObligationViewSet(Scoped, SnippetViewSet):
    model = Obligation
    icon = "date"
    list_display = ["organisation", "notice_type", "every", "days", "begins_on", "ends_on"]
    list_filter = ["organisation", "notice_type", "every"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("organisation", "notice_type")


class LookOnlyPolicy(BoundPolicy):
    """Opinions and feedback come from the public page alone; here they are sorted, and never deleted."""

    def user_has_permission(self, user, action):
        return action in ("view", "change", "choose") and super().user_has_permission(user, "change")

    def user_has_any_permission(self, user, actions):
        return any(self.user_has_permission(user, action) for action in actions)


register_permission_policy(Opinion, LookOnlyPolicy(Opinion))


class OpinionViewSet(Scoped, SnippetViewSet):
    model = Opinion
    icon = "comment"
    list_display = ["__str__", "page", "times", "received_on", "state"]
    list_filter = ["page", "state"]
    list_export = ["place", "text", "times", "received_on", "state", "note"]
    copy_view_enabled = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("page")


register_permission_policy(NoticeFeedback, LookOnlyPolicy(NoticeFeedback))


class FeedbackViewSet(OpinionViewSet):
    model = NoticeFeedback
    list_export = ["text", "times", "received_on", "state", "shown", "answer", "note"]


class OpennessGroup(SnippetViewSetGroup):
    menu_label = _("公开事项")
    menu_icon = "date"
    menu_order = 151
    items = (ObligationViewSet, NoticeTypeViewSet, OpinionViewSet, FeedbackViewSet)
