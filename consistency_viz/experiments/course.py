"""Holds shipped scenarios to what they promise: each over many seeds, and its fix over the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.parallel import simulate_many
from consistency_viz.experiments.tally import Tally
from workers.cluster.catalogue import numbered
from workers.cluster.fixing import fixed
from workers.cluster.scenario import Scenario
from workers.cluster.schema.story import VerdictExpected


class Held(NamedTuple):
    """One scenario, or its fix, over some seeds. ``verdict``: over all of its expectations, ``None`` without any."""

    number: int
    scenario: Scenario
    is_fix: bool
    tally: Tally

    @property
    def verdict(self) -> Verdict | None:
        return self.tally.expectations.verdict

    def to_json(self) -> dict[str, Any]:
        """What was expected and how often it showed."""
        expectations = self.tally.expectations.to_json()
        about = {"number": self.number, "name": self.scenario.name, "title": self.scenario.title, "fix": self.is_fix}
        return {**about, "runs": self.tally.n, "first_seed": self.tally.first[0].seed, **expectations}


def lessons() -> list[tuple[int, Scenario]]:
    """The scenarios of the course with their numbers, in order."""
    return [(number, scenario) for number, scenario in numbered() if scenario.lesson is not None]


def checkers_needed(scenario: Scenario) -> list[str]:
    """The checkers that the expectations ask for: the others would only take time."""
    named = [e.checker if isinstance(e, VerdictExpected) else e.metric.partition(".")[0] for e in scenario.expect]
    return sorted(set(named) - {"work"})


def hold(number: int, scenario: Scenario, runs: int, jobs: int | None = None) -> Iterator[Held]:
    """Play a scenario with ``runs`` seeds counted up from its own, then its fix with the same ones."""
    seeds = range(scenario.seed, scenario.seed + runs)
    yield Held(number, scenario, False, played(scenario, seeds, jobs))
    if scenario.fix is not None:
        mended = fixed(scenario)
        yield Held(number, mended, True, played(mended, seeds, jobs))


def played(scenario: Scenario, seeds: Sequence[int], jobs: int | None = None) -> Tally:
    """The tally of a scenario over these seeds, with the checkers that it needs (all, if it expects nothing)."""
    tally = Tally(scenario)
    for run in simulate_many(scenario, seeds, checkers=checkers_needed(scenario) or ("divergence",), jobs=jobs):
        tally.add(run)
    return tally
