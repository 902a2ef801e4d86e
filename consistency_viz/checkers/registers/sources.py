"""Which write each read of a register saw (rules in ``registers.log``)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from consistency_viz.checkers.registers.log import ABSENT, NoSource, Read, RegisterLog, RegisterOp, value_name

NO_READS: Final[tuple[Read, ...]] = ()


class Writers(msgspec.Struct, gc=False):
    """Who wrote a value to a key, by number in the order in which they began."""

    happened: list[int] = []
    """Those that did not fail."""
    failed: list[int] = []
    overwritten: list[int] = []
    """Those of ``happened`` that overwrote it themselves."""


class Inconsistent(msgspec.Struct, frozen=True, gc=False):
    """A read that did not return what its own operation had last written to the key."""

    number: int
    place: int


class Registers:
    """The operations of a log by number, and what their external reads saw."""

    def __init__(self, log: RegisterLog) -> None:
        self.ops: Sequence[RegisterOp] = log.sorted_ops()
        self.inconsistent: list[Inconsistent] = []
        self._not_by_value = log.neither()
        read = {key for op in self.ops for kind, key, _ in op.steps if kind == "r"} if log.appended else set()
        self.lists: frozenset[str] = frozenset((log.appended | read) - log.written - self._not_by_value)
        """The keys that hold lists; what is read of them is in ``lists.Lists``, and no external read here."""
        self._initial = log.initial
        self._before = log.written_before
        self._is_nobodys = log.is_nobodys
        self._writers = self._all_writers()
        self.reads: list[tuple[Read, ...]] = [self._external(number, op) for number, op in enumerate(self.ops)]
        self._forget_unseen()
        self.written: list[tuple[str, ...]] = [self._written(op) for op in self.ops]
        """The keys that each operation wrote; nothing where it failed."""

    def answered(self) -> Iterator[tuple[int, Read]]:
        """Every external read that was answered, with its operation's number."""
        for number, reads in enumerate(self.reads):
            if reads and self.ops[number].outcome == "ok":
                for read in reads:
                    yield number, read

    def _forget_unseen(self) -> None:
        """What a ``cas`` without an answer found tells something if it happened: if it was seen, and so on back."""
        open_ = [number for number, reads in enumerate(self.reads) if reads and self.ops[number].outcome != "ok"]
        if not open_:
            return
        seen = {read.source for _, read in self.answered()}
        unseen = set(open_)
        while found := unseen & seen:
            unseen -= found
            seen |= {read.source for number in found for read in self.reads[number]}
        for number in unseen:
            self.reads[number] = NO_READS

    def writers(self, key: str, value: bytes) -> Sequence[int]:
        """The operations that wrote a value and did not fail, in the order in which they began."""
        found = self._writers.get((key, value))
        return () if found is None else found.happened

    def _all_writers(self) -> dict[tuple[str, bytes], Writers]:
        found: dict[tuple[str, bytes], Writers] = {}
        for number, op in enumerate(self.ops):
            if len(op.steps) == 1 and op.steps[0][0] != "w":
                continue
            last = {key: value for kind, key, value in op.steps if kind == "w"}
            values = (
                {(key, value) for kind, key, value in op.steps if kind == "w"} if len(op.steps) > 1 else last.items()
            )
            for place in values:
                writers = found.get(place)
                if writers is None:
                    writers = found[place] = Writers([], [], [])
                if op.outcome == "fail":
                    writers.failed.append(number)
                    continue
                writers.happened.append(number)
                if last[place[0]] != place[1]:
                    writers.overwritten.append(number)
        return found

    def _written(self, op: RegisterOp) -> tuple[str, ...]:
        if op.outcome == "fail":
            return ()
        if len(op.steps) == 1:
            return (op.steps[0][1],) if op.steps[0][0] == "w" else ()
        return tuple(dict.fromkeys(key for kind, key, _ in op.steps if kind == "w"))

    def _external(self, number: int, op: RegisterOp) -> tuple[Read, ...]:
        if len(op.steps) == 1:
            kind, key, value = op.steps[0]
            if kind != "r" or key in self.lists:
                return NO_READS
            if op.outcome == "ok" and key not in self._not_by_value:
                return (self._sourced(key, value, 0, number),)
        own: dict[str, bytes] = {}
        found = []
        for place, (kind, key, value) in enumerate(op.steps):
            if kind == "w":
                own[key] = value
            elif kind == "a" or op.outcome == "fail" or key in self.lists:
                continue
            elif key in self._not_by_value:
                found.append(Read(key, value, NoSource.UNKNOWN, place))
            elif key in own:
                if own[key] != value:
                    self.inconsistent.append(Inconsistent(number, place))
            else:
                found.append(self._sourced(key, value, place, number))
        return tuple(found)

    def _sourced(self, key: str, value: bytes, place: int, number: int) -> Read:
        if self._before is not None and value_name(key, value) in self._before:
            return Read(key, value, NoSource.UNKNOWN, place)
        writers = self._writers.get((key, value))
        ended = self.ops[number].completed_index
        begun = 0 if writers is None else self._begun(writers.happened, ended)
        initial = value == ABSENT or self._initial.get(key) == value
        if writers is not None and begun:
            writer = writers.happened[0]
            if ("w", key, value) in self.ops[number].steps:  # what it had not written yet when it read
                begun -= 1
                writer = writers.happened[1] if writer == number and begun else writer
            if begun > 1 or (begun and initial):
                return Read(key, value, NoSource.UNKNOWN, place, candidates=begun, may_be_initial=initial)
            if begun:
                return Read(key, value, writer, place, writer in writers.overwritten)
        if initial:
            return Read(key, value, NoSource.INITIAL, place)
        if writers is not None and self._begun(writers.failed, ended):
            return Read(key, value, NoSource.ABORTED, place)
        return Read(key, value, NoSource.THIN_AIR if self._is_nobodys(key) else NoSource.UNKNOWN, place)

    def _begun(self, numbers: list[int], ended: int) -> int:
        """How many of the operations, in the order in which they began, had done so before a position."""
        if not numbers or self.ops[numbers[-1]].invoked_index < ended:
            return len(numbers)
        return bisect_left(numbers, ended, key=lambda number: self.ops[number].invoked_index)
