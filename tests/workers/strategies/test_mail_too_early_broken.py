from tests.workers.strategies.seeds import differing_orders, orders_of, rough_runs, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind
from workers.model.observation import Applied, Effected

DESIGN = "mail-too-early-broken"
SEEDS = range(50)


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def phantoms(history):
    """Orders whose mail claims an update that no replica ever applied."""
    applied = {b.update for b in of_kind(history, Applied)}
    return sorted(b.key for b in of_kind(history, Effected) if set(b.detail["claims"]) - applied)


def test_every_order_is_mailed_once_and_exactly_the_rejected_ones_are_phantoms_in_every_run():
    for seed, history in zip(SEEDS, rough_runs(DESIGN, SEEDS), strict=True):
        orders = sorted(orders_of(history, seed))
        assert mails(history) == orders
        assert phantoms(history) == sorted(set(orders) - set(valid_orders(history, seed)))
        assert differing_orders(history, ("order", "view-1", "view-2")) == []
