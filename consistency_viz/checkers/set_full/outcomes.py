"""What became of the elements of all sets, summed up."""

from __future__ import annotations

from collections import Counter
from heapq import nlargest
from typing import Any, Final

import msgspec

from consistency_viz.checkers.statistics import rounded

QUANTILES: Final = (0.0, 0.5, 0.95, 0.99, 1.0)
WORST: Final = 8
EXACT_MAX: Final = 1 << 16
"""Beyond so many different latencies each is rounded as ``statistics.rounded`` does, an error of 0.2 %."""


class Outcomes(msgspec.Struct):
    """Sets that were read, and their elements by outcome, with latencies in microseconds."""

    added: bool = False
    sets: int = 0
    reads: int = 0
    duplicated: int = 0
    unexpected: int = 0
    stale: int = 0
    came_back: int = 0
    """How often a read had an element that was put away, or looked like one."""
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    latencies_us: dict[str, dict[int, int]] = msgspec.field(default_factory=lambda: {"stable": {}, "lost": {}})
    worst: list[tuple[int, str, Any]] = []
    """(latency, key, element) of those that were stale longest."""

    def take(self, outcome: str, latency_us: int, stale: tuple[str, Any] | None) -> None:
        """One element more; ``stale`` is its key and value if it was."""
        self.counts[outcome] += 1
        lengths = self.latencies_us.get(outcome)
        if lengths is not None:
            length = latency_us if len(lengths) < EXACT_MAX else rounded(latency_us)
            lengths[length] = lengths.get(length, 0) + 1
        if stale is not None:
            self.stale += 1
            if len(self.worst) < WORST or latency_us > self.worst[-1][0]:
                self.worst = nlargest(WORST, [*self.worst, (latency_us, *stale)], key=lambda entry: entry[0])

    def metrics(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "keys_n": self.sets,
            "reads_n": self.reads,
            "attempt_count": self.counts.total(),
            "stable_count": self.counts["stable"],
            "lost_count": self.counts["lost"],
            "never_read_count": self.counts["never-read"],
            "removed_count": self.counts["removed"],
            "stale_count": self.stale,
            "duplicated_count": self.duplicated,
            "unexpected_count": self.unexpected,
            "stable_latency_ms": quantiles(self.latencies_us["stable"]),
            "lost_latency_ms": quantiles(self.latencies_us["lost"]),
            "worst_stale": [{"key": key, "element": e, "stable_latency_ms": us / 1000} for us, key, e in self.worst],
        }


def quantiles(counts: dict[int, int]) -> dict[str, Any]:
    """Jepsen's: the entry at floor(n q), the last one for 1; in milliseconds, with n."""
    ordered = sorted(counts.items())
    n = sum(counts.values())
    found: dict[str, Any] = {"n": n}
    place = below = 0
    for q in QUANTILES:
        wanted = min(n - 1, int(n * q))
        while place < len(ordered) and below + ordered[place][1] <= wanted:
            below += ordered[place][1]
            place += 1
        found[f"{q:g}"] = ordered[place][0] / 1000 if n else None
    return found
