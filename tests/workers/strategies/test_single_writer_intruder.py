from tests.workers.strategies.seeds import differing_orders, ends_right, gaps, rough_runs, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import mails, of_kind
from workers.cluster.shards import APPEND_REFUSED
from workers.model.observation import Applied, Effected

DESIGN = "single-writer-intruder"
REPLICAS = ("order", "view-1", "view-2")
SEEDS = range(50)


def test_every_topic_is_declared_and_read_and_what_is_refused_was_not_sent():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def test_every_run_ends_right_whatever_the_intruder_tries():
    for seed, history in zip(SEEDS, rough_runs(DESIGN, SEEDS), strict=True):
        tried = sorted(b.detail["about"] for b in of_kind(history, Effected) if b.effect == APPEND_REFUSED)
        assert tried == sorted({b.key for b in of_kind(history, Applied)})
        assert gaps(history, "order") == []
        assert differing_orders(history, REPLICAS) == []
        assert ends_right(history, seed, REPLICAS)
        assert mails(history) == valid_orders(history, seed)
