from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "complaints.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The outbox learns what this room does later."""
        from complaints.intake import handlers  # noqa: F401
