from tests.workers.strategies.seeds import orders_of, rough_runs, valid_orders
from tests.workers.strategies.support import check_deliveries, check_wiring
from tests.workers.support import of_kind
from workers.model.observation import Applied, Effected

DESIGN = "mail-compensated"
SEEDS = range(50)


def test_every_topic_is_declared_and_read():
    check_wiring(DESIGN)


def test_every_subscription_is_served():
    check_deliveries(DESIGN)


def false_claims(history):
    """Claims that no replica ever applied, and those of them that a later mail takes back."""
    applied = {b.update for b in of_kind(history, Applied)}
    claimed, retracted = [], []
    for b in of_kind(history, Effected):
        claimed += [c for c in b.detail["claims"] if c not in applied]
        assert set(b.detail.get("retracts", ())) <= set(claimed)
        retracted += b.detail.get("retracts", [])
    return sorted(claimed), sorted(retracted)


def test_every_false_claim_is_taken_back_once_in_every_run():
    found = 0
    for history in rough_runs(DESIGN, SEEDS):
        claimed, retracted = false_claims(history)
        assert claimed == retracted
        found += len(claimed)
    assert found > 100


def test_every_customer_ends_with_a_mail_that_is_right():
    for seed, history in zip(SEEDS, rough_runs(DESIGN, SEEDS), strict=True):
        last = {b.key: b.detail["claims"] for b in of_kind(history, Effected)}
        assert sorted(last) == sorted(orders_of(history, seed))
        told_valid = sorted(key for key, claims in last.items() if f"{key}:OrderValidated" in claims)
        assert told_valid == valid_orders(history, seed)
