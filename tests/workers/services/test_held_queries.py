import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import ORDER, after, context, message, observed, sends, timer, timers
from workers.model.effects import CancelTimer, SetTimer
from workers.model.node import NOTHING
from workers.services.orders import FACTS
from workers.services.view import OrdersView
from workers.services.whole_flow import WholeOrdersView
from workers.services.whole_orders import shown

VIEW = WholeOrdersView(900, links_wait=True)
EARLY = ["o1:OrderPlaced"]
ALL = ["o1:OrderPlaced", "o1:OrderTaxed", "o1:OrderValidated"]
PLACED = {"OrderPlaced": ORDER}
READY = {**PLACED, "OrderValidated": {}, "OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}
REJECTED = {**PLACED, "OrderRejected": {"reason": "r"}, "OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}
DATA = {**{fact: {} for fact in FACTS}, **READY}
GIVE_UP = timer("GiveUp", data={"op": "o1:link"})


def query(op="o1:link", version=ALL):
    return message("ReadOrder", data={"op": op, "version": list(version)}, reply_topic="replies", reply_key="s1")


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


def test_whichever_message_brings_the_fact_wakes_the_waiter():
    step = VIEW.step(waiting(query(version=["o1:OrderRejected"])), event(REJECTED, "OrderRejected"), context())
    assert [(op, outcome) for op, outcome, *_ in answers(step)] == [("o1:link", "ok")]


def test_an_apply_that_is_not_enough_leaves_the_waiter_waiting():
    state = waiting(query("o1:link"), query("o1:early", EARLY))
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
    assert sends(step)[0].data["error"] == "stale: after 900 ms the view lacks o1:OrderTaxed, o1:OrderValidated"
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


def test_as_many_facts_as_were_asked_for_are_not_the_facts_that_were_asked_for():
    """A count would take the tax, which overtook the order, for the order."""
    view = OrdersView(900)
    overtaken = {"o1": {"OrderTaxed": {"tax_cents": 1, "total_cents": 11_991}}}
    asked = message("ReadOrder", data={"op": "o1:read1", "at_least": EARLY}, reply_topic="replies", reply_key="s1")
    held = view.step(overtaken, asked, context())
    assert answers(held) == []
    woken = view.step(after(overtaken, held), message("OrderPlaced", data=ORDER), context())
    assert [(op, outcome, version) for op, outcome, _, version, _ in answers(woken)] == [("o1:read1", "ok", 2)]


@pytest.mark.parametrize("links_wait", [False, True])
def test_a_token_is_waited_for_everywhere_a_link_only_where_the_design_says_so(links_wait):
    view = WholeOrdersView(900, links_wait=links_wait)
    token = message("ReadOrder", data={"op": "o1:read1", "at_least": EARLY}, reply_topic="replies", reply_key="s1")
    assert answers(view.step({}, token, context())) == []
    assert (answers(view.step({}, query(), context())) == []) == links_wait


@given(st.permutations(FACTS), st.sets(st.sampled_from(FACTS), min_size=1), st.integers(0, len(FACTS)))
def test_whenever_a_query_comes_it_is_answered_once_and_not_before_all_that_it_asks_for(order, wanted, place):
    view, state, answered = OrdersView(900), {}, []
    data = {"op": "o1:read1", "at_least": sorted(f"o1:{fact}" for fact in wanted)}
    messages = [message(fact, data=DATA[fact]) for fact in order]
    messages.insert(place, message("ReadOrder", data=data, reply_topic="replies", reply_key="s1"))
    for given_message in messages:
        step = view.step(state, given_message, context())
        state = after(state, step)
        answered += [sent.data["seen"] for sent in sends(step)]
    assert len(answered) == 1
    assert set(data["at_least"]) <= set(answered[0])
    assert set(state) == {"o1"}
