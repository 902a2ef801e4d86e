"""The distribution of window lengths on the page: quantiles, and counts in buckets even on a logarithmic axis."""

from __future__ import annotations

import math

from consistency_viz.checkers.divergence.tracker import WindowTracker
from consistency_viz.live.frames import LENGTHS_PER_DECADE, Lengths

QUANTILES = (0.5, 0.95, 0.99)


def lengths_of(tracker: WindowTracker, now_us: int) -> Lengths:
    """How long the windows of values over all replicas were, of which open ones are censored at ``now_us``."""
    counts: dict[int, int] = {}
    for length_us, count in tracker.ledger("value", "all").closed_us.items():
        bucket = bucket_of(length_us)
        counts[bucket] = counts.get(bucket, 0) + count
    return Lengths(list(counts.items()), *tracker.window_quantiles_ms(QUANTILES, now_us))


def bucket_of(length_us: int) -> int:
    """The bucket of a length, which is at least 1 us."""
    return math.floor(LENGTHS_PER_DECADE * math.log10(length_us) + 1e-9)
