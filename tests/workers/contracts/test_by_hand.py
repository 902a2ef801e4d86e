"""Orders that people place by hand: put in from outside of a live run, and played like every other."""

import pytest

from tests.workers.live import LiveRun, history_of
from tests.workers.support import (
    INVALID_ORDER,
    ORDER,
    complete_updates,
    mails,
    of_kind,
    placed,
    scenario,
    updates_by_replica,
)
from workers.model.observation import Completed, Invoked
from workers.runtime import control
from workers.runtime.control import RunRefusedError
from workers.services.client import BY_HAND

pytestmark = pytest.mark.stack
REPLICAS = ("order", "view-1", "view-2")
NOBODY = {"orders": None, "orders_per_s": 0}


def by_hand(live, session, order=ORDER):
    message_id = control.inject(live.client, live.run, BY_HAND, "PlaceByHand", session, order)
    return f"{session}-{message_id.removeprefix('web-')}"


def test_orders_by_hand_go_the_way_of_every_order_and_end_up_everywhere(server):
    with LiveRun(server.url, scenario(workload=NOBODY, duration_s=None)) as live:
        orders = sorted(by_hand(live, session) for session in ("ada", "bob", "bob"))
        refused = by_hand(live, "ada", INVALID_ORDER)
        expected = complete_updates([*orders, refused], [refused])

        def complete():
            history = history_of(live.client, live.run)
            reads = [b for b in of_kind(history, Completed) if b.f == "read"]
            found = updates_by_replica(history, REPLICAS)
            return len(reads) == 4 and all(len(updates) == len(expected) for updates in found.values())

        assert live.tick_until(complete)
        history = history_of(live.client, live.run)
        assert placed(history) == sorted([*orders, refused])
        assert updates_by_replica(history, REPLICAS) == dict.fromkeys(REPLICAS, expected)
        assert mails(history) == orders
        assert {b.session for b in of_kind(history, Invoked)} == {"ada", "bob"}
        control.stop_run(live.client, live.run)
        assert (live.status.state, live.status.reason) == ("stopped", "stopped by hand")


def test_an_order_that_waited_counts_from_when_it_was_placed(server):
    with LiveRun(server.url, scenario(workload=NOBODY, duration_s=None)) as live:
        before_us = control.server_time_us(live.client)
        by_hand(live, "ada")
        after_us = control.server_time_us(live.client)
        assert live.tick_until(lambda: of_kind(history_of(live.client, live.run), Invoked))
        [invoked, *_] = of_kind(history_of(live.client, live.run), Invoked)
        assert before_us <= invoked.intended_us <= after_us


def test_what_nobody_subscribes_to_is_refused(server):
    with LiveRun(server.url, scenario(duration_s=None, workload=NOBODY)) as live:
        with pytest.raises(RunRefusedError) as caught:
            control.inject(live.client, live.run, "gossip", "T", "k", {})
        assert str(caught.value) == "nobody subscribes to topic 'gossip'"


def test_a_run_that_has_ended_takes_no_orders(server):
    with LiveRun(server.url, scenario(duration_s=None, workload=NOBODY)) as live:
        control.stop_run(live.client, live.run)
        with pytest.raises(RunRefusedError) as caught:
            by_hand(live, "ada")
        assert str(caught.value) == f"run {live.run} has ended (stopped)"


def test_an_order_that_a_service_cannot_process_ends_the_run_by_name(server, caplog):
    """Rather than crashing one instance after the other on the same message for ever."""
    with LiveRun(server.url, scenario(duration_s=None, workload=NOBODY)) as live:
        control.inject(live.client, live.run, BY_HAND, "PlaceByHand", "ada", {"no": "lines"})
        assert live.tick_until(lambda: live.status.ended_us is not None)
        assert (live.status.state, live.status.reason) == (
            "failed",
            "client.1 could not do its work: KeyError('lines')",
        )
    assert "could not do its work" in caplog.text
