"""Delta intervals with acknowledgements: anti-entropy that sends little and still never leaves a gap.

Almeida, Shoker, Baquero 2018, algorithm 2. It holds for every type here, and it gives causal order.

Rules
1. A replica numbers the deltas that it made or took in; a neighbour is sent the join of those that it has not
   acknowledged. An interval that begins where the neighbour's knowledge ends can be joined without a gap.
2. ``state`` and ``counter`` are durable. ``deltas`` and ``acknowledged`` may be lost (``restarted``), or cut short
   (``limit``): then the whole state is sent, which is an interval from the beginning.
3. A lost message is made up for by the next one, since only an acknowledgement moves the beginning of the interval.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Generic, Protocol, Self, TypeVar

import msgspec


class Joinable(Protocol):
    """What a delta-based type offers here."""

    def merge(self, other: Self) -> Self:
        """The join."""
        ...

    def leq(self, other: Self) -> bool:
        """The order of the lattice."""
        ...


T = TypeVar("T", bound=Joinable)


class Interval(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """A message: deltas joined, up to and without number ``upto`` of the sender; ``whole`` if it is its whole state."""

    delta: T
    upto: int
    whole: bool


class DeltaBuffer(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """A replica's state, the deltas that made it, and what each neighbour has acknowledged."""

    state: T
    counter: int = 0
    deltas: Mapping[int, T] = {}
    acknowledged: Mapping[str, int] = {}
    limit: int = 256

    def operated(self, state: T, delta: T) -> DeltaBuffer[T]:
        """After a mutator of the state returned ``(state, delta)``; a delta that changes nothing is not kept."""
        if delta.leq(self.state):
            return self
        return self._grown(state, delta)

    def _grown(self, state: T, delta: T) -> DeltaBuffer[T]:
        kept = {**self.deltas, self.counter: delta}
        if len(kept) > self.limit:
            del kept[min(kept)]
        return DeltaBuffer(state, self.counter + 1, kept, self.acknowledged, self.limit)

    def interval_for(self, neighbour: str) -> Interval[T] | None:
        """What to send to ``neighbour`` now: None if it has acknowledged everything."""
        known = self.acknowledged.get(neighbour, 0)
        if known >= self.counter:
            return None
        if not self.deltas or min(self.deltas) > known:
            return Interval(self.state, self.counter, True)
        parts = [self.deltas[number] for number in range(known, self.counter)]
        delta = parts[0]
        for part in parts[1:]:
            delta = delta.merge(part)
        return Interval(delta, self.counter, False)

    def received(self, interval: Interval[T]) -> tuple[DeltaBuffer[T], int]:
        """After taking an interval in, and the number to acknowledge to its sender, duplicates included."""
        if interval.delta.leq(self.state):
            return self, interval.upto
        return self._grown(self.state.merge(interval.delta), interval.delta), interval.upto

    def acknowledge(self, neighbour: str, upto: int) -> DeltaBuffer[T]:
        """After ``neighbour`` acknowledged ``upto``; acknowledgements may come late and twice."""
        known = max(self.acknowledged.get(neighbour, 0), upto)
        return DeltaBuffer(self.state, self.counter, self.deltas, {**self.acknowledged, neighbour: known}, self.limit)

    def collected(self, neighbours: Collection[str]) -> DeltaBuffer[T]:
        """Without the deltas that every one of ``neighbours``, all that there are, has acknowledged."""
        least = min((self.acknowledged.get(neighbour, 0) for neighbour in neighbours), default=self.counter)
        kept = {number: delta for number, delta in self.deltas.items() if number >= least}
        return DeltaBuffer(self.state, self.counter, kept, self.acknowledged, self.limit)

    def restarted(self) -> DeltaBuffer[T]:
        """After a crash: what was not durable is gone."""
        return DeltaBuffer(self.state, self.counter, {}, {}, self.limit)

    def durable(self) -> tuple[T, int]:
        """What must survive. A counter that began anew would meet acknowledgements of its former life."""
        return self.state, self.counter
