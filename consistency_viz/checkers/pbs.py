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

Draws are tabulated quantiles picked by an extendable-output hash of the seed: the same seed gives the same prediction,
and nothing but the standard library is needed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import shake_128
from itertools import product
from math import comb
from typing import Final, NamedTuple

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

    fresh_from: list[int]
    write: list[int]
    read: list[int]

    def fresh_share(self, t_us: float) -> float:
        """The probability that a read which starts ``t_us`` after the commit is fresh."""
        return bisect_right(self.fresh_from, t_us) / len(self.fresh_from)

    def fresh_us(self, share: float) -> int:
        """From how long after the commit on at least this share of reads is fresh; 0: at once."""
        return max(0, quantile(self.fresh_from, share))


def quantile(ordered: Sequence[int], q: float) -> int:
    """The least of the sorted values that at least the share ``q`` does not exceed."""
    n = len(ordered)
    rank = min(n, max(1, -int(-q * n // 1)))
    return ordered[rank - 1]


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
    found = {quorum: Prediction([], [], []) for quorum in quorums}
    tables: dict[Sampler, list[int]] = {}
    coordinators = range(len(paths))
    each = -(-samples // len(paths) ** 2)
    for writer, reader in product(coordinators, coordinators):
        drawn = [
            [_draws(f"{seed}:{writer}:{reader}:{i}:{leg}", each, _table(tables, sampler)) for i, sampler in column]
            for leg, column in (
                ("W", [(i, legs.write) for i, legs in enumerate(paths[writer])]),
                ("A", [(i, legs.ack) for i, legs in enumerate(paths[writer])]),
                ("R", [(i, legs.read) for i, legs in enumerate(paths[reader])]),
                ("S", [(i, legs.response) for i, legs in enumerate(paths[reader])]),
            )
        ]
        _add(found, drawn, n)
    for prediction in found.values():
        for values in prediction:
            values.sort()
    return found


def k_stale_share(n: int, r: int, w: int, k: int) -> float:
    """The probability that a read misses the ``k`` newest versions, each written to ``w`` of ``n`` replicas for good.

    The paper's closed form [C(N - W, R) / C(N, R)]^k: quorums drawn at random, writes that spread no further.
    """
    return (comb(n - w, r) / comb(n, r)) ** k


def _add(found: dict[tuple[int, int], Prediction], drawn: list[list[list[int]]], n: int) -> None:
    """Turn the draws of W, A, R and S (each a list of n columns) into those of the predictions."""
    replicas = range(n)
    sinks = [(r - 1, w - 1, p.fresh_from.append, p.write.append, p.read.append) for (r, w), p in sorted(found.items())]
    rows = zip(*(zip(*columns, strict=True) for columns in drawn), strict=True)
    for write, ack, read, response in rows:
        commits = sorted([write[i] + ack[i] for i in replicas])
        answers = sorted([(read[i] + response[i], write[i] - read[i]) for i in replicas])
        late = answers[0][1]
        missing = [late]
        for _, behind in answers[1:]:
            late = min(late, behind)
            missing.append(late)
        for r, w, fresh_from, write_us, read_us in sinks:
            commit_us = commits[w]
            fresh_from(missing[r] - commit_us)
            write_us(commit_us)
            read_us(answers[r][0])


def _draws(label: str, count: int, table: list[int]) -> list[int]:
    bits = array("I", shake_128(label.encode()).digest(4 * count))
    return [table[number >> _SHIFT] for number in bits]


def _table(tables: dict[Sampler, list[int]], sampler: Sampler) -> list[int]:
    """The latency in the middle of each of 2**18 equally likely slices, made once for each sampler."""
    table = tables.get(sampler)
    if table is None:
        scale = 2.0**-_TABLE_BITS
        table = tables[sampler] = [sampler((number + 0.5) * scale) for number in range(1 << _TABLE_BITS)]
    return table
