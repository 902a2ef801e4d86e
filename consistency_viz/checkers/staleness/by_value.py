"""Stale reads of plain registers: which acknowledged writes supersede the one that was read.

Real time orders two writes if one was acknowledged before the other began. Where it does not, causal order does if one
was made after seeing the other: a ``cas`` from a value whose own write timed out supersedes it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import msgspec

from consistency_viz.checkers.registers.log import NEVER_INDEX, NoSource, Read
from consistency_viz.checkers.registers.order import CausalOrder
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.session_report import Judged

OVERLAPPING_MAX: Final = 1000
"""Writes that overlap the one that was read, and are looked at for those that had seen it: the first to end, or the
last if it never ended (in the sessions that saw it, everything later comes after it)."""


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


class _History:
    """The registers, and their causal order once it is asked for."""

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self.keys = _writes(registers)

    @cached_property
    def order(self) -> CausalOrder:
        return CausalOrder(self.registers)


def stale_reads(registers: Registers, judged: Judged) -> Iterator[StaleRead]:
    """Those of the history, in the order in which they began; ``judged`` counts all that began after a write."""
    history = _History(registers)
    for number, read in registers.answered():
        writes = history.keys.get(read.key)
        if writes is None:
            continue
        acknowledged = bisect_left(writes.ended, registers.ops[number].invoked_index)
        if not acknowledged:
            continue
        sources = read.candidates if read.source == NoSource.UNKNOWN else (read.source,)
        if not sources or min(sources) < NoSource.INITIAL:
            judged.unjudged += 1
            continue
        found = [_stale(history, writes, acknowledged, number, read, source) for source in sources]
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
    history: _History, writes: _Writes, acknowledged: int, number: int, read: Read, source: int
) -> StaleRead | None:
    """Among the first ``acknowledged`` writes, those that began after ``source`` had ended, or had seen it."""
    registers = history.registers
    begun = ended = -1
    if source >= 0:
        begun, ended = registers.ops[source].invoked_index, registers.ops[source].completed_index
    start = bisect_left(writes.ended, ended + 1)
    newer = [w for w in writes.numbers[start:acknowledged] if registers.ops[w].invoked_index > ended]
    if source >= 0:
        first = bisect_left(writes.ended, begun + 1)
        if ended == NEVER_INDEX:
            overlapping = writes.numbers[max(first, acknowledged - OVERLAPPING_MAX) : acknowledged]
        else:
            overlapping = writes.numbers[first : min(acknowledged, first + OVERLAPPING_MAX)]
        others = (w for w in overlapping if w != source and registers.ops[w].invoked_index <= ended)
        seeing = [w for w in others if history.order.is_before(source, w)]
        newer = sorted([*seeing, *newer], key=lambda w: registers.ops[w].completed_index)
    if not newer:
        return None
    since_us = registers.ops[number].invoked_us - registers.ops[newer[0]].completed_us
    return StaleRead(read.key, number, source, newer[0], len(newer), since_us)
