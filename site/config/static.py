"""Static files under hashed names, compressed once at set-up."""

from __future__ import annotations

from django.contrib.staticfiles.storage import HashedFilesMixin  # noqa: F401  (re-exported for the type checker)
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, except that a file missing from the manifest costs its hash, not the page."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name of `name`, or `name` itself where the manifest does not know it."""
        try:
            stored: str = super().stored_name(name)
            return stored
        except ValueError:
            return name
