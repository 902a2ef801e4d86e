"""Hybrid logical clock: stamps that respect causality and stay close to physical time.

Kulkarni, Demirbas, Madappa, Avva, Leone, "Logical Physical Clocks" (OPODIS 2014), figure 5.

Rules
1. If one event happened before another, its stamp is smaller; the stamps of one node strictly increase.
2. ``physical_us`` of a stamp is never more than the largest physical time that any node has seen.
3. A message from further ahead than the permitted skew is refused and leaves the clock as it was, so that one wrong
   clock cannot drag the others along for ever.
4. The clock is part of the node's durable state: a restarted node that begins anew could repeat a stamp.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

COUNTER_BITS = 16
_COUNTERS = 1 << COUNTER_BITS


class Stamp(NamedTuple):
    """One moment: physical part, counter, and the node that breaks ties. Stamps order as tuples do."""

    physical_us: int
    counter: int
    node: str

    def packed(self) -> int:
        """Physical time and counter as one integer, a timestamp for LWW types. OverflowError above 16 bits."""
        if self.counter >= _COUNTERS:
            raise OverflowError(
                f"the clock of {self.node} counted {self.counter} events at {self.physical_us} us, packing holds "
                f"{_COUNTERS - 1}: its physical clock stands still or lies far behind"
            )
        return self.physical_us << COUNTER_BITS | self.counter


class ClockTooFarAheadError(ValueError):
    """A message came from further in the future than the permitted skew."""

    def __init__(self, node: str, stamp: Stamp, now_us: int, skew_us_max: int) -> None:
        self.ahead_us = stamp.physical_us - now_us
        super().__init__(
            f"{node} refuses a message stamped by {stamp.node} {self.ahead_us} us ahead of its own clock; at most "
            f"{skew_us_max} us are permitted: mend the clock of {stamp.node}, or raise the permitted skew"
        )


class Clock(msgspec.Struct, frozen=True, gc=False):
    """The clock of ``node``: the stamp that it gave last, in parts."""

    node: str
    physical_us: int = 0
    counter: int = 0

    def send(self, now_us: int) -> tuple[Clock, Stamp]:
        """The clock after a local event or a send at physical time ``now_us``, and the event's stamp."""
        if now_us > self.physical_us:
            return self._at(now_us, 0)
        return self._at(self.physical_us, self.counter + 1)

    def receive(self, stamp: Stamp, now_us: int, skew_us_max: int) -> tuple[Clock, Stamp]:
        """The clock after receiving ``stamp``, and the stamp of the receipt. ClockTooFarAheadError: see rule 3."""
        if stamp.physical_us - now_us > skew_us_max:
            raise ClockTooFarAheadError(self.node, stamp, now_us, skew_us_max)
        latest_us = max(self.physical_us, stamp.physical_us, now_us)
        if latest_us == self.physical_us and latest_us == stamp.physical_us:
            return self._at(latest_us, max(self.counter, stamp.counter) + 1)
        if latest_us == self.physical_us:
            return self._at(latest_us, self.counter + 1)
        if latest_us == stamp.physical_us:
            return self._at(latest_us, stamp.counter + 1)
        return self._at(latest_us, 0)

    def encode(self) -> list[Any]:
        """``[node, physical_us, counter]``."""
        return [self.node, self.physical_us, self.counter]

    @classmethod
    def decode(cls, raw: list[Any]) -> Clock:
        """The clock of ``encode``."""
        return cls(*raw)

    def _at(self, physical_us: int, counter: int) -> tuple[Clock, Stamp]:
        return Clock(self.node, physical_us, counter), Stamp(physical_us, counter, self.node)
