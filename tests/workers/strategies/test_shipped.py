"""The shipped scenario of each design shows its point: the anomaly, or that there is none."""

import pytest

from tests.workers.strategies.seeds import differing_orders, links_followed, links_that_disappoint
from tests.workers.support import final_values, mails, of_kind
from workers.cluster.catalogue import catalogue, load
from workers.cluster.plan import build
from workers.model.history import expand
from workers.model.observation import Applied, Completed, Sent
from workers.simulation.world import World
from workers.strategies.registry import DESIGNS

SOUND = [
    "order-flow",
    "serial-chain",
    "mail-waits-in-query",
    "mail-after-page",
    "merged-by-hand",
    "order-of-facts",
    "order-of-operations",
    "order-of-deltas",
    "version-numbers",
    "one-writer",
    "writer-per-transition",
    "three-checks",
]


def run(name):
    """The replicas and the history of a shipped scenario, with fewer orders."""
    plan = build(load(name, ["workload.orders=120"]))
    turns = []
    World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    return plan.replicas, list(expand(turns))


def totals_off(values):
    money = [v for v in values.values() if "total_cents" in v]
    return sum(v["net_cents"] + v["tax_cents"] != v["total_cents"] for v in money)


def test_every_design_has_a_shipped_scenario():
    assert {scenario.design for scenario in catalogue()} >= set(DESIGNS)


@pytest.mark.parametrize("name", SOUND)
def test_where_the_scenario_promises_it_all_replicas_agree_and_no_total_is_off(name):
    replicas, history = run(name)
    assert differing_orders(history, replicas) == []
    assert [totals_off(values) for values in final_values(history, replicas).values()] == [0] * len(replicas)
    assert links_that_disappoint(history) == []
    assert len(mails(history)) == len(set(mails(history)))
    assert {b.outcome for b in of_kind(history, Completed) if b.f == "place"} == {"ok"}


def test_the_mail_beats_the_page_often_but_not_always():
    _, history = run("mail-beats-page")
    assert 0.2 < len(links_that_disappoint(history)) / len(links_followed(history)) < 0.7


def test_the_query_that_waits_is_seldom_answered_stale():
    _, history = run("mail-waits-in-query")
    stale = [b for b in links_followed(history) if b.outcome == "fail"]
    assert 0 < len(stale) < 0.1 * len(links_followed(history))
    assert all(b.error.startswith("stale: ") for b in stale)


def test_validation_meets_tax_and_orders_stay_different_for_ever():
    replicas, history = run("validation-meets-tax")
    assert 0.3 < len(differing_orders(history, replicas)) / 120 < 0.95


def test_the_tax_is_added_twice_to_some_orders():
    replicas, history = run("tax-added-twice")
    off = [totals_off(values) for values in final_values(history, replicas).values()]
    assert all(0 < count < 60 for count in off)


def test_writers_with_version_numbers_meet():
    _, history = run("version-numbers")
    assert any(b.type == "Conflict" for b in of_kind(history, Sent))


def test_three_checks_miscounted_give_both_verdicts():
    _, history = run("three-checks-miscounted")
    updates = {b.update for b in of_kind(history, Applied)}
    both = [u for u in updates if u.endswith(":OrderRejected") and u.replace("Rejected", "Validated") in updates]
    assert 0 < len(both) < 30
    assert set(mails(history)) & {update.partition(":")[0] for update in both}
