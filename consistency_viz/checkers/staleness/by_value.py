"""Stale reads of plain registers: which acknowledged writes supersede the one that was read.

Real time orders two writes if one was acknowledged before the other began. Where it does not, causal order does if one
was made after seeing the other: a ``cas`` from a value whose own write timed out supersedes it.

A read that may mean several writes is stale if it is with each of them. Of thousands of candidates few need a look: of
the writes that were acknowledged before the read, let ``newest`` be the one that began last. Every candidate that ended
before that began is superseded in real time, and the others began after it, or were open when it began.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Final, Self

import msgspec

from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.registers.log import NEVER_INDEX, NoSource, Read, RegisterOp
from consistency_viz.checkers.session_report import Judged

OVERLAPPING_MAX: Final = 1000
"""Writes that overlap the one that was read, and are looked at for those that had seen it: the first to end, or the
last if it never ended (in the sessions that saw it, everything later comes after it)."""

STEPS_MAX: Final = 30_000_000
"""Writes looked at in one history; reads that would need more are unjudged."""


class StaleRead(msgspec.Struct, frozen=True):
    """Operation ``number`` read write ``source`` (-1: the initial value) of ``key``, of which ``versions`` were newer.

    ``missed`` is the one of them that was acknowledged first, ``since_us`` before the read began.
    """

    key: str
    number: int
    source: int
    missed: int
    versions: int
    since_us: int


class _Begun(msgspec.Struct, gc=False):
    """Writes in the order in which they began, to find those that were open at some position."""

    numbers: Sequence[int]
    begun: list[int]
    ended: list[int]
    ended_max: list[int]
    """The latest end of those up to each."""

    @classmethod
    def of(cls, numbers: Sequence[int], ops: Sequence[RegisterOp]) -> Self:
        ended = [ops[n].completed_index for n in numbers]
        return cls(numbers, [ops[n].invoked_index for n in numbers], ended, list(accumulate(ended, max)))

    def open_at(self, position: int) -> Iterator[int]:
        """Those that had begun by then and ended after it, the last first."""
        place = bisect_right(self.begun, position) - 1
        while place >= 0 and self.ended_max[place] > position:
            if self.ended[place] > position:
                yield self.numbers[place]
            place -= 1


class _Writes(msgspec.Struct, gc=False):
    """The acknowledged writes of a key in the order of their acknowledgement, with those positions in the history."""

    numbers: list[int]
    ended: list[int]
    begun_max: list[int]
    """Where the last to begin of those up to each began."""
    by_begin: _Begun


class _Candidates(msgspec.Struct, gc=False):
    """The writers of one value: those that were acknowledged, and the others."""

    acknowledged: _Begun
    by_end: list[tuple[int, int]]
    """(end, number)."""
    unread: int
    """The first that was never acknowledged and that nobody is known to have seen: nothing follows it; or -1."""
    seen: list[int]
    """Those that were never acknowledged and were seen: the first to write the value, or another value too."""


class _History:
    """The writes of each key and value. The causal order is made only when it is asked for."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.registers = evidence.registers
        self.ops = self.registers.ops
        self.steps = 0
        self.keys = self._writes()
        self._candidates: dict[tuple[str, bytes], _Candidates] = {}

    @cached_property
    def was_read(self) -> frozenset[int]:
        """The writes that some read is known to have seen."""
        return frozenset(read.source for reads in self.registers.reads for read in reads)

    def candidates(self, read: Read) -> _Candidates:
        """The writers of the value that was read."""
        found = self._candidates.get((read.key, read.value))
        if found is None:
            happened = self.registers.writers(read.key, read.value)
            acknowledged = [n for n in happened if self.ops[n].completed_index != NEVER_INDEX]
            others = [n for n in happened if self.ops[n].completed_index == NEVER_INDEX]
            unread = next((n for n in others if n not in self.was_read), -1)
            seen = [n for n in others if n in self.was_read]
            by_end = sorted((self.ops[n].completed_index, n) for n in acknowledged)
            found = _Candidates(_Begun.of(acknowledged, self.ops), by_end, unread, seen)
            self._candidates[read.key, read.value] = found
        return found

    def _writes(self) -> dict[str, _Writes]:
        ops, keys = self.ops, dict[str, list[int]]()
        for number, written in enumerate(self.registers.written):
            if written and ops[number].completed_index != NEVER_INDEX:
                for key in written:
                    keys.setdefault(key, []).append(number)
        found = {}
        for key, numbers in keys.items():
            by_end = sorted(numbers, key=lambda n: ops[n].completed_index)
            begun_max = list(accumulate((ops[n].invoked_index for n in by_end), max))
            ended = [ops[n].completed_index for n in by_end]
            found[key] = _Writes(by_end, ended, begun_max, _Begun.of(numbers, ops))
        return found


def stale_reads(evidence: Evidence, judged: Judged) -> Iterator[StaleRead]:
    """Those of the history, in the order in which they began; ``judged`` counts all that began after a write."""
    history = _History(evidence)
    registers = evidence.registers
    for number, read in registers.answered():
        writes = history.keys.get(read.key)
        if writes is None:
            continue
        acknowledged = bisect_left(writes.ended, registers.ops[number].invoked_index)
        if not acknowledged:
            continue
        if history.steps > STEPS_MAX or not _has_sources(read):
            judged.unjudged += 1
            continue
        one = _Reading(history, writes, acknowledged, number, read)
        stale = one.stale() if read.source == NoSource.UNKNOWN else one.superseding(read.source)
        if stale is None and one.is_open:
            judged.unjudged += 1
            continue
        judged.reads += 1
        if stale is not None:
            yield stale


def _has_sources(read: Read) -> bool:
    return bool(read.candidates) if read.source == NoSource.UNKNOWN else read.source >= NoSource.INITIAL


class _Reading:
    """One read that began after the first ``acknowledged`` writes of its key.

    ``is_open`` says that it is stale with some of the writes that it may have seen, and not with all.
    """

    def __init__(self, history: _History, writes: _Writes, acknowledged: int, number: int, read: Read) -> None:
        self.history = history
        self.ops = history.ops
        self.writes = writes
        self.acknowledged = acknowledged
        self.number = number
        self.read = read
        self.newest = writes.begun_max[acknowledged - 1]
        self.is_open = False

    def stale(self) -> StaleRead | None:
        """The least stale of what it may have seen, if all of that is."""
        candidates, ended = self.history.candidates(self.read), self.ops[self.number].completed_index
        place = bisect_left(candidates.by_end, (self.newest, -1))
        superseded = [candidates.by_end[place - 1][1]] if place else []
        if self.read.may_be_initial:
            superseded.append(int(NoSource.INITIAL))
        fresh = candidates.unread >= 0 and self.ops[candidates.unread].invoked_index < ended
        found: list[StaleRead] = []
        for source in self._others(candidates, ended):
            if fresh and (found or superseded):
                break
            stale = self.superseding(source)
            if stale is None:
                fresh = True
            else:
                found.append(stale)
        self.is_open = fresh and bool(found or superseded)
        if fresh:
            return None
        found += [one for source in superseded if (one := self.superseding(source)) is not None]
        return min(found, key=lambda one: (one.versions, one.source))

    def _others(self, candidates: _Candidates, ended: int) -> Iterable[int]:
        """The candidates that real time does not show to be superseded: some may be causally."""
        known = candidates.acknowledged
        begun = range(bisect_right(known.begun, self.newest), bisect_left(known.begun, ended))
        seen = (number for number in candidates.seen if self.ops[number].invoked_index < ended)
        found = chain(seen, (known.numbers[place] for place in begun), known.open_at(self.newest))
        return (number for number in found if number != self.number)

    def superseding(self, source: int) -> StaleRead | None:
        """What supersedes ``source``: writes that began after its end, or overlap it and had seen it."""
        writes, ops = self.writes, self.ops
        ended = ops[source].completed_index if source >= 0 else -1
        start, straddling = 0, 0
        versions, first = 0, -1
        if ended < self.newest:
            start = bisect_left(writes.ended, ended + 1)
            straddling = sum(ops[w].completed_index < ops[self.number].invoked_index for w in self._straddling(ended))
            versions = self.acknowledged - start - straddling
            first = next(w for w in writes.numbers[start : start + straddling + 1] if ops[w].invoked_index > ended)
        if source >= 0:
            seeing = self._seeing(source, ended)
            versions += len(seeing)
            first = min((w for w in (*seeing, first) if w >= 0), key=lambda w: ops[w].completed_index, default=-1)
        if first < 0:
            return None
        since_us = ops[self.number].invoked_us - ops[first].completed_us
        return StaleRead(self.read.key, self.number, source, first, versions, since_us)

    def _straddling(self, ended: int) -> Iterator[int]:
        """The writes that were open when the one that was read ended."""
        if ended >= 0:
            for write in self.writes.by_begin.open_at(ended):
                self.history.steps += 1
                yield write

    def _seeing(self, source: int, ended: int) -> list[int]:
        """The acknowledged writes that overlap ``source`` and come after it in causal order."""
        writes, ops, history = self.writes, self.ops, self.history
        first = bisect_left(writes.ended, ops[source].invoked_index + 1)
        is_known = source in history.was_read
        if ended == NEVER_INDEX:
            if not is_known:
                return []
            overlapping = writes.numbers[max(first, self.acknowledged - OVERLAPPING_MAX) : self.acknowledged]
        else:
            last = min(self.acknowledged, bisect_left(writes.ended, ended), first + OVERLAPPING_MAX)
            until = ops[self.number].invoked_index
            overlapping = [
                *writes.numbers[first:last],
                *(w for w in self._straddling(ended) if ops[w].completed_index < until),
            ]
        history.steps += len(overlapping)
        # Who began before the source's end can only come after it by reading, unless somebody read the source.
        reads = history.registers.reads
        others = (w for w in overlapping if w != source and (is_known or reads[w]))
        return [w for w in others if history.evidence.order.is_before(source, w)]
