"""What holds of the elements of a replicated set in the end: what was removed is gone, what was only added is there."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.divergence.prose import described, listed, printable
from consistency_viz.checkers.divergence.settled import SettledUpdates
from consistency_viz.checkers.findings import Findings
from consistency_viz.checkers.operations import Operation, updates_of
from workers.model.observation import Applied, Observation


class _Element:
    """The adds and removes of one element that did not fail."""

    __slots__ = ("adds", "removes", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.adds: dict[str, Operation] = {}
        self.removes: dict[str, Operation] = {}


class Elements:
    """What both rules need: the elements of each key, and what each replica has applied and shows in the end."""

    def __init__(self) -> None:
        self.elements: dict[str, dict[Hashable, _Element]] = {}
        self.applied: dict[str, dict[str, SettledUpdates]] = {}
        self.shown: dict[str, dict[str, Observation]] = {}

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
            element = of_key[name] = _Element(operation.argument)
        mine = element.adds if operation.f == "add" else element.removes
        if operation.outcome == "fail":
            mine.pop(operation.op, None)
        else:
            mine[operation.op] = operation

    def showing(self, key: str, update: str) -> list[tuple[Observation, set[bytes]]]:
        """The final states of the replicas that applied ``update``: the last apply, and the elements that it shows."""
        found = []
        for node, observation in self.shown.get(key, {}).items():
            body = observation.body
            applied = self.applied.get(key, {}).get(node)
            if isinstance(body, Applied) and applied is not None and update in applied:
                value = [] if body.value is None else body.value
                if isinstance(value, list):
                    found.append((observation, {canonical(element) for element in value}))
        return found


class Resurrection:
    """An element stays away after a remove that had seen every add of it, if nobody added it otherwise.

    What a remove had seen is its ``after`` and ``base``. An add that it had not seen, or that may have happened without
    saying under which update, excuses the element. Judged at the replicas that applied the remove.
    """

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._all = Elements()

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Take note."""
        self._all.observe(observation, operation)

    def finish(self) -> int:
        """The elements with such a remove."""
        n = 0
        for key, elements in self._all.elements.items():
            for name, element in elements.items():
                found = [(remove, self._all.showing(key, remove.update)) for remove in _last_words(element)]
                n += any(states for _, states in found)
                for remove, states in found:
                    undead = [observation for observation, shown in states if name in shown]
                    if undead:
                        self._tell(key, element, remove, undead)
                        break
        return n

    def _tell(self, key: str, element: _Element, remove: Operation, undead: list[Observation]) -> None:
        text = (
            f"{described(element.value, None)} was removed from {printable(key)} by {printable(remove.op)}, which had "
            f"seen every add of it, and in the end {listed([o.node for o in undead])} showed it again"
        )
        adds = list(element.adds.values())[:4]
        indices = [i for o in (*adds, remove) for i in o.indices]
        ids = [key, remove.update, remove.op, *(o.op for o in adds)]
        self.findings.add(text, [*indices, *(o.index for o in undead)], ids)


class Vanished:
    """An element that was added and that nobody tried to remove is shown by every replica that applied its add."""

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._all = Elements()

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Take note."""
        self._all.observe(observation, operation)

    def finish(self) -> int:
        """The elements that were only added."""
        n = 0
        for key, elements in self._all.elements.items():
            for name, element in elements.items():
                if element.removes:
                    continue
                adds = [add for add in element.adds.values() if add.acknowledged and add.update]
                states = [(add, state) for add in adds for state in self._all.showing(key, add.update)]
                n += bool(states)
                lacking = [(add, observation) for add, (observation, shown) in states if name not in shown]
                if lacking:
                    add = lacking[0][0]
                    nodes = sorted({observation.node for _, observation in lacking})
                    text = (
                        f"{described(element.value, None)} was added to {printable(key)} by {printable(add.op)} and "
                        f"never removed, and in the end {listed(nodes)}, which applied that, did not show it"
                    )
                    places = [*add.indices, *(observation.index for _, observation in lacking)]
                    self.findings.add(text, places, [key, add.update, add.op])
        return n


def _last_words(element: _Element) -> list[Operation]:
    """The acknowledged removes that had seen every add of the element."""
    adds = list(element.adds.values())
    if not adds or any(not add.update for add in adds):
        return []
    added = {add.update for add in adds}
    return [
        remove
        for remove in element.removes.values()
        if remove.acknowledged and remove.update and added <= updates_of(remove.after) | updates_of(remove.base)
    ]
