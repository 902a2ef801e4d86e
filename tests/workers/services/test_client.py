from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import (
    ORDER,
    after,
    context,
    message,
    observed,
    of_kind,
    scenario,
    sends,
    simulate,
    timer,
    timers,
)
from workers.model.effects import CancelTimer, Send, SetTimer
from workers.model.message import partition_of
from workers.model.node import NOTHING
from workers.model.observation import Completed, Invoked
from workers.model.randomness import draw
from workers.services.checks import rejection
from workers.services.client import ClientService, Workload, query_topic

WORKLOAD = Workload(
    orders_per_s=10.0, orders=10, sessions=4, reads_per_order=2, read_after_ms=20, timeout_ms=500, invalid_share=0.0
)
VIEWS = ("view-1", "view-2")
CLIENT = ClientService(WORKLOAD, VIEWS)
PENDING = {"op": "s1-1:place", "session": "s1", "f": "place", "key": "s1-1"}
ACCEPTED = message("OrderAccepted", "s1-1", {"outcome": "ok", "update": "s1-1:OrderPlaced"}, topic="replies")


def client(**fields):
    return ClientService(WORKLOAD._replace(**fields), VIEWS)


def arrivals_of(service, partitions=1):
    """Every arrival of a run in which nobody ever answers: session, number, due, in the order of each session."""
    found = []
    for partition in range(partitions):
        waiting = timers(service.start(context(partition=partition, partitions=partitions)))
        while waiting:
            due = waiting.pop()
            now_us = due.data["intended_us"]
            found.append((due.data["session"], due.data["number"], now_us, partition))
            step = service.step({}, timer("Arrive", due.key, due.data), context(now_us=now_us, partitions=partitions))
            waiting += [t for t in timers(step) if t.type == "Arrive"]
    return found


@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 5))
def test_the_sessions_place_exactly_the_orders_that_were_asked_for(orders, sessions, partitions):
    numbers = [
        (session, number) for session, number, _, _ in arrivals_of(client(orders=orders, sessions=sessions), partitions)
    ]
    share, rest = divmod(orders, sessions)
    expected = [(f"s{s + 1}", n + 1) for s in range(sessions) for n in range(share + (s < rest))]
    assert sorted(numbers) == sorted(expected)


def test_a_session_lives_in_the_partition_of_its_name():
    found = arrivals_of(client(orders=40, sessions=20), partitions=4)
    assert {session: partition for session, _, _, partition in found} == {
        f"s{n}": partition_of(f"s{n}", 4) for n in range(1, 21)
    }


def test_arrivals_come_after_exponential_gaps_that_only_the_seed_decides():
    mean_us = 1e6 * 4 / 10
    due_us = 0
    for session, number, intended_us, _ in arrivals_of(client(orders=10, sessions=4)):
        if session == "s3":
            due_us += int(-log(1 - draw(1, "arrival", "s3", str(number))) * mean_us)
            assert intended_us == due_us
    assert due_us > 0


def test_the_next_order_is_due_when_it_is_due_however_late_the_last_one_was():
    def next_arrival(now_us):
        data = {"session": "s1", "number": 1, "intended_us": 1_000, "started_us": 0}
        return next(
            t
            for t in timers(CLIENT.step({}, timer("Arrive", "s1", data), context(now_us=now_us)))
            if t.type == "Arrive"
        )

    on_time, late, too_late = next_arrival(1_000), next_arrival(51_000), next_arrival(10**9)
    assert late.data == on_time.data == too_late.data
    assert on_time.after_us == on_time.data["intended_us"] - 1_000
    assert late.after_us == on_time.after_us - 50_000
    assert too_late.after_us == 0


def test_no_order_is_due_after_the_duration():
    found = arrivals_of(client(orders=None, duration_ms=3_000))
    everything = arrivals_of(client(orders=400))
    assert sorted(found) == sorted(arrival for arrival in everything if arrival[2] <= 3_000_000)
    assert len(found) == 26


def test_without_a_rate_nothing_arrives_by_itself():
    assert client(orders_per_s=0.0).start(context()) is NOTHING


def test_an_arrival_invokes_sends_and_waits_for_the_answer():
    data = {"session": "s1", "number": 1, "intended_us": 900, "started_us": 0}
    step = CLIENT.step({}, timer("Arrive", "s1", data), context(now_us=1_000))
    command = sends(step)[0]
    assert (command.topic, command.type, command.key, command.reply_topic, command.reply_key) == (
        *("commands", "PlaceOrder", "s1-1", "replies", "s1"),
    )
    assert step.writes == {"s1-1:place": PENDING}
    assert observed(step) == [
        Invoked("s1-1:place", "s1", "place", "s1-1", {"net_cents": command.data["net_cents"]}, 900)
    ]
    assert timers(step)[0] == SetTimer("timeout:s1-1:place", 500_000, "TimedOut", "s1-1", {"op": "s1-1:place"})


def test_an_acknowledged_order_is_read_back_from_the_replicas_in_turn():
    step = CLIENT.step({"s1-1:place": PENDING}, ACCEPTED, context())
    assert observed(step) == [Completed("s1-1:place", "s1", "place", "s1-1", "ok", {"update": "s1-1:OrderPlaced"})]
    assert timers(step) == [SetTimer("read:s1-1:1", 20_000, "Read", "s1-1", {"session": "s1", "number": 1})]
    first = CLIENT.step({}, timer("Read", "s1-1", {"session": "s1", "number": 1}), context(now_us=99, sent_us=70))
    second = CLIENT.step({}, timer("Read", "s1-1", {"session": "s1", "number": 2}), context(now_us=99, sent_us=80))
    asked = [view for step in (first, second) for view in (observed(step)[0].target,)]
    assert sorted(asked) == ["view-1", "view-2"]
    assert [sends(step)[0].topic for step in (first, second)] == [query_topic(view) for view in asked]
    assert observed(first) == [Invoked("s1-1:read1", "s1", "read", "s1-1", None, 70, asked[0])]
    assert [t.name for t in timers(first)] == ["read:s1-1:2", "timeout:s1-1:read1"]
    assert [t.name for t in timers(second)] == ["timeout:s1-1:read2"]


def test_a_refused_order_is_not_read_back():
    refused = message("OrderAccepted", "s1-1", {"outcome": "fail", "error": "tax did not answer within 5 ms"})
    step = CLIENT.step({"s1-1:place": PENDING}, refused, context())
    completed = Completed("s1-1:place", "s1", "place", "s1-1", "fail", None, "tax did not answer within 5 ms")
    assert (observed(step), timers(step)) == ([completed], [])


def test_nothing_is_read_back_where_no_reads_are_asked_for():
    assert timers(client(reads_per_order=0).step({"s1-1:place": PENDING}, ACCEPTED, context())) == []


def test_a_read_ends_with_what_the_view_showed():
    pending = {"op": "s1-1:read1", "session": "s1", "f": "read", "key": "s1-1"}
    data = {
        "op": "s1-1:read1",
        "outcome": "ok",
        "value": {"status": "placed"},
        "version": 1,
        "seen": ["s1-1:OrderPlaced"],
    }
    step = CLIENT.step({"s1-1:read1": pending}, message("OrderRead", "s1-1", data), context())
    shown = {"value": {"status": "placed"}, "version": 1, "seen": ["s1-1:OrderPlaced"]}
    assert observed(step) == [Completed("s1-1:read1", "s1", "read", "s1-1", "ok", shown)]
    assert after({"s1-1:read1": pending}, step) == {}
    assert CancelTimer("timeout:s1-1:read1") in step.effects


def test_an_operation_that_is_not_answered_in_time_may_have_happened():
    step = CLIENT.step({"s1-1:place": PENDING}, timer("TimedOut", "s1-1", {"op": "s1-1:place"}), context())
    completed = Completed("s1-1:place", "s1", "place", "s1-1", "info", None, "no answer within 500 ms")
    assert observed(step) == [completed]
    assert after({"s1-1:place": PENDING}, step) == {}


@pytest.mark.parametrize(
    "late",
    [ACCEPTED, message("OrderRead", "s1-1", {"op": "s1-1:read1"}), timer("TimedOut", "s1-1", {"op": "s1-1:place"})],
)
def test_what_comes_after_an_operation_has_ended_is_ignored(late):
    assert CLIENT.step({}, late, context()) is NOTHING


def test_an_order_by_hand_is_placed_in_the_session_that_sent_it():
    by_hand = message("PlaceByHand", "ada", {**ORDER, "net_cents": 1}, id="web-0f0f0f0f", topic="by-hand")
    step = CLIENT.step({}, by_hand, context(now_us=50, sent_us=40))
    op = "ada-0f0f0f0f:place"
    assert observed(step) == [Invoked(op, "ada", "place", "ada-0f0f0f0f", {"net_cents": 11_990}, 40)]
    assert sends(step) == [
        Send("commands", "PlaceOrder", "ada-0f0f0f0f", ORDER, reply_topic="replies", reply_key="ada")
    ]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_invalid_share_is_the_share_of_orders_that_validation_rejects(share):
    service = client(invalid_share=share)
    orders = [service._order(f"s{s}-{n}", 5) for s in range(1, 21) for n in range(1, 51)]
    rejected = sum(bool(rejection(order)) for order in orders)
    assert abs(rejected - 1_000 * share) <= 4 * (1_000 * share * (1 - share)) ** 0.5


def test_a_seeded_order_is_the_same_whenever_it_is_drawn_and_another_for_another_seed():
    assert CLIENT._order("s1-1", 5) == client(orders=99)._order("s1-1", 5)
    assert [CLIENT._order(f"s1-{n}", 5) for n in range(20)] != [CLIENT._order(f"s1-{n}", 6) for n in range(20)]


def test_a_busy_client_hides_no_waiting():
    """Every operation's intended start is when it was due, also where the client came to it much later."""
    at_s = [{"at_s": 0.0, "node": "client", "instances": 0}, {"at_s": 3.0, "node": "client", "instances": 1}]
    history = simulate(scenario(changes=at_s, workload={"orders": 8, "orders_per_s": 8}))
    waited_us = [o.at_us - o.body.intended_us for o in history if isinstance(o.body, Invoked) and o.body.f == "place"]
    assert len(waited_us) == 8
    assert min(waited_us) > 1_000_000
    assert all(o.body.intended_us <= o.at_us for o in history if isinstance(o.body, Invoked))
    assert len(of_kind(history, Completed)) == 16
