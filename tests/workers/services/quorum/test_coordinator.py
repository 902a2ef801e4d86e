import pytest

from tests.workers.support import after, context, message, sends, timer, timers
from workers.crdts.hlc import Clock
from workers.services.quorum.coordinator import KEYS_PER_SLOT, OPERATIONS_REMEMBERED, SLOTS, Coordinator
from workers.services.quorum.settings import Quorum
from workers.services.quorum.versions import VERSIONS

BASE = Quorum(
    regions=("eu", "us", "ap"),
    read=2,
    write=2,
    type="lww-register",
    clock="wall",
    skew_us_max=1_000,
    read_repair=True,
    hinted_handoff=True,
    timeout_us=9_000,
    hint_after_us=5_000,
    hints_max=2,
)


class Play:
    """One shard of the coordinator of eu, and what it asked for last."""

    def __init__(self, **fields):
        self.service = Coordinator(BASE._replace(**fields), "eu")
        self.state = {}

    def take(self, given, now_us=100):
        self.step = self.service.step(self.state, given, context("coord-eu", now_us=now_us))
        self.state = after(self.state, self.step)
        return [(send.topic, send.type) for send in sends(self.step)]

    def write(self, op, key="k", value=1, now_us=100, **read):
        data = {"op": op, "value": value, "context": read}
        return self.take(message("Write", key, data, reply_topic="results", reply_key="s"), now_us)

    def ack(self, op, replica):
        return self.take(message("Stored", "k", {"op": op}, source=replica))

    def read(self, op):
        return self.take(message("Read", "k", {"op": op}, reply_topic="results", reply_key="s"))

    def response(self, op, replica, record):
        return self.take(message("Fetched", "k", {"op": op, "record": record}, source=replica))

    def fire(self, type, op):
        return self.take(timer(type, "k", {"op": op}))

    def open(self, letter):
        return [name for name in self.state if name.startswith(f"{letter}:")]

    def answer(self):
        [send] = [send for send in sends(self.step) if send.topic == "results"]
        return send.data


def record(number, time, node="coord-us"):
    """A replica's record after one write of a node, stamped ``time``."""
    versions = VERSIONS["lww-register"]
    written = versions.put(number - 1, "k", node, time, {}, f"v{time}")
    return versions.absorb(None, "k", written.state)[0]


def test_a_write_goes_to_all_and_is_acknowledged_with_the_second_ack():
    play = Play()
    assert play.write("a") == [("writes", "Store")]
    assert play.ack("a", "us") == []
    assert play.ack("a", "us") == []
    assert play.ack("a", "eu") == [("results", "WriteDone")]
    assert play.answer()["value"] == {"update": "k@coord-eu.1", "after": []}
    assert play.ack("a", "ap") == []
    assert play.open("w") == []


def test_a_read_answers_with_the_newest_of_the_first_two_and_repairs_the_older():
    play = Play()
    assert play.read("r") == [("reads", "Fetch")]
    assert play.response("r", "ap", record(1, 10)) == []
    assert play.response("r", "eu", record(2, 20)) == [("results", "ReadDone"), ("repairs.ap", "Store")]
    assert play.answer()["value"] == {"value": "v20", "seen": ["k@coord-us.1-2"]}
    assert sends(play.step)[1].data["state"] == record(2, 20)["state"]
    assert play.open("r") == ["r:r"]
    assert play.response("r", "us", None) == [("repairs.us", "Store")]
    assert play.open("r") == []


def test_a_late_response_that_is_newer_repairs_those_that_answered_before():
    play = Play()
    play.read("r")
    play.response("r", "ap", record(1, 10))
    assert play.response("r", "eu", record(1, 10)) == [("results", "ReadDone")]
    assert play.response("r", "us", record(2, 20)) == [("repairs.ap", "Store"), ("repairs.eu", "Store")]


def test_without_repair_late_responses_are_nothing():
    play = Play(read_repair=False)
    play.read("r")
    play.response("r", "ap", record(1, 10))
    assert play.response("r", "eu", record(2, 20)) == [("results", "ReadDone")]
    assert play.open("r") == []
    assert play.response("r", "us", None) == []


def test_an_operation_asked_for_twice_is_done_once():
    play = Play(hinted_handoff=False)
    play.write("a")
    assert play.write("a") == []
    play.ack("a", "eu")
    play.ack("a", "us")
    assert play.open("w") == []
    assert play.write("a") == []
    assert play.read("r") == [("reads", "Fetch")]
    assert play.read("r") == []


def test_a_write_without_a_quorum_is_unknown_and_stays_a_hint():
    play = Play()
    play.write("a")
    play.ack("a", "eu")
    assert play.fire("WriteLate", "a") == [("results", "WriteDone")]
    assert (play.answer()["outcome"], play.answer()["error"]) == ("info", "1 of 2 acknowledgements within 9 ms")
    assert play.fire("Hint", "a") == [("hints.us", "Store"), ("hints.ap", "Store")]
    names = [timers(play.step)[0].name]
    assert play.ack("a", "us") == []  # it was answered already
    assert play.fire("Hint", "a") == [("hints.ap", "Store")]
    names.append(timers(play.step)[0].name)
    assert names == ["hint:a:1", "hint:a:2"]  # what a timer sends is named after it: each needs its own
    play.ack("a", "ap")
    assert play.open("w") == []


def test_a_read_without_a_quorum_fails():
    play = Play()
    play.read("r")
    assert play.fire("ReadLate", "r") == [("results", "ReadDone")]
    assert (play.answer()["outcome"], play.answer()["error"]) == ("fail", "0 of 2 responses within 9 ms")
    assert play.open("r") == []


def test_no_more_hints_are_kept_than_permitted():
    play = Play(write=1)
    for op in "abc":
        play.write(op)
        play.ack(op, "eu")
        play.fire("Hint", op)
    assert play.open("w") == ["w:a", "w:b"]


def test_updates_are_numbered_without_gap_and_the_memory_of_keys_is_bounded():
    play = Play(hinted_handoff=False, write=1)
    for number in range(3 * OPERATIONS_REMEMBERED):
        play.write(f"hot{number}", "hot")
        play.ack(f"hot{number}", "eu")
        assert play.answer()["value"]["update"] == f"hot@coord-eu.{number + 1}"
    for number in range(2 * SLOTS * KEYS_PER_SLOT):
        play.write(f"o{number}", f"key{number}")
        play.ack(f"o{number}", "eu")
    slots = [kept for name, kept in play.state.items() if name.startswith("n:")]
    assert len(slots) == len(play.state) == SLOTS
    assert max(len(kept) for kept in slots) == KEYS_PER_SLOT
    assert max(len(operations) for kept in slots for _, operations in kept.values()) <= OPERATIONS_REMEMBERED


def test_a_hybrid_stamp_is_greater_than_what_the_client_had_read_even_from_a_clock_ahead():
    play = Play(clock="hlc")
    ahead, _ = Clock("coord-us").send(900)
    _, stamp = ahead.send(900)
    play.write("a", time=stamp.packed(), past=["k@coord-us.1"])
    assert sends(play.step)[0].data["state"][0] > stamp.packed()
    assert sends(play.step)[0].data["state"][3][1] == ["k@coord-us.1"]
    play.write("b")
    assert sends(play.step)[0].data["state"][0] > stamp.packed()


def test_a_stamp_from_too_far_ahead_is_refused_and_nothing_is_written():
    play = Play(clock="hlc")
    _, stamp = Clock("coord-us").send(5_000)
    assert play.write("a", time=stamp.packed()) == [("results", "WriteDone")]
    assert play.answer()["outcome"] == "fail"
    assert "4900 us ahead" in play.answer()["error"]
    assert play.state == {}


@pytest.mark.parametrize("clock", ["wall", "hlc"])
def test_a_wall_stamp_is_the_moment_of_the_write(clock):
    play = Play(clock=clock)
    play.write("a", now_us=700)
    assert sends(play.step)[0].data["state"][0] == (700 if clock == "wall" else 700 << 16)


def test_answers_to_what_is_over_are_nothing():
    play = Play()
    assert [play.ack("x", "eu"), play.response("x", "eu", None), play.fire("Hint", "x")] == [[], [], []]
