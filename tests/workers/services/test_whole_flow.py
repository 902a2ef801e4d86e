from tests.workers.support import ORDER, after, context, message, observed, sends
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.model.observation import Effected
from workers.services.whole_flow import (
    WholeOrderAdder,
    WholeOrderIntake,
    WholeOrderMailer,
    WholeOrdersView,
)
from workers.services.whole_orders import mailing, shown, take_last, taxation

PLACED = {"OrderPlaced": ORDER}
TAX = {"tax_cents": 2_278, "total_cents": 14_268}
TAXED = {**PLACED, "OrderTaxed": TAX}
VALID = {**PLACED, "OrderValidated": {}}
READY = {**TAXED, **VALID}
ADDER = WholeOrderAdder(taxation, {"OrderTaxed": "taxed"})
INTAKE = WholeOrderIntake("placed")
COMMAND = message("PlaceOrder", data=ORDER, reply_topic="replies", reply_key="s1")
ACCEPTED = Send("replies", "OrderAccepted", "o1", {"outcome": "ok", "update": "o1:OrderPlaced"}, partition_key="s1")
CLAIMED = {"claims": ["o1:OrderPlaced", "o1:OrderTaxed", "o1:OrderValidated"], "version": 3}
SENT = Effected("email", "o1", {"to": "s1-1@example.org", **CLAIMED, "total_cents": 14_268})


def test_an_adder_sends_the_order_on_whole_and_once():
    step = ADDER.step({}, message("OrderPlaced", data=PLACED), context())
    assert step.effects == (Send("taxed", "OrderTaxed", "o1", TAXED, sequence=2),)
    assert ADDER.step(after({}, step), message("OrderValidated", data=VALID), context()) is NOTHING


def test_an_adder_ignores_what_it_can_add_nothing_to():
    assert ADDER.step({}, message("OrderValidated", data={"OrderValidated": {}}), context()) is NOTHING
    assert ADDER.step({}, message("Gossip"), context()) is NOTHING
    assert ADDER.start(context()) is NOTHING


def test_an_order_is_accepted_each_time_and_announced_once():
    step = INTAKE.step({}, COMMAND, context())
    assert sends(step) == [Send("placed", "OrderPlaced", "o1", PLACED, sequence=1), ACCEPTED]
    assert [body.update for body in observed(step)] == ["o1:OrderPlaced"]
    again = INTAKE.step(after({}, step), COMMAND, context())
    assert (again.writes, again.effects) == ({}, (ACCEPTED,))
    assert INTAKE.start(context()) is NOTHING


def test_an_intake_that_is_no_replica_reports_nothing():
    assert observed(WholeOrderIntake("placed", shows=False).step({}, COMMAND, context())) == []


def test_an_intake_takes_in_what_comes_back():
    step = INTAKE.step({"o1": PLACED}, message("OrderTaxed", data=TAXED), context())
    assert step.writes == {"o1": TAXED}
    assert [body.update for body in observed(step)] == ["o1:OrderTaxed"]
    assert INTAKE.step({"o1": TAXED}, message("OrderTaxed", data=TAXED), context()) is NOTHING


def test_a_view_takes_orders_in_its_own_way_and_answers_from_what_it_has():
    view = WholeOrdersView(500, take_last)
    query = message("ReadOrder", data={"op": "o1:read1"}, reply_topic="replies", reply_key="s1")
    assert sends(view.step({}, query, context()))[0].data == {
        "outcome": "ok",
        "op": "o1:read1",
        "value": None,
        "version": 0,
        "seen": [],
    }
    step = view.step({"o1": TAXED}, message("OrderValidated", data=VALID), context())
    assert step.writes == {"o1": VALID}
    answer = sends(view.step({"o1": VALID}, query, context()))[0]
    assert (answer.data["value"], answer.data["version"], answer.partition_key) == (shown(VALID), 2, "s1")
    assert view.step({}, message("Gossip"), context()) is NOTHING
    assert view.start(context()) is NOTHING


def test_a_view_announces_once_that_it_shows_an_order_complete():
    view = WholeOrdersView(500, updated_topic="updated")
    assert sends(view.step({}, message("OrderPlaced", data=PLACED), context("view-1"))) == []
    step = view.step({"o1": PLACED}, message("OrderValidated", data=READY), context("view-1"))
    assert sends(step) == [Send("updated", "ViewUpdated", "o1", {"view": "view-1", "order": step.writes["o1"]})]
    mailed = {**READY, "OrderMailed": {}}
    assert sends(view.step({"o1": READY}, message("OrderMailed", data=mailed), context("view-1"))) == []
    assert view.step({"o1": READY}, message("OrderTaxed", data=TAXED), context("view-1")) is NOTHING


def test_an_order_is_mailed_once_when_it_is_valid_and_taxed():
    mailer = WholeOrderMailer(topic="mailed")
    first = mailer.step({}, message("OrderTaxed", data=TAXED), context())
    assert first.effects == ()
    step = mailer.step(after({}, first), message("OrderValidated", data=VALID), context())
    whole = {**READY, "OrderMailed": mailing(READY)[1]}
    assert observed(step) == [SENT]
    assert sends(step) == [Send("mailed", "OrderMailed", "o1", whole, sequence=4)]
    assert mailer.step(after({}, step), message("OrderValidated", data=READY), context()) is NOTHING
    assert mailer.start(context()) is NOTHING


def test_a_mail_to_the_customer_names_its_version_and_goes_to_the_session():
    mailer = WholeOrderMailer(to_customer=True)
    step = mailer.step({}, message("OrderValidated", "s1-1", READY), context())
    mail = {"to": "s1-1@example.org", "version": 3, "claims": [c.replace("o1", "s1-1") for c in CLAIMED["claims"]]}
    assert sends(step) == [Send("mails", "OrderMailed", "s1-1", mail, partition_key="s1")]
