"""Each planted bug of the course trips exactly its checkers: all fifteen look on.

Views and regions lag by design, with or without a bug: their reads are stale, are not those of one register or counter,
miss what their session wrote, and come apart from what they depend on; mails overtake them. ``LAGS`` are the checkers
that say so. They count where the bug is one of lag, and are no part of any other bug's mark.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from consistency_viz.checkers.registry import CHECKERS
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.simulations import simulate_once
from workers.cluster.catalogue import load

DURATION_MAX_S = 15.0


LAGS = frozenset(
    ("staleness", "linearizable-register", "counter", "read-your-writes", "writes-follow-reads", "causal",
     "email-timeliness")
)  # fmt: skip


class Planted(NamedTuple):
    """A scenario with a bug: the checkers that object, all of them, and some that have to find all well."""

    scenario: str
    failed: str
    passed: str


BUGS = (
    Planted("where-is-my-order", "read-your-writes staleness", "convergence divergence invariants lost-updates"),
    Planted("mail-beats-page", "email-timeliness", "convergence divergence invariants lost-updates"),
    Planted("phantom-mail", "email-timeliness invariants", "convergence divergence lost-updates"),
    Planted("two-mails", "email-timeliness", "convergence divergence invariants lost-updates staleness"),
    Planted("time-runs-backwards", "monotonic-reads", "convergence divergence invariants lost-updates"),
    Planted(
        "reply-before-question", "causal monotonic-writes", "convergence divergence invariants lost-updates set-full"
    ),
    Planted("how-eventual", "staleness linearizable-register", "convergence divergence"),
    Planted("validation-meets-tax", "lost-updates invariants convergence divergence", ""),
    Planted("clock-from-the-future", "lost-updates", "causal convergence divergence monotonic-writes"),
    Planted("the-tie", "convergence divergence", "lost-updates monotonic-reads read-your-writes staleness"),
    Planted("undead-cart-item", "invariants convergence", "divergence lost-updates set-full staleness causal"),
    Planted("sibling-explosion", "convergence", "divergence lost-updates"),
    Planted("likes", "counter lost-updates", "convergence divergence monotonic-reads read-your-writes"),
    Planted("last-ticket-twice", "invariants", "causal convergence divergence lost-updates"),
    Planted(
        "lost-delta",
        "set-full invariants convergence monotonic-writes",
        "divergence lost-updates read-your-writes staleness",
    ),
    Planted("zombie-writer", "lost-updates", "causal convergence divergence read-your-writes staleness"),
    Planted("forty-three-seconds", "divergence linearizable-register monotonic-writes", "monotonic-reads"),
    Planted("tax-added-twice", "invariants convergence divergence", "causal lost-updates staleness"),
    Planted("three-checks-miscounted", "invariants email-timeliness", "convergence divergence lost-updates"),
    Planted("intruder-refused", "", "single-writer convergence divergence invariants lost-updates"),
)


@pytest.mark.parametrize("bug", BUGS, ids=[bug.scenario for bug in BUGS])
def test_a_planted_bug_trips_exactly_its_checkers(bug: Planted) -> None:
    scenario = load(bug.scenario)
    assert scenario.duration_s is not None
    short = scenario.model_copy(update={"duration_s": min(scenario.duration_s, DURATION_MAX_S)})
    verdicts = simulate_once(short, scenario.seed).verdicts
    assert set(verdicts) == set(CHECKERS)
    its, clean = set(bug.failed.split()), set(bug.passed.split())
    failed = {name for name, verdict in verdicts.items() if verdict is Verdict.FAILED}
    assert failed - (LAGS - its) == its
    assert {name for name in clean if verdicts[name] is Verdict.PASSED} == clean


def test_every_checker_that_is_no_check_of_writers_is_tripped_by_some_bug() -> None:
    """A second writer is planted where partitions are (``tests/checkers/test_single_writer_lanes.py``)."""
    assert {name for bug in BUGS for name in bug.failed.split()} == set(CHECKERS) - {
        "single-writer", "writes-follow-reads",
    }  # fmt: skip
