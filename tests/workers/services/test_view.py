from tests.workers.support import ORDER, after, context, message
from workers.model.effects import Observe, Send
from workers.model.node import NOTHING
from workers.model.observation import Applied
from workers.services.view import OrdersView, ReadThroughView

VIEW = OrdersView(500)
THROUGH = ReadThroughView("rpc.store", "rpc.view-1")
QUERY = message("ReadOrder", id="q1", data={"op": "o1:read1"}, reply_topic="replies", reply_key="s1")


def test_a_view_applies_each_fact_once():
    step = VIEW.step({}, message("OrderPlaced", data=ORDER), context())
    assert step.writes == {"o1": {"OrderPlaced": ORDER}}
    assert step.effects == (Observe(Applied("o1", {"status": "placed", "net_cents": 11_990}, "o1:OrderPlaced", 1)),)
    assert VIEW.step(after({}, step), message("OrderPlaced", data=ORDER, id="another"), context()) is NOTHING


def test_a_view_answers_from_what_it_has_applied():
    def answered(value, version, seen):
        data = {"outcome": "ok", "op": "o1:read1", "value": value, "version": version, "seen": seen}
        return (Send("replies", "OrderRead", "o1", data, partition_key="s1"),)

    assert VIEW.step({}, QUERY, context()).effects == answered(None, 0, [])
    state = {"o1": {"OrderPlaced": ORDER}}
    assert VIEW.step(state, QUERY, context()).effects == answered(
        {"status": "placed", "net_cents": 11_990}, 1, ["o1:OrderPlaced"]
    )


def test_a_view_ignores_what_is_no_fact():
    assert VIEW.step({}, message("Gossip"), context()) is NOTHING
    assert VIEW.start(context()) is NOTHING


def test_a_view_without_a_state_asks_the_store_and_passes_the_answer_back_once():
    asked = THROUGH.step({}, QUERY, context())
    assert asked.effects == (
        Send(
            *("rpc.store", "Read", "o1", {"query": "q1", "op": "o1:read1"}),
            partition_key="the-one-state",
            reply_topic="rpc.view-1",
            reply_key="o1",
        ),
    )
    state = after({}, asked)
    answer = message(
        "ReadAnswer", data={"query": "q1", "op": "o1:read1", "outcome": "ok", "value": None, "version": 0, "seen": []}
    )
    passed = THROUGH.step(state, answer, context())
    assert passed.effects == (Send("replies", "OrderRead", "o1", answer.data, partition_key="s1"),)
    assert after(state, passed) == {}
    assert THROUGH.step({}, answer, context()) is NOTHING


def test_a_view_without_a_state_ignores_everything_else():
    assert THROUGH.step({}, message("OrderPlaced"), context()) is NOTHING
    assert THROUGH.start(context()) is NOTHING
