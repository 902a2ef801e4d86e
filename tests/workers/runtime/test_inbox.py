from tests.workers.support import message, plan_of, scenario
from workers.cluster.faults import FOREVER_US, Fault
from workers.cluster.network import arrivals
from workers.cluster.schema.faults import one_fault
from workers.model.randomness import Chance
from workers.runtime.inbox import Inbox

FIXED = {"default": {"latency": {"kind": "constant", "ms": 1}}}
VARIED = {"kind": "uniform", "low_ms": 0, "high_ms": 100}


def inbox(node="tax", **fields):
    return Inbox(plan_of(scenario(**{"network": FIXED, **fields})), node)


def from_validation(name="m1", **fields):
    return message("OrderValidated", id=name, source="validation", topic="validated", **fields)


def dealt(box, now_us):
    found = []
    while (arrival := box.pop_due(now_us)) is not None:
        found.append((arrival.message.id if arrival.message else arrival.timer, arrival.due_us, arrival.copy))
    return found


def test_a_message_waits_until_its_latency_has_passed():
    box = inbox()
    box.admit(0, "validated", 1, from_validation(), 5_000)
    assert (len(box), box.next_due_us) == (1, 6_000)
    assert dealt(box, 5_999) == []
    assert dealt(box, 6_000) == [("m1", 6_000, 0)]
    assert (len(box), box.next_due_us) == (0, None)


def test_messages_and_timers_come_in_the_order_in_which_they_are_due_and_then_in_which_they_came():
    box = inbox(network={"default": {**FIXED["default"], "ordered": False}})
    box.add_timer(0, "late", 9_000)
    for number, (name, sent) in enumerate([("m1", 7_000), ("m2", 2_000), ("m3", 7_000)]):
        box.admit(0, "validated", number, from_validation(name), sent)
    box.add_timer(0, "early", 1_000)
    assert dealt(box, 10_000) == [
        ("early", 1_000, 0),
        ("m2", 3_000, 0),
        ("m1", 8_000, 0),
        ("m3", 8_000, 0),
        ("late", 9_000, 0),
    ]


def test_an_ordered_link_keeps_the_order_of_sending_and_an_unordered_one_the_order_of_arrival():
    ids = [f"m{n}" for n in range(50)]
    for ordered in (True, False):
        network = {"default": {"latency": VARIED, "ordered": ordered}}
        box = inbox(network=network)
        link = plan_of(scenario(network=network)).link("validation", "tax", "orders")
        raw_us = {name: arrivals(Chance(1), name, 10 * n, link)[0] for n, name in enumerate(ids)}
        for n, name in enumerate(ids):
            box.admit(0, "validated", n, from_validation(name), 10 * n)
        found = dealt(box, 10**9)
        if ordered:
            assert [name for name, _, _ in found] == ids
            assert [due for _, due, _ in found] == [max(raw_us[name] for name in ids[: n + 1]) for n in range(50)]
        else:
            assert found == sorted(((name, due, 0) for name, due in raw_us.items()), key=lambda row: row[1])
            assert [name for name, _, _ in found] != ids


def test_order_is_kept_within_a_source_and_a_partition_not_between_them():
    network = {
        "default": {"latency": {"kind": "constant", "ms": 1}},
        "links": [{"source": "order", "latency": {"kind": "constant", "ms": 50}}],
    }
    box = inbox("view-1", network=network)
    box.admit(0, "placed", 1, message("T", id="slow", source="order", topic="placed"), 0)
    box.admit(0, "validated", 2, from_validation("fast"), 0)
    assert [name for name, _, _ in dealt(box, 10**9)] == ["fast", "slow"]


def test_a_lost_message_is_not_waited_for_and_its_loss_is_dealt_out_at_once():
    box = inbox(network={"default": {"loss": 1.0}}, nodes={"tax": {"service_ms": 9}})
    box.admit(0, "validated", 1, from_validation(), 5_000)
    assert (len(box), box.next_due_us) == (1, 5_000)
    arrival = box.pop_due(5_000)
    assert (arrival.message.id, arrival.copies, arrival.number, arrival.reason) == ("m1", 0, 1, "loss")


def test_copies_that_were_processed_before_are_skipped():
    network = {"default": {"latency": VARIED, "duplicate": 1.0}}
    both, second, none = inbox(network=network), inbox(network=network), inbox(network=network)
    for box, skip in ((both, 0), (second, 1), (none, 2)):
        box.admit(0, "validated", 1, from_validation(), 0, skip)
    found = dealt(both, 10**9)
    assert [copy for _, _, copy in found] == [0, 1]
    assert dealt(second, 10**9) == found[1:]
    assert dealt(none, 10**9) == []


def test_each_message_keeps_the_instance_busy_for_the_service_time_and_a_timer_does_not():
    box = inbox(nodes={"tax": {"service_ms": 10}})
    for number, sent_us in enumerate([0, 0, 50_000]):
        box.admit(0, "validated", number, from_validation(f"m{number}"), sent_us)
    box.add_timer(0, "t", 12_000)
    assert dealt(box, 10_999) == []
    assert dealt(box, 20_999) == [("m0", 11_000, 0), ("t", 12_000, 0)]
    assert dealt(box, 21_000) == [("m1", 21_000, 0)]
    assert dealt(box, 60_999) == []
    assert dealt(box, 61_000) == [("m2", 61_000, 0)]


def test_a_shard_that_moves_away_takes_its_arrivals_with_it():
    box = inbox()
    for partition in (0, 1, 0, 1):
        box.admit(partition, "validated", 1, from_validation(f"m{partition}"), 0)
    box.forget(0)
    assert dealt(box, 10**9) == [("m1", 1_000, 0), ("m1", 1_000, 0)]


def fault(begin_us, end_us=FOREVER_US, fault_id="f1", **fields):
    return Fault(fault_id, one_fault.validate_python(fields), begin_us, end_us)


CUT = {"kind": "partition", "between": [["validation"], ["tax"]], "mode": "hold"}


def test_what_a_partition_holds_waits_for_the_heal_and_then_comes_before_what_was_sent_after_it():
    box = inbox()
    box.know([fault(4_000, **CUT)])
    for number, (name, sent_us) in enumerate([("before", 3_999), ("m1", 4_000), ("m2", 6_000)]):
        box.admit(0, "validated", number, from_validation(name), sent_us)
    assert dealt(box, 10**9) == [("before", 4_999, 0)]
    assert len(box) == 2
    box.know([fault(4_000, 9_000, **CUT)])
    box.admit(0, "validated", 3, from_validation("after"), 9_000)
    assert dealt(box, 10**9) == [("m1", 10_000, 0), ("m2", 10_000, 0), ("after", 10_000, 0)]


def test_a_shard_that_moves_away_takes_what_is_held_for_it_along():
    box = inbox()
    box.know([fault(0, **CUT)])
    box.admit(0, "validated", 1, from_validation(), 5)
    box.forget(0)
    box.know([fault(0, 10, **CUT)])
    assert (len(box), dealt(box, 10**9)) == (0, [])


def test_a_count_takes_the_same_entries_when_they_are_read_again():
    lossy = fault(0, kind="link", target="tax", loss=1.0, count=2)
    taken = {}
    for numbers, lost in (([1, 2, 3], ["m1", "m2"]), ([2, 3, 4], ["m2"])):
        box = inbox()
        box.know([lossy])
        for number in numbers:
            box.admit(0, "validated", number, from_validation(f"m{number}"), number, 0, taken)
        found = []
        while (arrival := box.pop_due(10**9)) is not None:
            found += [arrival.message.id] if arrival.reason else []
        assert found == lost
    assert taken == {"f1": [1, 2]}


def test_what_an_instance_was_busy_with_in_a_crash_begins_anew_or_goes_with_the_disk():
    for disk, after in (("kept", [("m1", 110_000, 0)]), ("lost", [])):
        box = inbox(nodes={"tax": {"service_ms": 10}})
        box.admit(0, "validated", 1, from_validation(), 4_000)
        assert dealt(box, 6_000) == []
        crash = {"kind": "crash", "node": "tax", "disk": disk}
        box.know([fault(7_000, **crash)])
        box.know([fault(7_000, 100_000, **crash)])
        first = box.pop_due(100_000)
        assert (None if first is None else first.reason) == (None if disk == "kept" else "f1")
        assert dealt(box, 10**9) == after
