from tests.workers.strategies.seeds import SEEDS, differing_orders, ends_right, gaps, rough_runs, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, placed, scenario, simulate
from workers.model.observation import Applied, Sent

DESIGN = "single-writer"
REPLICAS = ("order", "view-1", "view-2")


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
        assert {o.node for o in history if isinstance(o.body, Sent) and o.body.topic == "orders"} == {REPLICAS[0]}


def test_partitions_of_the_writer_go_to_its_instances_and_the_result_is_the_same():
    for seed, history in zip(SEEDS, rough_runs(DESIGN, nodes={"order": {"instances": 4}}), strict=True):
        assert gaps(history, "order") == []
        assert ends_right(history, seed, REPLICAS)


def test_while_the_writer_is_down_nothing_changes():
    history = simulate(scenario(design=DESIGN, nodes={"order": {"instances": 0}}, workload={"timeout_ms": 100}))
    assert placed(history) == []
    assert [o for o in history if isinstance(o.body, Applied)] == []
