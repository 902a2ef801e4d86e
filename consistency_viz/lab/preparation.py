"""What has to be true on disk before the web server starts: the database migrated, the static files collected."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".collected"


def migrate() -> None:
    """Bring the database up to date; quick when it is."""
    call_command("migrate", verbosity=0, interactive=False)


def collect_static_if_stale() -> bool:
    """Collect the static files unless none changed since the last time. Returns whether it did."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / STAMP
    wanted = static_fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    clear = root.is_dir()
    call_command("collectstatic", verbosity=0, interactive=False, clear=clear)
    stamp.write_text(wanted)
    return True


def static_fingerprint() -> str:
    """A digest of every static file's name, size and time of change, and of how they are stored."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
