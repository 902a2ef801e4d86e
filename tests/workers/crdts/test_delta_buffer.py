from workers.crdts.delta_buffer import DeltaBuffer, Interval
from workers.crdts.or_set import ORSet


def added(buffer, replica, *elements):
    for element in elements:
        buffer = buffer.operated(*buffer.state.add(replica, element))
    return buffer


def test_an_interval_holds_what_the_neighbour_has_not_acknowledged():
    buffer = added(DeltaBuffer(ORSet()), "r1", "a", "b").acknowledge("r2", 1)
    interval = buffer.interval_for("r2")
    assert (interval.delta.value(), interval.upto, interval.whole) == (["b"], 2, False)
    assert buffer.acknowledge("r2", 2).interval_for("r2") is None


def test_a_lost_interval_is_sent_again_with_the_next_so_nothing_is_skipped():
    one = added(DeltaBuffer(ORSet()), "r1", "apple")
    one.interval_for("r2")  # lost
    one = added(one, "r1", "pear")
    two, _ = DeltaBuffer(ORSet()).received(one.interval_for("r2"))
    assert two.state == one.state


def test_what_was_received_travels_on_and_a_duplicate_does_not():
    one = added(DeltaBuffer(ORSet()), "r1", "a")
    two, upto = DeltaBuffer(ORSet()).received(one.interval_for("r2"))
    again, same = two.received(one.interval_for("r2"))
    assert (again, upto, same) == (two, 1, 1)
    assert two.interval_for("r3").delta.value() == ["a"]


def test_an_acknowledgement_that_comes_late_takes_nothing_back():
    buffer = added(DeltaBuffer(ORSet()), "r1", "a", "b").acknowledge("r2", 2)
    assert buffer.acknowledge("r2", 1) == buffer


def test_deltas_that_all_have_are_forgotten_and_one_that_fell_behind_gets_the_state():
    buffer = added(DeltaBuffer(ORSet()), "r1", "a", "b").acknowledge("r2", 2).acknowledge("r3", 1)
    collected = buffer.collected(["r2", "r3"])
    assert sorted(collected.deltas) == [1]
    assert not collected.interval_for("r3").whole
    assert collected.interval_for("r4") == Interval(buffer.state, 2, whole=True)


def test_the_buffer_is_bounded_and_then_sends_the_state():
    buffer = added(DeltaBuffer(ORSet(), limit=2), "r1", "a", "b", "c")
    assert sorted(buffer.deltas) == [1, 2]
    assert buffer.interval_for("r2").whole
    assert not buffer.acknowledge("r2", 1).interval_for("r2").whole


def test_after_a_crash_the_counter_goes_on_and_the_state_is_sent():
    before = added(DeltaBuffer(ORSet()), "r1", "a").acknowledge("r2", 1)
    after = added(before.restarted(), "r1", "b")
    assert before.durable() == (before.state, 1)
    assert after.interval_for("r2") == Interval(after.state, 2, whole=True)
    assert after.acknowledge("r2", 1).interval_for("r2").delta.value() == ["b"], "a late acknowledgement still holds"


def test_an_update_that_changes_nothing_is_not_sent():
    buffer = DeltaBuffer(ORSet())
    assert buffer.operated(*buffer.state.remove("r1", "a")) == buffer
