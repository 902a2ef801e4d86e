"""Monotonic reads over the whole database: does the replica that answers have all that the session has seen anywhere?

A read tells what its replica had applied to one key. For other keys we take what the replica has applied when the
answer arrives, which is at least what it had: a read that is counted as broken certainly is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.pasts import Pasts
from consistency_viz.checkers.run_set import RunSet


class WholeDatabase:
    """Counts reads. What one replica lacks is remembered by session, so a read costs what is new since the last."""

    def __init__(self, pasts: Pasts, replicas: Iterable[str]) -> None:
        self._pasts = pasts
        self._replicas = frozenset(replicas)
        self._log: dict[str, list[tuple[str, RunSet]]] = {}
        self._begun: dict[str, int] = {}
        self._place: dict[tuple[str, str], int] = {}
        self._lacking: dict[tuple[str, str], deque[tuple[int, str, RunSet]]] = {}
        self._reads = 0
        self._broken = 0

    def begins(self, read: Operation) -> None:
        """A read begins: what its session has seen by now counts for it."""
        self._begun[read.op] = len(self._log.get(read.session, ()))

    def ends(self, read: Operation, seen: RunSet) -> None:
        """A read was answered, and saw ``seen`` of its key."""
        begun = self._begun.pop(read.op, 0)
        log = self._log.setdefault(read.session, [])
        if read.target in self._replicas and begun:
            self._reads += 1
            self._broken += self._lacks(read, log, begun)
        if seen:
            log.append((read.key, seen))

    def counts(self) -> tuple[int, int]:
        """Reads that were judged, and those that broke it."""
        return self._reads, self._broken

    def _lacks(self, read: Operation, log: list[tuple[str, RunSet]], begun: int) -> bool:
        place = read.session, read.target
        lacking = self._lacking.setdefault(place, deque())
        known = self._place.get(place, 0)
        lacking.extend((number, *log[number]) for number in range(known, len(log)))
        self._place[place] = len(log)
        while lacking and lacking[0][0] < begun:
            _, key, seen = lacking[0]
            if not self._pasts.applied(read.target, key).issuperset(seen):
                return True
            lacking.popleft()
        return False
