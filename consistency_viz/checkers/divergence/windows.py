"""Divergence windows as they are counted, and as they are told to whoever watches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.key import Scope, View
from consistency_viz.checkers.statistics import KaplanMeier, LengthCounts

CHANGES_MAX: Final = 20_000
"""Windows kept for a watcher between two of its questions."""

QUANTILES: Final = (0.5, 0.95, 0.99)


class Window(msgspec.Struct, frozen=True):
    """[from_us, to_us) in which at least two replicas in scope differed; ``to_us`` is ``None`` while it is open.

    ``replicas`` are those that differed from the majority, or all in scope where there was none, when it opened.
    ``unheard``, told of values and at the opening only: those that had not applied anything to the key, if all others
    in scope showed the same.
    """

    key: str
    view: View
    scope: Scope
    from_us: int
    to_us: int | None
    replicas: list[str] = []
    unheard: list[str] = []


class Ledger:
    """The windows of all keys in one view and scope: counts, lengths, and the length of their union.

    ``open`` windows are open now, ``open_max`` is the most that were open at one moment. Memory is bounded
    (``LengthCounts``).
    """

    __slots__ = ("_union_from_us", "_union_us", "closed_us", "longest_closed_us", "open", "open_max", "scope", "view")

    def __init__(self, view: View, scope: Scope) -> None:
        self.view = view
        self.scope = scope
        self.open = 0
        self.open_max = 0
        self.closed_us = LengthCounts()
        self.longest_closed_us = 0
        self._union_us = 0
        self._union_from_us = 0

    def begin(self, at_us: int) -> None:
        """A window opens."""
        if not self.open:
            self._union_from_us = at_us
        self.open += 1

    def end(self, at_us: int, length_us: int) -> None:
        """A window closes."""
        self.open -= 1
        self.closed_us.add(length_us)
        self.longest_closed_us = max(self.longest_closed_us, length_us)
        if not self.open:
            self._union_us += at_us - self._union_from_us

    def resume(self, union_us: int, union_from_us: int) -> None:
        """Take over a union of ``union_us`` so far, to which what is open now adds from ``union_from_us`` on."""
        self._union_us = union_us
        self._union_from_us = union_from_us

    def union_us(self, now_us: int) -> int:
        """The length of global divergence: the union of all windows, open ones counted to ``now_us``."""
        return self._union_us + (now_us - self._union_from_us if self.open else 0)

    def metrics(self, open_us: list[int], now_us: int) -> dict[str, Any]:
        """Figures in milliseconds. ``open_us`` are the lengths so far of the windows still open at ``now_us``."""
        estimate = KaplanMeier(self.closed_us, open_us)
        figures: dict[str, Any] = {
            "windows_closed": self.closed_us.total,
            "windows_open": self.open,
            "union_ms": self.union_us(now_us) / 1000,
            "longest_ms": max([self.longest_closed_us, *open_us]) / 1000,
            "longest_is_open": max(open_us, default=-1) >= max(self.longest_closed_us, 1),
            "keys_diverged_max": self.open_max,
            "window_ms_n": estimate.n,
            "window_ms_exact": self.closed_us.exact,
        }
        for q in QUANTILES:
            quantile = estimate.quantile(q)
            name = f"window_ms_p{round(q * 100)}"
            figures[name] = _ms(quantile.value)
            figures[f"{name}_interval"] = [_ms(quantile.low), _ms(quantile.high)]
        return figures

    def says_the_same_as(self, other: Ledger) -> bool:
        """Whether both have the same closed windows, as many open ones, and the same union."""
        return (
            self.open == other.open
            and self.open_max == other.open_max
            and self.longest_closed_us == other.longest_closed_us
            and self._union_us == other._union_us
            and (not self.open or self._union_from_us == other._union_from_us)
            and self.closed_us == other.closed_us
        )

    def quantiles_ms(self, quantiles: Iterable[float], open_us: list[int]) -> list[float | None]:
        """Kaplan-Meier quantiles without intervals, ``quantiles`` rising."""
        return [_ms(us) for us in KaplanMeier(self.closed_us, open_us).values(quantiles)]


class Changes:
    """Windows that opened or closed since somebody last asked, bounded; ``skipped`` counts what was left out."""

    __slots__ = ("_windows", "skipped")

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, str, int], Window] = {}
        self.skipped = 0

    def add(self, window: Window) -> None:
        place = (window.key, window.view, window.scope, window.from_us)
        if place not in self._windows and len(self._windows) >= CHANGES_MAX:
            self.skipped += 1
            return
        self._windows[place] = window

    def take(self) -> list[Window]:
        """All of them, in the order of their opening or, if that was told before, closing; then none are left."""
        windows = list(self._windows.values())
        self._windows.clear()
        return windows


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1000
