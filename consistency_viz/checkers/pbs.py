"""Probabilistically bounded staleness: what a leaderless quorum should do, predicted from its latencies alone.

Bailis, Venkataraman, Franklin, Hellerstein, Stoica, "Probabilistically Bounded Staleness for Practical Partial Quorums"
(VLDB 2012). The WARS model: a coordinator sends a write to all N replicas (latency W each) and commits it with the
W-th acknowledgement (A); a read asks all N (R) and answers with the first R responses (S).

Rules
1. The commit takes w_t, the W-th smallest of W[i] + A[i]. A read takes the R-th smallest of R[i] + S[i].
2. A read that starts t after the commit is fresh iff w_t + t + R[i] >= W[i] for one of the first R replicas to answer.
   (The paper's prose prints the opposite sign; its authors' program has this one.) So each draw of a write and a read
   has one least t from which on the read is fresh, and the curve of t-visibility is the distribution of that t.
3. S is a draw of its own, and a read's coordinator is chosen independently of the write's.
4. What the model leaves out: loss, read repair, hints, the client's distance, service times, further writes.

Draws are tabulated quantiles picked by an extendable-output hash of the seed: the same seed gives the same prediction.
A million draws of three replicas take about a second and 150 MB for each pair of coordinators at work.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import shake_128
from itertools import product
from math import comb
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger[Any]]

Sampler = Callable[[float], int]
"""From a uniform number in [0, 1) to a latency in microseconds, by inverting the distribution function."""

SAMPLES: Final = 200_000
_TABLE_BITS: Final = 18
_SHIFT: Final = 32 - _TABLE_BITS


class Legs(NamedTuple):
    """The four one-way latencies between one coordinator and one replica."""

    write: Sampler
    ack: Sampler
    read: Sampler
    response: Sampler


class Prediction(NamedTuple):
    """Sorted draws in microseconds: ``fresh_from`` (rule 2; negative: fresh before the commit), and latencies."""

    fresh_from: Ints
    write: Ints
    read: Ints

    def fresh_share(self, t_us: float) -> float:
        """The probability that a read which starts ``t_us`` after the commit is fresh."""
        return bisect_right(self.fresh_from, t_us) / len(self.fresh_from)

    def fresh_us(self, share: float) -> int:
        """From how long after the commit on at least this share of reads is fresh; 0: at once."""
        return max(0, quantile(self.fresh_from, share))


def quantile(ordered: Sequence[int] | Ints, q: float) -> int:
    """The least of the sorted values that at least the share ``q`` does not exceed."""
    n = len(ordered)
    rank = min(n, max(1, -int(-q * n // 1)))
    return int(ordered[rank - 1])


def predict(
    paths: Sequence[Sequence[Legs]],
    quorums: Sequence[tuple[int, int]],
    samples: int = SAMPLES,
    seed: int = 1,
) -> dict[tuple[int, int], Prediction]:
    """The prediction for each ``(R, W)`` of ``quorums``, all from the same draws.

    ``paths[c][i]`` are the legs between coordinator c and replica i. Every pair of coordinators, one for the write and
    one for the read, gets the same number of samples, ``samples`` in all at least. ValueError for a quorum that is
    larger than the number of replicas, or smaller than one.
    """
    n = len(paths[0])
    for r, w in quorums:
        if not 1 <= r <= n or not 1 <= w <= n:
            raise ValueError(f"quorum R = {r}, W = {w}: use 1 to {n}, the number of replicas")
    tables: dict[Sampler, Ints] = {}
    coordinators = range(len(paths))
    each = -(-samples // len(paths) ** 2)
    parts = [
        outcomes(
            [_column(f"{seed}:{writer}:{reader}:{i}:W", each, tables, to.write) for i, to in enumerate(paths[writer])],
            [_column(f"{seed}:{writer}:{reader}:{i}:A", each, tables, to.ack) for i, to in enumerate(paths[writer])],
            [_column(f"{seed}:{writer}:{reader}:{i}:R", each, tables, to.read) for i, to in enumerate(paths[reader])],
            [
                _column(f"{seed}:{writer}:{reader}:{i}:S", each, tables, to.response)
                for i, to in enumerate(paths[reader])
            ],
            quorums,
        )
        for writer, reader in product(coordinators, coordinators)
    ]
    writes = {w: _together([part.commits[w - 1] for part in parts]) for w in {w for _, w in quorums}}
    reads = {r: _together([part.answers[r - 1] for part in parts]) for r in {r for r, _ in quorums}}
    return {
        (r, w): Prediction(_together([part.fresh_from[r, w] for part in parts]), writes[w], reads[r])
        for r, w in quorums
    }


def k_stale_share(n: int, r: int, w: int, k: int) -> float:
    """The probability that a read misses the ``k`` newest versions, each written to ``w`` of ``n`` replicas for good.

    The paper's closed form [C(N - W, R) / C(N, R)]^k: quorums drawn at random, writes that spread no further.
    """
    return (comb(n - w, r) / comb(n, r)) ** k


class Outcomes(NamedTuple):
    """Of each draw: the time of the w-th acknowledgement and of the r-th answer, and from when on it is fresh."""

    commits: list[Ints]
    answers: list[Ints]
    fresh_from: dict[tuple[int, int], Ints]


def outcomes(
    write: list[Ints], ack: list[Ints], read: list[Ints], response: list[Ints], quorums: Sequence[tuple[int, int]]
) -> Outcomes:
    """What follows from draws of W, A, R and S, one column a replica."""
    commits = _sorted([w + a for w, a in zip(write, ack, strict=True)])
    # Answers carry along how far behind its write each replica was read: below in one number, so that one sort does.
    pairs = [(r + s << _HALF) + (w - r + _MIDDLE) for w, r, s in zip(write, read, response, strict=True)]
    answers: list[Ints] = []
    missing: list[Ints] = []
    for pair in _sorted(pairs):
        behind = (pair & _LOW) - _MIDDLE
        answers.append(pair >> _HALF)
        missing.append(np.minimum(missing[-1], behind) if missing else behind)
    fresh_from = {(r, w): missing[r - 1] - commits[w - 1] for r, w in quorums}
    return Outcomes(commits, answers, fresh_from)


_HALF: Final = 31
_LOW: Final = (1 << _HALF) - 1
_MIDDLE: Final = 1 << _HALF - 1
LATENCY_MAX_US: Final = _MIDDLE - 1
"""Longer one-way latencies, 18 minutes, count as this."""


def _sorted(columns: list[Ints]) -> list[Ints]:
    """The same numbers such that each row rises from column to column (odd-even transposition: columns are few)."""
    n = len(columns)
    for turn in range(n):
        for i in range(turn % 2, n - 1, 2):
            low, high = columns[i], columns[i + 1]
            columns[i], columns[i + 1] = np.minimum(low, high), np.maximum(low, high)
    return columns


def _together(parts: list[Ints]) -> Ints:
    found = np.concatenate(parts)
    found.sort()
    return found


def _column(label: str, count: int, tables: dict[Sampler, Ints], sampler: Sampler) -> Ints:
    """``count`` draws: each 32 bits of the hash's output pick one of 2**18 equally likely latencies."""
    table = tables.get(sampler)
    if table is None:
        table = tables[sampler] = _table(sampler)
    bits = np.frombuffer(shake_128(label.encode()).digest(4 * count), "<u4")
    found: Ints = table[bits >> _SHIFT]
    return found


def _table(sampler: Sampler) -> Ints:
    """The latency in the middle of each of 2**18 equally likely slices."""
    scale = 2.0**-_TABLE_BITS
    latencies = (min(LATENCY_MAX_US, sampler((number + 0.5) * scale)) for number in range(1 << _TABLE_BITS))
    return np.fromiter(latencies, np.int64, 1 << _TABLE_BITS)
