from consistency_viz.checkers.fault_touch import FaultTouch
from tests.workers.support import of_kind, scenario, simulate
from workers.model.observation import Delivered, Dropped, Faulted, Observation, Sent

NETWORK = {"default": {"latency": {"kind": "constant", "ms": 5}}}
WORKLOAD = {"orders": 60, "orders_per_s": 60, "invalid_share": 0.0}


def touched(history):
    touch = FaultTouch()
    for observation in history:
        touch.observe(observation)
    return {found.fault: dict(found.messages) for found in touch.report()}


def play(*faults, **fields):
    history = simulate(scenario(**{"network": NETWORK, "workload": WORKLOAD, "faults": list(faults), **fields}))
    return history, touched(history)


def sent(history, source, topic, from_us, to_us):
    return [
        o.body.message
        for o in history
        if isinstance(o.body, Sent) and (o.node, o.body.topic) == (source, topic) and from_us <= o.at_us < to_us
    ]


def test_drops_are_counted_by_the_fault_that_dropped_them():
    history, found = play(
        {"kind": "partition", "between": [["order"], ["view-1"]], "at_s": 0.2, "for_s": 0.3},
        {"kind": "link", "target": "tax", "loss": 1.0, "count": 2, "name": "two"},
    )
    reasons = [body.reason for body in of_kind(history, Dropped)]
    assert found == {"two": {"dropped": reasons.count("two")}, "f1": {"dropped": reasons.count("f1")}}
    assert reasons.count("f1") == len(sent(history, "order", "placed", 200_000, 500_000)) > 10


def test_what_a_partition_holds_is_counted_whether_it_came_through_or_not():
    for for_s, end_us in ((0.3, 500_000), (None, 10**9)):
        history, found = play(
            {"kind": "partition", "between": [["order"], ["view-1"]], "mode": "hold", "at_s": 0.2, "for_s": for_s}
        )
        assert found == {"f1": {"dropped": 0, "held": len(sent(history, "order", "placed", 200_000, end_us))}}
        assert found["f1"]["held"] > 10


def test_messages_of_a_troubled_link_are_counted_by_what_it_does_to_them():
    history, found = play(
        {
            "kind": "link",
            "target": "view-1",
            "topic": "placed",
            "latency": {"kind": "constant", "ms": 30},
            "ordered": False,
            "duplicate": 1.0,
            "at_s": 0.2,
            "for_s": 0.3,
        }
    )
    crossed = len(sent(history, "order", "placed", 200_000, 500_000))
    assert found == {"f1": {"delayed": crossed, "duplicated": crossed, "unordered": crossed}}


def test_a_fault_with_a_count_touches_no_more_than_that():
    slow = {
        "kind": "link",
        "target": "view-1",
        "topic": "placed",
        "latency": {"kind": "constant", "ms": 30},
        "count": 3,
    }
    assert play(slow, partitions=1)[1] == {"f1": {"delayed": 3}}


def test_what_waited_for_a_stopped_node_is_what_was_sent_to_it_and_processed_after():
    for fault in ({"kind": "pause"}, {"kind": "crash"}):
        history, found = play({**fault, "node": "tax", "at_s": 0.2, "for_s": 0.3})
        waited = [
            o
            for o in history
            if o.node == "tax" and isinstance(o.body, Delivered) and 195_000 <= o.body.sent_us < 500_000
        ]
        assert found == {"f1": {"waited": len(waited)}}
        history, found = play({**fault, "node": "tax", "at_s": 0.2})
        assert found == {"f1": {"waited": len(sent(history, "validation", "validated", 195_000, 10**9))}}


def test_what_a_slow_node_and_a_wrong_clock_processed_is_counted():
    history, found = play(
        {"kind": "slow", "node": "tax", "plus_ms": 1, "at_s": 0.2, "for_s": 0.3},
        {"kind": "clock", "node": "order", "offset_ms": 1},
    )
    at = {n: [o.at_us for o in history if o.node == n and isinstance(o.body, Delivered)] for n in ("tax", "order")}
    assert found == {
        "f2": {"skewed": len(at["order"])},
        "f1": {"slowed": len([t for t in at["tax"] if 200_000 <= t < 500_000])},
    }


def test_a_fault_where_nothing_happens_has_touched_nothing():
    touch = FaultTouch()
    quiet = [
        {"kind": kind, "node": "tax", "at_s": 0.001, "for_s": 0.001, **more}
        for kind, more in (
            ("pause", {}),
            ("crash", {"disk": "lost"}),
            ("slow", {"factor": 2}),
            ("clock", {"offset_ms": 5}),
        )
    ]
    quiet.append({"kind": "partition", "between": [["tax"], ["*"]], "mode": "hold", "at_s": 0.001, "for_s": 0.001})
    for observation in simulate(scenario(network=NETWORK, workload=WORKLOAD, faults=quiet)):
        touch.observe(observation)
    assert [(found.fault, found.nothing) for found in touch.report()] == [(f"f{n}", True) for n in range(1, 6)]


def test_an_end_without_a_begin_and_a_reason_that_is_no_fault_are_passed_over():
    bodies = [Faulted("f1", "pause", "ended", ["tax"]), Dropped("m", "t", "T", "k", "order", 0, "loss")]
    assert touched([Observation(n, n, "tax", body) for n, body in enumerate(bodies)]) == {}
