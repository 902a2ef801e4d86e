"""How long histories are kept: by age, by the room that they take together, the oldest first.

Only files of runs that are over go, with what lies beside them; the rows stay, and so do results and findings. A
simulated run can be played again from its scenario and seed; a live one is gone.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import timezone

from consistency_viz.experiments.models import Run

MEGABYTE: Final = 1_000_000


class Pruned(NamedTuple):
    """What was, or would be, deleted, and what is left."""

    runs: int
    bytes: int
    bytes_left: int


def prune(days: float | None, megabytes: float | None, *, pretend: bool = False) -> Pruned:
    """Delete the histories of runs that ended more than ``days`` ago, then the oldest until at most ``megabytes`` stay.

    ``None``: no such limit. ``pretend``: only say what would go.
    """
    kept = [(run, _size(run.history_path)) for run in Run.objects.filter(state__in=Run.ENDED).order_by("created_at")]
    kept = [(run, size) for run, size in kept if size]
    left = sum(size for _, size in kept)
    runs = freed = 0
    now = timezone.now()
    for run, size in kept:
        too_old = days is not None and run.created_at < now - timedelta(days=days)
        too_much = megabytes is not None and left > megabytes * MEGABYTE
        if not (too_old or too_much):
            continue
        runs, freed, left = runs + 1, freed + size, left - size
        if not pretend:
            for path in _files(run.history_path):
                path.unlink(missing_ok=True)
            Run.objects.filter(pk=run.pk).update(history="")
    return Pruned(runs, freed, left)


def prune_as_configured() -> Pruned | None:
    """As the settings say; ``None`` where they set no limit."""
    if settings.HISTORIES_DAYS is None and settings.HISTORIES_MB is None:
        return None
    return prune(settings.HISTORIES_DAYS, settings.HISTORIES_MB)


def _files(history: Path) -> list[Path]:
    """The history and what was made of it, which begins with its name."""
    return [path for path in history.parent.glob(f"{history.stem}.*") if path.is_file()]


def _size(history: Path) -> int:
    return sum(path.stat().st_size for path in _files(history))
