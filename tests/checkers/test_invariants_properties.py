"""Every invariant against its definition, read off the whole history at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from consistency_viz.checkers.invariants import Invariants
from consistency_viz.checkers.operations import Operation, all_operations, updates_of
from consistency_viz.checkers.registry import check
from tests.checkers.chance import drawn, exhaustive, how_many, seeded
from tests.checkers.histories import header
from tests.checkers.invariant_histories import MAKERS, NODES, SMALL
from workers.model.observation import Applied, Effected, Observation, Sent

Told = dict[str, tuple[int, int]]
"""By invariant: over how many entities it is judged, and how many broke it."""


def definition(observations: list[Observation]) -> Told:
    applies = [(o, o.body) for o in observations if isinstance(o.body, Applied)]
    keys = sorted({body.key for _, body in applies} | {o.key for o in all_operations(observations)})
    keys = sorted({*keys, *(o.body.key for o in observations if isinstance(o.body, (Sent, Effected)))})
    operations = all_operations(observations)
    judged = {
        "oversell": [oversold(key, observations, operations) for key in keys],
        "money": [money(body.value for _, body in applies if body.key == key) for key in keys],
        "one-verdict": [one_verdict(key, observations) for key in keys],
        "after-rejection": [after_rejection(key, observations) for key in keys],
        "resurrection": [undead(key, e, observations, operations) for key in keys for e in ("x", "y")],
        "vanished": [vanished(key, e, observations, operations) for key in keys for e in ("x", "y")],
    }
    return {name: (sum(n or bad for n, bad in found), sum(bad for _, bad in found)) for name, found in judged.items()}


def oversold(key: str, observations: list[Observation], operations: list[Operation]) -> tuple[bool, bool]:
    mine = [op for op in operations if op.key == key]
    begun = min((op.invoked_index for op in mine if op.f == "buy"), default=10**9)
    broken = any(
        o.index > begun and isinstance(b := o.body, Applied) and type(b.value) is int and b.value < 0
        for o in observations
        if isinstance(o.body, Applied) and o.body.key == key and o.body.update != f"{key}@initial"
    )
    first = [o.body.value for o in observations if isinstance(o.body, Applied) and o.body.update == f"{key}@initial"]
    for moment in () if begun == 10**9 else (begun, *(op.completed_index for op in mine if op.completed_index > begun)):
        sold = sum(
            op.argument
            for op in mine
            if op.f in {"buy", "decrement"} and op.acknowledged and op.completed_index <= moment
        )
        supply = sum(
            op.argument
            for op in mine
            if op.f == "increment"
            and op.invoked_index <= moment
            and not (op.outcome == "fail" and op.completed_index <= moment)
        )
        broken = broken or (bool(first) and sold > first[0] + supply)
    return begun < 10**9, broken


def money(values: Any) -> tuple[bool, bool]:
    totals = [value for value in values if isinstance(value, dict) and "total_cents" in value]
    return bool(totals), any(v["total_cents"] != v["net_cents"] + v["tax_cents"] for v in totals)


def facts(key: str, observations: list[Observation]) -> list[tuple[int, str]]:
    """What was applied or announced of an order, and where."""
    found = []
    for o in observations:
        if isinstance(o.body, Applied) and o.body.key == key:
            found.append((o.index, o.body.update.removeprefix(f"{key}:")))
        elif isinstance(o.body, Sent) and o.body.key == key:
            found.append((o.index, o.body.type))
    return found


def one_verdict(key: str, observations: list[Observation]) -> tuple[bool, bool]:
    verdicts = {fact for _, fact in facts(key, observations)} & {"OrderValidated", "OrderRejected"}
    return bool(verdicts), len(verdicts) == 2


def after_rejection(key: str, observations: list[Observation]) -> tuple[bool, bool]:
    rejected = [index for index, fact in facts(key, observations) if fact == "OrderRejected"]
    mailed = any(
        isinstance(o.body, Effected)
        and (o.body.effect, o.body.key) == ("email", key)
        and f"{key}:OrderRejected" not in o.body.detail["claims"]
        and o.index > min(rejected, default=10**9)
        for o in observations
    )
    shown = [(o.node, o.body.value) for o in observations if isinstance(o.body, Applied) and o.body.key == key]
    status = [
        (node, value["status"] if value else None) for node, value in shown if value is None or type(value) is dict
    ]
    turned = any(
        (node, "rejected") in status[:place] and word != "rejected" for place, (node, word) in enumerate(status)
    )
    return bool(rejected) or any(word == "rejected" for _, word in status), mailed or turned


def finals(key: str, update: str, observations: list[Observation]) -> list[Any]:
    """What the nodes show in the end that applied ``update`` with a set as its value."""
    found = []
    for node in NODES:
        mine = [o.body for o in observations if isinstance(o.body, Applied) and (o.node, o.body.key) == (node, key)]
        had = any(body.update == update and not isinstance(body.value, (int, dict)) for body in mine)
        if had and not isinstance(mine[-1].value, (int, dict)):
            found.append(mine[-1].value or [])
    return found


def undead(key: str, element: str, observations: list[Observation], operations: list[Operation]) -> tuple[bool, bool]:
    mine = [op for op in operations if (op.key, op.argument) == (key, element) and op.outcome != "fail"]
    adds = [op for op in mine if op.f == "add"]
    removes = [op for op in mine if op.f == "remove" and op.acknowledged and op.update]
    if not adds or not all(add.update for add in adds):
        return False, False
    seen_all = [r for r in removes if {a.update for a in adds} <= updates_of(r.after) | updates_of(r.base)]
    states = [state for remove in seen_all for state in finals(key, remove.update, observations)]
    return bool(states), any(element in state for state in states)


def vanished(key: str, element: str, observations: list[Observation], operations: list[Operation]) -> tuple[bool, bool]:
    mine = [op for op in operations if (op.key, op.argument) == (key, element) and op.outcome != "fail"]
    if any(op.f == "remove" for op in mine):
        return False, False
    adds = [op for op in mine if op.f == "add" and op.acknowledged and op.update]
    states = [state for add in adds for state in finals(key, add.update, observations)]
    return bool(states), any(element not in state for state in states)


def agrees(observations: list[Observation]) -> Told:
    (result,) = check([Invariants(header(*NODES))], observations)
    expected = definition(observations)
    assert {name: (found["n"], found["violations"]) for name, found in result.metrics.items()} == expected
    broken, judged = sum(bad for _, bad in expected.values()), sum(n for n, _ in expected.values())
    assert result.verdict.value == ("failed" if broken else "passed" if judged else "unknown")
    assert len(result.witnesses) + result.witnesses_skipped == broken
    return expected


@pytest.mark.parametrize("name", SMALL)
def test_every_history_of_a_small_scope_is_judged_as_defined(name: str) -> None:
    found = [agrees(observations) for observations in exhaustive(SMALL[name])]
    assert len(found) > 2_000
    for invariant in found[0]:
        judged = sum(told[invariant][0] > 0 for told in found)
        broken = sum(told[invariant][1] > 0 for told in found)
        assert not judged or judged > broken >= judged / 5, (invariant, judged, broken)
    some = [told for told in found if any(n for n, _ in told.values())]
    assert sum(any(bad for _, bad in told.values()) for told in some) * 3 >= len(some)


@pytest.mark.parametrize("name", MAKERS)
def test_random_histories_by_seed(name: str) -> None:
    found = [agrees(observations) for observations in seeded(MAKERS[name], how_many(5_000))]
    assert sum(any(bad for _, bad in told.values()) for told in found) * 3 >= len(found)
    for invariant in found[0]:
        judged = sum(told[invariant][0] > 0 for told in found)
        broken = sum(told[invariant][1] > 0 for told in found)
        assert not judged or judged > broken >= judged / 3, (invariant, judged, broken)


@pytest.mark.parametrize("name", MAKERS)
def test_random_histories(name: str) -> None:
    @given(observations=drawn(MAKERS[name]))
    @settings(max_examples=40, deadline=None)
    def holds(observations: list[Observation]) -> None:
        agrees(observations)

    holds()
