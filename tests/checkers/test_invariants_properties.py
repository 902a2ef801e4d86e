"""Every invariant against its definition, read off the whole history at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from consistency_viz.checkers.invariants import Invariants
from consistency_viz.checkers.operations import Operation, all_operations, updates_of
from consistency_viz.checkers.registry import check
from tests.checkers.chance import Choose, drawn, how_many, seeded
from tests.checkers.histories import header
from workers.model.observation import Applied, Body, Completed, Effected, Invoked, Observation, Outcome, Sent

NODES = ["eu", "us"]


class Stage:
    """A history in the making."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.found: list[Observation] = []
        self.open: list[tuple[str, str, str, Any]] = []
        self.numbers: dict[str, int] = {}

    def tell(self, node: str, body: Body) -> None:
        self.found.append(Observation(len(self.found), 1_000 * len(self.found), node, body))

    def begin(self, f: str, key: str, argument: dict[str, Any], result: Any) -> None:
        op = f"o{len(self.found)}"
        self.tell("client", Invoked(op, "s", f, key, argument, 0))
        self.open.append((op, f, key, result))

    def end(self, outcomes: Sequence[Outcome] = ("ok", "ok", "ok", "fail", "info")) -> None:
        if self.open:
            op, f, key, result = self.open.pop(self.choose(list(range(len(self.open)))))
            outcome = self.choose(list(outcomes))
            self.tell("client", Completed(op, "s", f, key, outcome, result if outcome == "ok" else None))


def stocks(choose: Choose) -> list[Observation]:
    stage = Stage(choose)
    if choose([True, True, False]):
        stage.tell("eu", Applied("k", choose([2, 1, 3]), "k@initial"))
    for _ in range(choose([8, 16, 24])):
        match choose(["buy", "buy", "increment", "decrement", "end", "end", "end", "show"]):
            case "end":
                stage.end()
            case "show":
                stage.tell(choose(NODES), Applied("k", choose([1, 0, 2, -1]), "k@eu.1"))
            case f:
                stage.begin(f, "k", {"value": choose([1, 1, 2])}, {"value": None})
    return stage.found


def orders(choose: Choose) -> list[Observation]:
    stage = Stage(choose)
    for _ in range(choose([4, 8, 14])):
        key, node = choose(["a", "b"]), choose(NODES)
        fact = choose(["OrderPlaced", "OrderTaxed", "OrderValidated", "OrderRejected", "OrderMailed"])
        match choose(["apply", "apply", "apply", "send", "mail"]):
            case "send":
                stage.tell(node, Sent(f"m{len(stage.found)}", "facts", fact, key, "c"))
            case "mail":
                claims = choose([[], [f"{key}:OrderRejected"], [f"{key}:OrderTaxed"]])
                stage.tell("email", Effected(choose(["email", "email", "bell"]), key, {"claims": claims}))
            case _:
                money = choose([{}, {"net_cents": 100, "tax_cents": 19, "total_cents": choose([119, 119, 138])}])
                status = choose(["placed", "placed", "rejected"])
                stage.tell(node, Applied(key, choose([{"status": status, **money}, None]), f"{key}:{fact}"))
    return stage.found


def elements(choose: Choose) -> list[Observation]:
    """Operations end at once or later; in the end nodes show what they please of what they applied."""
    stage = Stage(choose)
    made: list[str] = []
    likely: Sequence[Outcome] = choose([("ok",), ("ok",), ("ok", "ok", "fail", "info")])
    changes = choose([["add", "remove"], ["add"], ["add"]])
    kinds = [changes, changes, ["end"], ["show"]]
    names = choose([["x"], ["x"], ["x", "y"]])
    values: list[Any] = [[], ["x"], ["x", "y"], ["y"], [], None, 3]
    for _ in range(choose([3, 5, 7, 9])):
        match choose(choose(kinds)) if made else choose(changes):
            case "end":
                stage.end(likely)
            case "show":
                stage.tell(choose(NODES), Applied("k", choose(values), choose(made or ["k@initial"])))
            case f:
                made.append(f"k@eu.{len(made) + 1}")
                known = [update for update in made[:-1] if choose([True] * 8 + [False])]
                base = choose([{}, {"base": known}])
                named = choose([{"update": made[-1], "after": [] if base else known}] * 20 + [{}])
                stage.begin(f, "k", {"value": choose(names), **base}, {"value": None, **named})
                if choose([True, True, False]):
                    stage.end(likely)
    while stage.open and choose([True, True, True, False]):
        stage.end(likely)
    for node in choose([NODES, NODES, NODES[:1], []]):
        for update in made:
            stage.tell(node, Applied("k", choose(values), update))
    return stage.found


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


MAKERS = {"stocks": stocks, "orders": orders, "elements": elements}


def agrees(observations: list[Observation]) -> Told:
    (result,) = check([Invariants(header(*NODES))], observations)
    expected = definition(observations)
    assert {name: (found["n"], found["violations"]) for name, found in result.metrics.items()} == expected
    broken, judged = sum(bad for _, bad in expected.values()), sum(n for n, _ in expected.values())
    assert result.verdict.value == ("failed" if broken else "passed" if judged else "unknown")
    assert len(result.witnesses) + result.witnesses_skipped == broken
    return expected


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
