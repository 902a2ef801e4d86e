"""The hunter finds a run that breaks what is expected, and the least of it; the same for everybody."""

import json

import pytest

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.hunting.hunt import HuntRefusedError, hunt, hunted_expectation
from consistency_viz.experiments.hunting.schedules import drawn
from consistency_viz.experiments.simulations import simulate_once
from tests.experiments.commands import manage
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.cluster.scenario_text import parse

SMALL = ("workload.orders=30", "duration_s=15")


def fragile():
    """A design that does not survive loss."""
    return load("order-of-operations", SMALL)


def test_a_schedule_is_drawn_by_its_seed_and_can_be_played():
    plan = build(fragile())
    first = drawn(plan, 7, 5)
    assert first == drawn(plan, 7, 5)
    assert first != drawn(plan, 8, 5)
    assert len(first) == 5
    assert [fault.at_s for fault in first] == sorted(fault.at_s for fault in first)
    build(plan.scenario.model_copy(update={"faults": first}))


def test_faults_that_break_a_design_are_found_and_shrunk_to_what_is_needed():
    found = hunt(fragile(), hunted_expectation(fragile(), checker="divergence"), range(1, 40), faults=6)
    quarry = found.quarry
    assert quarry is not None
    assert len(quarry.scenario.faults) < quarry.faults_before
    again = simulate_once(quarry.scenario, quarry.scenario.seed)
    assert [one.verdict for one in again.expectations] == [Verdict.FAILED]
    without = quarry.scenario.model_copy(update={"faults": ()})
    assert simulate_once(without, without.seed).expectations[0].verdict != Verdict.FAILED


def test_what_holds_is_not_broken():
    calm = load("regions-by-state", ["clients.operations=20", "duration_s=15"])
    found = hunt(calm, hunted_expectation(calm, checker="divergence"), range(1, 4))
    assert (found.tried, found.quarry) == (3, None)


def test_what_is_hunted_is_an_expectation_of_every_run():
    likes = load("likes")
    assert hunted_expectation(likes) == likes.expect[0]
    assert hunted_expectation(likes, 2) == likes.expect[1]
    with pytest.raises(HuntRefusedError, match="has 3; count from 1"):
        hunted_expectation(likes, 9)


def test_the_command_writes_a_scenario_that_breaks_the_same_and_says_so_by_its_status(tmp_path):
    out = tmp_path / "found.yaml"
    arguments = ["order-of-operations", "--checker", "divergence", "--faults", "6", "--seeds", "40", "--json"]
    overrides = [part for one in SMALL for part in ("--set", one)]
    status, told, _ = manage("hunt", *arguments, *overrides, "--out", str(out))
    assert status == 1
    found = json.loads(told)["found"]
    scenario = parse(out.read_text(), "found.yaml")
    assert scenario.seed == found["seed"]
    assert simulate_once(scenario, scenario.seed).expectations[0].verdict == Verdict.FAILED


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing"], "there is no such scenario"),
        (["likes", "--seeds", "0"], "--seeds 0: use 1 to"),
        (["likes", "--faults", "9"], "--faults 9: use 0 to 8"),
        (["likes", "--checker", "luck"], "--checker luck: choose one of"),
        (["demo"], "expects nothing of every run"),
    ],
)
def test_bad_input_exits_with_3(arguments, text):
    status, out, error = manage("hunt", *arguments)
    assert status == 3
    assert text in out + error
