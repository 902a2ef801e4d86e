from tests.workers.strategies.seeds import SEEDS, differing_orders, ends_right, right_values, rough_runs, share
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import final_values, mails, of_kind, scenario, simulate
from workers.model.observation import Effected

DESIGN = "collisions-merged-by-hand-broken"
REPLICAS = ("order", "view-1", "view-2")


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_some_totals_contain_the_tax_more_than_once_and_replicas_differ_about_it():
    histories = rough_runs(DESIGN)
    right = [ends_right(history, seed, REPLICAS) for seed, history in zip(SEEDS, histories, strict=True)]
    assert right.count(False) > 0.5 * len(right)
    assert share(histories, lambda history: bool(differing_orders(history, REPLICAS))) > 0.5
    for seed, history in zip(SEEDS, histories, strict=True):
        wanted = right_values(history, seed)
        for values in final_values(history, REPLICAS).values():
            excess = [(v["total_cents"] - wanted[k]["total_cents"]) % wanted[k]["tax_cents"] for k, v in values.items()]
            assert set(excess) == {0}


def test_some_customers_are_told_the_wrong_total():
    told_wrong = 0
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        wanted = right_values(history, seed)
        told_wrong += sum(b.detail["total_cents"] != wanted[b.key]["total_cents"] for b in of_kind(history, Effected))
    assert told_wrong > 0


def test_on_one_machine_where_nothing_comes_twice_or_overtakes_the_totals_are_right():
    machine = {"default": {"latency": {"kind": "constant", "ms": 5}}}
    history = simulate(scenario(design=DESIGN, network=machine, workload={"invalid_share": 0.2}))
    assert ends_right(history, 1, REPLICAS)
    assert len(mails(history)) > 0
