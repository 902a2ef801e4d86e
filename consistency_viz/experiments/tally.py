"""Over many runs: how often each checker said what, the median of every figure, and the scenario's expectations.

Runs are taken in one by one and forgotten: of each only its figures stay, eight bytes a figure, and what its windows
add to those of all runs.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any, Final

import numpy as np

from consistency_viz.checkers.intervals import median_interval, wilson
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.expectations import ExpectationTally, numbers
from consistency_viz.experiments.pbs_beside import Pooled, beside
from consistency_viz.experiments.pooled_windows import PooledWindows
from consistency_viz.experiments.simulations import SimulatedRun
from workers.cluster.scenario import Scenario

SHOWN_MAX: Final = 3
"""Runs whose witnesses are kept for a reader."""

SEEDS_MAX: Final = 20


class Tally:
    """The runs of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.n = 0
        self.first: list[SimulatedRun] = []
        self.last_seed = 0
        self.expectations = ExpectationTally(scenario.expect)
        self._verdicts: dict[str, Counter[Verdict]] = {}
        self._failed: dict[str, list[int]] = {}
        self._values: dict[str, array[float]] = {}
        self._reads = Pooled()
        self._windows = PooledWindows()

    def add(self, run: SimulatedRun) -> None:
        """Take in the next run."""
        self.n += 1
        self.last_seed = run.seed
        if len(self.first) < SHOWN_MAX:
            self.first.append(run)
        self.expectations.add(run.seed, run.expectations)
        self._reads.add(run.visibility)
        self._windows.add(run.windows)
        for checker, verdict in run.verdicts.items():
            self._verdicts.setdefault(checker, Counter())[verdict] += 1
            failed = self._failed.setdefault(checker, [])
            if verdict == Verdict.FAILED and len(failed) < SEEDS_MAX:
                failed.append(run.seed)
        for name, value in numbers("", run.metrics):
            self._values.setdefault(name, array("d")).append(value)

    def summary(self) -> dict[str, Any]:
        """What ``simulate --json`` prints as ``summary``; at least one run was taken in."""
        return {
            "n": self.n,
            "verdicts": {checker: self._said(checker) for checker in self._verdicts},
            "metrics": {
                name: {
                    "n": len(found),
                    **median_interval(found)._asdict(),
                    **_quartiles(found),
                }
                for name, found in sorted(self._values.items())
            },
            "expectations": self.expectations.to_json(),
            "visibility": beside(self.scenario, self._reads.points(), self.n),
            "windows": self._windows.to_json(),
        }

    def _said(self, checker: str) -> dict[str, Any]:
        counts = self._verdicts[checker]
        failed, share = counts[Verdict.FAILED], wilson(counts[Verdict.FAILED], self.n)
        return {
            **{verdict.value: counts[verdict] for verdict in Verdict},
            "failed_share": share._asdict(),
            "seeds_failed": self._failed[checker],
            "note": "" if failed else self._not_observed(counts[Verdict.UNKNOWN]),
        }

    def _not_observed(self, unknown: int) -> str:
        """That nothing failed proves little: in how many runs it could be seen, and what share may fail even so."""
        judged = self.n - unknown
        if not judged:
            return f"nothing to judge in {self.n:,} runs"
        high = wilson(0, judged).high
        return f"no failure was observed in {judged:,} runs (95%: at most {high:.1%} fail)"


def _quartiles(found: array[float]) -> dict[str, float]:
    """The extremes and the quartiles (Hyndman and Fan's definition 7, as spreadsheets have it)."""
    least, q25, q75, most = np.quantile(found, (0, 0.25, 0.75, 1)).tolist()
    return {"min": least, "q25": q25, "q75": q75, "max": most}
