"""The room of what is published."""

from django.apps import AppConfig


class CmsConfig(AppConfig):
    name = "cms"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "公开"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from cms import handlers, sources
        from cms.flow import reviews  # noqa: F401  (registers its outbox handler)
        from cms.importing import jobs  # noqa: F401  (so does it)
        from cms.publishing import many  # noqa: F401  (and it)
        from cms.setup import after_migrate
        from search.documents import register_source

        handlers.connect()
        for source in sources.ALL:
            register_source(source)
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="cms.setup")
