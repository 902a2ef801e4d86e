import pytest

from tests.workers.support import ORDER, after, context, message, observed, sends, timer, timers
from workers.model.effects import CancelTimer, SetTimer
from workers.model.node import NOTHING
from workers.services.blocking_view import BlockingOrdersView
from workers.services.whole_orders import shown

VIEW = BlockingOrdersView(900)
PLACED = {"OrderPlaced": ORDER}
READY = {**PLACED, "OrderValidated": {}, "OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}
REJECTED = {**PLACED, "OrderRejected": {"reason": "r"}, "OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}
GIVE_UP = timer("GiveUp", data={"op": "o1:link"})


def query(op="o1:link", version=3):
    return message("ReadOrder", data={"op": op, "version": version}, reply_topic="replies", reply_key="s1")


def event(order, fact="OrderValidated"):
    return message(fact, data=order)


def waiting(*queries, state=None):
    """The state of a view that holds these queries."""
    state = state or {}
    for asked in queries:
        state = after(state, VIEW.step(state, asked, context()))
    return state


def answers(step):
    return [(s.data["op"], s.data["outcome"], s.data["value"], s.data["version"], s.partition_key) for s in sends(step)]


def test_a_query_is_answered_at_once_by_a_view_that_has_the_version():
    step = VIEW.step({"o1": READY}, query(), context())
    assert answers(step) == [("o1:link", "ok", shown(READY), 3, "s1")]
    assert timers(step) == []


def test_a_query_that_names_no_version_never_waits():
    asked = message("ReadOrder", data={"op": "o1:read1"}, reply_topic="replies", reply_key="s1")
    assert answers(VIEW.step({}, asked, context())) == [("o1:read1", "ok", None, 0, "s1")]
    assert VIEW.start(context()) is NOTHING


@pytest.mark.parametrize("state", [{}, {"o1": PLACED}])
def test_a_query_for_more_than_the_view_has_is_held_under_a_timer_and_answered_by_the_apply(state):
    held = VIEW.step(state, query(), context())
    assert held.effects == (SetTimer("wait:o1:link", 900_000, "GiveUp", "o1", {"op": "o1:link"}),)
    step = VIEW.step(after(state, held), event(READY), context())
    assert answers(step) == [("o1:link", "ok", shown(step.writes["o1"]), 3, "s1")]
    assert CancelTimer("wait:o1:link") in step.effects
    assert after(after(state, held), step) == {"o1": READY}


def test_whichever_fact_brings_the_version_wakes_the_waiter():
    step = VIEW.step(waiting(query()), event(REJECTED, "OrderRejected"), context())
    assert [(op, outcome) for op, outcome, *_ in answers(step)] == [("o1:link", "ok")]


def test_an_apply_that_is_not_enough_leaves_the_waiter_waiting():
    state = waiting(query("o1:link", 3), query("o1:early", 1))
    step = VIEW.step(state, event(PLACED, "OrderPlaced"), context())
    assert [op for op, *_ in answers(step)] == ["o1:early"]
    later = after(state, step)
    assert [op for op, *_ in answers(VIEW.step(later, event(READY), context()))] == ["o1:link"]


def test_two_waiters_are_both_woken():
    step = VIEW.step(waiting(query("a"), query("b")), event(READY), context())
    assert [op for op, *_ in answers(step)] == ["a", "b"]


def test_at_the_time_out_the_answer_says_stale_and_shows_what_there_is():
    state = waiting(query(), state={"o1": PLACED})
    step = VIEW.step(state, GIVE_UP, context())
    assert answers(step) == [("o1:link", "fail", shown(PLACED), 1, "s1")]
    assert sends(step)[0].data["error"] == "stale: after 900 ms the view has version 1, asked for was 3"
    assert after(state, step) == {"o1": PLACED}
    assert answers(VIEW.step(after(state, step), event(READY), context())) == []


def test_the_time_out_of_one_waiter_leaves_the_other():
    state = waiting(query(), query("other"))
    left = after(state, VIEW.step(state, GIVE_UP, context()))
    assert [op for op, *_ in answers(VIEW.step(left, event(READY), context()))] == ["other"]


def test_a_time_out_after_the_answer_is_nothing():
    assert VIEW.step({"o1": READY}, GIVE_UP, context()) is NOTHING


def test_the_second_copy_of_a_query_waits_in_the_place_of_the_first():
    assert waiting(query(), query()) == waiting(query())


def test_a_blocking_view_takes_in_orders_as_others_do():
    step = VIEW.step({}, event(PLACED, "OrderPlaced"), context())
    assert [body.update for body in observed(step)] == ["o1:OrderPlaced"]
    assert VIEW.step({"o1": PLACED}, event(PLACED, "OrderPlaced"), context()) is NOTHING
