from functools import cache

from tests.workers.strategies.registers import (
    SEEDS,
    away,
    check_topics,
    effects,
    lost,
    registers,
    steps_without_reason,
)
from tests.workers.support import simulate

DESIGN = "leader-unfenced-broken"


@cache
def runs():
    return [simulate(registers(DESIGN, seed, changes=away("writer-a", 1.5, 2.7))) for seed in SEEDS]


def test_what_is_declared_is_sent_and_what_is_subscribed_to_arrives():
    check_topics(DESIGN, changes=away("writer-a", 1.5, 2.7))


def test_a_leader_that_wakes_after_its_lease_overwrites_what_its_successor_has_acknowledged():
    assert sum(bool(lost(history, "storage")) for history in runs()) >= 1


def test_a_compare_and_set_of_the_zombie_happens_although_something_else_is_there():
    assert sum(bool(steps_without_reason(history, "storage")) for history in runs()) >= 1


def test_nobody_is_refused():
    assert all(effects(history, "fenced") == [] for history in runs())


def test_as_long_as_no_leader_is_paused_nothing_is_lost():
    for seed in range(10):
        history = simulate(registers(DESIGN, seed))
        assert lost(history, "storage") == set()
        assert steps_without_reason(history, "storage") == []
