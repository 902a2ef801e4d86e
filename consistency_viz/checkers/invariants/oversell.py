"""A stock is never oversold (FIELD 2, "oversell"): neither in what buyers were told nor in what a replica shows."""

from __future__ import annotations

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.findings import Findings
from consistency_viz.checkers.operations import Operation
from workers.model.observation import Applied, Observation

TAKES = frozenset(("buy", "decrement"))
SOLD_TOLD_MAX = 7


class _Stock:
    """One stock. ``supply`` is what there is at most: shown at first, plus every restock that did not fail."""

    __slots__ = ("amounts", "buys", "initial", "oversold", "sold", "supply")

    def __init__(self) -> None:
        self.initial: int | None = None
        self.supply = 0
        self.sold = 0
        self.buys: list[Operation] = []
        self.oversold = False
        self.amounts: dict[str, int] = {}


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
            stock.initial = body.value
            self._judge(body.key, stock)
        elif body.value < 0 and body.key in self._bought and not stock.oversold:
            stock.oversold = True
            at = milliseconds(observation.at_us - self._started_us)
            text = f"{printable(observation.node)} showed a stock of {body.value} for {printable(body.key)} at {at}"
            buys = [index for buy in stock.buys for index in buy.indices]
            self.findings.add(text, [*buys, observation.index], [body.key, body.update, *(b.op for b in stock.buys)])

    def _take(self, operation: Operation) -> None:
        if operation.completed_index < 0:
            if operation.f == "buy" and operation.key not in self._bought:
                self._bought.add(operation.key)
                self._judge(operation.key, self._stock(operation.key))  # decrements may have taken it all before
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
        elif operation.outcome == "fail":
            stock.supply -= operation.argument
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
        self.findings.add(text, [i for b in stock.buys for i in b.indices], [key, *(b.op for b in stock.buys)])

    def _stock(self, key: str) -> _Stock:
        found = self._stocks.get(key)
        if found is None:
            found = self._stocks[key] = _Stock()
        return found
