"""Which runs belong beside a run, for they play the same seed: what it mends or was forked of, and what came of it."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse

from consistency_viz.experiments.forking.told import told
from consistency_viz.experiments.models import Run

RELATIVES_MAX: Final = 12


def relatives_of(run: Run) -> list[dict[str, Any]]:
    """The run's relatives, older ones first: ``id``, ``relation``, ``title``, links, and of forks their ``changes``.

    A relation is one of fix, fork, broken and original.
    """
    found: list[tuple[str, Run]] = []
    if run.fix_of is not None:
        found.append(("broken", run.fix_of))
    if run.fork_of is not None:
        found.append(("original", run.fork_of))
    made = [("fix", one) for one in run.fixes.order_by("created_at")]
    made += [("fork", one) for one in run.forks.order_by("created_at")]
    found += sorted(made, key=lambda one: one[1].created_at)[-RELATIVES_MAX:]
    return [_told(run, relation, other) for relation, other in found]


def beside(first: Run, second: Run, at_us: int | None = None) -> str:
    """Where two runs are shown side by side, at an instant if one is given."""
    at = "" if at_us is None else f"&t={at_us / 1e6:g}"
    return f"{reverse('compare')}?runs={first.id},{second.id}{at}"


def _told(run: Run, relation: str, other: Run) -> dict[str, Any]:
    is_fork = relation in ("fork", "original")
    older, newer = (other, run) if relation in ("broken", "original") else (run, other)
    return {
        "id": other.id,
        "relation": relation,
        "title": other.title,
        "engine": other.engine,
        "fork_at_us": other.fork_at_us if relation == "fork" else run.fork_at_us,
        "changes": told(newer) if is_fork else [],
        "url": reverse("run", args=[other.id]),
        "beside": beside(older, newer),
    }
