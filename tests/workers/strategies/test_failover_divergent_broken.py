from functools import cache

from tests.workers.strategies.registers import SEEDS, cut, differing, lost, registers, takers
from tests.workers.support import simulate

DESIGN = "failover-divergent-broken"
REGIONS = ("eu", "us", "ap")


@cache
def runs(mode="drop"):
    return [simulate(registers(DESIGN, seed, faults=cut(mode=mode))) for seed in SEEDS]


def test_during_the_cut_two_primaries_take_writes():
    for history in runs():
        assert {node for at_us, node in takers(history) if 2_000_000 < at_us < 2_800_000} == {"eu", "us"}


def test_what_the_old_primary_had_acknowledged_alone_is_lost():
    assert sum(bool(lost(history, "us")) for history in runs()) == len(SEEDS)


def test_a_register_that_the_new_primary_never_writes_stays_different_for_ever():
    few = {"keys": 40, "read_share": 0.0}
    found = [simulate(registers(DESIGN, seed, leadership=few, faults=cut())) for seed in range(10)]
    assert sum(bool(differing(history, REGIONS)) for history in found) >= 1


def test_what_the_cut_held_back_comes_too_late_to_be_heard():
    assert sum(bool(lost(history, "us")) for history in runs("hold")) >= 1


def test_without_a_cut_all_regions_agree_and_nothing_is_lost():
    for seed in range(10):
        history = simulate(registers(DESIGN, seed))
        assert differing(history, REGIONS) == []
        assert lost(history, "ap") == set()
        assert {node for _, node in takers(history)} == {"eu"}
