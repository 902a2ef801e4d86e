"""Map from names to nested counters, registers and sets, with observed-remove keys.

Rules (decided here, tested against the event graph)
1. **Reset-remove.** Removing a name undoes the updates below it that the remover had seen, and no others: what was
   concurrent stays, alone. A counter at 10, removed while another replica adds 5, shows 5.
2. A name is in the map while an update below it lives. A nested set that has lost its last element is absent.
3. A name may hold one content of each kind; each kind merges by itself, so replicas that begin one name with different
   kinds concurrently still agree. ``value`` then shows ``name#kind`` for each.
4. Nested counter: the sum of its live increments. Each increment keeps a dot of its own until the name is removed:
   that is the price of rule 1. One accumulating dot for each replica would be small, and would bring back what
   a removal had undone (Baquero, Almeida, Lerche, "The problem with embedded CRDT counters", 2016), see ``broken``.
5. Nested LWW register: the greatest stamp among live writes; a write replaces the writes that it saw and beats. Nested
   MV register and OR-set: as by themselves.

The map of Almeida, Shoker, Baquero 2018, figure 11, with the nested stores flattened into payloads: counter an integer,
``mv`` the content, ``lww`` ``[time, node, operation, content]``, ``set`` the element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from workers.crdts.canonical import canonical, distinct
from workers.crdts.causal import Dot
from workers.crdts.dot_store import CausalOperations, CausalState, Cell, Entries, Write
from workers.crdts.lww import check_stamp
from workers.crdts.operation import Operation


def _latest(cell: Cell) -> Any:
    return max(cell.values(), key=lambda write: write[:3])[3]


SHOWN: Final[Mapping[str, Callable[[Cell], Any]]] = {
    "counter": lambda cell: sum(cell.values()),
    "lww": _latest,
    "mv": lambda cell: distinct(list(cell.values())),
    "set": lambda cell: sorted(set(cell.values())),
}
"""What a live cell of each kind shows."""

_PREFIXES: Final = tuple(f"{kind}:" for kind in SHOWN)


def _increment(entries: Entries, name: str, by: int) -> Write:
    if type(by) is not int:
        raise TypeError(f"{by!r} is no integer; the counter {name!r} counts in integers")
    return Write("counter:" + name, True, by, ())


def _assign(entries: Entries, name: str, content: Any) -> Write:
    key = "mv:" + name
    return Write(key, True, canonical(content), tuple(entries.get(key, ())))


def _write(entries: Entries, node: str, name: str, content: Any, time: int, operation: str) -> Write:
    stamp = check_stamp(time, node, operation)
    cell = entries.get("lww:" + name, {})
    beaten = [dot for dot, (*older, _) in cell.items() if tuple(older) < stamp]
    return Write("lww:" + name, True, [*stamp, canonical(content)], beaten)


def _add(entries: Entries, name: str, element: str) -> Write:
    return Write("set:" + name, True, element, _having(entries, name, element))


def _discard(entries: Entries, name: str, element: str) -> Write:
    return Write("set:" + name, False, None, _having(entries, name, element))


def _having(entries: Entries, name: str, element: str) -> list[Any]:
    return [dot for dot, held in entries.get("set:" + name, {}).items() if held == element]


def _remove(entries: Entries, name: str) -> Write:
    keys: list[str] = []
    over: list[Dot] = []
    for kind in _PREFIXES:
        cell = entries.get(kind + name)
        if cell is not None:
            keys.append(kind + name)
            over += cell
    return Write(keys[0] if keys else "", False, None, over, tuple(keys[1:]))


def _shown(entries: Entries) -> dict[str, Any]:
    kinds: dict[str, list[str]] = {}
    for key in sorted(entries):
        kind, _, name = key.partition(":")
        kinds.setdefault(name, []).append(kind)
    return dict(
        sorted(
            (name if len(found) == 1 else f"{name}#{kind}", SHOWN[kind](entries[f"{kind}:{name}"]))
            for name, found in kinds.items()
            for kind in found
        )
    )


class ORMap(CausalState, frozen=True, gc=False):
    """The live updates below each name; entries are keyed ``kind:name``."""

    def increment(self, replica: str, name: str, by: int = 1) -> tuple[ORMap, ORMap]:
        """Add ``by``, which may be negative, to the counter ``name``."""
        return self._written(replica, _increment(self.entries, name, by))

    def assign(self, replica: str, name: str, content: Any) -> tuple[ORMap, ORMap]:
        """Write the multi-value register ``name``."""
        return self._written(replica, _assign(self.entries, name, content))

    def write(self, replica: str, name: str, content: Any, time: int, operation: str) -> tuple[ORMap, ORMap]:
        """Write the last-writer-wins register ``name``."""
        return self._written(replica, _write(self.entries, replica, name, content, time, operation))

    def add(self, replica: str, name: str, element: str) -> tuple[ORMap, ORMap]:
        """Add ``element`` to the set ``name``."""
        return self._written(replica, _add(self.entries, name, element))

    def discard(self, replica: str, name: str, element: str) -> tuple[ORMap, ORMap]:
        """Take ``element`` out of the set ``name``."""
        return self._written(replica, _discard(self.entries, name, element))

    def remove(self, replica: str, name: str) -> tuple[ORMap, ORMap]:
        """Undo every update below ``name`` that is seen here."""
        return self._written(replica, _remove(self.entries, name))

    def value(self) -> dict[str, Any]:
        """What each name shows, sorted by name; see rules 2 and 3."""
        return _shown(self.entries)


class ORMapOperations(CausalOperations, frozen=True, gc=False):
    """Operation-based map: needs causal order, for what a removal undoes must have come before it."""

    def increment(self, replica: str, name: str, by: int = 1) -> Operation:
        """Adding ``by`` to the counter ``name``."""
        return self._prepared(replica, _increment(self.entries, name, by))

    def assign(self, replica: str, name: str, content: Any) -> Operation:
        """Writing the multi-value register ``name``."""
        return self._prepared(replica, _assign(self.entries, name, content))

    def write(self, replica: str, name: str, content: Any, time: int, operation: str) -> Operation:
        """Writing the last-writer-wins register ``name``."""
        return self._prepared(replica, _write(self.entries, replica, name, content, time, operation))

    def add(self, replica: str, name: str, element: str) -> Operation:
        """Adding ``element`` to the set ``name``."""
        return self._prepared(replica, _add(self.entries, name, element))

    def discard(self, replica: str, name: str, element: str) -> Operation:
        """Taking ``element`` out of the set ``name``."""
        return self._prepared(replica, _discard(self.entries, name, element))

    def remove(self, replica: str, name: str) -> Operation:
        """Undoing every update below ``name`` that is seen here."""
        return self._prepared(replica, _remove(self.entries, name))

    def value(self) -> dict[str, Any]:
        """What each name shows, sorted by name."""
        return _shown(self.entries)
