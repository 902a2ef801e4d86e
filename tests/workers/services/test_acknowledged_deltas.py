from tests.workers.support import ORDER, after, context, message, sends, timer, timers
from workers.model.effects import CancelTimer
from workers.model.node import NOTHING
from workers.services.acknowledged_deltas import Acknowledging, DeltaMaker
from workers.services.whole_flow import WholeOrderAdder, WholeOrdersView
from workers.services.whole_orders import taxation

TAX = {"tax_cents": 2_278, "total_cents": 14_268}
WHOLE = {"OrderPlaced": ORDER, "OrderTaxed": TAX}
PLACED = message("OrderPlaced", data={"OrderPlaced": ORDER}, reply_topic="acknowledgements.order", reply_key="o1")
MAKER = DeltaMaker(WholeOrderAdder(taxation, {"OrderTaxed": "taxed"}), ("order", "view-1"), 100)
HERE = context("tax")
MADE = MAKER.step({}, PLACED, HERE)
AGAIN = timer("ResendDelta")


def taken(by):
    return message("DeltaTaken", data={"by": by})


def test_only_the_delta_travels_and_says_where_to_acknowledge_it():
    (delta,) = sends(MADE)
    assert (delta.data, delta.reply_topic, delta.reply_key) == ({"OrderTaxed": TAX}, "acknowledgements.tax", "o1")
    assert [(t.name, t.after_us) for t in timers(MADE)] == [("resend:o1:1", 100_000)]


def test_until_everybody_has_acknowledged_it_the_whole_state_is_sent_again_each_time_later_and_under_another_name():
    state, waits = after({}, MADE), []
    for _ in range(6):
        step = MAKER.step(state, AGAIN, HERE)
        state = after(state, step)
        assert [s.data for s in sends(step)] == [WHOLE]
        waits += [(t.name, t.after_us) for t in timers(step)]
    assert waits == [(f"resend:o1:{n}", 100_000 * min(2 ** (n - 1), 8)) for n in range(2, 8)]


def test_the_last_acknowledgement_ends_it_and_copies_of_acknowledgements_do_nothing():
    state = after({}, MADE)
    state = after(state, MAKER.step(state, taken("order"), HERE))
    assert MAKER.step(state, taken("order"), HERE) is NOTHING
    last = MAKER.step(state, taken("view-1"), HERE)
    assert last.effects == (CancelTimer("resend:o1:1"),)
    rest = after(state, last)
    assert rest == {"o1": {"fact": "OrderTaxed"}}
    assert MAKER.step(rest, taken("view-1"), HERE) is NOTHING
    assert MAKER.step(rest, AGAIN, HERE) is NOTHING


def test_a_follower_acknowledges_every_copy_and_applies_one():
    view = Acknowledging(WholeOrdersView(500))
    first = view.step({}, PLACED, context("view-1"))
    copy = view.step(after({}, first), PLACED, context("view-1"))
    for step in (first, copy):
        assert [(s.topic, s.type, s.data) for s in sends(step)] == [
            ("acknowledgements.order", "DeltaTaken", {"by": "view-1"})
        ]
    assert (list(first.writes), list(copy.writes)) == (["o1"], [])


def test_what_is_no_delta_is_not_acknowledged():
    view = Acknowledging(WholeOrdersView(500))
    query = message("ReadOrder", data={"op": "o1:read1"}, reply_topic="replies", reply_key="s1")
    assert [s.type for s in sends(view.step({}, query, context("view-1")))] == ["OrderRead"]
    assert MAKER.start(HERE) is NOTHING
    assert view.start(HERE) is NOTHING
