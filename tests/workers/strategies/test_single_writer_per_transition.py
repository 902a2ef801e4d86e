from tests.workers.strategies.seeds import (
    differing_orders,
    ends_right,
    rough_runs,
    valid_orders,
    values_by_facts_differ,
)
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind, placed, scenario, simulate
from workers.model.observation import Effected, Sent
from workers.services.transitions import WRITERS

DESIGN = "single-writer-per-transition"
REPLICAS = ("order", "view-1", "view-2")
SEEDS = range(50)


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def declared(history):
    return [(b.key, b.detail["types"]) for b in of_kind(history, Effected) if b.effect == "declares-writers"]


def test_the_history_repeats_the_matrix_of_writers_once_and_everybody_keeps_to_it():
    for history in rough_runs(DESIGN, range(5)):
        matrix = declared(history)
        assert sorted(topic for topic, _ in matrix) == sorted(WRITERS)
        allowed = {(topic, fact, node) for topic, types in matrix for fact, nodes in types.items() for node in nodes}
        observed = {
            (o.body.topic, o.body.type, o.node)
            for o in history
            if isinstance(o.body, Sent) and o.body.topic in dict(matrix)
        }
        assert observed == allowed


def test_in_every_run_every_replica_ends_with_the_whole_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN, SEEDS), strict=True):
        assert ends_right(history, seed, REPLICAS)
        assert differing_orders(history, REPLICAS) == []
        assert mails(history) == valid_orders(history, seed)
        assert values_by_facts_differ(history) == []


def test_validation_and_tax_do_not_wait_for_each_other():
    def taxed(nodes):
        history = simulate(scenario(design=DESIGN, nodes=nodes))
        assert len(placed(history)) == 20
        assert (mails(history) == []) == bool(nodes)
        return [b.key for b in of_kind(history, Sent) if b.type == "OrderTaxed"]

    assert len(taxed({})) == len(taxed({"validation": {"instances": 0}})) == 20
