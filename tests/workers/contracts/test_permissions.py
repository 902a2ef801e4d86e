"""Only the writer writes: what a node may not append is refused, by the server or by the model of it, and noted."""

import pytest
import redis

from tests.workers.live import LiveRun
from tests.workers.strategies.seeds import differing_orders, gaps
from tests.workers.support import mails, of_kind, placed, scenario
from workers.cluster.shards import APPEND_REFUSED
from workers.model.observation import Delivered, Effected, Sent
from workers.runtime.connection import connect
from workers.runtime.keys import RunKeys

REPLICAS = ("order", "view-1", "view-2")
INTRUDER = scenario(design="single-writer-intruder", workload={"invalid_share": 0.0})


def refusals(history):
    return [(o.node, o.body.key, o.body.detail) for o in history if getattr(o.body, "effect", "") == APPEND_REFUSED]


def test_every_append_past_the_writer_is_refused_and_noted_and_nobody_is_harmed(driver):
    history = driver.run(INTRUDER)
    orders = placed(history)
    assert len(orders) == 20
    found = refusals(history)
    assert {(node, topic, detail["type"]) for node, topic, detail in found} == {("tax", "orders", "OrderTaxed")}
    assert sorted(detail["about"] for _, _, detail in found) == orders
    assert {detail["error"].partition(":")[0] for _, _, detail in found} == {"NOPERM"}
    messages = {detail["message"] for _, _, detail in found}
    assert messages.isdisjoint(b.message for b in of_kind(history, Sent) + of_kind(history, Delivered))
    assert gaps(history, "order") == []
    assert differing_orders(history, REPLICAS) == []
    assert mails(history) == orders


@pytest.mark.stack
def test_both_drivers_note_a_refusal_at_the_same_place_of_the_same_turn(both):
    def turns(played):
        return sorted(
            [
                (type(b).__name__, getattr(b, "message", "") or b.detail["message"])
                for b in turn.bodies
                if isinstance(b, Sent | Effected)
            ]
            for _, turn in played.turns
            if turn.node == "tax" and len({b.message for b in turn.bodies if isinstance(b, Delivered)}) == 1
        )

    fields = scenario(
        design="single-writer-intruder",
        workload={"orders": 4, "orders_per_s": 8, "reads_per_order": 0},
        network={"default": {"latency": {"kind": "constant", "ms": 15}}},
    )
    simulated, live = (driver.play(fields) for driver in both)
    alike = [turn for turn in turns(live) if turn in turns(simulated)]
    assert [list(x) for x in {tuple(kind for kind, _ in turn) for turn in alike if turn}] == [["Effected", "Sent"]]


@pytest.mark.stack
def test_the_server_itself_refuses_the_users_of_the_nodes_what_is_not_theirs(server):
    with LiveRun(server.url, scenario(design="single-writer")) as live:
        keys = RunKeys(live.run)
        passwords = live.client.hgetall(keys.users)

        def attempt(node, *command):
            """What the server says to this command of the node's user."""
            with connect(server.url) as client:
                secret = passwords[node.encode()].decode()
                client.connection_pool.connection_kwargs.update(username=f"{keys.prefix}{node}", password=secret)
                try:
                    return client.execute_command(*command)
                except redis.exceptions.NoPermissionError:
                    return "refused"

        orders = keys.topic("orders", 0)
        entry = ("XADD", orders, "*", "m", b"x")
        assert attempt("order", *entry) != "refused"
        assert [attempt(node, *entry) for node in ("tax", "validation", "email", "view-1", "client")] == ["refused"] * 5
        assert attempt("tax", "XREAD", "STREAMS", orders, "0")
        assert attempt("tax", "XADD", keys.topic("commands", 0), "*", "m", b"x") != "refused"
        forbidden = [
            ("HGETALL", keys.users),
            ("HSET", keys.shard("order", 0), "r:s1-1", "x"),
            ("HGETALL", RunKeys("another").meta),
            ("KEYS", "*"),
            ("ACL", "LIST"),
            ("FLUSHALL",),
            ("CONFIG", "GET", "requirepass"),
            ("EVAL", "return redis.call('XADD', KEYS[1], '*', 'm', 'x')", 1, orders),
            ("EVAL", f"return redis.call('XADD', '{orders}', '*', 'm', 'x')", 0),
        ]

        def script_refused(command):
            try:
                return attempt("tax", *command) == "refused"
            except redis.ResponseError as error:
                return "permission" in str(error).lower() or "NOPERM" in str(error)

        assert [script_refused(command) for command in forbidden] == [True] * len(forbidden)
