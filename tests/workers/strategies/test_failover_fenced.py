from functools import cache
from itertools import pairwise

import pytest

from tests.workers.strategies.registers import ROUGH, SEEDS, cut, differing, ended, lost, registers, takers
from tests.workers.support import of_kind, simulate
from workers.model.observation import Applied

DESIGN = "failover-fenced"
REGIONS = ("eu", "us", "ap")
CUT_US = (1_200_000, 2_800_000)


@cache
def runs(mode="drop"):
    return [simulate(registers(DESIGN, seed, drain_s=3.0, faults=cut(mode=mode))) for seed in SEEDS]


@pytest.mark.parametrize("mode", ["drop", "hold"])
def test_after_the_cut_all_regions_agree_and_no_acknowledged_write_is_lost(mode):
    for history in runs(mode):
        assert differing(history, REGIONS) == []
        assert [lost(history, region) for region in REGIONS] == [set()] * 3


def test_never_do_two_primaries_take_writes_at_a_time():
    for history in runs():
        nodes = [node for _, node in takers(history)]
        changes = [(before, after) for before, after in pairwise(nodes) if before != after]
        assert changes == [("eu", "us")]


def test_the_price_is_that_writes_are_refused_during_the_cut_and_only_around_it():
    refused = [b for history in runs() for b in ended(history, "write", "cas") if b.error.startswith("unavailable")]
    assert {b.error for b in refused} <= {
        "unavailable: the lease of the primary has run out",
        "unavailable: the primary is taking over",
    }
    assert len(refused) > len(SEEDS)
    quiet = simulate(registers(DESIGN))
    assert [b for b in ended(quiet, "write", "cas") if b.error.startswith("unavailable")] == []


def test_a_refused_write_is_nowhere():
    for history in runs():
        refused = {b.op for b in ended(history, "write", "cas") if b.outcome == "fail"}
        assert refused.isdisjoint(b.value for b in of_kind(history, Applied))


def test_no_two_updates_have_one_id():
    for history in runs():
        made = {}
        for body in of_kind(history, Applied):
            if body.kept is None or body.update in body.kept:
                made.setdefault(body.update, set())
        ids = [b.value["update"] for b in ended(history, "write", "cas") if b.outcome == "ok"]
        assert len(ids) == len(set(ids))
        assert set(ids) <= set(made)


def test_over_a_network_that_loses_reorders_and_duplicates_all_this_holds_too():
    lossy = {"default": {**ROUGH["default"], "loss": 0.03}}
    for seed in SEEDS:
        history = simulate(registers(DESIGN, seed, network=lossy, drain_s=4.0, faults=cut()))
        assert differing(history, REGIONS) == []
        assert [lost(history, region) for region in REGIONS] == [set()] * 3


def test_while_no_second_region_is_up_nothing_is_acknowledged():
    away = {"us": {"instances": 0}, "ap": {"instances": 0}}
    history = simulate(registers(DESIGN, nodes=away, clients={"operations": 40}))
    assert [b for b in ended(history, "write", "cas") if b.outcome == "ok"] == []
