"""What one room needs of another, registered where both are known."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project itself; its `ready` runs when every room is loaded."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A tip that is about something published asks cms what that is; neither room imports the other."""
        from cms.about import organisation_line, resolve_about
        from complaints.intake.about import register_line, register_resolver

        register_resolver(resolve_about)
        register_line(organisation_line)
