"""When each replica first had each update, and whether it had what comes before it: guarantees in their set form.

A replica *has* an update from the moment it applied it, or applied another whose value ``kept`` it. Times decide, not
positions: what is applied in one instant is there at once (FIELD 2, "replica state at t").

Memory: updates x replicas, and what each session did. An update may arrive anywhere before its acknowledgement says
whose it is, so nothing can be judged before the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from consistency_viz.checkers.operations import NEVER_US, Operation
from consistency_viz.checkers.run_set import INITIAL_SUFFIX, RunSet, split
from workers.model.observation import Applied, Observation

Had = tuple[int, int]
"""Time and position of a replica's first having it."""

NEVER: Had = (NEVER_US, -1)


class Required(msgspec.Struct, frozen=True):
    """An update that has to come first at a replica: when it had it, which it is, and the operation that says so."""

    had: Had
    key: str
    update: str
    by: Operation


class AppliedOrder:
    """First times by key, update and replica."""

    def __init__(self, replicas: Iterable[str]) -> None:
        self.replicas = tuple(dict.fromkeys(replicas))
        self._number = {name: i for i, name in enumerate(self.replicas)}
        self._first: dict[str, dict[str, list[Had]]] = {}
        self._has: dict[tuple[int, str], RunSet] = {}
        self._latest: dict[tuple[str, str, int], list[tuple[Had, int]]] = {}

    def observe(self, observation: Observation) -> None:
        """Take in the next observation; only what replicas apply counts."""
        body = observation.body
        if not isinstance(body, Applied):
            return
        replica = self._number.get(observation.node)
        if replica is None or body.update.endswith(INITIAL_SUFFIX):
            return
        has = self._has.get((replica, body.key))
        if has is None:
            has = self._has[replica, body.key] = RunSet()
        if body.update not in has:
            self._note(replica, body.key, body.update, observation)
            has.add(body.update)
        if body.kept is not None:
            for update in RunSet(body.kept).minus(has):
                self._note(replica, body.key, update, observation)
                has.add(update)

    def first(self, key: str, update: str) -> list[Had] | None:
        """By replica, when it first had the update; ``None`` if no replica ever had it."""
        return self._first.get(key, {}).get(update)

    def all_keys(self) -> list[str]:
        """The keys of which any replica had an update."""
        return list(self._first)

    def updates(self, key: str) -> Iterable[tuple[str, list[Had]]]:
        """The updates of a key that any replica had, with when each had them."""
        return self._first.get(key, {}).items()

    def last_of(self, key: str, updates: RunSet, replica: int) -> tuple[Had, str] | None:
        """The update of a set that a replica had last, and when; ``None`` of an empty set."""
        found: list[tuple[Had, str]] = [(self._at(key, update, replica), update) for update in updates.plain]
        for prefix, spans in updates.runs.items():
            latest = self._running(key, prefix, replica)
            for first, last in spans:
                if first <= 1 and last < len(latest):
                    had, number = latest[last]
                    found += [(had, f"{prefix}{number}")] if number else []
                else:
                    found += [(self._at(key, f"{prefix}{n}", replica), f"{prefix}{n}") for n in range(first, last + 1)]
        return max(found, key=lambda one: one[0][0], default=None)

    def _note(self, replica: int, key: str, update: str, observation: Observation) -> None:
        known = self._first.setdefault(key, {}).get(update)
        if known is None:
            known = self._first[key][update] = [NEVER] * len(self.replicas)
        known[replica] = (observation.at_us, observation.index)

    def _at(self, key: str, update: str, replica: int) -> Had:
        known = self.first(key, update)
        return NEVER if known is None else known[replica]

    def _running(self, key: str, prefix: str, replica: int) -> list[tuple[Had, int]]:
        """For each number of a prefix, which up to it the replica had last; for the end, when all is known."""
        place = (key, prefix, replica)
        found = self._latest.get(place)
        if found is None:
            known = self._first.get(key, {})
            top = max((n for p, n in map(split, known) if p == prefix), default=0)
            found = [((-1, -1), 0)]
            for number in range(1, top + 1):
                had = self._at(key, f"{prefix}{number}", replica)
                found.append((had, number) if had[0] > found[-1][0][0] else found[-1])
            self._latest[place] = found
        return found


class Break(msgspec.Struct, frozen=True):
    """``replica`` had ``update`` before ``required``, which comes first."""

    replica: str
    update: Operation
    had: Had
    required: Required


class Before:
    """For one session and scope, what each replica had last of all that its next update comes after."""

    __slots__ = ("_last", "_order", "any")

    def __init__(self, order: AppliedOrder) -> None:
        self._order = order
        self._last: list[Required | None] = [None] * len(order.replicas)
        self.any = False

    def add(self, key: str, updates: RunSet, by: Operation) -> None:
        """More that comes before."""
        for replica, known in enumerate(self._last):
            found = self._order.last_of(key, updates, replica)
            if found is not None:
                self.any = True
                if known is None or found[0][0] > known.had[0]:
                    self._last[replica] = Required(found[0], key, found[1], by)

    def broken_by(self, update: Operation) -> Iterator[Break]:
        """The replicas that had ``update`` before something that comes before it."""
        had = self._order.first(update.key, update.update)
        for replica, known in enumerate(self._last):
            if had is not None and known is not None and had[replica][0] < known.had[0]:
                yield Break(self._order.replicas[replica], update, had[replica], known)


def in_session_order(operations: Iterable[Operation]) -> Iterator[tuple[bool, Operation]]:
    """(False, operation) where each began and (True, operation) where it ended, by position in the history."""
    turns = [(op.invoked_index, False, op) for op in operations]
    turns += [(op.completed_index, True, op) for op, *_ in ((turn[2],) for turn in turns) if op.completed_index >= 0]
    for _, ended, op in sorted(turns, key=lambda turn: turn[0]):
        yield ended, op
