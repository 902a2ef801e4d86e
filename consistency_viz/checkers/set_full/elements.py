"""What is known of the elements of one set while its adds, removes and reads are still ending (rules: ``set_full``)."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Hashable
from typing import Any, Final

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.forgotten import Forgotten
from consistency_viz.checkers.operations import Operation

UNEXPECTED_MAX: Final = 10_000
GONE_FOR: Final = 2_000
"""Observations for which an element has to be gone before a live checker puts it away."""

Moment = tuple[int, int]
"""(position in the history, time in microseconds)."""
NEVER: Final[Moment] = (-1, 0)


def identity(element: Any) -> Hashable:
    """Hashable, and equal exactly for equal JSON values."""
    return element if type(element) in {int, str} else canonical(element)


class Element:
    """One element of one set. ``possible`` counts its adds that did not fail, ``trying`` are those that are open.

    ``sightings``: reads that had it before an add was acknowledged, each with the adds of which one explains that. The
    first is the one that counts; those after it are for the case that all adds of the first fail.
    """

    __slots__ = (
        "absent", "acknowledged", "lacking", "possible", "removals", "sightings", "trying", "unsure", "value",
        "while_removing",
    )  # fmt: skip

    def __init__(self, value: Any) -> None:
        self.value = value
        self.possible = 0
        self.trying: dict[str, Operation] = {}
        self.unsure: Operation | None = None  # an add that ended, and may have happened
        self.acknowledged: Operation | None = None  # the first add that was
        self.sightings: list[tuple[Operation, dict[str, Operation]]] = []
        self.absent = NEVER
        self.lacking: Operation | None = None  # the read that ``absent`` is of
        self.removals: dict[str, str] = {}  # remove to how it ended, empty while it is open
        self.while_removing: list[tuple[Moment, Operation, set[str]]] = []  # reads, and the removes open by their end

    @property
    def known(self) -> Moment | None:
        """Since when it is known."""
        moments = [(op.completed_index, op.completed_us) for op, _ in self.sightings[:1]]
        if self.acknowledged is not None:
            moments.append((self.acknowledged.completed_index, self.acknowledged.completed_us))
        return min(moments, default=None)

    def proof(self, read: Operation) -> tuple[Operation, Operation | None, int]:
        """For ``read``, which began when it was known: an add, the read that had it if it takes one, since when."""
        add = self.acknowledged
        if add is not None and add.completed_index < read.invoked_index:
            return add, None, add.completed_us
        knower, adds = self.sightings[0]
        return next(iter(adds.values())), knower, knower.completed_us

    def see(self, read: Operation) -> bool:
        """``read`` had it, after an add began; whether no later one can tell more."""
        if self.possible > len(self.trying) and self.unsure is not None:
            self.sightings.append((read, {self.unsure.op: self.unsure}))
            return True
        if not any(self.trying.keys() <= adds.keys() for _, adds in self.sightings):
            self.sightings.append((read, dict(self.trying)))
        return False

    def add_failed(self, op: str) -> list[Operation]:
        """An add did not happen; the reads that nothing explains any more."""
        for _, adds in self.sightings:
            adds.pop(op, None)
        baseless = [read for read, adds in self.sightings if not adds]
        self.sightings = [sighting for sighting in self.sightings if sighting[1]]
        return baseless

    def add_happened(self, operation: Operation) -> bool:
        """An add ended, and may have happened; whether no later read can tell more."""
        for place, (_, adds) in enumerate(self.sightings):
            if operation.op in adds:
                adds.clear()
                adds[operation.op] = operation
                del self.sightings[place + 1 :]
                return True
        return operation.acknowledged

    def lack(self, moment: Moment, read: Operation) -> None:
        """``read``, which began at ``moment``, lacked it."""
        if moment[0] <= self.absent[0]:
            return
        if not self.removals:
            self.absent, self.lacking = moment, read
        elif not any(self.removals.values()):
            waiting = set(self.removals)
            same = [entry for entry in self.while_removing if entry[2] == waiting]
            if all(entry[0] < moment for entry in same):
                self.while_removing = [e for e in self.while_removing if e[2] != waiting] + [(moment, read, waiting)]

    def removal_ended(self, op: str, *, failed: bool) -> None:
        """A remove that was open while it was lacked did not happen: these reads count, if all others failed too."""
        left = []
        for moment, read, waiting in self.while_removing:
            if op in waiting and not failed:
                continue
            waiting.discard(op)
            if waiting:
                left.append((moment, read, waiting))
            elif moment[0] > self.absent[0]:
                self.absent, self.lacking = moment, read
        self.while_removing = left

    def outcome(self, present: Moment) -> str:
        """``stable``, ``lost``, or ``never-read``; ``present``: when the last read that had it began."""
        known = self.known
        if known is not None and present[0] > self.absent[0]:
            return "stable"
        if known is not None and self.absent[0] > max(known[0], present[0]):
            return "lost"
        return "removed" if self.removals else "never-read"


class KeySet:
    """One key. ``over`` are the elements of all keys that were put away, ``forgotten`` how many of them were here."""

    def __init__(self, key: str, over: Forgotten) -> None:
        self.key = key
        self.elements: dict[Hashable, Element] = {}
        self.initially: set[Hashable] = set()
        self.unknown: set[Hashable] = set()
        self.missable: set[Hashable] = set()
        """The elements of which no remove ended that may have happened: only of these does absence tell anything."""
        self.over = over
        self.forgotten = 0
        self.removing: dict[Hashable, dict[str, str]] = {}  # removes that may still meet an add to come
        self.present: dict[Hashable, Moment] = {}
        self.newest: Moment = NEVER
        self.reads = self.came_back = 0
        self.unexpected: dict[Hashable, tuple[Any, Operation]] = {}
        self.duplicated: dict[Hashable, tuple[Any, int, Operation]] = {}

    def add(self, operation: Operation) -> None:
        """An add began, or ended."""
        name = identity(operation.argument)
        element = self.elements.get(name)
        if operation.completed_index < 0:
            if element is None or not element.possible:  # what was seen of it before was not of this add
                removals = self.removing.pop(name, {}) if element is None else element.removals
                element = self.elements[name] = Element(operation.argument)
                element.removals = {op: how for op, how in removals.items() if how != "ok"}
                if self._is_over(name):  # it was removed before, so it stays out of scope for loss
                    element.removals[""] = "ok"
                if not any(element.removals.values()):
                    self.missable.add(name)
                self.unknown.add(name)
                self.present.pop(name, None)
            element.possible += 1
            element.trying[operation.op] = operation
            return
        if element is None:
            return
        element.trying.pop(operation.op, None)
        if operation.outcome == "fail":
            element.possible -= 1
            baseless = element.add_failed(operation.op)
            if baseless and name not in self.initially:
                self._unexpected(name, element.value, baseless[0])
            return
        element.unsure = operation if operation.outcome == "info" else element.unsure
        if operation.acknowledged and element.acknowledged is None:
            element.acknowledged = operation
        if element.add_happened(operation):
            self.unknown.discard(name)

    def remove(self, operation: Operation) -> None:
        """A remove began, or ended."""
        name = identity(operation.argument)
        element = self.elements.get(name)
        removals = self.removing.setdefault(name, {}) if element is None else element.removals
        if operation.outcome != "fail" and (element is not None or not operation.acknowledged):
            removals[operation.op] = operation.outcome if operation.completed_index >= 0 else ""
            if element is not None and operation.completed_index >= 0:
                element.removal_ended(operation.op, failed=False)
                self.missable.discard(name)
            return
        removals.pop(operation.op, None)
        if element is None:
            if not removals:
                del self.removing[name]
            return
        element.removal_ended(operation.op, failed=True)

    def read(self, operation: Operation) -> None:
        """A read ended that returned a list."""
        self.reads += 1
        shown = [identity(value) for value in operation.result]
        found = set(shown)
        if len(found) != len(shown):
            self._duplicates(shown, operation)
        began: Moment = operation.invoked_index, operation.invoked_us
        for name in (found - self.elements.keys()) - self.initially:
            if self._is_over(name):
                self.came_back += 1
                continue
            self._unexpected(name, operation.result[shown.index(name)], operation)
        had = found & self.elements.keys()
        for name in had & self.unknown:
            element = self.elements[name]
            if not element.possible:
                if name not in self.initially:
                    self._unexpected(name, element.value, operation)
                continue
            if element.see(operation):
                self.unknown.discard(name)
        if began > self.newest:
            self.newest = began
            self.present.update(dict.fromkeys(had, began))
        else:
            for name in had:
                self.present[name] = max(began, self.present.get(name, NEVER))
        for name in self.missable - found:
            self.elements[name].lack(began, operation)

    def removed(self) -> list[Hashable]:
        """The elements that were removed, of which nothing is open, and which no read had for long."""
        recent = self.newest[0] - GONE_FOR
        return [
            name
            for name, element in self.elements.items()
            if not element.trying
            and self.present.get(name, NEVER)[0] < recent
            and all(element.removals.values())
            and "ok" in element.removals.values()
            and not self.is_lost(name)
        ]

    def is_lost(self, name: Hashable) -> bool:
        """Whether an element is lost as things stand."""
        element = self.elements[name]
        return element.possible > 0 and element.outcome(self.present.get(name, NEVER)) == "lost"

    def forget(self, name: Hashable) -> None:
        """Keep nothing of an element but that there was one of its name."""
        del self.elements[name]
        self.present.pop(name, None)
        self.unknown.discard(name)
        self.missable.discard(name)
        self.over.add(f"{self.key}\0{name!r}")
        self.forgotten += 1

    def _is_over(self, name: Hashable) -> bool:
        return self.forgotten > 0 and f"{self.key}\0{name!r}" in self.over

    def _duplicates(self, shown: list[Hashable], operation: Operation) -> None:
        for name, count in Multiset(shown).items():
            if count > 1 and (name not in self.duplicated or self.duplicated[name][1] < count):
                self.duplicated[name] = operation.result[shown.index(name)], count, operation

    def _unexpected(self, name: Hashable, value: Any, operation: Operation) -> None:
        if len(self.unexpected) < UNEXPECTED_MAX:
            self.unexpected.setdefault(name, (value, operation))
