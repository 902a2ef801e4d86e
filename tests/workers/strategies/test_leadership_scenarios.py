"""The shipped scenarios of leaders, hot keys and fail-over show their point, by the checkers' own verdicts."""

import pytest

from consistency_viz.checkers.registry import check, create
from tests.workers.strategies.registers import differing, effects, ended, lost
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.model.history import Header, expand
from workers.simulation.world import World


def run(name, *overrides):
    plan = build(load(name, overrides))
    turns = []
    World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    header = Header(name, plan.design.name, plan.seed, "simulator", list(plan.replicas), list(plan.nodes))
    return header, list(expand(turns))


def verdicts(name, *checkers):
    header, history = run(name)
    return {result.checker: result.verdict for result in check(create(header, checkers), history)}


@pytest.mark.parametrize(("name", "verdict"), [("zombie-writer", "failed"), ("zombie-fenced", "passed")])
def test_a_zombie_breaks_the_register_where_there_is_no_fence_and_only_there(name, verdict):
    assert verdicts(name, "linearizable-register") == {"linearizable-register": verdict}


def test_the_cut_loses_acknowledged_writes_unless_the_primary_stops_and_a_majority_has_them():
    _, broken = run("forty-three-seconds")
    _, fenced = run("forty-three-seconds-fenced")
    assert [len(lost(broken, "us")) > 10, lost(fenced, "us"), lost(fenced, "eu")] == [True, set(), set()]
    assert differing(fenced, ("eu", "us", "ap")) == []
    refused = [b for b in ended(fenced, "write", "cas") if b.error.startswith("unavailable")]
    assert refused != []


def test_a_stampede_tries_in_vain_and_gives_up_where_one_writer_does_neither():
    _, crowd = run("stampede")
    _, single = run("stampede-one-writer")
    tried = [b.value["attempts"] for b in ended(crowd, "increment")]
    assert sum(tried) / len(tried) > 2
    assert effects(crowd, "gave-up") != []
    assert {(b.outcome, b.value["attempts"]) for b in ended(single, "increment")} == {("ok", 1)}
    assert effects(single, "gave-up") == []
