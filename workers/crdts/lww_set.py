"""Last-writer-wins set (Shapiro et al. 2011, section 3.3.3): for each element its latest addition or removal.

The order of updates of one element is (time, addition after removal, node, operation id). The bias is fixed: **of an
addition and a removal at the same time, the addition wins.** A removal leaves a tombstone, one for an element however
often it was removed; ``forget`` drops those that no update can come before any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from workers.crdts.causal import CausalContext
from workers.crdts.lww import check_stamp
from workers.crdts.operation import Operation, OperationBased
from workers.crdts.replicated import Replicated

Mark = tuple[int, bool, str, str]
"""The latest update of an element: time, whether it was an addition, node, operation id."""


class LWWSet(Replicated, frozen=True, gc=False):
    """The latest update of each element ever added or removed."""

    marks: Mapping[str, Mark] = {}

    def add(self, node: str, element: str, time: int, operation: str) -> tuple[Self, Self]:
        """The set after this addition, and the delta."""
        return self._with(element, (*check_stamp(time, node, operation), True))

    def remove(self, node: str, element: str, time: int, operation: str) -> tuple[Self, Self]:
        """The set after this removal, and the delta. It counts against additions that were not seen yet, too."""
        return self._with(element, (*check_stamp(time, node, operation), False))

    def forget(self, before: int) -> Self:
        """The set without tombstones older than ``before``.

        Safe once no replica will make or deliver an update older than that. It is not a step up in the lattice: a
        merge with a replica that has not forgotten brings the tombstone back, which does no harm.
        """
        return type(self)({e: mark for e, mark in self.marks.items() if mark[1] or mark[0] >= before})

    def value(self) -> list[str]:
        """The elements whose latest update is an addition, sorted."""
        return sorted(element for element, mark in self.marks.items() if mark[1])

    def merge(self, other: Self) -> Self:
        """The later update of each element."""
        marks = dict(self.marks)
        for element, mark in other.marks.items():
            if element not in marks or mark > marks[element]:
                marks[element] = mark
        return type(self)(marks)

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has each element's update of this set or a later one."""
        return all(element in other.marks and mark <= other.marks[element] for element, mark in self.marks.items())

    def encode(self) -> list[Any]:
        """Sorted ``[element, time, added, node, operation]``."""
        return [[element, *self.marks[element]] for element in sorted(self.marks)]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The set of ``encode``."""
        return cls({element: (time, added, node, op) for element, time, added, node, op in raw})

    def _with(self, element: str, parts: tuple[int, str, str, bool]) -> tuple[Self, Self]:
        time, node, operation, added = parts
        delta = type(self)({element: (time, added, node, operation)})
        return self.merge(delta), delta


class LWWSetOperations(OperationBased, frozen=True, gc=False):
    """Operation-based last-writer-wins set: the greatest mark wins in whatever order the updates come."""

    content: LWWSet = LWWSet()

    def add(self, replica: str, element: str, time: int, operation: str) -> Operation:
        """Adding ``element``."""
        time, node, operation = check_stamp(time, replica, operation)
        return self._operation(replica, "mark", element, time, True, node, operation)

    def remove(self, replica: str, element: str, time: int, operation: str) -> Operation:
        """Removing ``element``."""
        time, node, operation = check_stamp(time, replica, operation)
        return self._operation(replica, "mark", element, time, False, node, operation)

    def value(self) -> list[str]:
        """The elements whose latest update is an addition, sorted."""
        return self.content.value()

    def encode(self) -> list[Any]:
        """``[marks, vector, cloud]``, the latter two of the operations applied."""
        return [self.content.encode(), *self.seen.encode()]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls(CausalContext.decode(raw[1:]), LWWSet.decode(raw[0]))

    def _after(self, operation: Operation) -> Self:
        return type(self)(self.seen, self.content.merge(LWWSet.decode([operation.arguments])))
