import pytest

from tests.workers.support import ORDER, after, context, message, observed, sends
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.services.order_writer import Commander, OrderWriter, permitted
from workers.services.whole_orders import mailing, taxation

WRITER = OrderWriter("orders")
TAX = {"tax_cents": 2_278, "total_cents": 14_268}
COMMAND = message("PlaceOrder", data=ORDER, reply_topic="replies", reply_key="s1")
ACCEPTED = Send("replies", "OrderAccepted", "o1", {"outcome": "ok", "update": "o1:OrderPlaced"}, partition_key="s1")
PLACED = {"o1": {"OrderPlaced": ORDER}}


def record(fact, data):
    return message("RecordFact", data={"fact": fact, "data": data})


def test_an_order_is_written_once_and_answered_each_time():
    step = WRITER.step({}, COMMAND, context())
    assert sends(step) == [Send("orders", "OrderPlaced", "o1", ORDER, sequence=1), ACCEPTED]
    assert [(body.update, body.version) for body in observed(step)] == [("o1:OrderPlaced", 1)]
    assert WRITER.step(after({}, step), COMMAND, context()).effects == (ACCEPTED,)
    assert WRITER.start(context()) is NOTHING


def test_a_command_becomes_the_next_event_once():
    step = WRITER.step(PLACED, record("OrderTaxed", TAX), context())
    assert sends(step) == [Send("orders", "OrderTaxed", "o1", TAX, sequence=2)]
    assert WRITER.step(after(PLACED, step), record("OrderTaxed", TAX), context()) is NOTHING


@pytest.mark.parametrize(
    ("known", "fact", "allowed"),
    [
        ([], "OrderTaxed", False),
        (["OrderPlaced"], "OrderTaxed", True),
        (["OrderPlaced", "OrderTaxed"], "OrderTaxed", False),
        (["OrderPlaced", "OrderRejected"], "OrderValidated", False),
        (["OrderPlaced", "OrderValidated"], "OrderRejected", False),
        (["OrderPlaced"], "OrderRejected", True),
        (["OrderPlaced", "OrderTaxed"], "OrderMailed", False),
        (["OrderPlaced", "OrderValidated"], "OrderMailed", True),
        (["OrderPlaced"], "OrderSold", False),
    ],
)
def test_the_writer_keeps_the_rules(known, fact, allowed):
    order = {name: {"net_cents": 1} for name in known}
    assert permitted(order, fact) is allowed
    refused = WRITER.step({"o1": order}, record(fact, TAX), context()) is NOTHING
    assert refused is not allowed


def test_a_service_asks_once_for_what_it_found_out():
    tax = Commander(taxation)
    step = tax.step({}, message("OrderPlaced", data=ORDER), context())
    assert step.effects == (Send("commands", "RecordFact", "o1", {"fact": "OrderTaxed", "data": TAX}),)
    assert tax.step(after({}, step), message("OrderPlaced", data=ORDER), context()) is NOTHING
    assert tax.start(context()) is NOTHING


def test_the_mail_is_sent_once_when_the_order_is_valid_and_taxed():
    email, state, mailed = Commander(mailing), {}, []
    for fact, data in (("OrderTaxed", TAX), ("OrderPlaced", ORDER), ("OrderTaxed", TAX), ("OrderValidated", {})):
        step = email.step(state, message(fact, data=data), context())
        mailed.append((len(observed(step)), [s.data["fact"] for s in sends(step)]))
        state = after(state, step)
    assert mailed == [(0, []), (0, []), (0, []), (1, ["OrderMailed"])]
    assert email.step(state, message("OrderValidated", data={}), context()) is NOTHING
