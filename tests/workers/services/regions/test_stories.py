"""What each type makes of a story, under state gossip: the anomalies of broken ones, and that right ones have none."""

import pytest

from tests.workers.strategies.regions import REGIONS, shown, told
from workers.model.observation import Applied, Completed, Effected

STEADY = {"default": {"latency": {"kind": "constant", "ms": 20}}}
OFFLINE = [{"kind": "partition", "at_s": 0.8, "for_s": 1.0, "between": [["us"], ["eu", "ap"]]}]
UNDEAD = [
    (0.2, "ana", "eu", "add", "cart-1", "milk"),
    (0.7, "bo", "us", "read", "cart-1"),
    (1.0, "ana", "eu", "remove", "cart-1", "milk"),
    (1.2, "bo", "us", "add", "cart-1", "bread"),
]


def story(lines, kind, type, **fields):
    settings = fields.pop("settings", {})
    fields = {"network": STEADY, **fields}
    return told("state-gossip", lines, entities={kind: {"type": type, **settings}}, **fields)


@pytest.mark.parametrize(
    ("type", "left"),
    [
        ("or-set", ["bread"]),
        ("rw-set", ["bread"]),
        ("lww-set", ["bread"]),
        ("or-map", {"bread": 1}),
        ("lww-register", ["bread", "milk"]),
        ("union-cart-broken", ["bread", "milk"]),
    ],
)
def test_ana_removes_the_milk_while_bo_is_offline(type, left):
    assert shown(story(UNDEAD, "cart", type, faults=OFFLINE), "cart-1") == [left] * 3


def test_of_two_changes_of_a_whole_cart_one_is_not_kept():
    history = story(UNDEAD, "cart", "lww-register", faults=OFFLINE)
    last = [o.body for o in history if isinstance(o.body, Applied) and o.node == "eu"][-1]
    assert last.kept == ["cart-1@eu.1", "cart-1@initial", "cart-1@us.1"]  # the removal, eu.2, is not


@pytest.mark.parametrize(("type", "differs"), [("lww-by-arrival-broken", True), ("lww-register", False)])
def test_equal_time_stamps(type, differs):
    tie = [(0.5, "ana", "eu", "assign", "address-1", "Elm"), (0.5, "bo", "us", "assign", "address-1", "Mill")]
    values = shown(story(tie, "address", type), "address-1")
    assert (values[0] != values[1]) is differs


@pytest.mark.parametrize(("tick_ms", "differs"), [(0, False), (1_000, True)])
def test_two_writes_within_a_tick_of_the_clock_bear_the_same_stamp(tick_ms, differs):
    tie = [(0.5, "ana", "eu", "assign", "address-1", "Elm"), (0.51, "bo", "us", "assign", "address-1", "Mill")]
    values = shown(story(tie, "address", "lww-by-arrival-broken", settings={"tick_ms": tick_ms}), "address-1")
    assert (values[0] != values[1]) is differs


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("sibling-explosion-broken", ["v1", "v2", "v3", "v4"]),
        ("dvv-set", ["v3", "v4"]),
        ("false-dominance-broken", ["v4"]),
    ],
)
def test_two_clients_who_take_turns_at_one_region(type, values):
    turns = [
        (0.1, "ana", "eu", "read", "address-1"),
        (0.2, "bo", "eu", "read", "address-1"),
        (0.3, "ana", "eu", "assign", "address-1", "v1"),
        (0.4, "bo", "eu", "assign", "address-1", "v2"),
        (0.5, "ana", "eu", "assign", "address-1", "v3"),
        (0.6, "bo", "eu", "assign", "address-1", "v4"),
    ]
    if type == "dvv-set":
        turns = [*turns[:3], turns[3], (0.45, "ana", "eu", "read", "address-1"), *turns[4:]]
        values = ["v3", "v4"]
    history = story(turns, "address", type)
    assert shown(history, "address-1")[0] == values


LIKES = [
    (0.5, "ana", "eu", "read", "likes-1"),
    (0.5, "bo", "us", "read", "likes-1"),
    (1.0, "ana", "eu", "increment", "likes-1", 1),
    (1.0, "bo", "us", "increment", "likes-1", 1),
]


@pytest.mark.parametrize(("type", "count"), [("g-counter", 9), ("pn-counter", 9), ("lww-register", 8)])
def test_two_likes_at_once_and_seven_before(type, count):
    assert shown(story(LIKES, "likes", type, settings={"initial": 7}), "likes-1") == [count] * 3


LAST_TICKET = [
    (1.0, "ana", "eu", "buy", "stock-1", 1),
    (1.0, "bo", "us", "buy", "stock-1", 1),
]


@pytest.mark.parametrize(("type", "left", "outcomes"), [("pn-counter", -1, ["ok", "ok"])])
def test_the_last_ticket_twice(type, left, outcomes):
    history = story(LAST_TICKET, "stock", type, settings={"initial": 1}, faults=OFFLINE)
    assert shown(history, "stock-1") == [left] * 3
    assert [o.body.outcome for o in history if isinstance(o.body, Completed) and o.body.f == "buy"] == outcomes


def test_escrow_refuses_who_has_no_right_and_gets_him_one_for_the_next_time():
    again = [*LAST_TICKET, (3.0, "cy", "us", "buy", "stock-1", 1), (3.5, "cy", "us", "buy", "stock-1", 1)]
    history = story(again, "stock", "bounded-counter", settings={"initial": 2}, faults=OFFLINE)
    assert shown(history, "stock-1") == [0] * 3
    buys = [o.body for o in history if isinstance(o.body, Completed) and o.body.f == "buy"]
    assert [b.outcome for b in buys] == ["ok", "ok", "fail", "fail"]
    assert buys[2].error.startswith("refused: us owns 0 of the 0 left")
    apart = [(1.0, "bo", "ap", "buy", "stock-1", 1), (1.5, "bo", "ap", "buy", "stock-1", 1)]
    history = story(apart, "stock", "bounded-counter", settings={"initial": 2})
    buys = [o.body for o in history if isinstance(o.body, Completed) and o.body.f == "buy"]
    assert [b.outcome for b in buys] == ["fail", "ok"]
    assert shown(history, "stock-1") == [1] * 3


FUTURE = [{"kind": "clock", "node": "us", "at_s": 0.1, "offset_ms": 60_000}]
SKEWED = [
    (0.5, "bo", "us", "assign", "address-1", "from the future"),
    (1.5, "ana", "eu", "assign", "address-1", "later"),
]


def test_a_clock_from_the_future_wins_over_what_was_written_later():
    history = story(SKEWED, "address", "lww-register", faults=FUTURE)
    assert shown(history, "address-1") == ["from the future"] * 3
    last = [o.body for o in history if isinstance(o.body, Applied) and o.node == "eu"][-1]
    assert last.update == "address-1@eu.1"
    assert last.kept == ["address-1@initial", "address-1@us.1"]


def test_a_hybrid_clock_with_a_cap_refuses_what_comes_from_the_future_and_the_history_shows_it():
    history = story(SKEWED, "address", "lww-register", faults=FUTURE, settings={"clock": "hlc"})
    refused = [o for o in history if isinstance(o.body, Effected)]
    assert {o.node for o in refused} == {"eu", "ap"}
    assert {(o.body.effect, o.body.detail["from"]) for o in refused} == {("refused", "us")}
    assert shown(history, "address-1") == ["later", "from the future", "later"]


def test_a_hybrid_clock_lets_what_was_read_be_overwritten_although_its_clock_ran_a_little_ahead():
    ahead = [{"kind": "clock", "node": "us", "at_s": 0.1, "offset_ms": 400}]
    lines = [SKEWED[0], (0.6, "ana", "eu", "assign", "address-1", "later")]
    wall = story(lines, "address", "lww-register", faults=ahead)
    hybrid = story(lines, "address", "lww-register", faults=ahead, settings={"clock": "hlc"})
    assert shown(wall, "address-1") == ["from the future"] * 3
    assert shown(hybrid, "address-1") == ["later"] * 3


TOKEN = [
    (0.5, "ana", "eu", "add", "cart-1", "milk"),
    (0.6, "ana", "us", "read", "cart-1"),
]
SLOW = {
    "default": {"latency": {"kind": "constant", "ms": 5}},
    "links": [{"source": "eu", "target": "us", "latency": {"kind": "constant", "ms": 300}}],
}


def reads(history):
    return [o.body for o in history if isinstance(o.body, Completed) and o.body.op == "ana-2:read"]


def test_without_a_token_a_read_elsewhere_may_lack_ones_own_write():
    assert reads(story(TOKEN, "cart", "or-set", network=SLOW))[0].value["value"] == []


def script(lines):
    return [dict(zip(("at_s", "session", "region", "do", "key", "value"), line, strict=False)) for line in lines]


@pytest.mark.parametrize(("wait_ms", "outcome", "error"), [(1_000, "ok", ""), (50, "fail", "stale: after 50 ms us")])
def test_with_a_token_it_waits_for_it_and_says_when_it_is_stale(wait_ms, outcome, error):
    clients = {"script": script(TOKEN), "tokens": True, "wait_ms": wait_ms}
    [read] = reads(story(TOKEN, "cart", "or-set", network=SLOW, clients=clients))
    assert (read.outcome, read.error.startswith(error)) == (outcome, True)
    assert read.value == ({"value": ["milk"], "seen": ["cart-1@eu.1", "cart-1@initial"]} if outcome == "ok" else None)


def test_every_session_reads_every_key_at_every_region_in_the_end():
    history = story(UNDEAD, "cart", "or-set", settings={"keys": 2})
    final = [
        (o.body.session, o.body.key, o.body.op)
        for o in history
        if isinstance(o.body, Completed)
        if "final" in o.body.op
    ]
    assert len(set(final)) == 2 * 2 * len(REGIONS)
