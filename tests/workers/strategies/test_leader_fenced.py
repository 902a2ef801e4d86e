from functools import cache

from tests.workers.strategies.registers import (
    ROUGH,
    SEEDS,
    away,
    check_topics,
    differing,
    effects,
    ended,
    lost,
    registers,
    stale_reads,
    steps_without_reason,
)
from tests.workers.support import of_kind, simulate
from workers.model.observation import Applied

DESIGN = "leader-fenced"
REPLICAS = ("storage", "view-1", "view-2")
PAUSED = away("writer-a", 1.5, 2.7)


@cache
def runs():
    return [simulate(registers(DESIGN, seed, changes=PAUSED)) for seed in SEEDS]


def test_what_is_declared_is_sent_and_what_is_subscribed_to_arrives():
    check_topics(DESIGN, changes=PAUSED)
    check_topics(DESIGN, leadership={"reads": "replicas"}, changes=PAUSED)


def test_a_paused_leader_is_replaced_and_its_write_is_refused_when_it_wakes():
    refused = [effects(history, "fenced") for history in runs()]
    assert sum(map(bool, refused)) >= len(SEEDS) / 5
    assert all(b.detail["token"] < b.detail["largest"] for found in refused for b in found)


def test_no_acknowledged_write_is_lost_and_no_compare_and_set_happens_without_its_reason():
    for history in runs():
        assert lost(history, "storage") == set()
        assert steps_without_reason(history, "storage") == []
        assert differing(history, REPLICAS) == []


def test_the_versions_of_a_register_are_gapless_and_one_writer_made_each():
    for history in runs():
        versions = {}
        for o in history:
            if isinstance(o.body, Applied) and o.node == "storage":
                versions.setdefault(o.body.key, []).append(o.body.version)
        assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


def test_a_refused_command_never_happened():
    for history in runs():
        refused = {b.op for b in ended(history, "write", "cas") if b.outcome == "fail"}
        assert refused.isdisjoint(b.value for b in of_kind(history, Applied))


def test_a_read_at_the_storage_sees_every_write_that_was_acknowledged_before_it_began():
    for history in runs():
        assert stale_reads(history) == []


def test_over_a_network_that_reorders_and_duplicates_all_this_holds_too():
    for seed in SEEDS:
        history = simulate(registers(DESIGN, seed, network=ROUGH, changes=PAUSED))
        assert lost(history, "storage") == set()
        assert steps_without_reason(history, "storage") == []
        assert differing(history, REPLICAS) == []


def test_without_the_lease_service_nobody_leads_and_every_change_is_refused():
    history = simulate(registers(DESIGN, nodes={"lock": {"instances": 0}}, clients={"operations": 30}))
    assert {(b.outcome, b.error) for b in ended(history, "write", "cas")} == {("fail", "nobody leads")}
    assert of_kind(history, Applied) == []
