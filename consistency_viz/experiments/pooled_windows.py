"""Divergence windows of many runs as one sample: how long keys differed, where some still did when their run ended.

Rules
1. A window that was open when its run ended is right-censored there, whatever run it is of (FIELD 2, "open window").
2. All windows of all runs count alike: a run with twice the windows weighs twice. The median over runs of each run's
   own quantile is another figure, ``metrics``.
3. Limits are Greenwood's, with the log(-log) transform (``checkers.statistics``). They take windows for independent;
   those of one run are only roughly, so that with few runs of many windows they are too narrow. ``runs`` says how many.

Of values, in scope "all". Memory is bounded: beyond 2,048 distinct lengths they are rounded to 0.2 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence import Divergence
from consistency_viz.checkers.divergence.key import SLOTS
from consistency_viz.checkers.statistics import KaplanMeier, LengthCounts, Survival

VIEW: Final = "value"
SCOPE: Final = "all"
QUANTILES: Final = (0.5, 0.95, 0.99)
CURVE_POINTS_MAX: Final = 64
_SLOT: Final = SLOTS.index((VIEW, SCOPE))


class WindowLengths(msgspec.Struct, frozen=True):
    """One run's windows: (length in microseconds, how many) of those that closed, and how long the open ones were."""

    closed: list[tuple[int, int]] = []
    open_us: list[int] = []


def lengths_of(judges: Iterable[object], end_us: int) -> WindowLengths | None:
    """The windows of a run that ended at ``end_us``; ``None`` if nobody followed them."""
    for judge in judges:
        if isinstance(judge, Divergence):
            ledger = judge.ledgers[_SLOT]
            return WindowLengths(list(ledger.closed_us.items()), sorted(judge.open_lengths_us(_SLOT, end_us)))
    return None


class PooledWindows:
    """Feed it one run after another."""

    def __init__(self) -> None:
        self._runs = 0
        self._closed = LengthCounts()
        self._open = LengthCounts()

    def add(self, windows: WindowLengths | None) -> None:
        """Take in a run; one that does not say its windows does not count."""
        if windows is None:
            return
        self._runs += 1
        for length_us, count in windows.closed:
            self._closed.add(length_us, count)
        for length_us in windows.open_us:
            self._open.add(length_us)

    def to_json(self) -> dict[str, Any] | None:
        """What a summary says of it, times in milliseconds; ``None`` if no run had a window."""
        estimate = KaplanMeier(self._closed, self._open)
        if not estimate.n:
            return None
        quantiles = {}
        for q in QUANTILES:
            found = estimate.quantile(q)
            quantiles[f"p{round(q * 100)}"] = {
                "estimate_ms": _ms(found.value), "low_ms": _ms(found.low), "high_ms": _ms(found.high),
            }  # fmt: skip
        return {
            "view": VIEW,
            "scope": SCOPE,
            "runs": self._runs,
            "closed": estimate.closed,
            "open": estimate.censored,
            "exact": self._closed.exact and self._open.exact,
            "quantiles": quantiles,
            "curve": [_point(step) for step in thinned(estimate.curve())],
        }


def in_words(found: dict[str, Any]) -> str:
    """Of ``to_json``: how many windows there were, and after which time which share of them was over."""
    shares = ", ".join(f"{name[1:]} % {_told(said)}" for name, said in found["quantiles"].items())
    return (
        f"The {found['closed'] + found['open']:,} divergence windows of {found['runs']:,} runs together, "
        f"{found['open']:,} of them still open (Kaplan-Meier): {shares}."
    )


def _told(said: dict[str, float | None]) -> str:
    estimate, low, high = said["estimate_ms"], said["low_ms"], said["high_ms"]
    if estimate is None:
        return "were not over at any time seen"
    least = "" if low is None else f" (95%: {low:,.1f} to {'no end seen' if high is None else f'{high:,.1f}'})"
    return f"were over after {estimate:,.1f} ms{least}"


def thinned(curve: Sequence[Survival]) -> list[Survival]:
    """At most ``CURVE_POINTS_MAX`` steps, evenly spaced by the share that survives, the last one among them."""
    if len(curve) <= CURVE_POINTS_MAX:
        return list(curve)
    kept: list[Survival] = []
    left = 1.0
    for step in curve[:-1]:
        if step.surviving <= left:
            kept.append(step)
            while left >= step.surviving:
                left -= 1 / (CURVE_POINTS_MAX - 1)
    return [*kept, curve[-1]]


def _point(step: Survival) -> dict[str, Any]:
    return {
        "after_ms": step.length / 1_000,
        "at_risk": step.at_risk,
        "surviving": step.surviving,
        "standard_error": step.standard_error,
        "low": step.low,
        "high": step.high,
    }


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1_000
