"""The course as a room goes through it: the lessons in their order, a trainer's own among them."""

from __future__ import annotations

from typing import Final

from consistency_viz.experiments import stack
from consistency_viz.experiments.pbs_prediction import QUORUM, predict
from consistency_viz.rooms.frames import Asked, LessonView, StepView
from workers.cluster.scenario import Scenario

PREDICTION_SAMPLES: Final = 20_000
STALE_AT_ONCE: Final = "staleness.violations.share"


def course() -> list[Scenario]:
    """The lessons in their order."""
    lessons = [scenario for scenario in stack.catalogue() if scenario.lesson is not None]
    return sorted(lessons, key=lambda scenario: scenario.lesson.number if scenario.lesson else 0)


def lesson(name: str) -> Scenario | None:
    """A scenario of the catalogue by name; ``None`` if there is none."""
    return next((scenario for scenario in stack.catalogue() if scenario.name == name), None)


def following(name: str) -> Scenario | None:
    """The lesson after ``name``; the first one if there is no such lesson, ``None`` after the last."""
    names = [scenario.name for scenario in course()]
    place = names.index(name) + 1 if name in names else 0
    return course()[place] if place < len(names) else None


def asked(scenario: Scenario) -> Asked | None:
    """The question that is guessed at before the run."""
    found = scenario.lesson.predict if scenario.lesson is not None else None
    return None if found is None else Asked(found.ask, found.most, found.unit)


def view_of(scenario: Scenario) -> LessonView:
    """The lesson as the presenter sees it, notes and steps included."""
    told, fix = scenario.lesson, scenario.fix
    steps = [StepView(_when(step.on, step.at_s), step.say, step.ask) for step in scenario.narration]
    return LessonView(
        number=told.number if told else 0,
        scenario=scenario.name,
        title=scenario.title,
        summary=scenario.summary,
        question=told.question if told else "",
        minutes=told.minutes if told else 0,
        notes=told.notes if told else "",
        steps=steps,
        fix_title=fix.title if fix else "",
        price=fix.price if fix else "",
        predict=asked(scenario),
    )


def prediction(scenario: Scenario) -> float | None:
    """What the latencies alone say of the lesson's figure, where that can be computed: stale reads of a quorum.

    The share of reads that are stale right after a write's commit (PBS, t = 0), in the unit that the room guesses in.
    """
    told = scenario.lesson.predict if scenario.lesson is not None else None
    if told is None or told.metric != STALE_AT_ONCE or scenario.design != QUORUM:
        return None
    fresh = predict(scenario, PREDICTION_SAMPLES).curve([0])[0]
    return round((1 - fresh) * told.times, 2)


def _when(on: str | None, at_s: float | None) -> float | None:
    return at_s if on is None else -1.0 if on == "start" else None
