"""What one room needs of another, registered where both are known."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project itself; its `ready` runs when every room is loaded."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A tip that is about something published asks cms what that is; neither room imports the other."""
        from cms.about import organisation_line, resolve_about
        from complaints.intake.about import About, register_line, register_resolver

        def published(kind: str, code: str, step: str) -> About | None:
            found = resolve_about(kind, code, step)
            return About(found.title, found.step_title, found.organisation_code) if found else None

        register_resolver(published)
        register_line(organisation_line)
