from functools import cache

from tests.workers.strategies.registers import ROUGH, SEEDS, check_topics, effects, ended, lost, registers
from tests.workers.support import final_values, of_kind, simulate
from workers.model.observation import Applied, Invoked, Sent

DESIGN = "hot-key-optimistic"
REPLICAS = ("storage", "view-1", "view-2")
CROWD = {"operations_per_s": 60, "operations": 120, "sessions": 20, "timeout_ms": 2_000}


@cache
def runs():
    return [simulate(registers(DESIGN, seed, network=ROUGH, clients=CROWD)) for seed in SEEDS]


def sum_of_accepted(history):
    """By key, the sum of the increments that the storage accepted, whether or not the client heard of it."""
    amounts = {b.op: b.value["value"] for b in of_kind(history, Invoked) if b.f == "increment"}
    sums = {}
    for body in ended(history, "increment"):
        assert body.outcome in ("ok", "fail")
        if body.outcome == "ok":
            sums[body.key] = sums.get(body.key, 0) + amounts[body.op]
    return sums


def test_what_is_declared_is_sent_and_what_is_subscribed_to_arrives():
    check_topics(DESIGN)


def test_accepted_versions_are_gapless_and_one_session_made_each():
    for history in runs():
        applied = [o.body for o in history if isinstance(o.body, Applied) and o.node == "storage"]
        assert [b.version for b in applied] == list(range(1, len(applied) + 1))
        assert len({b.update for b in applied}) == len(applied)


def test_the_counter_is_the_sum_of_what_was_accepted_and_all_replicas_show_it():
    for history in runs():
        shown = final_values(history, REPLICAS)
        assert [shown[replica] for replica in REPLICAS] == [sum_of_accepted(history)] * 3
        assert lost(history, "storage") == set()


def test_retries_are_in_the_history_as_messages_and_as_attempts():
    for history in runs():
        tried = [b.value["attempts"] for b in ended(history, "increment")]
        assert sum(tried) == sum(b.type == "Load" for b in of_kind(history, Sent))
        assert max(tried) > 1


def test_who_gives_up_says_so_and_nothing_happened():
    history = simulate(registers(DESIGN, clients=CROWD, hot_key={"attempts_max": 2, "read_share": 0.0}))
    failed = [b for b in ended(history, "increment") if b.outcome == "fail"]
    assert {b.error for b in failed} == {"gave up: somebody else was faster, 2 times"}
    assert [b.detail["op"] for b in effects(history, "gave-up")] == [b.op for b in failed]
    assert len(failed) > 5
    assert sum(final_values(history, REPLICAS)["storage"].values()) == sum(sum_of_accepted(history).values())


def test_a_lost_answer_after_the_commit_does_not_count_twice():
    lossy = {"default": {**ROUGH["default"], "loss": 0.15}}
    for seed in range(20):
        clients = {**CROWD, "timeout_ms": 60_000}
        fields = registers(DESIGN, seed, network=lossy, clients=clients, rpc_timeout_ms=80, drain_s=70.0)
        history = simulate({**fields, "hot_key": {"attempts_max": 100, "read_share": 0.0}})
        assert {b.outcome for b in ended(history, "increment")} == {"ok"}
        assert final_values(history, REPLICAS)["storage"] == sum_of_accepted(history)


def test_where_no_store_was_answered_the_outcome_is_unknown_and_where_none_was_sent_it_is_not():
    away = {"storage": {"instances": 0}}
    never = simulate(registers(DESIGN, nodes=away, clients={"operations": 5}, hot_key={"read_share": 0.0}))
    assert [b.outcome for b in ended(never, "increment")] == ["fail"] * 5
    mute = {"links": [{"source": "storage", "target": "client", "loss": 1.0}]}
    history = simulate(registers(DESIGN, network=mute, clients={"operations": 5}, hot_key={"read_share": 0.0}))
    assert [b.outcome for b in ended(history, "increment")] == ["fail"] * 5
