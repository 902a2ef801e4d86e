"""A stock is never oversold (FIELD 2, "oversell"): neither in what buyers were told nor in what a replica shows."""

from __future__ import annotations

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.findings import Findings
from consistency_viz.checkers.operations import Operation
from workers.model.observation import Applied, Observation

TAKES = frozenset(("buy", "decrement"))
SOLD_TOLD_MAX = 6
RESTOCKS_TOLD_MAX = 1


class _Stock:
    """One stock. ``supply`` is what there is at most: shown at first, plus every restock that did not fail."""

    __slots__ = ("bought", "buys", "initial", "initially", "oversold", "restocks", "sold", "supply")

    def __init__(self) -> None:
        self.initial: int | None = None
        self.initially = -1  # where that stands in the history
        self.bought: Operation | None = None  # by whom first
        self.supply = 0
        self.sold = 0
        self.buys: list[Operation] = []
        self.restocks: list[Operation] = []
        self.oversold = False


class Oversell:
    """Judges every key that somebody buys from.

    That every replica shows 0 or more proves nothing: sold is what was acknowledged. It may at no moment exceed what is
    known at first (``<key>@initial``) plus what was restocked; without the former only a negative stock is seen.
    """

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._started_us = started_us
        self._stocks: dict[str, _Stock] = {}
        self._bought: set[str] = set()
        self._over = 0

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Count what was sold and what is shown."""
        body = observation.body
        if isinstance(body, Applied):
            self._show(observation, body)
        elif operation is not None and type(operation.argument) is int:
            if operation.f in TAKES:
                self._take(operation)
            elif operation.f == "increment":
                self._restock(operation)

    def retire(self, key: str) -> None:
        """Put a stock away."""
        self._over += key in self._bought
        self._bought.discard(key)
        self._stocks.pop(key, None)

    def finish(self) -> int:
        """The keys that somebody bought from."""
        return self._over + len(self._bought)

    def _show(self, observation: Observation, body: Applied) -> None:
        if type(body.value) is not int:
            return
        stock = self._stock(body.key)
        if body.update == f"{body.key}@initial":
            stock.initial, stock.initially = body.value, observation.index
            self._judge(body.key, stock)
        elif body.value < 0 and body.key in self._bought and not stock.oversold:
            stock.oversold = True
            at = milliseconds(observation.at_us - self._started_us)
            text = f"{printable(observation.node)} showed a stock of {body.value} for {printable(body.key)} at {at}"
            taken = _with_buyer(stock, [one for one in stock.buys if one.f == "buy"][-1:])
            indices = [index for one in taken for index in one.indices]
            self.findings.add(text, [*indices, observation.index], [body.key, body.update, *(one.op for one in taken)])

    def _take(self, operation: Operation) -> None:
        if operation.completed_index < 0:
            if operation.f == "buy" and operation.key not in self._bought:
                self._bought.add(operation.key)
                stock = self._stock(operation.key)
                stock.bought = operation
                self._judge(operation.key, stock)  # decrements may have taken it all before
            return
        if operation.acknowledged:
            stock = self._stock(operation.key)
            stock.sold += operation.argument
            stock.buys = [*stock.buys[-SOLD_TOLD_MAX + 1 :], operation]
            self._judge(operation.key, stock)

    def _restock(self, operation: Operation) -> None:
        stock = self._stock(operation.key)
        if operation.completed_index < 0:
            stock.supply += operation.argument
            stock.restocks = [*stock.restocks[-RESTOCKS_TOLD_MAX + 1 :], operation]
        elif operation.outcome == "fail":
            stock.supply -= operation.argument
            stock.restocks = [one for one in stock.restocks if one is not operation]
            self._judge(operation.key, stock)

    def _judge(self, key: str, stock: _Stock) -> None:
        if stock.initial is None or stock.oversold or key not in self._bought:
            return
        if stock.sold <= stock.initial + stock.supply:
            return
        stock.oversold = True
        there = stock.initial + stock.supply
        told = " and ".join(
            f"{printable(b.op)} ({milliseconds(b.invoked_us - self._started_us)} to "
            f"{milliseconds(b.completed_us - self._started_us)})"
            for b in stock.buys[-2:]
        )
        text = (
            f"{stock.sold:,} of {printable(key)} were sold and there were {there:,}: acknowledged, last of all, {told}"
        )
        operations = [*stock.restocks, *_with_buyer(stock, _fewest(stock.buys, there))]
        indices = [index for one in operations for index in one.indices]
        self.findings.add(text, [stock.initially, *indices], [key, *(one.op for one in operations)])

    def _stock(self, key: str) -> _Stock:
        found = self._stocks.get(key)
        if found is None:
            found = self._stocks[key] = _Stock()
        return found


def _fewest(taken: list[Operation], there: int) -> list[Operation]:
    """As few of them as take more than there is; all of them if they do not, since older ones are not kept."""
    found: list[Operation] = []
    for one in sorted(taken, key=lambda one: -one.argument):
        found.append(one)
        if sum(other.argument for other in found) > there:
            return sorted(found, key=lambda one: one.completed_index)
    return taken


def _with_buyer(stock: _Stock, taken: list[Operation]) -> list[Operation]:
    """With somebody who buys: that makes it a stock."""
    if stock.bought is None or any(one.f == "buy" for one in taken):
        return taken
    return [stock.bought, *taken]
