"""What holds of the elements of a replicated set in the end: what was removed is gone, what was only added is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Final

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.divergence.prose import described, listed, printable
from consistency_viz.checkers.divergence.settled import SettledUpdates
from consistency_viz.checkers.findings import Findings
from consistency_viz.checkers.forgotten import Forgotten
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.run_set import RunSet
from workers.model.observation import Applied, Observation

ADDS_KEPT: Final = 4
REMOVES_KEPT: Final = 8
ELEMENTS_KEPT: Final = 64
"""What a live checker keeps of operations on an element, and of elements of a key that are gone."""


class _Element:
    """The adds and removes of one element that did not fail.

    Of those put away: the updates of adds in ``earlier``, and in ``removed`` whether there was a remove. ``unsure``: it
    was here before, and what happened then is forgotten.
    """

    __slots__ = ("adds", "earlier", "removed", "removes", "unsure", "value")

    def __init__(self, value: Any, *, unsure: bool) -> None:
        self.value = value
        self.adds: dict[str, Operation] = {}
        self.removes: dict[str, Operation] = {}
        self.earlier = RunSet()
        self.removed = False
        self.unsure = unsure

    @property
    def is_open(self) -> bool:
        """Whether an operation on it has not ended."""
        return any(o.completed_index < 0 for o in (*self.adds.values(), *self.removes.values()))

    def last_words(self) -> list[Operation]:
        """The acknowledged removes that had seen every add of the element."""
        adds = list(self.adds.values())
        if self.unsure or not adds or any(not add.update for add in adds):
            return []
        return [remove for remove in self.removes.values() if self._saw(remove, adds)]

    def trim(self) -> int:
        """Keep of many operations those that may still be judged by, or told of; how many are gone."""
        before = len(self.adds) + len(self.removes)
        sure = [add for add in self.adds.values() if add.acknowledged and add.update]
        ended = [remove for remove in self.removes.values() if remove.completed_index >= 0]
        useful = [remove for remove in ended if self._saw(remove, sure)][:REMOVES_KEPT]  # a later add makes it useless
        for remove in ended:
            if remove not in useful:
                del self.removes[remove.op]
                self.removed = True
        for add in sure[ADDS_KEPT:]:
            self.earlier.add(add.update)
            del self.adds[add.op]
        return before - len(self.adds) - len(self.removes)

    def _saw(self, remove: Operation, adds: list[Operation]) -> bool:
        if not remove.acknowledged or not remove.update:
            return False
        seen = RunSet(remove.after or ()).union(RunSet(remove.base or ()))
        return all(add.update in seen for add in adds) and seen.issuperset(self.earlier)


class Elements:
    """What both rules need: the elements of each key, and what each replica has applied and shows in the end."""

    def __init__(self) -> None:
        self.elements: dict[str, dict[Hashable, _Element]] = {}
        self.applied: dict[str, dict[str, SettledUpdates]] = {}
        self.shown: dict[str, dict[str, Observation]] = {}
        self._names: dict[str, dict[str, tuple[Observation, set[bytes]]]] = {}
        self._gone = Forgotten()

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Take note of an apply, or of an add or remove."""
        body = observation.body
        if isinstance(body, Applied):
            if isinstance(body.value, list) or body.value is None:
                self.applied.setdefault(body.key, {}).setdefault(observation.node, SettledUpdates()).add(body.update)
            self.shown.setdefault(body.key, {})[observation.node] = observation
            return
        if operation is None or operation.f not in {"add", "remove"}:
            return
        of_key = self.elements.setdefault(operation.key, {})
        name = canonical(operation.argument)
        element = of_key.get(name)
        if element is None:
            unsure = self._gone.count > 0 and _full_name(operation.key, name) in self._gone
            element = of_key[name] = _Element(operation.argument, unsure=unsure)
        mine = element.adds if operation.f == "add" else element.removes
        if operation.outcome == "fail":
            mine.pop(operation.op, None)
        else:
            mine[operation.op] = operation

    def showing(self, key: str, update: str) -> list[tuple[Observation, set[bytes]]]:
        """The final states of the replicas that applied ``update``: the last apply, and the elements that it shows."""
        found = []
        for node, observation in self.shown.get(key, {}).items():
            applied = self.applied.get(key, {}).get(node)
            body = observation.body
            if applied is None or update not in applied or not isinstance(body, Applied):
                continue
            if body.value is None or isinstance(body.value, list):
                found.append((observation, self._elements_shown(key, node, observation, body)))
        return found

    def drop(self, key: str) -> dict[Hashable, _Element]:
        """Forget a key; its elements."""
        for kept in (self.applied, self.shown, self._names):
            kept.pop(key, None)
        return self.elements.pop(key, {})

    def trim(self) -> Iterator[tuple[str, Hashable, _Element]]:
        """Of keys with too many elements those that were removed and that nobody shows: to be judged and dropped."""
        for key, elements in self.elements.items():
            for element in elements.values():
                element.trim()
            surplus = len(elements) - ELEMENTS_KEPT
            for name, element in list(elements.items()) if surplus > 0 else ():
                if not surplus or not (element.removes or element.removed) or element.is_open:
                    continue
                if not any(name in shown for shown in self._all_shown(key)):
                    surplus -= 1
                    yield key, name, element
                    del elements[name]
                    self._gone.add(_full_name(key, name))

    def _all_shown(self, key: str) -> Iterator[set[bytes]]:
        for node, observation in self.shown.get(key, {}).items():
            body = observation.body
            if isinstance(body, Applied) and isinstance(body.value, list):
                yield self._elements_shown(key, node, observation, body)

    def _elements_shown(self, key: str, node: str, observation: Observation, body: Applied) -> set[bytes]:
        names = self._names.setdefault(key, {})
        known = names.get(node)
        if known is None or known[0] is not observation:
            known = names[node] = observation, set(map(canonical, body.value or ()))
        return known[1]


class _Rule(ABC):
    """A rule about single elements: noted, judged and put away set by set."""

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._all = Elements()
        self._n = 0

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Take note."""
        self._all.observe(observation, operation)

    def is_kept(self, key: str) -> bool:
        """Whether the rule holds of a set as things stand."""
        return not any(self._broken(key, name, element) for name, element in self._all.elements.get(key, {}).items())

    def retire(self, key: str) -> None:
        """Put a set away."""
        for name, element in list(self._all.elements.get(key, {}).items()):
            self._judge(key, name, element)
        self._all.drop(key)

    def finish(self) -> int:
        """How many elements it was asked of: see each rule."""
        for key in list(self._all.elements):
            self.retire(key)
        return self._n

    @abstractmethod
    def _judge(self, key: str, name: Hashable, element: _Element) -> None:
        """Count an element, and tell if it breaks the rule."""

    @abstractmethod
    def _broken(self, key: str, name: Hashable, element: _Element) -> Sequence[object]:
        """What about an element breaks the rule as things stand."""


class Resurrection(_Rule):
    """An element stays away after a remove that had seen every add of it, if nobody added it otherwise.

    What a remove had seen is its ``after`` and ``base``. An add that it had not seen, or that may have happened without
    saying under which update, excuses the element. Judged at the replicas that applied the remove. It
    counts the elements with such a remove.
    """

    def trim(self) -> int:
        """Put elements away that are gone; how many were."""
        gone = 0
        for key, name, element in self._all.trim():
            self._judge(key, name, element)
            gone += 1
        return gone

    def _judge(self, key: str, name: Hashable, element: _Element) -> None:
        self._n += any(self._all.showing(key, remove.update) for remove in element.last_words())
        for remove, undead in self._broken(key, name, element)[:1]:
            self._tell(key, element, remove, undead)

    def _broken(self, key: str, name: Hashable, element: _Element) -> list[tuple[Operation, list[Observation]]]:
        """The removes after which replicas show it, with these."""
        found = ((remove, self._all.showing(key, remove.update)) for remove in element.last_words())
        undead = ((remove, [one for one, shown in states if name in shown]) for remove, states in found)
        return [(remove, observations) for remove, observations in undead if observations]

    def _tell(self, key: str, element: _Element, remove: Operation, undead: list[Observation]) -> None:
        text = (
            f"{described(element.value, None)} was removed from {printable(key)} by {printable(remove.op)}, which had "
            f"seen every add of it, and in the end {listed([o.node for o in undead])} showed it again"
        )
        adds = list(element.adds.values())[:4]
        indices = [i for o in (*adds, remove) for i in o.indices]
        ids = [key, remove.update, remove.op, *(o.op for o in adds)]
        self.findings.add(text, [*indices, *(o.index for o in undead)], ids)


class Vanished(_Rule):
    """An element that was added and that nobody tried to remove is shown by every replica that applied its add.

    It counts the elements that were only added.
    """

    def trim(self) -> int:
        """Put elements away that are gone: they were removed, so there is nothing to judge."""
        return sum(1 for _ in self._all.trim())

    def _judge(self, key: str, name: Hashable, element: _Element) -> None:
        if element.removes or element.removed or element.unsure:
            return
        self._n += any(self._all.showing(key, add.update) for add in _sure(element))
        lacking = self._broken(key, name, element)
        if not lacking:
            return
        add = lacking[0][0]
        nodes = sorted({observation.node for _, observation in lacking})
        text = (
            f"{described(element.value, None)} was added to {printable(key)} by {printable(add.op)} and "
            f"never removed, and in the end {listed(nodes)}, which applied that, did not show it"
        )
        places = [*add.indices, *(observation.index for _, observation in lacking)]
        self.findings.add(text, places, [key, add.update, add.op])

    def _broken(self, key: str, name: Hashable, element: _Element) -> list[tuple[Operation, Observation]]:
        """Adds, with what replicas that applied them show without it."""
        if element.removes or element.removed or element.unsure:
            return []
        states = ((add, state) for add in _sure(element) for state in self._all.showing(key, add.update))
        return [(add, observation) for add, (observation, shown) in states if name not in shown]


def _sure(element: _Element) -> list[Operation]:
    return [add for add in element.adds.values() if add.acknowledged and add.update]


def _full_name(key: str, name: Hashable) -> str:
    return f"{key}\0{name!r}"
