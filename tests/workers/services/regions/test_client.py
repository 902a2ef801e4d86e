"""Sessions: when they ask, whom, and what they say of it in the history."""

from collections import Counter

import pytest

from tests.workers.strategies.regions import REGIONS, ROUGH, every_type, regions
from tests.workers.support import of_kind, simulate
from workers.model.observation import Completed, Invoked
from workers.model.updates import expand
from workers.services.regions.state_gossip import StateGossip


def play(seed=1, **fields):
    return simulate(regions("state-gossip", seed=seed, entities=every_type(StateGossip, seed), **fields))


def test_a_session_does_one_thing_after_another_and_every_operation_ends_once():
    open_ops, ended = {}, Counter()
    for o in play(network=ROUGH, clients={"timeout_ms": 300, "operations_per_s": 200.0}):
        if isinstance(o.body, Invoked):
            assert o.body.session not in open_ops
            open_ops[o.body.session] = o.body.op
        elif isinstance(o.body, Completed):
            assert open_ops.pop(o.body.session) == o.body.op
            ended[o.body.op] += 1
    assert open_ops == {}
    assert set(ended.values()) == {1}
    assert len(ended) > 60


def test_latency_counts_from_when_an_operation_was_due_however_long_its_session_was_busy():
    invoked = [o for o in play(clients={"operations_per_s": 500.0, "sessions": 2}) if isinstance(o.body, Invoked)]
    waited_us = [o.at_us - o.body.intended_us for o in invoked if "-final-" not in o.body.op]
    assert min(waited_us) >= 0
    assert max(waited_us) > 50_000


@pytest.mark.parametrize("affinity", ["sticky", "roaming"])
def test_a_sticky_session_stays_at_home_and_a_roaming_one_does_not(affinity):
    asked = {}
    for body in of_kind(play(clients={"affinity": affinity, "sessions": 3}), Invoked):
        if "-final-" not in body.op:
            asked.setdefault(body.session, set()).add(body.target)
    homes = [{region} for region in REGIONS]
    assert (list(dict(sorted(asked.items())).values()) == homes) is (affinity == "sticky")
    assert affinity == "sticky" or all(len(targets) == 3 for targets in asked.values())


def test_contents_are_unlike_each_other_except_amounts():
    written = [b.value["value"] for b in of_kind(play(), Invoked) if b.f in ("write", "add")]
    assert len(written) == len(set(written)) > 10


def test_a_base_is_what_the_session_had_read_before():
    seen, based = {}, 0
    for o in play(network=ROUGH):
        body = o.body
        if isinstance(body, Completed) and body.f == "read" and body.outcome == "ok":
            seen[body.session, body.key] = set(expand(body.value["seen"]))
        if isinstance(body, Invoked) and body.f != "read" and "base" in body.value:
            assert set(expand(body.value["base"])) <= seen[body.session, body.key]
            based += 1
    assert based > 5


def test_the_final_reads_come_after_everything_else_and_cover_every_key_and_region():
    history = play()
    invoked = [(o.at_us, o.body) for o in history if isinstance(o.body, Invoked)]
    final = [(at_us, b) for at_us, b in invoked if "-final-" in b.op]
    assert min(at_us for at_us, _ in final) > max(at_us for at_us, b in invoked if "-final-" not in b.op) + 2_000_000
    assert {(b.session, b.key, b.target) for _, b in final} == {
        (f"s{n}", f"{kind}-1", region)
        for n in range(1, 6)
        for kind in ("address", "cart", "stock", "likes", "thread")
        for region in REGIONS
    }


def test_siblings_are_resolved_by_who_reads_them_where_the_scenario_says_so():
    def siblings_left(resolver):
        entities = {"address": {"type": "dvv-set", "resolver": resolver}}
        clients = {"blind": 1.0, "reads": 0.5, "operations": 80}
        history = simulate(regions("state-gossip", entities=entities, clients=clients))
        return max(
            len(b.value["value"]) for b in of_kind(history, Completed) if "-final-" in b.op and b.outcome == "ok"
        )

    assert siblings_left("none") > 10
    assert siblings_left("pick") < 10
