from tests.workers.strategies.seeds import (
    ROUGH,
    SEEDS,
    differing_orders,
    ends_right,
    gaps,
    rough_runs,
    share,
    valid_orders,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind, placed, scenario, simulate
from workers.model.observation import Applied, Effected, Sent

DESIGN = "optimistic-concurrency"
REPLICAS = ("store", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_in_every_run_every_replica_ends_with_the_whole_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert ends_right(history, seed, REPLICAS)
        assert differing_orders(history, REPLICAS) == []
        assert mails(history) == valid_orders(history, seed)


def test_the_versions_of_an_order_have_no_gaps_and_one_writer_each():
    for history in rough_runs(DESIGN):
        assert gaps(history, REPLICAS[0]) == []
        assert {o.node for o in history if isinstance(o.body, Sent) and o.body.topic == "changed"} == {REPLICAS[0]}


def conflicts(history):
    return [b for b in of_kind(history, Sent) if b.type == "Conflict"]


def test_writers_do_meet_and_try_again():
    assert share(rough_runs(DESIGN), lambda history: bool(conflicts(history))) > 0.5


def test_lost_answers_and_time_outs_write_and_mail_nothing_twice():
    lossy = {"default": {**ROUGH["default"], "loss": 0.1}}
    for history in rough_runs(DESIGN, network=lossy, rpc_timeout_ms=60):
        assert gaps(history, "store") == []
        assert len(set(mails(history))) == len(mails(history))
        updates = [o.body.update for o in history if isinstance(o.body, Applied) and o.node == "store"]
        assert len(set(updates)) == len(updates)
        assert set(mails(history)) <= {u.partition(":")[0] for u in updates}


def test_an_attempt_that_was_lost_is_made_again_under_another_name_and_may_arrive():
    lossy = {"default": {**ROUGH["default"], "loss": 0.3}}
    for history in rough_runs(DESIGN, range(4), network=lossy, rpc_timeout_ms=60):
        sent = [b.message for b in of_kind(history, Sent)]
        assert len(sent) == len(set(sent))


def test_a_writer_that_gets_no_answer_gives_up_and_says_so():
    nodes = {"store": {"instances": 0}}
    history = simulate(scenario(design=DESIGN, nodes=nodes, rpc_timeout_ms=20, workload={"orders": 3}))
    given_up = [b for b in of_kind(history, Effected) if b.effect == "gave-up"]
    assert sorted(b.key for b in given_up) == placed(history, "info")
    assert [b.detail for b in given_up] == [{"writer": "order", "attempts": 8}] * 3


def test_one_order_alone_meets_nobody_but_validation_and_tax():
    history = simulate(scenario(design=DESIGN, workload={"orders": 1, "invalid_share": 0.0}))
    assert len(conflicts(history)) == 1
    assert mails(history) == placed(history)
