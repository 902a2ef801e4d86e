"""Last-writer-wins register (Shapiro et al. 2011, specification 8): the write with the greatest stamp is the value.

What it costs: of concurrent writes one survives, and a writer whose clock runs ahead wins for as long as it does.
"""

from __future__ import annotations

from typing import Any, Self

from workers.crdts.canonical import canonical
from workers.crdts.causal import CausalContext
from workers.crdts.lww import LwwStamp, StampReusedError, check_stamp
from workers.crdts.operation import Operation, OperationBased
from workers.crdts.replicated import Replicated


class LWWRegister(Replicated, frozen=True, gc=False):
    """The winning write; never written: no stamp and the content None. A delta is the write by itself."""

    stamp: LwwStamp | None = None
    content: Any = None

    def assign(self, node: str, content: Any, time: int, operation: str) -> tuple[Self, Self]:
        """The register after this write, and the delta. A smaller stamp than the winner's changes nothing."""
        written = type(self)(check_stamp(time, node, operation), canonical(content))
        return self.merge(written), written

    def value(self) -> Any:
        """The content of the winning write, None if there is none."""
        return self.content

    def merge(self, other: Self) -> Self:
        """The write with the greater stamp. StampReusedError if two different writes share theirs."""
        if other.stamp is None:
            return self
        if self.stamp is None or other.stamp > self.stamp:
            return other
        if other.stamp == self.stamp and other.content != self.content:
            raise StampReusedError(self.stamp, self.content, other.content)
        return self

    def leq(self, other: Self) -> bool:
        """Whether ``other`` holds this write or a later one."""
        return self.stamp is None or (other.stamp is not None and self.stamp <= other.stamp)

    def encode(self) -> list[Any]:
        """``[time, node, operation, content]``, or ``[]`` if never written."""
        return [] if self.stamp is None else [*self.stamp, self.content]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The register of ``encode``."""
        return cls((raw[0], raw[1], raw[2]), raw[3]) if raw else cls()


class LWWRegisterOperations(OperationBased, frozen=True, gc=False):
    """Operation-based register: the greatest stamp wins in whatever order the writes come."""

    register: LWWRegister = LWWRegister()

    def assign(self, replica: str, content: Any, time: int, operation: str) -> Operation:
        """Writing ``content``."""
        stamp = check_stamp(time, replica, operation)
        return self._operation(replica, "assign", *stamp, canonical(content))

    def value(self) -> Any:
        """The content of the winning write."""
        return self.register.content

    def encode(self) -> list[Any]:
        """``[register, vector, cloud]``, the latter two of the operations applied."""
        return [self.register.encode(), *self.seen.encode()]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls(CausalContext.decode(raw[1:]), LWWRegister.decode(raw[0]))

    def _after(self, operation: Operation) -> Self:
        return type(self)(self.seen, self.register.merge(LWWRegister.decode(operation.arguments)))
