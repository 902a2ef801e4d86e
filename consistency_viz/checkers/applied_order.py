"""When each replica first had each update, and whether it had what comes before it: guarantees in their set form.

A replica *has* an update from the moment it applied it, or applied another whose value ``kept`` it. Times decide, not
positions: what is applied in one instant is there at once (FIELD 2, "replica state at t").

Memory: updates x replicas, and what each session did. An update may arrive anywhere before its acknowledgement says
whose it is, so nothing can be judged before the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from consistency_viz.checkers.operations import NEVER_US, Operation
from consistency_viz.checkers.run_set import INITIAL_SUFFIX, RunSet, split
from workers.model.observation import Applied, Observation

Had = tuple[int, int]
"""Time and position of a replica's first having it."""

NEVER: Had = (NEVER_US, -1)

Last = tuple[Had, str, int]
"""When a replica had the last of a set, and which update that was: prefix and number (-1: the prefix is all of it)."""


class Required(msgspec.Struct, frozen=True):
    """An update that has to come first at a replica: when it had it, which it is, and the operation that says so."""

    had: Had
    key: str
    update: str
    by: Operation


class AppliedOrder:
    """First times by key, update and replica.

    Several may feed it what they observe (``Evidence.applied_order``): only the first time counts.
    """

    def __init__(self, replicas: Iterable[str]) -> None:
        self.replicas = tuple(dict.fromkeys(replicas))
        self._number = {name: i for i, name in enumerate(self.replicas)}
        self._first: dict[str, dict[str, list[Had]]] = {}
        self._has: dict[tuple[int, str], RunSet] = {}
        self._last: Observation | None = None
        self._over: dict[str, RunSet] = {}
        self._latest: dict[str, dict[str, tuple[int, list[list[tuple[Had, int]]]]]] = {}  # by key and prefix

    def observe(self, observation: Observation) -> None:
        """Take in the next observation; only what replicas apply counts."""
        body = observation.body
        if observation is self._last or not isinstance(body, Applied):
            return
        self._last = observation
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

    def last(self, key: str, updates: RunSet) -> list[Last]:
        """By replica, the update of a set that it had last; nothing for an empty set. Ask at the end."""
        best: list[Last] = []
        for update in updates.plain:
            known = self.first(key, update) or [NEVER] * len(self.replicas)
            found = [(had, update, -1) for had in known]
            best = [max(pair, key=_late) for pair in zip(best, found, strict=True)] if best else found
        for prefix, spans in updates.runs.items():
            below, running = self._running(key, prefix)
            top = below + len(running[0]) - 1 if running else 0
            for first, last in spans:
                if not last:
                    continue
                best = best or [_NOTHING] * len(running)
                for replica, latest in enumerate(running):
                    if below < first and last <= top and latest[last - below][1] >= first:
                        had, number = latest[last - below]  # what it had last of all up to there is in the run
                    else:
                        had, number = self._last_of_run(key, prefix, replica, first, min(last, max(first, top + 1)))
                    if had[0] > best[replica][0][0]:
                        best[replica] = had, prefix, number
        return best

    def _last_of_run(self, key: str, prefix: str, replica: int, first: int, last: int) -> tuple[Had, int]:
        """Which number of a run a replica had last: the lowest that it never had, if there is one."""
        best: tuple[Had, int] = ((-1, -1), 0)
        for number in range(first, last + 1):
            known = self.first(key, f"{prefix}{number}")
            had = NEVER if known is None else known[replica]
            if had[0] > best[0][0]:
                best = had, number
            if had == NEVER:
                break
        return best

    def forget(self, key: str, updates: Iterable[str] | None = None) -> None:
        """Keep nothing of some updates, or of a key at all (``live``)."""
        self._latest.pop(key, None)
        if updates is None:
            self._first.pop(key, None)
            self._over.pop(key, None)
            for replica in range(len(self.replicas)):
                self._has.pop((replica, key), None)
        else:
            over = self._over.setdefault(key, RunSet())
            for update in updates:
                del self._first[key][update]
                over.add(update)

    def over(self, key: str) -> RunSet:
        """The updates of a key that were put away."""
        return self._over.get(key, _NONE)

    def settled(self, key: str, before: int) -> list[str]:
        """The updates that all replicas had before a position in the history."""
        return [u for u, had in self._first.get(key, {}).items() if all(0 <= index < before for _, index in had)]

    def _note(self, replica: int, key: str, update: str, observation: Observation) -> None:
        known = self._first.setdefault(key, {}).get(update)
        if known is None:
            known = self._first[key][update] = [NEVER] * len(self.replicas)
        known[replica] = (observation.at_us, observation.index)

    def _running(self, key: str, prefix: str) -> tuple[int, list[list[tuple[Had, int]]]]:
        """By replica and number of a prefix: which update up to it the replica had last.

        Places count from ``below``: no replica ever had that number or a lower one.
        """
        found = self._latest.setdefault(key, {}).get(prefix)
        if found is None:
            known = self._first.get(key, {})
            numbers = [n for p, n in map(split, known) if p == prefix and n > 0]
            below, top = (min(numbers) - 1, max(numbers)) if numbers else (0, 0)
            nowhere = [NEVER] * len(self.replicas)
            running: list[list[tuple[Had, int]]] = [[((-1, -1), below)] for _ in self.replicas]
            for number in range(below + 1, top + 1):
                for latest, had in zip(running, known.get(f"{prefix}{number}", nowhere), strict=True):
                    latest.append((had, number) if had[0] > latest[-1][0][0] else latest[-1])
            found = self._latest[key][prefix] = below, running
        return found


_NONE: Final = RunSet()
_NOTHING: Last = ((-1, -1), "", 0)


def _late(last: Last) -> tuple[Had, str]:
    """By time; of what came at one time the last in the history, and then by name: a set has no order of its own."""
    return last[0], last[1]


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

    def add(self, key: str, last: list[Last], by: Operation) -> None:
        """More that comes before: what each replica had last of it (``AppliedOrder.last``)."""
        for replica, (had, prefix, number) in enumerate(last):
            self.any = True
            known = self._last[replica]
            if known is None or had[0] > known.had[0]:
                self._last[replica] = Required(had, key, prefix if number < 0 else f"{prefix}{number}", by)

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
