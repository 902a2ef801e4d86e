import pytest

from tests.workers.strategies.regions import check_wired, shown, told
from workers.model.observation import Applied

DESIGN = "operation-broadcast-broken"
SOUND = "operation-broadcast"
SLOW_FROM_EU = {
    "default": {"latency": {"kind": "constant", "ms": 20}},
    "links": [{"source": "eu", "target": "ap", "latency": {"kind": "constant", "ms": 900}}],
}
LATE = {"gossip_ms": 60_000}
QUESTION = [
    (0.5, "ana", "eu", "ask", "thread-1", "Is it still there?"),
    (0.7, "bo", "us", "read", "thread-1"),
    (0.9, "bo", "us", "reply", "thread-1", "Yes.", "Is it still there?"),
    (1.1, "cy", "ap", "read", "thread-1"),
]
MILK = [
    (0.5, "ana", "eu", "add", "cart-1", "milk"),
    (0.7, "bo", "us", "read", "cart-1"),
    (0.9, "bo", "us", "remove", "cart-1", "milk"),
]


def thread(design):
    return told(design, QUESTION, entities={"thread": {"type": "g-set"}}, network=SLOW_FROM_EU, replication=LATE)


def applied_at(history, region):
    return [o.body.update for o in history if o.node == region and isinstance(o.body, Applied)][1:]


def test_every_topic_is_declared_used_and_read():
    check_wired(DESIGN)


def test_a_reply_is_seen_before_its_question():
    history = thread(DESIGN)
    assert applied_at(history, "ap") == ["thread-1@us.1", "thread-1@eu.1"]
    [read] = [o.body for o in history if o.body.__struct_config__.tag == "completed" and o.body.op == "cy-4:read"]
    assert read.value["value"] == ["Yes. [to Is it still there?]"]


def test_the_causal_buffer_makes_the_reply_wait_for_its_question():
    history = thread(SOUND)
    assert applied_at(history, "ap") == ["thread-1@eu.1", "thread-1@us.1"]
    [read] = [o.body for o in history if o.body.__struct_config__.tag == "completed" and o.body.op == "cy-4:read"]
    assert read.value["value"] == []


@pytest.mark.parametrize(("design", "left"), [(DESIGN, ["milk"]), (SOUND, [])])
def test_a_removal_that_overtakes_the_addition_that_it_saw_removes_nothing(design, left):
    history = told(design, MILK, entities={"cart": {"type": "or-set"}}, network=SLOW_FROM_EU, replication=LATE)
    assert shown(history, "cart-1") == [[], [], left]
