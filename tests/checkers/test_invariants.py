"""Each invariant, kept and broken."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.checkers.invariants import INVARIANTS, Invariants
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.verdict import Result, Verdict
from tests.checkers.histories import Step, applied, header, history
from workers.model.observation import Applied, Completed, Effected, Invoked, Sent


def judged(*steps: Step) -> Result:
    return check([Invariants(header("eu", "us"))], history(*steps))[0]


def violations(result: Result) -> dict[str, int]:
    return {name: found["violations"] for name in INVARIANTS if (found := result.metrics[name])["violations"]}


def op(
    name: str, f: str, value: Any, *, at: float, outcome: Any = "ok", key: str = "k", base: Any = None, **result: Any
) -> list[Step]:
    argument = {"value": value} if base is None else {"value": value, "base": base}
    return [
        (at, "client", Invoked(name, "s1", f, key, argument, round(at * 1000))),
        (at + 1, "client", Completed(name, "s1", f, key, outcome, {"value": None, **result})),
    ]


STOCK = applied("eu", "k", 2, "k@initial", at=0)


def test_what_no_invariant_is_about_is_unknown() -> None:
    assert judged(applied("eu", "k", 2, "u", at=1)).verdict is Verdict.UNKNOWN


def test_a_stock_may_be_sold_out_and_restocked() -> None:
    steps = [*op("b1", "buy", 2, at=1), *op("r1", "increment", 1, at=3, outcome="info"), *op("b2", "buy", 1, at=5)]
    assert judged(STOCK, *steps).verdict is Verdict.PASSED


def test_selling_more_than_there_was_is_told_with_the_buys() -> None:
    result = judged(STOCK, *op("b1", "buy", 2, at=1), *op("b2", "buy", 1, at=3))
    assert violations(result) == {"oversell": 1}
    assert result.witnesses[0].text == (
        "3 of k were sold and there were 2: acknowledged, last of all, b1 (1 ms to 2 ms) and b2 (3 ms to 4 ms)"
    )
    assert result.witnesses[0].ids == ["k", "b1", "b2"]


@pytest.mark.parametrize("outcome", ["fail", "info"])
def test_what_was_not_acknowledged_was_not_sold(outcome: str) -> None:
    result = judged(STOCK, *op("b1", "buy", 2, at=1), *op("b2", "buy", 1, at=3, outcome=outcome))
    assert result.verdict is Verdict.PASSED


def test_a_restock_that_failed_was_none() -> None:
    begun, ended = op("r1", "increment", 1, at=3, outcome="fail")
    result = judged(STOCK, *op("b1", "buy", 2, at=1), begun, *op("b2", "buy", 1, at=3), ended)
    assert violations(result) == {"oversell": 1}


def test_a_negative_stock_is_oversold_whatever_was_acknowledged() -> None:
    steps = [*op("b1", "buy", 1, at=1, outcome="info"), applied("us", "k", -1, "k@us.1", at=3)]
    assert violations(judged(*steps)) == {"oversell": 1}
    assert judged(applied("us", "k", -1, "k@us.1", at=3)).verdict is Verdict.UNKNOWN


def order(total: int, status: str = "taxed", fact: str = "OrderTaxed", *, at: float = 1, node: str = "eu") -> Step:
    money = {"net_cents": 100, "tax_cents": 19, "total_cents": total}
    return applied(node, "s1-1", {"status": status, **money}, f"s1-1:{fact}", at=at)


def test_a_total_is_net_and_tax() -> None:
    assert judged(order(119)).verdict is Verdict.PASSED
    result = judged(order(138), order(138, at=2))
    assert violations(result) == {"money": 1}
    assert result.witnesses[0].text == ("eu showed 138 cents in total for s1-1 at 1 ms, but 100 net and 19 tax are 119")


def test_an_order_has_one_verdict() -> None:
    valid = applied("eu", "s1-1", {"status": "validated"}, "s1-1:OrderValidated", at=1)
    rejected = applied("us", "s1-1", {"status": "rejected"}, "s1-1:OrderRejected", at=2)
    assert judged(valid).verdict is Verdict.PASSED
    assert violations(judged(valid, rejected)) == {"one-verdict": 1}
    sent: Step = (2, "aggregator", Sent("m2", "facts", "OrderRejected", "s1-1", "c"))
    assert violations(judged(valid, sent)) == {"one-verdict": 1}


def test_a_rejected_order_does_not_go_on() -> None:
    rejected = applied("eu", "s1-1", {"status": "rejected"}, "s1-1:OrderRejected", at=1)
    mailed: Step = (2, "email", Effected("email", "s1-1", {}))
    assert judged(rejected, order(119, "rejected", at=2)).verdict is Verdict.PASSED
    assert violations(judged(rejected, mailed)) == {"after-rejection": 1}
    assert violations(judged(rejected, order(119, "taxed", at=2))) == {"after-rejection": 1}
    assert judged(order(119, "taxed", node="us"), rejected).verdict is Verdict.PASSED


def test_a_mail_that_tells_of_the_rejection_does_not_take_the_order_on() -> None:
    rejected = applied("eu", "s1-1", {"status": "rejected"}, "s1-1:OrderRejected", at=1)
    sorry: Step = (2, "email", Effected("email", "s1-1", {"claims": ["s1-1:OrderRejected"]}))
    assert judged(rejected, sorry).verdict is Verdict.PASSED


ADD = op("a1", "add", "x", at=1, update="k@eu.1", after=[])
REMOVE = op("r1", "remove", "x", at=3, update="k@eu.2", after=["k@eu.1"])
ADDED = applied("eu", "k", ["x"], "k@eu.1", at=1)
GONE = applied("eu", "k", [], "k@eu.2", at=3)
BACK = applied("eu", "k", ["x"], "k@us.7", at=5)


def steps_of(*parts: Any) -> list[Step]:
    steps = [step for part in parts for step in (part if isinstance(part, list) else [part])]
    return sorted(steps, key=lambda step: step[0])


def test_what_was_removed_stays_away() -> None:
    assert judged(*steps_of(ADD, REMOVE, ADDED, GONE)).verdict is Verdict.PASSED
    result = judged(*steps_of(ADD, REMOVE, ADDED, GONE, BACK))
    assert violations(result) == {"resurrection": 1}
    assert result.witnesses[0].ids == ["k", "k@eu.2", "r1", "a1"]
    assert "eu showed it again" in result.witnesses[0].text


@pytest.mark.parametrize("outcome", ["ok", "info"])
def test_an_add_that_the_remove_had_not_seen_excuses_the_element(outcome: str) -> None:
    again = op("a2", "add", "x", at=4, outcome=outcome, update="k@us.1", after=[])
    assert violations(judged(*steps_of(ADD, REMOVE, ADDED, GONE, BACK, again))) == {}


def test_a_replica_without_the_remove_shows_the_element_rightly() -> None:
    elsewhere = applied("us", "k", ["x"], "k@eu.1", at=2)
    assert violations(judged(*steps_of(ADD, REMOVE, ADDED, GONE, elsewhere))) == {}


def test_what_was_only_added_does_not_vanish() -> None:
    later = applied("eu", "k", ["y"], "k@us.1", at=4)
    assert judged(*steps_of(ADD, ADDED)).verdict is Verdict.PASSED
    result = judged(*steps_of(ADD, ADDED, later))
    assert violations(result) == {"vanished": 1}
    assert result.witnesses[0].ids == ["k", "k@eu.1", "a1"]
    tried = op("r1", "remove", "x", at=3, outcome="info")
    assert violations(judged(*steps_of(ADD, ADDED, tried, later))) == {}


def test_a_stock_that_decrements_had_oversold_before_anybody_bought_is_oversold() -> None:
    steps: list[Step] = [
        (0, "eu", Applied("k", 1, "k@initial")),
        (1, "client", Invoked("o1", "s", "decrement", "k", 2, 1_000)),
        (2, "client", Completed("o1", "s", "decrement", "k", "ok", None)),
        (3, "client", Invoked("o2", "s", "buy", "k", 1, 3_000)),
        (4, "client", Completed("o2", "s", "buy", "k", "fail", None)),
    ]
    result = check([Invariants(header("eu"))], history(*steps))[0]
    assert result.metrics["oversell"] == {"n": 1, "violations": 1}
    assert result.witnesses[0].indices == [0, 1, 2, 3]
