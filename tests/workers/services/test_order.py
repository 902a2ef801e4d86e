from tests.workers.support import ORDER, after, context, message
from workers.model.effects import Observe, Send
from workers.model.node import NOTHING
from workers.model.observation import Applied
from workers.services.order import OrderService

SERVICE = OrderService("placed")
COMMAND = message("PlaceOrder", data=ORDER, reply_topic="replies", reply_key="s1")
ACCEPTED = Send("replies", "OrderAccepted", "o1", {"outcome": "ok", "update": "o1:OrderPlaced"}, partition_key="s1")


def test_a_command_is_stored_announced_and_answered_in_one_step():
    step = SERVICE.step({}, COMMAND, context())
    assert step.writes == {"o1": {"OrderPlaced": ORDER}}
    assert step.effects == (
        Observe(Applied("o1", {"status": "placed", "net_cents": 11_990}, "o1:OrderPlaced", 1)),
        Send("placed", "OrderPlaced", "o1", ORDER, sequence=1),
        ACCEPTED,
    )


def test_a_retry_is_answered_and_announced_no_second_time():
    state = after({}, SERVICE.step({}, COMMAND, context()))
    step = SERVICE.step(
        state, message("PlaceOrder", data=ORDER, id="m2", reply_topic="replies", reply_key="s1"), context()
    )
    assert (step.writes, step.effects) == ({}, (ACCEPTED,))


def test_a_fact_of_another_service_is_applied_once():
    state = after({}, SERVICE.step({}, COMMAND, context()))
    fact = message("OrderValidated", data={"net_cents": 11_990})
    step = SERVICE.step(state, fact, context())
    assert step.writes == {"o1": {"OrderPlaced": ORDER, "OrderValidated": {"net_cents": 11_990}}}
    assert step.effects == (
        Observe(Applied("o1", {"status": "validated", "net_cents": 11_990}, "o1:OrderValidated", 2)),
    )
    assert SERVICE.step(after(state, step), message("OrderValidated", id="m9"), context()) is NOTHING


def test_a_fact_that_overtakes_the_command_is_kept_and_the_command_is_still_announced():
    state = after({}, SERVICE.step({}, message("OrderValidated", data={"a": 1}), context()))
    step = SERVICE.step(state, COMMAND, context())
    assert step.writes == {"o1": {"OrderValidated": {"a": 1}, "OrderPlaced": ORDER}}
    assert Send("placed", "OrderPlaced", "o1", ORDER, sequence=1) in step.effects


def test_what_is_no_fact_is_ignored():
    assert SERVICE.step({}, message("Gossip"), context()) is NOTHING
    assert SERVICE.start(context()) is NOTHING
