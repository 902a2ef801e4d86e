"""The core of every causal type: live dots with payloads, by key, under one causal context.

``{key: {dot: payload}}`` is the dot store DotMap<string, DotFun> of Almeida, Shoker, Baquero 2018, section 7.3. A
write puts one payload under its own dot and takes away the dots that it has seen and replaces; a dot that the context
contains and the store does not was taken away. The join keeps (s1 and s2) + (s1 without c2) + (s2 without c1).

What keys and payloads mean is the business of ``or_set``, ``rw_set``, ``mv_register`` and ``or_map``. Each states its
updates once, as functions from entries to a ``Write``; ``CausalState`` turns a write into a delta, ``CausalOperations``
into an operation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any, ClassVar, Self

import msgspec

from workers.crdts.causal import EMPTY, FEW, CausalContext, Dot, context_of_dots
from workers.crdts.operation import Delivery, Operation, OperationBased
from workers.crdts.replicated import Replicated

Cell = Mapping[Dot, Any]
Entries = Mapping[str, Cell]
"""Live dots and their payloads by key. Normal form: no empty cell. Never changed in place."""


class Write(msgspec.Struct, frozen=True, gc=False):
    """What one update does: take the dots ``over`` away, and put ``payload`` under ``key`` if ``puts``."""

    key: str
    puts: bool
    payload: Any
    over: Collection[Dot]


def dots_of(entries: Entries) -> list[Dot]:
    """Every live dot."""
    return [dot for cell in entries.values() for dot in cell]


def applied(entries: Entries, write: Write, dot: Dot) -> Entries:
    """``entries`` after ``write`` was made there under ``dot``."""
    key = write.key
    cell = dict(entries.get(key, _NO_CELL))
    elsewhere: list[Dot] | None = None
    for gone in write.over:
        if gone in cell:
            del cell[gone]
        elif elsewhere is None:
            elsewhere = [gone]
        else:
            elsewhere.append(gone)
    if write.puts:
        cell[dot] = write.payload
    result = dict(entries)
    if cell:
        result[key] = cell
    else:
        result.pop(key, None)
    return _without(result, elsewhere) if elsewhere else result


def joined(left: Entries, left_context: CausalContext, right: Entries, right_context: CausalContext) -> Entries:
    """The entries of the join of two states."""
    if (few := right_context.if_few()) is not None:
        return _joined_few(left, left_context, right, few)
    if (few := left_context.if_few()) is not None:
        return _joined_few(right, right_context, left, few)
    result: dict[str, Cell] = {}
    for key in left.keys() | right.keys():
        mine, theirs = left.get(key, _NO_CELL), right.get(key, _NO_CELL)
        if mine is theirs:
            result[key] = mine
            continue
        cell = {dot: payload for dot, payload in mine.items() if dot in theirs or dot not in right_context}
        cell.update({dot: payload for dot, payload in theirs.items() if dot not in mine and dot not in left_context})
        if cell:
            result[key] = cell
    return result


def entries_leq(left: Entries, left_context: CausalContext, right: Entries) -> bool:
    """Whether, the contexts being ordered, every dot that left has seen and right still shows is live in left."""
    for key, cell in right.items():
        mine = left.get(key, _NO_CELL)
        if mine is not cell and any(dot in left_context and dot not in mine for dot in cell):
            return False
    return True


def encoded(entries: Entries) -> list[Any]:
    """``[(key, replica, number, payload), ...]``, sorted by key and dot."""
    rows = [(key, *dot, payload) for key, cell in entries.items() for dot, payload in cell.items()]
    if len(rows) > 1:
        rows.sort(key=_place)
    return rows


def decoded(raw: list[Any]) -> Entries:
    """The entries of ``encoded``."""
    entries: dict[str, dict[Dot, Any]] = {}
    for key, replica, number, payload in raw:
        if key in entries:
            entries[key][replica, number] = payload
        else:
            entries[key] = {(replica, number): payload}
    return entries


class CausalState(Replicated, frozen=True, gc=False):
    """Base of the state- and delta-based causal types; a delta is one of them with the dots of its own update."""

    entries: Entries = msgspec.field(default_factory=dict)
    context: CausalContext = EMPTY

    def merge(self, other: Self) -> Self:
        """The join of both; which comes first does not matter."""
        mine, theirs = self.context, other.context
        if not theirs.vector and len(theirs.cloud) <= FEW:  # a delta: the case that has to be fast
            entries = _joined_few(self.entries, mine, other.entries, theirs.cloud)
            return type(self)(entries, mine.with_dots(theirs.cloud))
        return type(self)(joined(self.entries, mine, other.entries, theirs), mine.join(theirs))

    def leq(self, other: Self) -> bool:
        """Whether ``other`` contains everything of this state: ``self.merge(other) == other``."""
        return self.context.leq(other.context) and entries_leq(self.entries, self.context, other.entries)

    def encode(self) -> list[Any]:
        """``[cells, vector, cloud]``: sorted ``(key, replica, number, payload)`` and ``(replica, number)``."""
        return [encoded(self.entries), *self.context.encode()]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls(decoded(raw[0]), CausalContext.decode(raw[1:]))

    def to_bytes(self) -> bytes:
        """MessagePack of ``[entries, vector, cloud]``, canonical: a third of the time of packing ``encode``."""
        entries, vector, cloud = self.entries, self.context.vector, self.context.cloud
        if len(vector) > 1:
            vector = {replica: vector[replica] for replica in sorted(vector)}
        return _pack((_ordered(entries), vector, sorted(cloud) if len(cloud) > 1 else cloud))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The state of ``to_bytes``. msgspec.DecodeError or ValidationError for other bytes."""
        entries, vector, cloud = _unpack(raw)
        return cls(entries, CausalContext(vector, cloud))

    def _written(self, replica: str, write: Write) -> tuple[Self, Self]:
        """The state after ``write`` and its delta."""
        state = type(self)
        over = write.over
        if not write.puts:
            if not over:
                return self, state()
            return state(applied(self.entries, write, _NO_DOT), self.context), state({}, context_of_dots(over))
        dot = self.context.next_dot(replica)
        delta = state({write.key: {dot: write.payload}}, context_of_dots((dot, *over)))
        return state(applied(self.entries, write, dot), self.context.with_next(dot)), delta


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
        return self._operation(replica, "take", write.key, taken)

    def _after(self, operation: Operation) -> Self:
        key, taken, *payload = operation.arguments
        write = Write(key, bool(payload), payload[0] if payload else None, [(r, n) for r, n in taken])
        return type(self)(self.seen, applied(self.entries, write, operation.dot))


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[dict[str, dict[Dot, Any]], dict[str, int], frozenset[Dot]]).decode
_NO_DOT: Dot = ("", 0)
_NO_CELL: Cell = {}
_place = itemgetter(0, 1, 2)


def _ordered(entries: Entries) -> Entries:
    """``entries`` with keys and dots in order."""
    if len(entries) > 1:
        return {key: _ordered_cell(entries[key]) for key in sorted(entries)}
    for key, cell in entries.items():
        if len(cell) > 1:
            return {key: _ordered_cell(cell)}
    return entries


def _ordered_cell(cell: Cell) -> Cell:
    return {dot: cell[dot] for dot in sorted(cell)} if len(cell) > 1 else cell


def _without(entries: dict[str, Cell], gone: Collection[Dot]) -> dict[str, Cell]:
    """``entries``, changed in place, without the dots ``gone``, wherever they are."""
    if len(gone) == 1:
        (dot,) = gone
        found = [key for key, cell in entries.items() if dot in cell]
    else:
        gone = frozenset(gone)
        found = [key for key, cell in entries.items() if not gone.isdisjoint(cell)]
    for key in found:
        if cell := {dot: payload for dot, payload in entries[key].items() if dot not in gone}:
            entries[key] = cell
        else:
            del entries[key]
    return entries


def _joined_few(entries: Entries, context: CausalContext, delta: Entries, few: Collection[Dot]) -> Entries:
    """The join with a state of few dots, without looking at the keys that it does not touch."""
    result = dict(entries)
    known, cloud = context.vector.get, context.cloud
    rest = [] if delta else list(few)
    for key, cell in delta.items():
        mine = dict(entries.get(key, _NO_CELL))
        for dot in few:
            if dot in cell:
                if dot[1] > known(dot[0], 0) and dot not in cloud:
                    mine[dot] = cell[dot]
            elif dot in mine:
                del mine[dot]
            else:
                rest.append(dot)
        if mine:
            result[key] = mine
        else:
            result.pop(key, None)
    # A dot that the context does not contain is live nowhere; what is left may be live under a key not looked at.
    if rest and (gone := {dot for dot in rest if dot in context}.difference(*delta.values())):
        return _without(result, gone)
    return result
