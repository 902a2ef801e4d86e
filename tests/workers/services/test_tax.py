from tests.workers.support import ORDER, after, context, message
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.services.tax import TaxService

SERVICE = TaxService("taxed")
VALIDATED = {"net_cents": 11_990, "country": "DE", "email": "s1-1@example.org"}
TAX = {"tax_cents": 2_278, "total_cents": 14_268}


def test_a_validated_order_is_taxed_once():
    step = SERVICE.step({}, message("OrderValidated", data=VALIDATED), context())
    assert step.writes == {"o1": {"fact": "OrderTaxed"}}
    assert step.effects == (Send("taxed", "OrderTaxed", "o1", {**TAX, "email": "s1-1@example.org"}, sequence=3),)
    assert SERVICE.step(after({}, step), message("OrderValidated", data=VALIDATED, id="another"), context()) is NOTHING


def test_a_rejected_order_is_not_taxed():
    assert SERVICE.step({}, message("OrderRejected", data={"reason": "r"}), context()) is NOTHING
    assert SERVICE.start(context()) is NOTHING


def test_a_request_is_answered_where_it_says():
    step = SERVICE.step({}, message("Tax", data=ORDER, reply_topic="rpc.order", reply_key="o1"), context())
    assert (step.writes, step.effects) == ({}, (Send("rpc.order", "OrderTaxed", "o1", TAX, partition_key="o1"),))
