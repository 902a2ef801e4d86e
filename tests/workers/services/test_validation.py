import pytest

from tests.workers.support import INVALID_ORDER, ORDER, after, context, message
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.services.validation import ValidationService

SERVICE = ValidationService("validated")
FOUND = {"net_cents": 11_990, "country": "DE", "email": "s1-1@example.org"}
REASON = {"reason": "its net value exceeds 1000"}


@pytest.mark.parametrize(
    ("order", "fact", "found"), [(ORDER, "OrderValidated", FOUND), (INVALID_ORDER, "OrderRejected", REASON)]
)
def test_an_order_is_judged_once_and_the_verdict_announced_once(order, fact, found):
    step = SERVICE.step({}, message("OrderPlaced", data=order), context())
    assert step.writes == {"o1": {"fact": fact}}
    assert step.effects == (Send("validated", fact, "o1", found, sequence=2),)
    assert SERVICE.step(after({}, step), message("OrderPlaced", data=order, id="another"), context()) is NOTHING


@pytest.mark.parametrize(
    ("order", "fact", "found"), [(ORDER, "OrderValidated", FOUND), (INVALID_ORDER, "OrderRejected", REASON)]
)
def test_a_request_is_answered_where_it_says_and_leaves_no_trace(order, fact, found):
    request = message("Validate", data=order, reply_topic="rpc.order", reply_key="o1")
    step = SERVICE.step({}, request, context())
    assert (step.writes, step.effects) == ({}, (Send("rpc.order", fact, "o1", found, partition_key="o1"),))


def test_other_facts_are_ignored():
    assert SERVICE.step({}, message("OrderTaxed"), context()) is NOTHING
    assert SERVICE.start(context()) is NOTHING
