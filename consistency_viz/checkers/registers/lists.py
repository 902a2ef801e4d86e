"""Lists that grow by ``append``: what each read saw, and the order of the appends that follows from it.

Source: Kingsbury and Alvaro, "Elle: inferring isolation anomalies from experimental observations" (VLDB 2020).

Rules
1. A read saw the append of every element that it returned. The longest list read of a key is its *version order*: every
   other read returned the beginning of it, or the orders are incompatible. Appends that happened and are not in it
   come after it.
2. ``null`` is the empty list. An element that several operations appended, or one twice, tells of none of them: a read
   that has it is unjudged.
3. What an operation appended itself stands at the end of what it reads after that; the rest is what it saw of others.
4. An append that failed did not happen; one without an answer did if somebody saw it. An operation's appends to one key
   are seen all or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from consistency_viz.checkers.divergence.canonical import ABSENT, canonical
from consistency_viz.checkers.registers.sources import Registers

NOWHERE: Final = 2**62
"""The place in a version order of an element that no read returned."""

Elements = tuple[bytes, ...]


class ListRead(msgspec.Struct, gc=False, frozen=True):
    """A read of a list by operation ``number`` in its step ``place``: the first ``length`` elements of the order."""

    key: str
    number: int
    place: int
    length: int


class ListAnomaly(msgspec.Struct, gc=False, frozen=True):
    """What is wrong with one read by itself, or with two of them, and the operations that show it."""

    pattern: str
    key: str
    operations: tuple[int, ...]


class _Appender(msgspec.Struct, gc=False):
    """Who appended an element of a key."""

    happened: list[int] = []
    failed: list[int] = []


class Seen(msgspec.Struct, gc=False, frozen=True):
    """A read that returned a list of elements each of which one operation had appended; without its own."""

    number: int
    place: int
    elements: Elements


class Lists:
    """The lists of a history. ``reads`` go by operation; ``anomalies`` are of single reads, and of their orders."""

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self.anomalies: list[ListAnomaly] = []
        self.judged = self.unjudged = 0
        self.reads: dict[int, list[ListRead]] = {}
        self.order: dict[str, list[int]] = {}
        """For each key, the operations whose appends make up its version order."""
        self.longest: dict[str, int] = {}
        """For each key, the operation that read all of its version order."""
        self.appended: dict[int, dict[str, int]] = {}
        """For each operation that may have happened, the place of its last append to each key, from 1."""
        self.seen: dict[str, list[Seen]] = {}
        """By key every read that is right by itself, whether it fits the others or not."""
        self.happened: set[int] = set()
        """The operations of which some element was read."""
        self._appenders: dict[tuple[str, bytes], _Appender] = {}
        self._own: dict[int, dict[str, list[bytes]]] = {}
        self._parsed: dict[bytes, Elements | None] = {}
        if registers.lists:
            self._collect()
            self._read_all()
            self._put_in_order()

    def _collect(self) -> None:
        lists = self.registers.lists
        for number, op in enumerate(self.registers.ops):
            for kind, key, element in op.steps:
                if kind != "a" or key not in lists:
                    continue
                appender = self._appenders.get((key, element))
                if appender is None:
                    appender = self._appenders[key, element] = _Appender([], [])
                if op.outcome == "fail":
                    appender.failed.append(number)
                else:
                    appender.happened.append(number)
                    self._own.setdefault(number, {}).setdefault(key, []).append(element)

    def _read_all(self) -> None:
        """Keep the reads that are right by themselves, and note the others."""
        lists = self.registers.lists
        for number, op in enumerate(self.registers.ops):
            if op.outcome != "ok":
                continue
            own: dict[str, list[bytes]] = {}
            for place, (kind, key, value) in enumerate(op.steps):
                if key not in lists:
                    continue
                if kind == "a":
                    own.setdefault(key, []).append(value)
                    continue
                seen = self._seen(number, place, key, value, own.get(key, ()))
                if seen is not None:
                    self.seen.setdefault(key, []).append(seen)

    def _seen(self, number: int, place: int, key: str, value: bytes, own: Sequence[bytes]) -> Seen | None:
        elements = self._elements(value)
        if elements is None or self._is_ambiguous(key, elements, own):
            self.unjudged += 1
            return None
        self.judged += 1
        pattern = self._wrong(number, key, elements, own)
        if pattern is not None:
            self.anomalies.append(ListAnomaly(*pattern))
            return None
        return Seen(number, place, elements[: len(elements) - len(own)])

    def _wrong(
        self, number: int, key: str, elements: Elements, own: Sequence[bytes]
    ) -> tuple[str, str, tuple[int, ...]] | None:
        """What is wrong with a read by itself: pattern, key, operations."""
        if own and elements[-len(own) :] != tuple(own):
            return "InternalRead", key, (number,)
        if len(set(elements)) < len(elements):
            return "DuplicateElements", key, (number,)
        ended = self.registers.ops[number].completed_index
        ops = self.registers.ops
        for element in elements:
            appender = self._appenders.get((key, element), _NOBODY)
            if not any(ops[n].invoked_index < ended for n in appender.happened):
                failed = [n for n in appender.failed if ops[n].invoked_index < ended]
                return ("AbortedRead", key, (failed[0], number)) if failed else ("ThinAirRead", key, (number,))
        others = elements[: len(elements) - len(own)]
        return self._misread(number, key, others)

    def _misread(self, number: int, key: str, elements: Elements) -> tuple[str, str, tuple[int, ...]] | None:
        """An operation of whose appends to ``key`` a read saw some and not all, or not in their order."""
        seen: dict[int, list[bytes]] = {}
        for element in elements:
            seen.setdefault(self._appenders[key, element].happened[0], []).append(element)
        for appender, own in seen.items():
            if appender != number and own != self._own[appender][key]:
                half = len(own) < len(self._own[appender][key])
                return "IntermediateRead" if half else "IncompatibleOrder", key, (appender, number)
        return None

    def _is_ambiguous(self, key: str, elements: Iterable[bytes], own: Sequence[bytes]) -> bool:
        appenders = (self._appenders.get((key, element), _NOBODY) for element in (*elements, *own))
        return any(len(appender.happened) > 1 for appender in appenders)

    def last_appended(self, number: int, key: str) -> bytes:
        """The last element that an operation appended to a list."""
        return self._own[number][key][-1]

    def _put_in_order(self) -> None:
        places: dict[tuple[str, bytes], int] = {}
        for key, reads in self.seen.items():
            longest = max(reads, key=lambda read: len(read.elements))
            self.order[key] = [self._appenders[key, element].happened[0] for element in longest.elements]
            self.longest[key] = longest.number
            self.happened.update(self.order[key])
            places |= {(key, element): place for place, element in enumerate(longest.elements, 1)}
            for read in reads:
                if read.elements == longest.elements[: len(read.elements)]:
                    one = ListRead(key, read.number, read.place, len(read.elements))
                    self.reads.setdefault(read.number, []).append(one)
                else:
                    involved = (longest.number, read.number)
                    self.anomalies.append(ListAnomaly("IncompatibleOrder", key, involved))
        for number, keys in self._own.items():
            self.appended[number] = {
                key: max(places.get((key, element), NOWHERE) for element in elements) for key, elements in keys.items()
            }

    def _elements(self, value: bytes) -> Elements | None:
        """The elements of a list by their canonical bytes, ``None`` if the value is no list."""
        if value == ABSENT:
            return ()
        if value not in self._parsed:
            plain: Any = (msgspec.json if value[:1] == b"\xc1" else msgspec.msgpack).decode(value.removeprefix(b"\xc1"))
            self._parsed[value] = tuple(map(canonical, plain)) if isinstance(plain, list) else None
        return self._parsed[value]


_NOBODY: Final = _Appender([], [])
