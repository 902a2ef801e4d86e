"""Small histories of stocks, of orders, and of the elements of sets: random ones, and all of small scopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.checkers.chance import Choose
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


MAKERS = {"stocks": stocks, "orders": orders, "elements": elements}


def small_stocks(choose: Choose) -> list[Observation]:
    """Everything that may become of a stock of nothing or one from which somebody takes, in four steps."""
    stage = Stage(choose)
    stage.tell("eu", Applied("k", choose([0, 1]), "k@initial"))
    stage.begin(choose(["buy", "decrement"]), "k", {"value": 1}, {"value": None})
    for _ in range(4):
        match choose(["buy", "increment", "decrement", "end", "show"]):
            case "end":
                stage.end(("ok", "fail", "info"))
            case "show":
                stage.tell("us", Applied("k", choose([0, -1]), "k@eu.1"))
            case f:
                stage.begin(f, "k", {"value": 1}, {"value": None})
    return stage.found


def small_orders(choose: Choose) -> list[Observation]:
    """Everything that may become of an order at two nodes, in three steps."""
    stage = Stage(choose)
    for _ in range(3):
        node = choose(NODES)
        match choose(["apply", "send", "mail"]):
            case "send":
                stage.tell(node, Sent(f"m{len(stage.found)}", "facts", choose(VERDICTS), "a", "c"))
            case "mail":
                stage.tell(node, Effected("email", "a", {"claims": choose([[], ["a:OrderRejected"]])}))
            case _:
                stage.tell(node, Applied("a", choose(SHOWN), f"a:{choose(VERDICTS)}"))
    return stage.found


def small_elements(choose: Choose) -> list[Observation]:
    """Everything that may become of one element that is added, and then of another operation on it."""
    stage = Stage(choose)
    first, second = "k@eu.1", "k@eu.2"
    stage.begin("add", "k", {"value": "x"}, {"value": None, "update": first, "after": []})
    stage.end(("ok", "info"))
    f, after = choose(["add", "remove"]), choose([[], [first]])
    stage.begin(f, "k", {"value": "x"}, {"value": None, "update": second, "after": after})
    stage.end(("ok", "fail", "info"))
    for node in NODES:
        for update in choose([[first], [second], [first, second], [second, first]]):
            stage.tell(node, Applied("k", choose([[], ["x"]]), update))
    return stage.found


VERDICTS = ["OrderValidated", "OrderRejected"]
MONEY = {"net_cents": 100, "tax_cents": 19}
SHOWN: list[Any] = [None] + [
    {"status": status, **MONEY, "total_cents": total}
    for status, total in (("placed", 119), ("placed", 138), ("rejected", 119))
]
SMALL = {"stocks": small_stocks, "orders": small_orders, "elements": small_elements}
