"""What one room needs of another, registered where both are known."""

import gc
from typing import Any

from django.apps import AppConfig


def _lists_changed(**_kwargs: Any) -> None:
    """Pages that were drawn from the index before are not shown again."""
    from cms.publishing import generations

    generations.raise_now()


class ConfigConfig(AppConfig):
    """The project itself; its `ready` runs when every room is loaded."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A tip that is about something published asks cms what that is; neither room imports the other."""
        from cms.about import organisation_line, resolve_about, titles
        from complaints.intake.about import About, register_line, register_resolver, register_titles
        from search import indexing

        def published(kind: str, code: str, step: str) -> About | None:
            found = resolve_about(kind, code, step)
            return About(found.title, found.step_title, found.organisation_code) if found else None

        register_resolver(published)
        register_line(organisation_line)
        register_titles(titles)
        indexing.changed.connect(_lists_changed, dispatch_uid="config.lists")

        import config.figures
        import config.proving  # noqa: F401  (the ledger's mail and witnesses)

        gc.freeze()  # what is there now stays; workers that are forked share it with their parent
        gc.enable()
