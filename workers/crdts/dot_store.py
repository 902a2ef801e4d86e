"""The core of every causal type: live dots with payloads, by key, under one causal context.

``{key: {dot: payload}}`` is the dot store DotMap<string, DotFun> of Almeida, Shoker, Baquero 2018, section 7.3. A
write puts one payload under its own dot and takes away the dots that it has seen and replaces; a dot that the context
contains and the store does not was taken away. The join keeps (s1 and s2) + (s1 without c2) + (s2 without c1).

Rules
1. What keys and payloads mean is the business of ``or_set``, ``rw_set``, ``mv_register`` and ``or_map``. Each states
   its updates once, as functions from entries to a ``Write``; ``CausalState`` turns a write into a delta,
   ``CausalOperations`` into an operation.
2. A delta knows the keys that its dots belong to: those of its entries, and ``emptied``. A join with it looks at no
   other key. A whole state says None, any key; None absorbs, so the pair is still a lattice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar, Self

import msgspec

from workers.crdts.causal import EMPTY, CausalContext, Dot, context_of_dots
from workers.crdts.layers import laid, plain
from workers.crdts.operation import Delivery, Operation, OperationBased
from workers.crdts.replicated import Replicated

Cell = dict[Dot, Any]
Entries = dict[str, Cell]
"""Live dots and their payloads by key. Normal form: no empty cell. Never changed in place: ``laid`` makes the next,
of many keys as ``Layers``, which read like a dictionary. Cells are copied by ``copy``, quick after removals too."""

NO_KEYS: frozenset[str] = frozenset()


class Write(msgspec.Struct, frozen=True, gc=False):
    """What one update does: take the dots ``over`` away, and put ``payload`` under ``key`` if ``puts``.

    The dots belong to ``key`` and to the keys ``also``.
    """

    key: str
    puts: bool
    payload: Any
    over: Collection[Dot]
    also: tuple[str, ...] = ()


def dots_of(entries: Entries) -> list[Dot]:
    """Every live dot."""
    return [dot for cell in entries.values() for dot in cell]


def applied(entries: Entries, write: Write, dot: Dot) -> Entries:
    """``entries`` after ``write`` was made there under ``dot``."""
    key, over = write.key, write.over
    cell = entries.get(key, _NO_CELL).copy()
    for gone in over:
        cell.pop(gone, None)
    if write.puts:
        cell[dot] = write.payload
    changes = {key: cell}
    if write.also:
        taken = frozenset(over)
        for other in write.also:
            changes[other] = {dot: held for dot, held in entries.get(other, _NO_CELL).items() if dot not in taken}
    result: Entries = laid(entries, changes)
    return result


def joined(
    left: Entries, left_context: CausalContext, right: Entries, right_context: CausalContext, keys: Iterable[str]
) -> Entries:
    """``left`` joined with ``right`` at ``keys``; at every other key nothing of right's dots is or was."""
    changes: Entries = {}
    for key in keys:
        mine, theirs = left.get(key, _NO_CELL), right.get(key, _NO_CELL)
        if mine is theirs:
            continue
        cell = {dot: payload for dot, payload in mine.items() if dot in theirs or dot not in right_context}
        cell.update((dot, payload) for dot, payload in theirs.items() if dot not in left_context)
        changes[key] = cell
    result: Entries = laid(left, changes) if changes else left
    return result


def encoded(entries: Entries) -> list[Any]:
    """``[(key, replica, number, payload), ...]``, sorted by key and dot."""
    rows = [(key, *dot, payload) for key, cell in entries.items() for dot, payload in cell.items()]
    if len(rows) > 1:
        rows.sort(key=_place)
    return rows


def decoded(raw: list[Any]) -> Entries:
    """The entries of ``encoded``."""
    entries: Entries = {}
    for key, replica, number, payload in raw:
        if key in entries:
            entries[key][replica, number] = payload
        else:
            entries[key] = {(replica, number): payload}
    return entries


class CausalState(Replicated, frozen=True, gc=False, array_like=True):
    """Base of the state- and delta-based causal types; a delta is one of them with the dots of its own update."""

    entries: Entries = msgspec.field(default_factory=dict)
    context: CausalContext = EMPTY
    emptied: frozenset[str] | None = None

    def merge(self, other: Self) -> Self:
        """The join of both; which comes first does not matter."""
        if self.emptied is not None and other.emptied is None:
            return other.merge(self)
        theirs = other.context
        if self.emptied is None and other.emptied is not None and not theirs.vector and len(theirs.cloud) < _FEW:
            return type(self)(self._joined_with_few(other), self.context.with_dots(theirs.cloud))
        mine, entries, emptied = self.entries, other.entries, other.emptied
        keys: Iterable[str] = mine.keys() | entries.keys() if emptied is None else emptied.union(entries)
        result = joined(mine, self.context, entries, theirs, keys)
        emptied = None if self.emptied is None else self.emptied.union(keys, mine).difference(result)
        return type(self)(result, self.context.join(theirs), emptied)

    def _joined_with_few(self, delta: Self) -> Entries:
        """``joined`` with a delta whose few dots are all in its cloud: it goes by them, and not by what is here."""
        mine, theirs, seen = self.entries, delta.entries, delta.context.cloud
        known, cloud = self.context.vector.get, self.context.cloud
        changes: Entries = {}
        for key in theirs if not delta.emptied else delta.emptied.union(theirs) if theirs else delta.emptied:
            cell, held = mine.get(key, _NO_CELL).copy(), theirs.get(key, _NO_CELL)
            for dot in seen:
                if dot not in held:
                    cell.pop(dot, None)
                elif dot[1] > known(dot[0], 0) and dot not in cloud:
                    cell[dot] = held[dot]
            changes[key] = cell
        result: Entries = laid(mine, changes)
        return result

    def leq(self, other: Self) -> bool:
        """Whether ``other`` contains everything of this state: ``self.merge(other) == other``."""
        keys: Collection[str] = other.entries
        if self.emptied is not None:
            keys = self.emptied.union(self.entries)
            if other.emptied is not None and not keys <= other.emptied.union(other.entries):
                return False
        elif other.emptied is not None:
            return False
        return self.context.leq(other.context) and self._still_shows(other.entries, keys)

    def encode(self) -> list[Any]:
        """``[cells, vector, cloud, emptied]``: sorted ``(key, replica, number, payload)`` and ``(replica, number)``."""
        emptied = None if self.emptied is None else sorted(self.emptied)
        return [encoded(self.entries), *self.context.encode(), emptied]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        cells, vector, cloud, emptied = raw
        return cls(
            decoded(cells), CausalContext.decode([vector, cloud]), None if emptied is None else frozenset(emptied)
        )

    def to_bytes(self) -> bytes:
        """MessagePack of ``[entries, [vector, cloud], emptied]``, canonical: far quicker than packing ``encode``."""
        entries, emptied, vector, cloud = self.entries, self.emptied, self.context.vector, self.context.cloud
        if len(cloud) == 1 and not vector and not emptied and len(entries) == 1:
            return _pack(self)  # most deltas: one dot, so nothing has an order
        if len(vector) > 1:
            vector = {replica: vector[replica] for replica in sorted(vector)}
        return _pack(
            (
                _ordered(entries) if entries else entries,
                (vector, sorted(cloud) if len(cloud) > 1 else cloud),
                sorted(emptied) if emptied else emptied,
            )
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The state of ``to_bytes``. msgspec.DecodeError or ValidationError for other bytes."""
        found: Self = _decoder(cls)(raw)
        return found

    def _written(self, replica: str, write: Write) -> tuple[Self, Self]:
        """The state after ``write`` and its delta."""
        state, over = type(self), write.over
        if write.puts:
            dot, context = self.context.advanced(replica)
            delta = state({write.key: {dot: write.payload}}, context_of_dots((dot, *over)), NO_KEYS)
            return state(applied(self.entries, write, dot), context, self.emptied), delta
        if not over:
            return self, state({}, EMPTY, NO_KEYS)
        delta = state({}, context_of_dots(over), frozenset((write.key, *write.also)))
        return state(applied(self.entries, write, _NO_DOT), self.context, self.emptied), delta

    def _still_shows(self, entries: Entries, keys: Iterable[str]) -> bool:
        """Whether every dot that this state has seen and ``entries`` show at ``keys`` is live here."""
        mine, context = self.entries, self.context
        for key in keys:
            cell = entries.get(key, _NO_CELL)
            held = mine.get(key, _NO_CELL)
            if cell is not held and any(dot in context and dot not in held for dot in cell):
                return False
        return True


class CausalOperations(OperationBased, frozen=True, gc=False):
    """Base of the operation-based causal types: the same writes, without a context to remember what was taken away.

    Therefore an operation that takes a dot away must not come before the one that put it: causal order.
    """

    delivery: ClassVar[Delivery] = Delivery.CAUSAL

    entries: Entries = msgspec.field(default_factory=dict)

    def encode(self) -> list[Any]:
        """``[cells, vector, cloud]`` as for a state, the latter two of the operations applied."""
        return [encoded(self.entries), *self.seen.encode()]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls(CausalContext.decode(raw[1:]), decoded(raw[0]))

    def _prepared(self, replica: str, write: Write) -> Operation:
        taken = sorted(write.over)
        if write.puts:
            return self._operation(replica, "put", write.key, taken, write.payload)
        return self._operation(replica, "take", [write.key, *write.also], taken)

    def _after(self, operation: Operation) -> Self:
        where, taken, *payload = operation.arguments
        over = [(replica, number) for replica, number in taken]
        write = (
            Write(where, True, payload[0], over) if payload else Write(where[0], False, None, over, tuple(where[1:]))
        )
        return type(self)(self.seen, applied(self.entries, write, operation.dot))


_FEW = 16
_pack = msgspec.msgpack.Encoder().encode
_NO_DOT: Dot = ("", 0)
_NO_CELL: Cell = {}
_place = itemgetter(0, 1, 2)


@cache
def _decoder(kind: type[Any]) -> Callable[[bytes], Any]:
    return msgspec.msgpack.Decoder(kind).decode


def _ordered(entries: Entries) -> Entries:
    """``entries`` as a dictionary with keys and dots in order."""
    entries = plain(entries)
    if len(entries) == 1:
        for cell in entries.values():
            if len(cell) == 1:
                return entries  # most deltas
    return {key: _ordered_cell(entries[key]) for key in sorted(entries)}


def _ordered_cell(cell: Cell) -> Cell:
    return {dot: cell[dot] for dot in sorted(cell)} if len(cell) > 1 else cell
