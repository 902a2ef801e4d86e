"""Guests: people whose wishes are put into a live run from outside, and carried out in sessions of their own."""

import pytest

from tests.workers.live import LiveRun, history_of
from tests.workers.strategies.regions import regions
from tests.workers.support import ORDER, of_kind, scenario
from workers.model.observation import Completed, Invoked
from workers.runtime import control
from workers.services.guests import ACT, GUESTS, WAITING_MAX

pytestmark = pytest.mark.stack
NOBODY = {"operations": 0, "final_reads": False, "operations_per_s": 0}


def wish(live, session, do, key, target, value=None):
    data = {"do": do, "key": key, "target": target, "value": value}
    message_id = control.inject(live.client, live.run, GUESTS, ACT, session, data)
    return f"{session}-{message_id.removeprefix('web-')}"


def ended(live, session, count):
    """The guest's operations, once there are ``count``, in the order in which they ended."""
    found = []

    def all_there():
        found[:] = [b for b in of_kind(history_of(live.client, live.run), Completed) if b.session == session]
        return len(found) >= count

    assert live.tick_until(all_there)
    return found


def test_a_guest_reads_what_its_region_shows_and_what_it_wrote_carries_its_name(server):
    played = regions("state-gossip", entities={"address": {"type": "lww-register", "keys": 1}}, clients=NOBODY)
    with LiveRun(server.url, {**played, "duration_s": 60}) as live:
        name = wish(live, "guest-7", "assign", "address-1", "us", "1 Elm Street")
        wish(live, "guest-7", "read", "address-1", "us")
        written, read = ended(live, "guest-7", 2)
        assert (written.f, written.outcome, written.op) == ("write", "ok", f"{name}:write")
        assert (read.f, read.value["value"]) == ("read", f"1 Elm Street ({name})")
        assert {b.target for b in of_kind(history_of(live.client, live.run), Invoked)} == {"us"}


def test_a_guest_that_cannot_do_what_it_wishes_is_told_so(server):
    played = regions("state-gossip", entities={"cart": {"type": "or-set", "keys": 1}}, clients=NOBODY)
    with LiveRun(server.url, {**played, "duration_s": 60}) as live:
        wish(live, "guest-1", "clear", "cart-1", "eu")
        read, cleared = ended(live, "guest-1", 2)
        assert (read.f, read.value["value"]) == ("read", [])
        assert (cleared.f, cleared.outcome) == ("clear", "fail")
        assert cleared.error == "there is nothing to be done, as far as this session can see"


def test_wishes_without_end_are_not_begun_without_end(server):
    played = regions("state-gossip", entities={"likes": {"type": "pn-counter", "keys": 1}}, clients=NOBODY)
    wishes = 3 * WAITING_MAX
    with LiveRun(server.url, {**played, "duration_s": 60}) as live:
        for _ in range(wishes):
            wish(live, "guest-1", "increment", "likes-1", "eu", 1)
        outcomes = [b.outcome for b in ended(live, "guest-1", wishes)]
        assert set(outcomes) <= {"ok", "fail"}
        wish(live, "guest-1", "read", "likes-1", "eu")
        assert ended(live, "guest-1", wishes + 1)[-1].value["value"] == outcomes.count("ok")


def test_a_guest_looks_at_its_order_only_when_it_wishes_and_at_the_view_that_it_is_at(server):
    nobody = {"orders": None, "orders_per_s": 0}
    with LiveRun(server.url, scenario(workload=nobody, duration_s=None)) as live:
        order = wish(live, "guest-3", "place", "", "order", ORDER)
        [placed] = ended(live, "guest-3", 1)
        assert (placed.key, placed.f, placed.outcome) == (order, "place", "ok")
        wish(live, "guest-3", "read", order, "view-2")
        _, looked = ended(live, "guest-3", 2)
        assert (looked.key, looked.f) == (order, "read")
        assert [b.target for b in of_kind(history_of(live.client, live.run), Invoked)] == ["", "view-2"]
