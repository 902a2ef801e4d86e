"""How many of the accepted orders are settled: every replica shows the same final state, having applied the same.

An order that is settled stays so: what is learned later, for example that a mail went out twice, takes nothing back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

UNSETTLED_MAX: Final = 10_000
"""Orders that are not settled are waited for up to so many younger ones: as many keys as the page has put away."""

STATUSES_FINAL: Final = frozenset({"mailed", "rejected"})


class SettledOrders:
    """Counts orders that were accepted by their client's account and have come to their end everywhere."""

    def __init__(self) -> None:
        self.count = 0
        self._is_accepted: dict[str, bool] = {}
        self._touched: dict[str, None] = {}

    def placed(self, key: str) -> None:
        """An order was placed; it is not settled. One that never settles is forgotten after many others."""
        self._is_accepted[key] = False
        if len(self._is_accepted) > UNSETTLED_MAX:
            del self._is_accepted[next(iter(self._is_accepted))]

    def answered(self, key: str, outcome: str) -> None:
        """Its client was told that it is accepted (``ok``), that it is not (``fail``), or nothing (``info``)."""
        if key not in self._is_accepted:
            return
        if outcome == "ok":
            self._is_accepted[key] = True
            self._touched[key] = None
        else:  # neither can be followed by an "ok": one operation completes once
            del self._is_accepted[key]

    def touch(self, key: str) -> None:
        """A replica applied something to an order."""
        self._touched[key] = None

    def judge(self, is_final: Callable[[str], bool]) -> None:
        """Count what came to its end since the last time; ``is_final`` says of a key whether all replicas agree so."""
        for key in self._touched:
            if self._is_accepted.get(key) and is_final(key):
                del self._is_accepted[key]
                self.count += 1
        self._touched.clear()


def is_final(value: Any) -> bool:
    """Whether nothing more is to come for an order that is shown like this."""
    status = value.get("status") if isinstance(value, dict) else None
    return isinstance(status, str) and status in STATUSES_FINAL
