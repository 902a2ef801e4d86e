"""Stale reads of plain registers: real time orders two writes if one was acknowledged before the other began."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from consistency_viz.checkers.registers.log import NEVER_INDEX, NoSource, Read
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.session_report import Judged


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


class _Writes(msgspec.Struct):
    """The acknowledged writes of a key in the order of their acknowledgement, with those positions in the history."""

    numbers: list[int] = []
    ended: list[int] = []


def stale_reads(registers: Registers, judged: Judged) -> Iterator[StaleRead]:
    """Those of the history, in the order in which they began; ``judged`` counts all that began after a write."""
    keys = _writes(registers)
    for number, read in registers.answered():
        writes = keys.get(read.key)
        if writes is None:
            continue
        acknowledged = bisect_left(writes.ended, registers.ops[number].invoked_index)
        if not acknowledged:
            continue
        sources = read.candidates if read.source == NoSource.UNKNOWN else (read.source,)
        if not sources or min(sources) < NoSource.INITIAL:
            judged.unjudged += 1
            continue
        found = [_stale(registers, writes, acknowledged, number, read, source) for source in sources]
        stale = [one for one in found if one is not None]
        if stale and len(stale) < len(found):
            judged.unjudged += 1
            continue
        judged.reads += 1
        if stale:
            yield min(stale, key=lambda one: (one.versions, one.source))


def _writes(registers: Registers) -> dict[str, _Writes]:
    keys: dict[str, _Writes] = {}
    numbers = [n for n, op in enumerate(registers.ops) if op.completed_index != NEVER_INDEX and registers.written[n]]
    for number in sorted(numbers, key=lambda n: registers.ops[n].completed_index):
        for key in registers.written[number]:
            writes = keys.setdefault(key, _Writes([], []))
            writes.numbers.append(number)
            writes.ended.append(registers.ops[number].completed_index)
    return keys


def _stale(
    registers: Registers, writes: _Writes, acknowledged: int, number: int, read: Read, source: int
) -> StaleRead | None:
    """Among the first ``acknowledged`` writes, those that began after ``source`` had ended."""
    ended = -1 if source < 0 else registers.ops[source].completed_index
    start = bisect_left(writes.ended, ended + 1)
    newer = [w for w in writes.numbers[start:acknowledged] if registers.ops[w].invoked_index > ended]
    if not newer:
        return None
    since_us = registers.ops[number].invoked_us - registers.ops[newer[0]].completed_us
    return StaleRead(read.key, number, source, newer[0], len(newer), since_us)
