"""How much a fault touched beyond messages, and why one touched nothing."""

import pytest

from consistency_viz.checkers.fault_touch import FaultTouch
from tests.workers.support import of_kind, scenario, simulate
from workers.model.observation import Delivered, Dropped, Faulted, Invoked, Observation, Sent

NETWORK = {"default": {"latency": {"kind": "constant", "ms": 5}}}
WORKLOAD = {"orders": 30, "orders_per_s": 60, "invalid_share": 0.0, "reads_per_order": 0}


def touches(history, **given):
    touch = FaultTouch(**given)
    for observation in history:
        touch.observe(observation)
    return touch.report()


def play(fault, **fields):
    history = simulate(scenario(**{"network": NETWORK, "workload": WORKLOAD, "faults": [fault], **fields}))
    (touch,) = touches(history)
    return history, touch


def test_the_operations_of_a_fault_are_those_whose_messages_it_lost():
    history, touch = play({"kind": "partition", "between": [["validation"], ["*"]], "at_s": 0.1, "for_s": 0.2})
    lost = of_kind(history, Dropped)
    assert touch.operations == len({body.key for body in lost}) > 5
    assert touch.nodes == len({o.node for o in history if isinstance(o.body, Dropped)})
    assert (touch.total, touch.nothing, touch.note) == (len(lost), False, "")


def test_a_node_that_still_sleeps_has_touched_the_operations_that_wait_for_it():
    asleep, through = (play({"kind": "pause", "node": "tax", "at_s": 0.1, "for_s": for_s})[1] for for_s in (None, 5))
    assert asleep.ended_us is None
    assert (asleep.messages, asleep.nodes) == ({"waited": asleep.total}, 1)
    assert asleep.operations == through.operations > 10


def test_what_is_still_held_has_touched_its_operations_already():
    cut = {"kind": "partition", "between": [["order"], ["view-1"]], "mode": "hold", "at_s": 0.1}
    held, healed = (play({**cut, "for_s": for_s})[1] for for_s in (None, 5))
    assert held.ended_us is None
    assert (held.messages, held.operations) == (healed.messages, healed.operations)
    assert held.operations > 10


def test_operations_are_followed_along_causes_and_no_further_than_is_remembered():
    began = Faulted("f1", "link", "began", ["b>c"], {"source": "b", "target": "c", "loss": 1.0})
    history = [
        Observation(0, 0, "x", began),
        Observation(1, 1, "a", Invoked("op-1", "s", "place", "k", None, 1)),
        Observation(2, 1, "a", Sent("m1", "t", "T", "k", "")),
        Observation(3, 2, "b", Sent("m1/b", "u", "T", "k", "m1")),
        Observation(4, 3, "b", Sent("timer/b", "u", "T", "k", "")),
        Observation(5, 4, "c", Dropped("m1/b", "u", "T", "k", "b", 2, "f1")),
        Observation(6, 4, "c", Dropped("timer/b", "u", "T", "k", "b", 3, "f1")),
    ]
    assert [(t.total, t.nodes, t.operations) for t in touches(history)] == [(2, 1, 1)]
    assert [(t.total, t.nodes, t.operations) for t in touches(history, remember=0)] == [(2, 1, 0)]


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ({"kind": "pause", "node": "email", "at_s": 20}, None),
        (
            {"kind": "link", "source": "tax", "target": "validation", "loss": 1.0},
            "nothing is ever sent on this link",
        ),
        (
            {"kind": "partition", "between": [["order"], ["view-1"]], "one_way": True, "for_s": 0.000_001},
            "nothing was sent from order to view-1 while it lasted",
        ),
        (
            {"kind": "link", "source": "order", "target": "view-1", "types": ["Nothing"], "loss": 1.0},
            "none of the 30 messages from order to view-1 was of its topic and types",
        ),
        (
            {"kind": "link", "source": "order", "target": "view-1", "topic": "placed", "loss": 0.000_1},
            "of 30 messages from order to view-1 it happened to none (the chance of a loss is 0.01%)",
        ),
        (
            {"kind": "slow", "node": "tax", "factor": 1.5, "for_s": 0.000_001},
            "tax processed nothing while it lasted",
        ),
        (
            {"kind": "clock", "node": "tax", "offset_ms": 5, "for_s": 0.000_001},
            "tax processed nothing while its clock was wrong; what its timers did is not in a history",
        ),
        (
            {"kind": "pause", "node": "tax", "for_s": 0.000_001},
            "no message for tax was on its way; what its timers did not do is not in a history",
        ),
    ],
)
def test_a_fault_that_touched_nothing_says_why(fault, note):
    history = simulate(scenario(network=NETWORK, workload=WORKLOAD, faults=[fault]))
    found = [(touch.nothing, touch.total, touch.note) for touch in touches(history)]
    assert found == ([] if note is None else [(True, 0, note)])


def test_a_fault_after_the_last_message_says_so():
    history = [
        Observation(0, 5, "b", Delivered("m", "t", "T", "k", "a", 1)),
        Observation(1, 9, "b", Faulted("late", "slow", "began", ["b"], {"node": "b", "factor": 2})),
    ]
    (touch,) = touches(history)
    assert touch.to_json() == {
        "fault": "late",
        "what": "slow",
        "began_us": 9,
        "ended_us": None,
        "messages": {"slowed": 0},
        "total": 0,
        "nodes": 0,
        "operations": 0,
        "note": "it began after the last message",
        "nothing": True,
    }
