"""Divergence windows of a whole history as arrays: the rules of ``tracker``, a column at a time.

Every apply is a row of ``Columns``, in recorder order. Sorted by key, a row knows what each replica shows after it (the
last row of that replica above), and which updates some have and others lack: an update is partial from its first apply
by a replica in scope to the first apply by the last of them. Windows are where a key's answer changes from one of its
instants to the next.

Cost: one stable sort of small integers, then some passes for each replica and each different set of live replicas.
Memory: about 100 bytes an apply, and 4 more for each replica. Nothing here says who differed from whom: see ``batch``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger[Any]]
Bools = NDArray[np.bool_]

ABSENT_ID: Final = 0
"""The value id of "absent", which is what a replica shows that never applied the key."""

_CELLS_MAX: Final = 1 << 24
"""Updates x replicas that are looked at together."""


class Columns(NamedTuple):
    """The applies at replicas in recorder order; all arrays have one length.

    ``key``, ``replica`` and ``update`` are numbers from 0, below ``keys``, ``replicas`` and ``updates``; an update
    belongs to one key. Equal ``value`` are equal values, ``ABSENT_ID`` is "absent". ``at_us`` never falls. ``live`` are
    the times at which the set of live replicas changed, rising, each with those live from then on; before, all are.
    """

    key: Ints
    replica: Ints
    value: Ints
    update: Ints
    at_us: Ints
    keys: int
    replicas: int
    updates: int
    live: Sequence[tuple[int, tuple[int, ...]]] = ()


class Windows(NamedTuple):
    """The windows of one view and scope by key, and within a key by time.

    ``key`` as in ``Columns``; ``from_us``; ``to_us``, -1 while open. ``open_max`` is the most that were open at one
    moment, ``union_us`` the length of their union without the part that is still open, which began at
    ``union_from_us`` (-1: nothing is open).
    """

    key: Ints
    from_us: Ints
    to_us: Ints
    open_max: int
    union_us: int
    union_from_us: int


class Points(NamedTuple):
    """Where a key is judged: by key and instant, with the last row of the key up to there."""

    key: Ints
    instant: Ints
    row: Ints


def windows(columns: Columns) -> tuple[Windows, Windows, Windows, Windows]:
    """The windows by slot: (value, all), (updates, all), (value, live), (updates, live)."""
    rows = _Rows(columns)
    everybody = tuple(range(columns.replicas))
    points = rows.points()
    value = rows.windows(points, _at(rows.values_differ(everybody), points.row))
    updates = rows.windows(points, _at(rows.updates_differ(everybody), points.row))
    if not columns.live:
        return value, updates, value, updates
    points, scopes = rows.live_points(points, (value, updates))
    found = []
    for differ in (rows.values_differ, rows.updates_differ):
        diverged = np.zeros(len(points.row), bool)
        for live in set(scopes):
            number = [i for i, other in enumerate(scopes) if other == live]
            here = np.isin(rows.epoch(points.instant), number)
            diverged[here] = differ(live)[points.row[here]]
        found.append(rows.windows(points, diverged))
    return value, updates, found[0], found[1]


class _Rows:
    """The applies sorted by key, and what follows from each of them."""

    def __init__(self, columns: Columns) -> None:
        self.n = len(columns.key)
        self.columns = columns
        self.times_us, instant = _instants(columns)
        order = _stable_order(columns.key, columns.keys)
        self.key = columns.key[order]
        self.instant = order if instant is None else instant[order]
        self.distinct = instant is None
        self.replica = columns.replica[order]
        self.value = columns.value[order]
        self.update = columns.update[order]
        self.starts = np.concatenate((_ZERO, np.flatnonzero(self.key[1:] != self.key[:-1]) + 1))[: self.n]
        self.counts = np.diff(np.append(self.starts, self.n))
        self._number = np.arange(self.n, dtype=np.int32)
        self._shown: dict[int, Ints] = {}
        self._changes_us = np.array([at_us for at_us, _ in columns.live], np.int64)

    def points(self) -> Points:
        """The last row of each key and instant."""
        if self.distinct:
            return Points(self.key, self.instant, self._number)
        last = np.ones(self.n, bool)
        np.not_equal(self.instant[1:], self.instant[:-1], out=last[:-1])
        last[:-1] |= self.key[1:] != self.key[:-1]
        row = self._number[last]
        return Points(self.key[row], self.instant[row], row)

    def live_points(self, points: Points, found: tuple[Windows, ...]) -> tuple[Points, list[tuple[int, ...]]]:
        """The points, and the keys that differ in scope "all" where the live replicas change; who is live by epoch."""
        span = np.int64(len(self.times_us))
        ranks = [points.key.astype(np.int64) * span + points.instant]
        for one in found:
            to_us = np.where(one.to_us < 0, np.iinfo(np.int64).max, one.to_us)
            first = np.searchsorted(self._changes_us, one.from_us)
            count = np.searchsorted(self._changes_us, to_us) - first
            place = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
            change = np.searchsorted(self.times_us, self._changes_us[place])
            ranks.append(np.repeat(one.key.astype(np.int64), count) * span + change)
        rank = np.unique(np.concatenate(ranks))
        row = np.searchsorted(self.key * span + self.instant, rank, side="right") - 1
        scopes = [tuple(range(self.columns.replicas)), *(live for _, live in self.columns.live)]
        return Points(rank // span, rank % span, row), scopes

    def epoch(self, instant: Ints) -> Ints:
        """How many changes of the live replicas there were by an instant."""
        return np.searchsorted(self._changes_us, self.times_us[instant], side="right")

    def values_differ(self, scope: tuple[int, ...]) -> Bools:
        """By row: whether two replicas in scope show different values after it."""
        differ = np.zeros(self.n, bool)
        for replica in scope[1:]:
            differ |= self.shown(replica) != self.shown(scope[0])
        return differ

    def shown(self, replica: int) -> Ints:
        """By row: the value that a replica shows after it."""
        shown = self._shown.get(replica)
        if shown is None:
            own = self.replica == replica
            value = np.where(own, self.value, ABSENT_ID)
            own[self.starts] = True
            place = np.flatnonzero(own)
            shown = self._shown[replica] = np.repeat(value[place], np.diff(np.append(place, self.n)))
        return shown

    def updates_differ(self, scope: tuple[int, ...]) -> Bools:
        """By row: whether some in scope have an update after it that others in scope lack."""
        if len(scope) < 2:
            return np.zeros(self.n, bool)
        change = np.zeros(self.n + 1, np.int32)
        step = max(1, _CELLS_MAX // self.columns.replicas)
        for low in range(0, self.columns.updates, step):
            first = self._first_applies(low, min(low + step, self.columns.updates))[list(scope)]
            change[first.min(axis=0)] += (
                1  # a row is the first of one update at most; at n, beyond the end, none counts
            )
            change[first.max(axis=0)] -= 1
        partial = np.cumsum(change[:-1], dtype=np.int32)
        ends = self.starts + self.counts - 1
        left = partial[ends]
        if left.any():  # what was partial to the end of one key is nothing to the next
            partial -= np.repeat(np.concatenate((_ZERO, left[:-1])).astype(np.int32), self.counts)
        return partial > 0

    def windows(self, points: Points, diverged: Bools) -> Windows:
        """What the answers at the points say."""
        if not len(diverged):
            return Windows(_ZERO[:0], _ZERO[:0], _ZERO[:0], 0, 0, -1)
        if self.distinct:  # then the points are the rows
            begins = self.starts
        else:
            begins = np.concatenate((_ZERO, np.flatnonzero(points.key[1:] != points.key[:-1]) + 1))
        before = np.concatenate((np.zeros(1, bool), diverged[:-1]))
        before[begins] = False
        toggles = np.flatnonzero(diverged != before)
        opening = diverged[toggles]
        opens, closes = toggles[opening], toggles[~opening]
        ends = np.append(begins[1:], len(diverged)) - 1
        is_open = np.zeros(len(opens), bool)
        is_open[np.searchsorted(opens, ends[diverged[ends]], side="right") - 1] = True
        began, ended = points.instant[opens], points.instant[closes]
        to_us = np.full(len(opens), -1, np.int64)
        to_us[~is_open] = self.times_us[ended]
        size = len(self.times_us)
        now_open = np.cumsum(np.bincount(began, minlength=size) - np.bincount(ended, minlength=size))
        some = now_open > 0
        union_us = int(np.diff(self.times_us)[some[:-1]].sum())
        union_from_us = -1
        if some[-1]:
            union_from_us = int(self.times_us[-1])
        return Windows(points.key[opens], self.times_us[began], to_us, int(now_open.max()), union_us, union_from_us)

    def _first_applies(self, low: int, high: int) -> Ints:
        """By replica and update from ``low`` to ``high``: the row of its first apply, n if there is none."""
        first = np.full((self.columns.replicas, high - low), self.n, np.int32)
        flat = first.reshape(-1)
        cell = self.replica * np.int64(high - low) + (self.update - low)
        number = self._number
        if high - low < self.columns.updates:
            inside = (self.update >= low) & (self.update < high)
            cell, number = cell[inside], number[inside]
        flat[cell[::-1]] = number[::-1]  # of equal cells the last written counts, which is the first row
        return first


_ZERO: Final = np.zeros(1, np.int64)


def _at(answers: Bools, rows: Ints) -> Bools:
    return answers if len(rows) == len(answers) else answers[rows]


def _instants(columns: Columns) -> tuple[Ints, Ints | None]:
    """The different times, and which of them each apply has; ``None``: each its own."""
    at_us = columns.at_us
    rises = at_us[1:] != at_us[:-1]
    if not columns.live and rises.all():
        return at_us, None
    times = np.concatenate((at_us[:1], at_us[1:][rises]))
    if columns.live:
        times = np.union1d(times, np.array([changed_us for changed_us, _ in columns.live], np.int64))
        return times, np.searchsorted(times, at_us)
    return times, np.concatenate((_ZERO[: len(at_us)], np.cumsum(rises)))


def _stable_order(ids: Ints, limit: int) -> Ints:
    """The positions that sort numbers below ``limit``, equal ones in their order: 16 bits at a time."""
    order = np.argsort((ids & 0xFFFF).astype(np.uint16), kind="stable")
    shift = 16
    while limit >> shift:
        order = order[np.argsort((ids[order] >> shift & 0xFFFF).astype(np.uint16), kind="stable")]
        shift += 16
    return order
