"""Static files under names that carry their content's hash, compressed, cached for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Rewrites ES module imports to hashed names too. Before ``collectstatic`` ran, names stay as they are.

    The plain names are served by WhiteNoise's finders, so tests and a fresh checkout need no ``collectstatic``.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
    """A pass carries a changed name one step along a chain of imports; ours are longer than Django's five."""

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one while nothing has been collected."""
        return super().stored_name(name) if self.hashed_files else name
