"""Runs in virtual time: one seed or many, checked as they go, with intervals over the seeds.

No history is kept unless asked for: a run's observations go through the checkers and are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from consistency_viz.checkers.intervals import median_interval, wilson
from consistency_viz.checkers.registry import create
from consistency_viz.checkers.verdict import Result, Verdict, overall
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.observation.history_writer import HistoryWriter
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.model.history import Header
from workers.model.observation import Observation, Turn
from workers.simulation.world import World


class SimulatedRun(msgspec.Struct, frozen=True):
    """One run: its seed, its end in virtual milliseconds, a verdict by checker, and figures by name."""

    seed: int
    end_ms: float
    verdict: Verdict
    verdicts: dict[str, Verdict]
    metrics: dict[str, Any]
    results: list[Result]

    def to_json(self) -> dict[str, Any]:
        """What ``simulate --json`` prints for a run."""
        return {
            "seed": self.seed,
            "end_ms": self.end_ms,
            "verdict": self.verdict,
            "verdicts": self.verdicts,
            "metrics": self.metrics,
            "witnesses": [
                {"checker": result.checker, **msgspec.to_builtins(witness)}
                for result in self.results
                for witness in result.witnesses
            ],
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
    judges, work = create(header, checkers), WorkDone()
    takers: list[Callable[[Observation], None]] = [judge.observe for judge in judges]
    takers.append(work.observe)
    if history is None:
        end_us = _play(plan, takers)
    else:
        with HistoryWriter(history, header) as writer:
            end_us = _play(plan, [*takers, writer.append])
    results = [judge.finish(end_us) for judge in judges]
    metrics = {result.checker: result.metrics for result in results} | {"work": work.metrics()}
    verdicts = {result.checker: result.verdict for result in results}
    return SimulatedRun(seed, end_us / 1_000, overall(verdicts.values()), verdicts, metrics, results)


def summary(runs: Sequence[SimulatedRun]) -> dict[str, Any]:
    """Over all runs: how often each checker said what, and the median of every figure, each with its interval."""
    n = len(runs)
    verdicts: dict[str, Any] = {}
    for checker in runs[0].verdicts:
        said = [run.verdicts[checker] for run in runs]
        failed = said.count(Verdict.FAILED)
        verdicts[checker] = {
            **{verdict.value: said.count(verdict) for verdict in Verdict},
            "failed_share": wilson(failed, n)._asdict(),
            "seeds_failed": [run.seed for run in runs if run.verdicts[checker] == Verdict.FAILED][:20],
            "note": "" if failed else f"no failure was observed in {n} runs",
        }
    return {"n": n, "verdicts": verdicts, "metrics": _medians(runs)}


def _play(plan: Plan, takers: Sequence[Callable[[Observation], None]]) -> int:
    """Run the world and hand every observation to every taker; returns the end in microseconds."""
    index = 0

    def record(at_us: int, turn: Turn) -> None:
        nonlocal index
        node = turn.node
        for body in turn.bodies:
            observation = Observation(index, at_us, node, body)
            index += 1
            for take in takers:
                take(observation)

    return World(plan, record).run()


def _medians(runs: Sequence[SimulatedRun]) -> dict[str, Any]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in _numbers("", run.metrics):
            values.setdefault(name, []).append(value)
    return {
        name: {"n": len(found), **median_interval(found)._asdict(), "min": min(found), "max": max(found)}
        for name, found in sorted(values.items())
    }


def _numbers(prefix: str, value: Any) -> Iterable[tuple[str, float]]:
    """The numeric leaves of nested metrics by dotted name; lists are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(f"{prefix}.{key}" if prefix else key, inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield prefix, value
