"""Public pages. Every question of what may be seen is `disclosed()`, on the model."""

from cms.views.preview import preview_context

__all__ = ["preview_context"]
