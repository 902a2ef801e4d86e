from tests.workers.support import after, context, message, observed
from workers.model.effects import Observe, Send
from workers.model.node import NOTHING
from workers.model.observation import Effected
from workers.services.email import EmailService, EmailServiceWithoutKey

SERVICE = EmailService("mailed")
TAXED = {"tax_cents": 2_278, "total_cents": 14_268, "email": "s1-1@example.org"}
CLAIMED = {"claims": ["o1:OrderPlaced", "o1:OrderTaxed", "o1:OrderValidated"], "version": 3}
SENT = Observe(Effected("email", "o1", {"to": "s1-1@example.org", **CLAIMED, "total_cents": 14_268}))


def test_a_taxed_order_is_mailed_and_announced():
    step = SERVICE.step({}, message("OrderTaxed", data=TAXED), context())
    assert step.writes == {"o1": {"fact": "OrderMailed"}}
    assert step.effects == (SENT, Send("mailed", "OrderMailed", "o1", {"to": "s1-1@example.org"}, sequence=4))


def test_a_second_message_about_the_same_order_sends_no_second_mail():
    state = after({}, SERVICE.step({}, message("OrderTaxed", data=TAXED), context()))
    assert SERVICE.step(state, message("OrderTaxed", data=TAXED, id="another"), context()) is NOTHING


def test_a_request_is_answered_each_time_and_mailed_once():
    request = message(
        "Mail", data={"email": "s1-1@example.org", "total_cents": 14_268}, reply_topic="r", reply_key="o1"
    )
    answer = Send("r", "OrderMailed", "o1", {"to": "s1-1@example.org"}, partition_key="o1")
    first = SERVICE.step({}, request, context())
    assert first.effects == (SENT, answer)
    again = SERVICE.step(after({}, first), request, context())
    assert (again.writes, again.effects) == ({}, (answer,))


def test_without_a_key_every_copy_of_a_message_is_a_mail():
    broken, taxed = EmailServiceWithoutKey("mailed"), message("OrderTaxed", data=TAXED)
    state = after({}, broken.step({}, taxed, context()))
    assert [observed(broken.step(s, taxed, context())) for s in ({}, state)] == [[SENT.body], [SENT.body]]


def test_a_rejected_order_is_not_mailed():
    assert SERVICE.step({}, message("OrderRejected"), context()) is NOTHING
    assert SERVICE.start(context()) is NOTHING
