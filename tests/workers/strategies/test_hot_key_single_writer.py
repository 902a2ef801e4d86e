from functools import cache

from tests.workers.strategies.registers import ROUGH, SEEDS, check_topics, ended, lost, registers
from tests.workers.support import final_values, of_kind, simulate
from workers.model.observation import Applied, Completed, Invoked

DESIGN = "hot-key-single-writer"
REPLICAS = ("writer", "view-1", "view-2")
CROWD = {"operations_per_s": 60, "operations": 120, "sessions": 20, "timeout_ms": 4_000}


@cache
def runs():
    return [simulate(registers(DESIGN, seed, network=ROUGH, clients=CROWD)) for seed in SEEDS]


def latencies_ms(history):
    """How long each increment took, from its intended start, sorted."""
    begun = {b.op: b.intended_us for b in of_kind(history, Invoked) if b.f == "increment"}
    done = [(o.body.op, o.at_us) for o in history if isinstance(o.body, Completed)]
    return sorted((at_us - begun[op]) / 1_000 for op, at_us in done if op in begun)


def test_what_is_declared_is_sent_and_what_is_subscribed_to_arrives():
    check_topics(DESIGN)


def test_every_command_is_carried_out_once_and_at_the_first_attempt():
    for history in runs():
        amounts = {b.op: b.value["value"] for b in of_kind(history, Invoked) if b.f == "increment"}
        assert {(b.outcome, b.value["attempts"]) for b in ended(history, "increment")} == {("ok", 1)}
        assert list(final_values(history, REPLICAS).values()) == [{"account-1": sum(amounts.values())}] * 3
        assert lost(history, "writer") == set()


def test_accepted_versions_are_gapless_and_the_writer_made_each():
    for history in runs():
        applied = [o.body for o in history if isinstance(o.body, Applied) and o.node == "writer"]
        assert [b.version for b in applied] == list(range(1, len(applied) + 1))
        assert [b.update for b in applied] == [f"account-1@writer.{n}" for n in range(1, len(applied) + 1)]


def worst_ms(keys, instances):
    writer = {"writer": {"instances": instances, "service_ms": 20}}
    clients = {**CROWD, "operations": 240, "timeout_ms": 30_000}
    return latencies_ms(
        simulate(registers(DESIGN, nodes=writer, partitions=8, hot_key={"keys": keys}, clients=clients, drain_s=30.0))
    )[-1]


def test_more_instances_lift_the_cap_for_many_keys_and_never_for_one():
    assert worst_ms(keys=1, instances=8) == worst_ms(keys=1, instances=1)
    assert worst_ms(keys=24, instances=8) < worst_ms(keys=24, instances=1) / 2


def test_a_command_that_is_not_answered_has_an_unknown_outcome():
    history = simulate(registers(DESIGN, nodes={"writer": {"instances": 0}}, clients={"operations": 5}))
    assert {b.outcome for b in ended(history, "increment")} == {"info"}
