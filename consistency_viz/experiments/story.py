"""What a run's page tells beside what happens: the lesson's question, its narration, and its fix with the price."""

from __future__ import annotations

from typing import NamedTuple

from consistency_viz.experiments.models import Run
from workers.cluster.scenario import Scenario
from workers.cluster.schema.story import Step


class Story(NamedTuple):
    """The lesson of one run. ``fix_title`` and ``price`` are those of the fix that can be run, or that is being run."""

    number: int
    minutes: str
    anomaly: str
    question: str
    steps: tuple[Step, ...]
    fix_title: str
    price: str
    is_fix: bool


def story_of(scenario: Scenario, run: Run) -> Story | None:
    """The story of a run; ``None`` if its scenario tells nothing."""
    lesson, fix = scenario.lesson, scenario.fix
    broken = run.fix_of
    if broken is not None:
        fix = Scenario.model_validate(broken.document).fix
    if lesson is None and fix is None and not scenario.narration:
        return None
    return Story(
        number=0 if lesson is None else lesson.number,
        minutes="" if lesson is None else f"{lesson.minutes:g} min",
        anomaly=scenario.anomaly.replace("-", " "),
        question="" if lesson is None else lesson.question,
        steps=scenario.narration,
        fix_title="" if fix is None else fix.title,
        price="" if fix is None else fix.price,
        is_fix=broken is not None,
    )
