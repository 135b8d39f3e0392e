from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what allauth and Django tell about logins to the session and the security log."""
        from accounts import events  # noqa: F401
