"""Where concurrent updates meet: the walk through what each replica applied to a key."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import msgspec

from consistency_viz.checkers.biography.conflict import Conflict, Meeting, Outcome
from consistency_viz.checkers.biography.contexts import Contexts
from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.operations import Operation
from consistency_viz.checkers.run_set import RunSet
from workers.model.observation import Applied, Observation

OTHERS_MAX: Final = 6
LOOKED_AT_MAX: Final = 64
"""Updates that one which arrives is compared with; the newest of each origin come first."""
PAIRS_MAX: Final = 50_000
MEETINGS_MAX: Final = 8
_COMMUTE: Final = frozenset(
    [
        *((f, g) for f in ("increment", "decrement") for g in ("increment", "decrement")),
        *(("add", "add"), ("remove", "remove")),
        *(("buy", g) for g in ("increment", "decrement")),
        *((f, "buy") for f in ("increment", "decrement")),
    ]
)


class Replica(msgspec.Struct):
    """What one replica has applied to a key, what its value keeps, what it shows and by which update it does.

    ``touched`` is what each update changed.
    """

    applied: RunSet
    kept: RunSet
    value: Any = None
    shown_by: str = ""
    touched: dict[str, frozenset[str]] = {}


class Before(msgspec.Struct, frozen=True):
    """What a replica showed before a turn, what of it that kept, and by which update it was shown."""

    value: Any
    kept: RunSet
    shown_by: str


class Meetings:
    """Finds the conflicts of one key after the other. ``unlisted``: found when the bound on pairs was reached."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self.commuting = 0
        self.unlisted = 0
        self._pairs: dict[tuple[str, str, str], Conflict] = {}

    def of_key(self, key: str, applies: list[Observation]) -> list[Conflict]:
        """The conflicts of ``key``, in the order in which they were found.

        What one replica applies at one time is one turn: a state that arrived brings several updates at once, and a
        whole record is applied update by update.
        """
        found: list[Conflict] = []
        replicas: dict[str, Replica] = {}
        for (node, _), turn in groupby(applies, lambda one: (one.node, one.at_us)):
            found += self._turn(key, replicas.setdefault(node, Replica(RunSet(), RunSet())), list(turn))
        return found

    def _turn(self, key: str, replica: Replica, turn: list[Observation]) -> list[Conflict]:
        """One turn of a replica; the conflicts that are new."""
        before, was_kept, winner = replica.value, replica.kept, replica.shown_by
        arrived = []
        for observation in turn:
            body = observation.body
            assert isinstance(body, Applied)  # noqa: S101 - for the type
            if not self._contexts.is_initial(body.update):
                if body.update not in replica.applied:
                    arrived.append(observation)
                replica.applied.add(body.update)
                replica.touched[body.update] = _fields(replica.value, body.value)
                if replica.touched[body.update]:
                    replica.shown_by = body.update
            replica.value = body.value
        last = turn[-1].body
        assert isinstance(last, Applied)  # noqa: S101 - for the type
        replica.kept = replica.applied.union(RunSet()) if last.kept is None else RunSet(last.kept)
        was = Before(before, was_kept, winner)
        dropped = was_kept.minus(replica.kept)
        met = _unsettled(arrived, replica) or turn[-1:]
        found = [self._arrived(key, replica, observation, was, RunSet()) for observation in met[:-1]]
        found.append(self._arrived(key, replica, met[-1], was, dropped))
        return [conflict for conflict in found if conflict is not None]

    def _arrived(
        self, key: str, replica: Replica, observation: Observation, was: Before, dropped: RunSet
    ) -> Conflict | None:
        body = observation.body
        assert isinstance(body, Applied)  # noqa: S101 - for the type
        if self._contexts.is_initial(body.update):
            return None
        before = was.value
        if body.update in was.kept:
            is_changed = before is not None and canonical(before) != canonical(replica.value)
            again: Outcome | None = "overwritten" if dropped else "again" if is_changed else None
            return self._met(key, observation, replica, before, [], dropped, again) if again else None
        against = [
            other
            for other in self._concurrent(key, body.update, was.kept)
            if not self._commute(key, body.update, other, replica)
        ]
        outcome = self._outcome(key, body.update, against, dropped, replica)
        if outcome == "discarded" and not against and was.shown_by:
            against = [was.shown_by]
        return self._met(key, observation, replica, before, against, dropped, outcome) if outcome else None

    def _concurrent(self, key: str, update: str, there: RunSet) -> list[str]:
        mine = self._contexts.known(key, update)
        if mine is None:
            return []
        found = []
        for looked_at, other in enumerate(there.minus(mine)):
            if looked_at >= LOOKED_AT_MAX:
                break
            if other != update and self._contexts.is_concurrent(key, update, other):
                found.append(other)
        return found

    def _commute(self, key: str, update: str, other: str, replica: Replica) -> bool:
        mine, its = (self._contexts.about(key, one).operation for one in (update, other))
        if mine is None or its is None:
            both = replica.touched.get(update, frozenset()) & replica.touched.get(other, frozenset())
            is_commuting = not both
        elif mine.f != its.f and {mine.f, its.f} == {"add", "remove"}:
            is_commuting = canonical(mine.argument) != canonical(its.argument)
        elif mine.f == its.f and mine.f in ("write", "assign"):
            is_commuting = canonical(mine.argument) == canonical(its.argument)
        else:
            is_commuting = (mine.f, its.f) in _COMMUTE
        self.commuting += is_commuting
        return is_commuting

    def _outcome(self, key: str, update: str, against: list[str], dropped: RunSet, replica: Replica) -> Outcome | None:
        if update not in replica.kept:
            return "discarded"
        if dropped:
            return "overwritten"
        operation = self._contexts.about(key, update).operation
        is_list = isinstance(replica.value, list) and operation is not None
        if is_list and operation is not None and not against:
            return self._without_effect(key, operation, replica)
        if not against:
            return None
        return "siblings" if is_list and operation is not None and operation.f in ("write", "assign") else "merged"

    def _without_effect(self, key: str, operation: Operation, replica: Replica) -> Outcome | None:
        """Rule 4: an element that is gone, or back, against all that was asked for."""
        is_shown = operation.argument in replica.value
        if operation.f == "add" and not is_shown:
            removals = (self._contexts.about(key, other).operation for other in replica.applied)
            is_removed = any(
                one is not None and (one.f == "clear" or (one.f == "remove" and one.argument == operation.argument))
                for one in removals
            )
            return None if is_removed else "gone"
        if operation.f == "remove" and is_shown:
            known = self._contexts.known(key, operation.update) or RunSet()
            additions = (
                other
                for other in replica.applied
                if (one := self._contexts.about(key, other).operation) is not None
                and one.f == "add"
                and one.argument == operation.argument
            )
            return "back" if all(addition in known for addition in additions) else None
        return None

    def _met(
        self,
        key: str,
        observation: Observation,
        replica: Replica,
        before: Any,
        against: list[str],
        dropped: RunSet,
        outcome: Outcome,
    ) -> Conflict | None:
        """A conflict, or one more meeting of one that is known already."""
        body = observation.body
        assert isinstance(body, Applied)  # noqa: S101 - for the type
        meeting = Meeting(observation.node, observation.at_us, observation.index, before, replica.value, outcome)
        gone = [one for one, _ in zip(dropped, range(OTHERS_MAX), strict=False) if one != body.update]
        others = list(dict.fromkeys([*gone, *against])) or [""]
        pairs = [(key, min(body.update, other), max(body.update, other)) for other in others]
        for pair in pairs:
            known = self._pairs.get(pair)
            if known is not None:
                if len(known.meetings) < MEETINGS_MAX:
                    known.meetings.append(meeting)
                return None
        if len(self._pairs) + len(pairs) > PAIRS_MAX:
            self.unlisted += 1
            return None
        real = [other for other in others if other]
        conflict = Conflict(key, body.update, real[:OTHERS_MAX], len(real), gone, [meeting])
        for pair in pairs:
            self._pairs[pair] = conflict
        return conflict


def _unsettled(arrived: list[Observation], replica: Replica) -> list[Observation]:
    """What arrived in one turn, without what was decided before: an update that came along with the one it lost to."""
    updates = {observation.body.update for observation in arrived if isinstance(observation.body, Applied)}
    if replica.shown_by not in updates:
        return arrived
    return [one for one in arrived if isinstance(one.body, Applied) and one.body.update in replica.kept]


def _fields(before: Any, after: Any) -> frozenset[str]:
    """What an apply changed: names of fields of an object, else the whole."""
    if isinstance(after, dict):
        was = before if isinstance(before, dict) else {}
        names = was.keys() | after.keys()
        return frozenset(n for n in names if (n in was) != (n in after) or was.get(n) != after.get(n))
    return frozenset() if canonical(before) == canonical(after) else frozenset(["*"])
