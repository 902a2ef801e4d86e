from tests.workers.strategies.regions import (
    ROUGH,
    check_sets_of_updates,
    check_strong_eventual_consistency,
    check_wired,
    every_type,
    regions,
)
from tests.workers.support import simulate
from workers.services.regions.operation_broadcast import OperationBroadcast

DESIGN = "operation-broadcast"


def test_every_topic_is_declared_used_and_read():
    check_wired(DESIGN)


def test_every_type_is_strongly_eventually_consistent_over_a_rough_network_with_a_partition():
    check_strong_eventual_consistency(DESIGN, OperationBroadcast, range(36))


def test_answers_say_which_updates_the_region_had_applied():
    for seed in range(6):
        check_sets_of_updates(
            simulate(regions(DESIGN, seed=seed, network=ROUGH, entities=every_type(OperationBroadcast, seed)))
        )
