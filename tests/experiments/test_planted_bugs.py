"""Each planted bug of the course trips its checkers and not others, whatever the seed.

Reads that lag are stale in nearly every asynchronous run; what is in neither column comes and goes with them.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.simulations import simulate_once
from workers.cluster.catalogue import load

DURATION_MAX_S = 15.0


class Planted(NamedTuple):
    """A scenario with a bug: which checkers object, and which find nothing wrong."""

    scenario: str
    failed: str
    passed: str


BUGS = (
    Planted("where-is-my-order", "read-your-writes staleness", "convergence divergence invariants lost-updates"),
    Planted("mail-beats-page", "email-timeliness", "convergence divergence invariants lost-updates"),
    Planted("phantom-mail", "email-timeliness invariants", "convergence divergence lost-updates"),
    Planted("two-mails", "email-timeliness", "convergence divergence invariants lost-updates staleness"),
    Planted("time-runs-backwards", "monotonic-reads", "convergence divergence invariants lost-updates"),
    Planted("reply-before-question", "causal", "convergence divergence invariants lost-updates set-full"),
    Planted("validation-meets-tax", "lost-updates invariants convergence divergence", ""),
    Planted("clock-from-the-future", "lost-updates", "causal convergence divergence monotonic-writes"),
    Planted("the-tie", "convergence divergence", "lost-updates monotonic-reads read-your-writes staleness"),
    Planted("undead-cart-item", "invariants convergence", "divergence lost-updates set-full staleness causal"),
    Planted("likes", "counter lost-updates", "convergence divergence monotonic-reads read-your-writes"),
    Planted("last-ticket-twice", "invariants", "causal convergence divergence lost-updates"),
    Planted("lost-delta", "set-full invariants convergence", "divergence lost-updates read-your-writes staleness"),
    Planted("zombie-writer", "lost-updates", "causal convergence divergence read-your-writes staleness"),
    Planted("forty-three-seconds", "divergence linearizable-register monotonic-writes", "monotonic-reads"),
    Planted("tax-added-twice", "invariants convergence divergence", "causal lost-updates staleness"),
    Planted("three-checks-miscounted", "invariants email-timeliness", "convergence divergence lost-updates"),
    Planted("intruder-refused", "", "single-writer convergence divergence invariants lost-updates"),
)


@pytest.mark.parametrize("bug", BUGS, ids=[bug.scenario for bug in BUGS])
def test_a_planted_bug_trips_its_checkers_and_not_others(bug: Planted) -> None:
    scenario = load(bug.scenario)
    assert scenario.duration_s is not None
    short = scenario.model_copy(update={"duration_s": min(scenario.duration_s, DURATION_MAX_S)})
    verdicts = simulate_once(short, scenario.seed, checkers=[*bug.failed.split(), *bug.passed.split()]).verdicts
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.FAILED} == set(bug.failed.split())
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.PASSED} == set(bug.passed.split())
