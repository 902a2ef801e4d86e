"""What a run that was played in a room came to: the figures of the cost table, and the answer to what was guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.price_figures import BRIEF, price_of
from workers.cluster.scenario import Scenario


def figures_of(figures: Mapping[str, float]) -> dict[str, float | None]:
    """The cost table's row for a run's figures, by the price's id; ``None`` where a run has nothing of the kind."""
    return {price.id: price_of(price, figures) for price in BRIEF}


def results_of(run: Run) -> dict[str, Any] | None:
    """What is kept of a run that is over: ``answer``, ``unit``, ``figures``. ``None``: it cannot be told."""
    found = findings_of(run)
    if found.get("state") != "ready":
        return None
    figures: dict[str, float] = found["figures"]
    lesson = Scenario.model_validate(run.document).lesson
    told = lesson.predict if lesson is not None else None
    if told is None and run.fix_of is not None:
        broken = Scenario.model_validate(run.fix_of.document).lesson
        told = broken.predict if broken is not None else None
    answer = None
    if told is not None:
        answer = round(figures.get(told.metric, 0.0) * told.times, 2)
    return {"answer": answer, "unit": "" if told is None else told.unit, "figures": figures_of(figures)}
