"""How many of the placed orders are settled now: every replica shows the same for them, having applied the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

UNSETTLED_MAX = 100_000


class SettledOrders:
    """Counts placed orders that agree everywhere; one that is changed again is unsettled until it agrees again."""

    def __init__(self) -> None:
        self.count = 0
        self._unsettled: dict[str, None] = {}
        self._touched: dict[str, None] = {}

    def placed(self, key: str) -> None:
        """An order was placed; no replica knows it yet. One that never settles is forgotten after many others."""
        self._unsettled[key] = None
        if len(self._unsettled) > UNSETTLED_MAX:
            del self._unsettled[next(iter(self._unsettled))]

    def touch(self, key: str) -> None:
        """A replica applied something to an order."""
        self._touched[key] = None

    def judge(self, is_settled: Callable[[str], bool], changed: Iterable[str]) -> None:
        """Count anew what was touched since the last time, or began or ceased to differ."""
        for key in changed:
            self._touched[key] = None
        for key in self._touched:
            if is_settled(key):
                if key in self._unsettled:
                    del self._unsettled[key]
                    self.count += 1
            elif key not in self._unsettled and self.count:
                self._unsettled[key] = None
                self.count -= 1
        self._touched.clear()
