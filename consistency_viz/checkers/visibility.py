"""t-visibility: how likely a read that starts t after a commit is to see it, measured from a history (FIELD 2).

Rules
1. A write is committed when its acknowledgement completes. The sample of a read is the newest commit of its key at the
   read's start: t is the time between the two, by the recorder's clock.
2. The read is fresh if the updates that it has seen contain that write. A read that names no updates says nothing.
3. Undefined past the next write: if another write of the key was open together with that write, or began before the
   read's end, what the read should return is not one update; the sample is left out and counted (``overlapped``).
4. Only reads answered ``ok`` count. What a replica holds is never looked at: between a replica's state and what a read
   returns lies the read's own way there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import log
from typing import Any, Final, NamedTuple

import msgspec

from consistency_viz.checkers.intervals import Interval, wilson
from consistency_viz.checkers.operations import Operation, Operations
from consistency_viz.checkers.statistics import LengthCounts, rounded
from workers.model.observation import Completed, Invoked, Observation

SHARE: Final = 0.999
TIMES_EXACT_MAX: Final = 2048
"""Beyond this many different t they are rounded as ``statistics.rounded`` does, an error of 0.2 %."""

EDGES_US: Final = (0, *(step * 10**power for power in range(2, 8) for step in (1, 2, 5)))
"""Where the metrics cut the t axis if a history has more different t than ``TIMES_SHOWN_MAX``."""

TIMES_SHOWN_MAX: Final = 64
KEYS_MAX: Final = 100_000
_WRITES: Final = frozenset(("write", "add", "remove", "increment", "decrement", "append", "cas"))
_QUANTILES: Final = (0.5, 0.99, 0.999)


class Point(NamedTuple):
    """Reads that started ``t_us`` after a commit, or from there up to the next point: how many were fresh."""

    t_us: int
    n: int
    fresh: int

    def share(self) -> Interval:
        """The share that was fresh, with Wilson's interval."""
        return wilson(self.fresh, self.n)


class Reached(NamedTuple):
    """When a share of reads is fresh: later than ``after_us``, by ``by_us``, and ``us`` in between by interpolation.

    ``None`` for ``by_us`` and ``us`` if no t that was measured reaches it, for ``after_us`` if every one does.
    """

    after_us: int | None
    by_us: int | None
    us: float | None


class _Key(msgspec.Struct):
    """Writes of one key: how many began, are open, whether the last began alone, and the commit that counts if any."""

    began: int = 0
    open: int = 0
    alone: bool = True
    last: str = ""
    committed_us: int = -1
    update: str = ""


class Visibility:
    """Counts as it goes; memory is bounded by the open operations, by ``KEYS_MAX`` and by the different t."""

    kinds: Final = frozenset((Invoked, Completed))

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._operations = Operations()
        self._keys: dict[str, _Key] = {}
        self._reads: dict[str, tuple[int, str, int]] = {}  # by operation: t, the update to see, writes begun by then
        self._points: dict[int, list[int]] = {}
        self._exact = True
        self._latencies: dict[str, LengthCounts] = {}
        self.overlapped = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self._operations.observe(observation)
        if operation is None:
            return
        if operation.f in _WRITES:
            self._write(operation)
        elif operation.f == "read":
            self._read(operation)
        if operation.completed_index >= 0 and operation.acknowledged:
            lengths = self._latencies.setdefault("read" if operation.f == "read" else "write", LengthCounts())
            lengths.add(operation.completed_us - operation.intended_us)

    @property
    def n(self) -> int:
        """How many reads were judged."""
        return sum(n for n, _ in self._points.values())

    def curve(self, edges_us: Sequence[int] = ()) -> list[Point]:
        """The points by rising t; with rising ``edges_us`` all t from one edge up to the next are one point."""
        if not edges_us:
            return [Point(t, n, fresh) for t, (n, fresh) in sorted(self._points.items())]
        pooled: dict[int, list[int]] = {}
        for t, (n, fresh) in self._points.items():
            place = bisect_right(edges_us, t) - 1
            if place >= 0:
                sums = pooled.setdefault(edges_us[place], [0, 0])
                sums[0] += n
                sums[1] += fresh
        return [Point(t, n, fresh) for t, (n, fresh) in sorted(pooled.items())]

    def latency_us(self, f: str, q: float) -> int | None:
        """The ``q``-quantile of acknowledged operations (``read`` or ``write``) from their intended start."""
        lengths = self._latencies.get(f)
        return None if lengths is None else _quantile(lengths, q)

    def latency_counts(self, f: str) -> dict[int, int]:
        """How often acknowledged operations took how many microseconds: to pool several histories."""
        lengths = self._latencies.get(f)
        return {} if lengths is None else dict(lengths.items())

    def metrics(self) -> dict[str, Any]:
        """JSON values: the curve by t, when 99.9 % of reads are fresh, and latencies in ms.

        ``fresh_at_commit`` is the share of the reads that started with the commit, ``None`` if none did.
        """
        points = self.curve()
        at_commit = points[0].share().estimate if points and not points[0].t_us else None
        if len(points) > TIMES_SHOWN_MAX:
            points = self.curve(EDGES_US)
        reached = reach(points)
        return {
            "reads": self.n,
            "overlapped": self.overlapped,
            "fresh_at_commit": at_commit,
            "fresh": [
                {
                    "after_ms": point.t_us / 1_000,
                    "n": point.n,
                    "share": found.estimate,
                    "low": found.low,
                    "high": found.high,
                }
                for point in points
                for found in (point.share(),)
            ],
            "t_999_ms": None if reached.us is None else round(reached.us / 1_000, 3),
            "t_999_after_ms": None if reached.after_us is None else reached.after_us / 1_000,
            "t_999_by_ms": None if reached.by_us is None else reached.by_us / 1_000,
            **{
                f"{f}_latency_ms_p{q * 100:g}".replace(".", ""): _quantile(lengths, q) / 1_000
                for f, lengths in sorted(self._latencies.items())
                for q in _QUANTILES
            },
        }

    def _write(self, operation: Operation) -> None:
        key = self._keys.get(operation.key)
        if key is None:
            key = self._keys[operation.key] = _Key()
            if len(self._keys) > self._keys_max:
                del self._keys[next(iter(self._keys))]
        if operation.completed_index < 0:
            key.alone = key.open == 0
            key.began += 1
            key.open += 1
            key.last = operation.op
            key.update = ""
            return
        key.open = max(0, key.open - 1)
        if operation.acknowledged and operation.update and operation.op == key.last and key.alone:
            key.committed_us, key.update = operation.completed_us, operation.update

    def _read(self, operation: Operation) -> None:
        key = self._keys.get(operation.key)
        if operation.completed_index < 0:
            if key is None or key.committed_us < 0:
                return  # there is nothing yet to be fresh about
            t_us = operation.invoked_us - key.committed_us
            self._reads[operation.op] = (t_us, key.update, key.began)
            return
        sample = self._reads.pop(operation.op, None)
        if sample is None or not operation.acknowledged or operation.seen is None:
            return
        t_us, update, began = sample
        if not update or key is None or key.began != began:
            self.overlapped += 1
        else:
            self._add(t_us, fresh=lists(operation.seen, update))

    def _add(self, t_us: int, *, fresh: bool) -> None:
        sums = self._points.setdefault(t_us if self._exact else rounded(t_us), [0, 0])
        sums[0] += 1
        sums[1] += fresh
        if self._exact and len(self._points) > TIMES_EXACT_MAX:
            self._exact = False
            exact, self._points = self._points, {}
            for t, (n, count) in exact.items():
                pooled = self._points.setdefault(rounded(t), [0, 0])
                pooled[0] += n
                pooled[1] += count


def reach(points: Sequence[Point], share: float = SHARE) -> Reached:
    """From which t on at least ``share`` of the reads of every point is fresh.

    ``us`` lies where the logarithm of the stale share, taken for straight between the two points around it, passes
    ``1 - share``; a share of zero counts as half a read.
    """
    late = next((i for i in range(len(points) - 1, -1, -1) if points[i].fresh < share * points[i].n), None)
    if late is None:
        return Reached(None, points[0].t_us, float(points[0].t_us)) if points else Reached(None, None, None)
    before = points[late]
    if late + 1 == len(points):
        return Reached(before.t_us, None, None)
    after = points[late + 1]
    high, low = (log(max(p.n - p.fresh, 0.5) / p.n) for p in (before, after))
    part = 1.0 if high <= low else min(1.0, (high - log(1 - share)) / (high - low))
    return Reached(before.t_us, after.t_us, before.t_us + part * (after.t_us - before.t_us))


def lists(listed: Iterable[str], update: str) -> bool:
    """Whether a set of updates, as a history lists it, contains ``update``."""
    prefix, dot, number = update.rpartition(".")
    for entry in listed:
        if entry == update:
            return True
        if dot and number.isdigit() and "-" in entry[len(prefix) :] and entry.startswith(f"{prefix}."):
            first, _, last = entry[len(prefix) + 1 :].partition("-")
            if first.isdigit() and last.isdigit() and int(first) <= int(number) <= int(last):
                return True
    return False


def _quantile(lengths: LengthCounts, q: float) -> int:
    """The least length that at least the share ``q`` of the operations did not exceed."""
    wanted, below = q * lengths.total, 0
    for length, count in lengths.items():
        below += count
        if below >= wanted:
            return length
    return 0
