"""The hunt: seeds and fault schedules until an expectation is broken, then the least schedule that still breaks it.

Rules
1. What is hunted is one expectation that every run should meet. It is broken where it did not show, not where it
   cannot be told.
2. Every run is one simulation: same scenario, same seed, same answer. So what is found can be played again by anybody.
3. Shrinking leaves out faults (delta debugging), shortens those that stay, then lessens the work that clients do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.expectations import Found
from consistency_viz.experiments.hunting.schedules import drawn
from consistency_viz.experiments.hunting.shrinking import Budget, ddmin, least
from consistency_viz.experiments.simulations import simulate_once
from workers.cluster.plan import PlanError, build
from workers.cluster.scenario import Scenario
from workers.cluster.schema.faults import FaultSettings
from workers.cluster.schema.story import EVERY_RUN, Expectation, VerdictExpected

SHRINK_QUESTIONS: Final = 200
SHORTEST_S: Final = 0.05

Tell = Callable[[str], None]


def _silent(_: str) -> None:
    """Nobody listens."""


def _nothing() -> None:
    """Nobody counts."""


class HuntRefusedError(ValueError):
    """There is nothing to hunt: the text says why, and what would be right."""


class Quarry(msgspec.Struct, frozen=True):
    """What was caught: the scenario as small as it became, with its seed, and what it breaks."""

    scenario: Scenario
    expectation: str
    reason: str
    faults_before: int
    work_before: int | None
    work_after: int | None
    questions: int


class Hunted(msgspec.Struct, frozen=True):
    """How a hunt ended. ``quarry`` None: ``tried`` runs broke nothing, of which ``unknown`` could not be told."""

    tried: int
    unknown: int
    quarry: Quarry | None


def hunted_expectation(scenario: Scenario, number: int | None = None, checker: str = "") -> Expectation:
    """What is hunted: expectation ``number`` (from 1), or that ``checker`` passes, or the first one of every run.

    Raises ``HuntRefusedError``.
    """
    if checker:
        return VerdictExpected(checker=checker, verdict="passed", because="This is what is hunted.")  # type: ignore[arg-type]
    of_every_run = [one for one in scenario.expect if one.in_share_of_runs == EVERY_RUN]
    if number is not None:
        if not 1 <= number <= len(scenario.expect):
            raise HuntRefusedError(f"expectation {number}: {scenario.name} has {len(scenario.expect)}; count from 1")
        return scenario.expect[number - 1]
    if not of_every_run:
        raise HuntRefusedError(f"{scenario.name} expects nothing of every run; name a checker that should pass")
    return of_every_run[0]


def hunt(
    scenario: Scenario, wanted: Expectation, seeds: Sequence[int], faults: int = 0, tell: Tell = _silent
) -> Hunted:  # fmt: skip
    """Play the scenario with each seed, and with ``faults`` drawn by that seed beside its own, until one breaks it."""
    unknown = 0
    for tried, seed in enumerate(seeds, 1):
        trial = trial_of(scenario, seed, faults)
        found = judged(trial, wanted)
        unknown += found.verdict == Verdict.UNKNOWN
        if found.verdict == Verdict.FAILED:
            tell(f"seed {seed}: {found.reason}; shrinking")
            return Hunted(tried, unknown, shrunk(trial, wanted, tell))
    return Hunted(len(seeds), unknown, None)


def trial_of(scenario: Scenario, seed: int, count: int) -> Scenario:
    """What is played with a seed: the scenario without what it tells of itself, and ``count`` faults more."""
    seeded = scenario.model_copy(update={"seed": seed, "expect": (), "fix": None, "narration": (), "lesson": None})
    more = drawn(build(seeded), seed, count)
    return seeded.model_copy(update={"faults": (*seeded.faults, *more)})


def judged(trial: Scenario, wanted: Expectation) -> Found:
    """Whether the expectation showed in this one run; a trial that cannot be played breaks nothing."""
    root = wanted.checker if isinstance(wanted, VerdictExpected) else wanted.metric.partition(".")[0]
    expecting = trial.model_copy(update={"expect": (wanted,)})
    try:
        run = simulate_once(expecting, trial.seed, checkers=() if root == "work" else (root,))
    except PlanError as error:
        return Found(Verdict.UNKNOWN, None, str(error))
    return run.expectations[0]


def shrunk(
    trial: Scenario, wanted: Expectation, tell: Tell = _silent, another: Callable[[], None] = _nothing
) -> Quarry:
    """A trial that breaks ``wanted``, made as small as it goes; ``another`` is called before each run that it takes."""
    budget = Budget(SHRINK_QUESTIONS)

    def breaks(candidate: Scenario) -> bool:
        another()
        return judged(candidate, wanted).verdict == Verdict.FAILED

    def with_faults(indices: tuple[int, ...]) -> Scenario:
        return trial.model_copy(update={"faults": tuple(trial.faults[index] for index in indices)})

    kept = ddmin(range(len(trial.faults)), lambda indices: breaks(with_faults(indices)), budget)
    small = with_faults(kept)
    tell(f"{len(trial.faults)} faults became {len(kept)} after {budget.asked} runs")
    small = _shortened(small, breaks, budget)
    before = _work(small)
    small = _less_work(small, breaks, budget)
    found = judged(small, wanted)
    return Quarry(
        scenario=_named(small, wanted),
        expectation=str(wanted),
        reason=found.reason,
        faults_before=len(trial.faults),
        work_before=before,
        work_after=_work(small),
        questions=budget.asked,
    )


def _shortened(small: Scenario, breaks: Callable[[Scenario], bool], budget: Budget) -> Scenario:
    """Each fault as short as still breaks it."""
    for index, fault in enumerate(small.faults):
        if fault.for_s is None or fault.for_s <= SHORTEST_S:
            continue
        current = small

        def lasting(for_s: float, index: int = index, current: Scenario = current) -> Scenario:
            faults: list[FaultSettings] = list(current.faults)
            faults[index] = faults[index].model_copy(update={"for_s": round(for_s, 2)})
            return current.model_copy(update={"faults": tuple(faults)})

        shortest = least(SHORTEST_S, fault.for_s, lambda for_s: breaks(lasting(for_s)), budget)
        small = lasting(shortest) if shortest < fault.for_s else small
    return small


def _less_work(small: Scenario, breaks: Callable[[Scenario], bool], budget: Budget) -> Scenario:
    """As few operations as still break it: half as many, as often as that works."""
    section, field = _worker(small)
    while (count := _work(small)) is not None and count > 1 and budget.spend():
        settings: Any = getattr(small, section).model_copy(update={field: count // 2})
        candidate = small.model_copy(update={section: settings})
        if not breaks(candidate):
            break
        small = candidate
    return small


def _worker(scenario: Scenario) -> tuple[str, str]:
    """The section and the field that say how much clients do."""
    return ("clients", "operations") if scenario.entities else ("workload", "orders")


def _work(scenario: Scenario) -> int | None:
    section, field = _worker(scenario)
    count: int | None = getattr(getattr(scenario, section), field)
    return count


def _named(small: Scenario, wanted: Expectation) -> Scenario:
    """As a scenario of its own, which expects what it breaks, so that playing it says so."""
    name = f"{small.name[:50]}-hunted-{small.seed % 1_000_000}"
    title = f"{small.title[:60]}, hunted down"
    return small.model_copy(update={"name": name, "title": title, "expect": (wanted,)})
