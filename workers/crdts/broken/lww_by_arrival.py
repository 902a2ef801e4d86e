"""Broken: a last-writer-wins register that lets the write that is there already win a tie.

Merge does not commute: two replicas that receive two writes of one timestamp in different order disagree for ever.
Right: ``lww_register``, whose order is total.
"""

from __future__ import annotations

from typing import Any, Self

from workers.crdts.canonical import canonical
from workers.crdts.replicated import Replicated


class LWWByArrival(Replicated, frozen=True, gc=False):
    """A timestamp and the content; never written: time -1."""

    time: int = -1
    content: Any = None

    def assign(self, node: str, content: Any, time: int, operation: str) -> tuple[Self, Self]:
        """The register after this write, and the delta. Node and operation are not kept: that is the bug."""
        written = type(self)(time, canonical(content))
        return self.merge(written), written

    def value(self) -> Any:
        """The content of the write that won here."""
        return self.content

    def merge(self, other: Self) -> Self:
        """The later of both; of two writes at one time, the one on the left."""
        return other if other.time > self.time else self

    def leq(self, other: Self) -> bool:
        """Whether ``other`` is as late: blind to ties."""
        return self.time <= other.time

    def encode(self) -> list[Any]:
        """``[time, content]``."""
        return [self.time, self.content]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The register of ``encode``."""
        return cls(*raw)
