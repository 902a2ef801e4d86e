from tests.workers.strategies.seeds import SEEDS, ends_right, rough_runs, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind, placed, scenario, simulate
from workers.model.observation import Applied

DESIGN = "serial-chain"
VIEWS = ("view-1", "view-2")
HOP = {"default": {"latency": {"kind": "constant", "ms": 10}}}


def run(**fields):
    workload = {"orders": 5, "invalid_share": 0.0, **fields.pop("workload", {})}
    return simulate(scenario(design=DESIGN, network=HOP, workload=workload, **fields))


def first_shown_ms(history, order):
    start_us = next(o.at_us for o in history if getattr(o.body, "op", "") == f"{order}:place")
    return min(o.at_us - start_us for o in history if isinstance(o.body, Applied) and o.body.key == order) / 1_000


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_whatever_the_network_does_every_view_ends_with_every_order_and_each_valid_one_is_mailed_once():
    for seed, history in zip(SEEDS, rough_runs(DESIGN), strict=True):
        assert ends_right(history, seed, VIEWS)
        assert mails(history) == valid_orders(history, seed)


def test_a_view_never_shows_an_order_half_done():
    for history in rough_runs(DESIGN):
        shown = {(o.at_us, o.node, o.body.key): o.body.value for o in history if isinstance(o.body, Applied)}
        assert {value["status"] for value in shown.values()} == {"mailed", "rejected"}


def test_the_latencies_of_all_hops_add_up_until_the_view_shows_an_order():
    history = run()
    assert {first_shown_ms(history, order) for order in placed(history)} == {50.0}
    slow = run(nodes={"tax": {"service_ms": 70}}, workload={"orders_per_s": 1})
    assert {first_shown_ms(slow, order) for order in placed(slow)} == {120.0}


def test_a_rejected_order_leaves_the_line_before_the_mail():
    history = run(workload={"invalid_share": 1.0})
    assert {first_shown_ms(history, order) for order in placed(history)} == {40.0}
    assert mails(history) == []


def test_the_line_is_as_available_as_its_weakest_link():
    history = run(nodes={"tax": {"instances": 0}})
    assert len(placed(history)) == 5
    assert of_kind(history, Applied) == []
