import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.crdts.hlc import Clock, ClockTooFarAheadError, Stamp
from workers.model.codec import pack, unpack

SKEW_US_MAX = 50
NODES = ("n1", "n2", "n3")


def test_a_send_takes_the_physical_time_or_counts_on():
    clock, stamp = Clock("n1").send(10)
    assert stamp == Stamp(10, 0, "n1")
    clock, stamp = clock.send(10)
    assert stamp == Stamp(10, 1, "n1")
    clock, stamp = clock.send(7)
    assert stamp == Stamp(10, 2, "n1")
    clock, stamp = clock.send(11)
    assert stamp == Stamp(11, 0, "n1")
    assert clock == Clock("n1", 11, 0)


@pytest.mark.parametrize(
    ("own", "message", "now_us", "expected"),
    [
        ((10, 4), (10, 7), 10, (10, 8)),
        ((10, 7), (10, 4), 3, (10, 8)),
        ((10, 4), (9, 7), 10, (10, 5)),
        ((10, 4), (12, 7), 11, (12, 8)),
        ((10, 4), (12, 7), 12, (12, 8)),
        ((10, 4), (12, 7), 13, (13, 0)),
    ],
    ids=[
        "all tie",
        "own and message tie",
        "own is latest",
        "message is latest",
        "message ties with now",
        "now is latest",
    ],
)
def test_a_receipt_counts_on_from_whichever_terms_tie(own, message, now_us, expected):
    clock, stamp = Clock("n1", *own).receive(Stamp(*message, "n2"), now_us, SKEW_US_MAX)
    assert stamp == Stamp(*expected, "n1")
    assert clock == Clock("n1", *expected)


def test_equal_times_and_counters_are_ordered_by_node():
    assert Stamp(10, 1, "n1") < Stamp(10, 1, "n2") < Stamp(10, 2, "n1") < Stamp(11, 0, "n1")


def test_a_message_from_too_far_ahead_is_refused_with_both_names():
    clock = Clock("n1", 100, 3)
    assert clock.receive(Stamp(150, 0, "n2"), 100, SKEW_US_MAX)[1] == Stamp(150, 1, "n1")
    with pytest.raises(ClockTooFarAheadError, match=r"n1 refuses .* by n2 51 us ahead .* at most 50 us") as refused:
        clock.receive(Stamp(151, 0, "n2"), 100, SKEW_US_MAX)
    assert refused.value.ahead_us == 51
    assert clock == Clock("n1", 100, 3)


def test_a_restarted_clock_goes_on_where_it_was():
    clock, before = Clock("n1").send(1_000)
    stored = pack(clock.encode())
    _, after = Clock.decode(unpack(stored)).send(400)
    assert before < after


def test_a_packed_stamp_orders_like_the_stamp_and_refuses_a_counter_that_does_not_fit():
    stamps = [Stamp(10, 0, "n1"), Stamp(10, 65_535, "n1"), Stamp(11, 0, "n1")]
    assert sorted(stamp.packed() for stamp in stamps) == [stamp.packed() for stamp in stamps]
    with pytest.raises(OverflowError, match="the clock of n1 counted 65536 events"):
        Stamp(10, 65_536, "n1").packed()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("send", "receive", "restart")), st.integers(0, 2), st.integers(0, 9), st.integers(-5, 9)
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_stamps_follow_causality_and_no_stamp_is_ahead_of_every_physical_clock_that_was_read(steps):
    clocks = {node: Clock(node) for node in NODES}
    physical_us = dict.fromkeys(NODES, 100)
    last = {node: Stamp(-1, 0, "") for node in NODES}
    sent = []
    highest_us = 0
    for action, index, which, advance_us in steps:
        node = NODES[index]
        physical_us[node] += advance_us  # a physical clock may step back
        highest_us = max(highest_us, physical_us[node])
        if action == "restart":
            clocks[node] = Clock.decode(unpack(pack(clocks[node].encode())))
            continue
        if action == "send" or not sent:
            clocks[node], stamp = clocks[node].send(physical_us[node])
            sent.append(stamp)
        else:
            message = sent[which % len(sent)]
            if message.physical_us - physical_us[node] > SKEW_US_MAX:
                with pytest.raises(ClockTooFarAheadError):
                    clocks[node].receive(message, physical_us[node], SKEW_US_MAX)
                continue
            clocks[node], stamp = clocks[node].receive(message, physical_us[node], SKEW_US_MAX)
            assert message < stamp
        assert last[node] < stamp
        assert stamp.physical_us <= highest_us
        last[node] = stamp
