from tests.workers.support import ORDER, after, context, message, observed, sends, timer
from workers.model.node import NOTHING
from workers.services.operation_flow import OperationIntake, OperationsMailer, OperationsView, Operator
from workers.services.order_operations import apply, levy, place, validate

PLACING = place("o1", ORDER)[1]
TAXING = levy("o1", PLACING)[1]
VALIDATING = validate("o1", PLACING)[1]
PLACED = message("OrderPlaced", data=PLACING)
TAXED = message("OrderTaxed", data=TAXING)
COMMAND = message("PlaceOrder", data=ORDER, reply_topic="replies", reply_key="s1")
READ = message("ReadOrder", data={"op": "o1:read1"}, reply_topic="replies", reply_key="s1")


def test_an_operator_sends_its_operation_once_and_nothing_else():
    tax = Operator(levy, {"OrderTaxed": "taxed"})
    step = tax.step({}, PLACED, context())
    assert [(s.topic, s.type, s.data) for s in sends(step)] == [("taxed", "OrderTaxed", TAXING)]
    assert tax.step(after({}, step), PLACED, context()) is NOTHING
    assert tax.step({}, TAXED, context()) is NOTHING


def test_an_order_is_accepted_each_time_and_its_operation_sent_once():
    intake = OperationIntake("placed")
    step = intake.step({}, COMMAND, context())
    assert [s.type for s in sends(step)] == ["OrderPlaced", "OrderAccepted"]
    again = intake.step(after({}, step), COMMAND, context())
    assert (again.writes, [s.type for s in sends(again)]) == ({}, ["OrderAccepted"])


def test_an_order_of_which_the_tax_came_first_is_still_placed():
    step = OperationIntake("placed").step({"o1": apply(None, TAXING)}, COMMAND, context())
    assert step.writes["o1"]["fields"]["total_cents"] == 14_268
    assert [s.type for s in sends(step)] == ["OrderPlaced", "OrderAccepted"]


def test_a_replica_applies_an_operation_once_and_nothing_that_is_none():
    view = OperationsView(500)
    step = view.step({}, TAXED, context("view-1"))
    assert [body.update for body in observed(step)] == ["o1:OrderTaxed"]
    assert view.step(after({}, step), TAXED, context("view-1")) is NOTHING
    assert view.step({}, message("Gossip"), context("view-1")) is NOTHING


def test_a_view_holds_a_query_until_it_has_what_is_asked_for():
    view = OperationsView(500)
    asked = message("ReadOrder", data={**READ.data, "at_least": ["o1:OrderPlaced"]}, reply_topic="r", reply_key="s1")
    state = after({"o1": apply(None, TAXING)}, view.step({"o1": apply(None, TAXING)}, asked, context()))
    answer = sends(view.step(state, PLACED, context()))[0].data
    assert (answer["outcome"], answer["version"], answer["seen"]) == ("ok", 2, ["o1:OrderPlaced", "o1:OrderTaxed"])
    late = sends(view.step(state, timer("GiveUp", data={"op": "o1:read1"}), context()))[0].data
    assert (late["outcome"], late["error"]) == ("fail", "stale: after 500 ms the view lacks o1:OrderPlaced")


def test_a_mail_goes_out_once_with_the_sum_of_what_was_added():
    mailer = OperationsMailer("mailed")
    state = {}
    steps = []
    for operation in (message("OrderValidated", data=VALIDATING), TAXED, TAXED, PLACED, PLACED):
        steps.append(mailer.step(state, operation, context()))
        state = after(state, steps[-1])
    assert [body.detail["total_cents"] for step in steps for body in observed(step)] == [14_268]
    assert [s.type for step in steps for s in sends(step)] == ["OrderMailed"]
