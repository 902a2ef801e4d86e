"""One run in virtual time, checked as it goes; ``parallel`` plays many, ``tally`` sums them up.

No history is kept unless asked for: a run's observations go through the checkers and are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from consistency_viz.checkers.fault_touch import FaultTouch
from consistency_viz.checkers.kinds import EVERY_KIND, MESSAGES, Observer, Take, by_kind
from consistency_viz.checkers.registry import create
from consistency_viz.checkers.verdict import Result, Verdict, of_results
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.experiments.expectations import Found, judge
from consistency_viz.experiments.pbs_beside import measured_for
from consistency_viz.experiments.pooled_windows import WindowLengths, lengths_of
from consistency_viz.observation.history_writer import HistoryWriter
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.model.history import Header
from workers.model.observation import Observation, Turn
from workers.simulation.world import World


class SimulatedRun(msgspec.Struct, frozen=True):
    """One run: its seed, its end in virtual milliseconds, a verdict by checker, and figures by name.

    ``expectations`` says of each of the scenario's, in order, whether it showed.
    """

    seed: int
    end_ms: float
    verdict: Verdict
    verdicts: dict[str, Verdict]
    metrics: dict[str, Any]
    results: list[Result]
    expectations: list[Found]
    faults: list[dict[str, Any]] = []
    """What each fault touched (``checkers.fault_touch.Touch.to_json``)."""
    visibility: list[tuple[int, int, int]] = []
    """Of a quorum: (microseconds after the commit, reads, how many of them were fresh)."""
    windows: WindowLengths | None = None
    """How long keys differed; ``None`` where nobody followed that."""

    def to_json(self) -> dict[str, Any]:
        """What ``simulate --json`` prints for a run."""
        return {
            "seed": self.seed,
            "end_ms": self.end_ms,
            "verdict": self.verdict,
            "verdicts": self.verdicts,
            "metrics": self.metrics,
            "expectations": msgspec.to_builtins(self.expectations),
            "witnesses": [
                {"checker": result.checker, **msgspec.to_builtins(witness)}
                for result in self.results
                for witness in result.witnesses
            ],
            "faults": self.faults,
        }


def header_of(plan: Plan, driver: str) -> Header:
    """The first line of a history of this plan."""
    scenario = plan.scenario
    return Header(
        scenario=scenario.name,
        design=scenario.design,
        seed=plan.seed,
        driver=driver,
        replicas=list(plan.replicas),
        nodes=list(plan.nodes),
        plan=scenario.model_dump(mode="json"),
    )


def simulate_once(
    scenario: Scenario, seed: int, history: Path | None = None, checkers: Iterable[str] = ()
) -> SimulatedRun:
    """One run of ``scenario`` with ``seed``; its history goes to the file ``history`` if that is named."""
    plan = build(scenario.model_copy(update={"seed": seed}))
    header = header_of(plan, "simulated")
    judges, work = create(header, checkers), WorkDone(messages_observed=False)
    observers: list[Observer] = [*judges, work]
    touch = FaultTouch()
    if plan.faults:  # in virtual time nobody injects any
        observers.append(touch)
    if (reads := measured_for(scenario)) is not None:
        observers.append(reads)
    takers = by_kind(observers)
    if history is None:
        end_us, messages = _play(plan, takers)
    else:
        with HistoryWriter(history, header) as writer:
            end_us, messages = _play(plan, {kind: (*takers[kind], writer.append) for kind in EVERY_KIND})
    work.count_messages(messages)
    results = [judge.finish(end_us) for judge in judges]
    metrics = {result.checker: result.metrics for result in results} | {"work": work.metrics()}
    verdicts = {result.checker: result.verdict for result in results}
    found = judge(scenario.expect, verdicts, metrics)
    faults = [one.to_json() for one in touch.report()]
    visible = [] if reads is None else [(point.t_us, point.n, point.fresh) for point in reads.curve()]
    windows = lengths_of(judges, end_us)
    verdict = of_results(results)
    return SimulatedRun(seed, end_us / 1_000, verdict, verdicts, metrics, results, found, faults, visible, windows)


def _play(plan: Plan, takers: Mapping[type[Any], Sequence[Take]]) -> tuple[int, Mapping[str, int]]:
    """Run the world and hand every observation to those who take its kind; returns the end in us, and message counts.

    Observations are numbered as in a history of everything, whoever takes what.
    """
    index = 0

    def record(at_us: int, turn: Turn) -> None:
        nonlocal index
        node = turn.node
        for body in turn.bodies:
            interested = takers[type(body)]
            if interested:
                observation = Observation(index, at_us, node, body)
                for take in interested:
                    take(observation)
            index += 1

    world = World(plan, record, messages_noted=any(takers[kind] for kind in MESSAGES), blanks=True)
    return world.run(), world.messages
