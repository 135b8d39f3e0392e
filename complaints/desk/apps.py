from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "complaints.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The outbox learns what this room does later."""
        from complaints.desk import asked, audit, bulk, largework, members, retention_destroy  # noqa: F401
        from complaints.desk.recounting import listen

        members.keep_last_administrators()
        audit.listen()
        listen()
