"""One replica by itself: exactly-once effect, waiting reads, and what it records."""

from tests.workers.strategies.regions import regions
from tests.workers.support import after, context, message, observed, plan_of, sends, timer, timers
from workers.model.observation import Applied

ENTITIES = {"likes": {"type": "g-counter", "initial": 3}, "cart": {"type": "or-set"}}


def replica(design="state-gossip", **entities):
    return plan_of(regions(design, entities=entities or ENTITIES)).nodes["eu"].service


def update(number, key="likes-1", do="increment", value=1, session="s1"):
    data = {"op": f"{session}-{number}", "session": session, "number": number, "do": do, "value": value}
    return message("UpdateKey", key, {**data, "past": None, "context": None}, reply_topic="answers", reply_key=session)


def read(op="r1", key="likes-1", must=None, wait_ms=50):
    return message("ReadKey", key, {"op": op, "must": must, "wait_ms": wait_ms}, reply_topic="answers", reply_key="s1")


def answers(step):
    return [send.data for send in sends(step) if send.topic == "answers"]


def test_every_key_of_the_shard_is_shown_before_any_update():
    shown = {(b.key, b.update, b.version): b.value for b in observed(replica().start(context("eu")))}
    assert shown == {("likes-1", "likes-1@initial", 0): 3, ("cart-1", "cart-1@initial", 0): []}


def test_a_request_that_comes_twice_is_answered_twice_and_counts_once():
    node, state = replica(), {}
    first = node.step(state, update(1), context("eu"))
    state = after(state, first)
    again = node.step(state, update(1), context("eu"))
    assert answers(first) == answers(again) == [answers(first)[0]]
    assert answers(first)[0]["update"] == "likes-1@eu.1"
    assert (observed(again), [b.value for b in observed(first)]) == ([], [4])


def test_a_request_that_a_later_one_of_its_session_has_overtaken_is_ignored():
    node = replica()
    state = after({}, node.step({}, update(2), context("eu")))
    step = node.step(state, update(1), context("eu"))
    assert (sends(step), dict(step.writes)) == ([], {})
    assert [b.value for b in observed(node.step(state, update(1, session="s2"), context("eu")))] == [5]


def test_an_update_tells_every_other_region_and_sets_one_timer_for_what_may_be_lost():
    node = replica()
    step = node.step({}, update(1), context("eu"))
    assert [send.topic for send in sends(step) if send.type == "State"] == ["region.us", "region.ap"]
    assert [t.type for t in timers(step)] == ["Tick"]
    more = node.step(after({}, step), update(2), context("eu"))
    assert timers(more) == []


def test_the_timer_ends_when_everybody_has_acknowledged():
    node = replica()
    state = after({}, node.step({}, update(1), context("eu")))
    for peer in ("us", "ap"):
        taken = message("StateTaken", "likes-1", {"taken": 1}, source=peer)
        state = after(state, node.step(state, taken, context("eu")))
    step = node.step(state, timer("Tick", "eu"), context("eu"))
    assert (sends(step), timers(step)) == ([], [])


def test_the_timer_tells_again_who_has_not_and_goes_on():
    node = replica()
    state = after({}, node.step({}, update(1), context("eu")))
    taken = message("StateTaken", "likes-1", {"taken": 1}, source="us")
    state = after(state, node.step(state, taken, context("eu")))
    step = node.step(state, timer("Tick", "eu"), context("eu"))
    assert [send.topic for send in sends(step)] == ["region.ap"]
    assert [t.name for t in timers(step)] == ["tick:2"]


def test_what_is_sent_again_has_another_id_because_ticks_are_numbered():
    node = replica()
    state = after({}, node.step({}, update(1), context("eu")))
    names = []
    for _ in range(3):
        step = node.step(state, timer("Tick", "eu"), context("eu"))
        state = after(state, step)
        names += [t.name for t in timers(step)]
    assert names == ["tick:2", "tick:3", "tick:4"]


def test_a_read_waits_for_the_update_that_it_names_and_is_woken_by_it():
    us, eu = plan_of(regions("state-gossip", entities=ENTITIES)).nodes["us"].service, replica()
    told = next(s for s in sends(us.step({}, update(1), context("us"))) if s.topic == "region.eu")
    held = eu.step({}, read(must=[[["us", 1]], []]), context("eu"))
    assert (answers(held), [t.name for t in timers(held)]) == ([], ["wait:r1"])
    arrival = message(told.type, told.key, told.data, source="us")
    woken = eu.step(after({}, held), arrival, context("eu"))
    assert [(a["value"], a["outcome"], a["seen"]) for a in answers(woken)] == [
        (4, "ok", ["likes-1@initial", "likes-1@us.1"])
    ]
    state = after(after({}, held), woken)
    assert answers(eu.step(state, timer("GiveUp", "likes-1", {"op": "r1"}), context("eu"))) == []


def test_a_read_that_has_waited_long_enough_says_that_it_is_stale_and_what_is_lacking():
    eu = replica()
    held = eu.step({}, read(must=[[["us", 2]], []]), context("eu"))
    step = eu.step(after({}, held), timer("GiveUp", "likes-1", {"op": "r1"}), context("eu"))
    [answer] = answers(step)
    assert answer["outcome"] == "fail"
    assert answer["error"] == "stale: after 50 ms eu still lacks likes-1@us.1-2"


def test_a_join_that_brings_several_updates_records_each_with_the_value_after_all_of_them():
    us, eu = plan_of(regions("state-gossip", entities=ENTITIES)).nodes["us"].service, replica()
    state = {}
    for number in (1, 2, 3):
        step = us.step(state, update(number), context("us"))
        state = after(state, step)
    told = next(s for s in sends(step) if s.topic == "region.eu")
    bodies = observed(eu.step({}, message(told.type, told.key, told.data, source="us"), context("eu")))
    assert [(b.update, b.version, b.value) for b in bodies if isinstance(b, Applied)] == [
        ("likes-1@us.1", 1, 6),
        ("likes-1@us.2", 2, 6),
        ("likes-1@us.3", 3, 6),
    ]


def replication(design, **settings):
    entities = {"likes": {"type": "g-counter"}}
    return plan_of(regions(design, entities=entities, replication=settings)).nodes["eu"].service


def test_who_is_not_eager_tells_by_the_timer_only():
    for design in ("state-gossip", "delta-gossip", "operation-broadcast"):
        node = replication(design, eager=False)
        first = node.step({}, update(1), context("eu"))
        assert [send.topic for send in sends(first)] == ["answers"]
        step = node.step(after({}, first), timer("Tick", "eu"), context("eu"))
        assert [send.topic for send in sends(step)] == ["region.us", "region.ap"]


def test_a_fanout_of_one_tells_one_peer_at_a_tick_and_not_always_the_same():
    node = replication("state-gossip", fanout=1)
    state = after({}, node.step({}, update(1), context("eu")))
    told = []
    for tick in range(12):
        step = node.step(state, timer("Tick", "eu"), context("eu", cause_id=f"tick{tick}"))
        told.append([send.topic for send in sends(step)])
    assert {len(topics) for topics in told} == {1}
    assert {topics[0] for topics in told} == {"region.us", "region.ap"}


def test_a_peer_whose_state_lacks_something_is_behind_until_it_says_otherwise():
    us, eu = plan_of(regions("state-gossip", entities=ENTITIES)).nodes["us"].service, replica()
    state = after({}, eu.step({}, update(1), context("eu")))
    told = next(s for s in sends(us.step({}, update(1), context("us"))) if s.topic == "region.eu")
    step = eu.step(state, message(told.type, told.key, told.data, source="us"), context("eu"))
    assert [(s.topic, s.type, "entity" in s.data) for s in sends(step)] == [("region.us", "StateTaken", True)]
    ticked = eu.step(after(state, step), timer("Tick", "eu"), context("eu"))
    assert [send.topic for send in sends(ticked)] == ["region.us", "region.ap"]


def test_an_operation_that_comes_twice_is_kept_once_and_acknowledged_twice():
    nodes = plan_of(regions("operation-broadcast", entities=ENTITIES)).nodes
    told = next(s for s in sends(nodes["us"].service.step({}, update(1), context("us"))) if s.topic == "region.eu")
    arrival = message(told.type, told.key, told.data, source="us")
    eu = nodes["eu"].service
    state = after({}, eu.step({}, arrival, context("eu")))
    again = eu.step(state, arrival, context("eu"))
    assert [s.type for s in sends(again)] == ["OperationsTaken"]
    assert after(state, again) == state
    assert len(state["likes-1"]["told"]["log"]) == 1
