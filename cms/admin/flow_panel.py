"""The panel in the flowchart's form that draws the rows as they are typed."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from wagtail.admin.panels import Panel


class FlowPreviewPanel(Panel):
    """Sends the form to `flow_preview` a moment after each change and shows what comes back."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "cms/admin/flow_preview_panel.html"

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            context = super().get_context_data(parent_context)
            return {**context, "url": reverse("flow_preview")}
