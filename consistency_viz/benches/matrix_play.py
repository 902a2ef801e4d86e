"""One run of a cell, judged: do its replicas keep strong eventual consistency, and does what was planted show? Pure.

Strong eventual consistency (FIELD 2) is looked at by the parts of the checkers ``convergence`` and ``divergence``:
``kept`` is no more than their answer without the figures and witnesses of their reports, which cost more than a small
run. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from consistency_viz.benches.matrix_cells import Cell
from consistency_viz.checkers.convergence.agreement import Agreement
from consistency_viz.checkers.divergence.key import KeyState
from consistency_viz.checkers.registry import Checker, create
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.experiments.expectations import judge
from consistency_viz.experiments.simulations import header_of
from workers.cluster.plan import Plan, build
from workers.cluster.schema.story import VerdictExpected
from workers.model.observation import Applied, Observation, Turn
from workers.simulation.world import World

Last = dict[tuple[str, str], Applied]
"""What each replica applied last, by key and replica."""


class Played(NamedTuple):
    """One run: whether strong eventual consistency was kept (``unknown``: nothing was applied), and what showed."""

    seed: int
    kept: Verdict
    caught: bool


class Player:
    """Plays runs of one cell, which differ by their seed only, so the plan is made once."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._plan = build(cell.scenario)
        self._replicas = self._plan.replicas
        expected = cell.scenario.expect
        self._names = [e.checker if isinstance(e, VerdictExpected) else e.metric.partition(".")[0] for e in expected]

    def plan(self, seed: int) -> Plan:
        """The plan of one run."""
        return replace(self._plan, scenario=self.cell.scenario.model_copy(update={"seed": seed}))

    def play(self, seed: int) -> Played:
        """Play and judge one run."""
        plan, replicas = self.plan(seed), frozenset(self._replicas)
        agreement, last = Agreement(self._replicas), Last()
        checkers, work = self._checkers(plan)
        takers: list[Callable[[Observation], None]] = [checker.observe for checker in checkers]
        takers += [done.observe for done in work]
        index = 0

        def record(at_us: int, turn: Turn) -> None:
            nonlocal index
            node = turn.node
            for body in turn.bodies:
                applied = type(body) is Applied and node in replicas
                if applied or takers:
                    observation = Observation(index, at_us, node, body)
                    if applied:
                        agreement.apply(observation, body)  # type: ignore[arg-type]
                        last[body.key, node] = body  # type: ignore[union-attr, assignment]
                    for take in takers:
                        take(observation)
                index += 1

        end_us = World(plan, record, messages_noted=bool(takers)).run()
        agreement.finish()
        results = [checker.finish(end_us) for checker in checkers]
        metrics: dict[str, Any] = {result.checker: result.metrics for result in results}
        for done in work:
            metrics["work"] = done.metrics()
        found = judge(self.cell.scenario.expect, {r.checker: r.verdict for r in results}, metrics)
        verdict = kept(agreement, last, self._replicas, values_only=self.cell.row.takes_back)
        return Played(seed, verdict, any(item.verdict is Verdict.PASSED for item in found))

    def _checkers(self, plan: Plan) -> tuple[list[Checker], list[WorkDone]]:
        """What the expectation of the row is asked of; without one nothing."""
        asked = [name for name in self._names if name != "work"]
        checkers = create(header_of(plan, "simulated"), asked) if asked else []
        return checkers, [WorkDone()] if "work" in self._names else []


def kept(agreement: Agreement, last: Last, replicas: tuple[str, ...], *, values_only: bool = False) -> Verdict:
    """``failed`` if replicas with equal updates ever differed, or if values (or updates) differ at the end.

    A replica has an update that it never applied where what it shows descends from it.
    """
    if not agreement.keys:
        return Verdict.UNKNOWN
    if agreement.count:
        return Verdict.FAILED
    for name, key in agreement.keys.items():
        if key.values.count(key.values[0]) != len(key.values):
            return Verdict.FAILED
        if key.partial and not values_only and not _superseded(name, key, last, replicas):
            return Verdict.FAILED
    return Verdict.PASSED


def _superseded(name: str, key: KeyState, last: Last, replicas: tuple[str, ...]) -> bool:
    """Whether every replica that never applied an update shows what descends from it."""
    for number, replica in enumerate(replicas):
        lacking = [update for update, mask in key.partial.items() if not mask >> number & 1]
        shown = last.get((name, replica))
        if lacking and (shown is None or shown.kept is None or not all(u in RunSet(shown.kept) for u in lacking)):
            return False
    return True
