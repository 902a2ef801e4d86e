"""The biography of conflicts: who wrote what, knowing what, which rule decided, and what was lost. Pure.

Source: FIELD 2 ("concurrent, conflict", "lost update", "intent loss"); DeCandia et al., "Dynamo" (SOSP 2007), 4.4.

Rules
1. An update's *context* is what its author knew: of an operation, the versions that its client had seen (``base``),
   else what the replica that took it had applied (``after``); of a service's update, at most what every replica kept
   beside it. All that those descend from is known too. Two updates are concurrent if neither knows the other.
2. A conflict is found where an update meets, at a replica, concurrent ones that do not commute with it. Increments
   commute, so do additions of elements, and equal contents; a removal and an addition of one element do not, nor do two
   contents of one register. What a service adds to an order commutes with what touches other fields.
3. A replica that drops what it kept (``kept``) settles a conflict whatever the updates are.
4. No conflict between two, but told beside them: an update that is *applied again* and changes the value again; an
   addition whose element is *gone* though nobody removed it; a removal whose element is *back* though it knew every
   addition.
5. Each pair is told once, where it met first; what came of it at other replicas is added to it. The listed conflicts
   are bounded, all are counted, and what cost an update comes before what was merged.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.biography.conflict import RANKS, Conflict
from consistency_viz.checkers.biography.contexts import Contexts
from consistency_viz.checkers.biography.meetings import Meetings
from consistency_viz.checkers.biography.telling import Survivors, Teller
from consistency_viz.checkers.operations import Operations
from consistency_viz.checkers.run_set import INITIAL_SUFFIX, RunSet
from workers.model.history import Header
from workers.model.observation import Applied, Faulted, Observation

LISTED_MAX: Final = 200
MARKS_MAX: Final = 3_000
"""Places of one kind that are told."""

APPLIES_MAX: Final = 300_000
"""Applies that are looked at; those after them are counted as not looked at."""


class Biography:
    """Feed it every observation of a history, then ask once for the ``document``."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._operations = Operations()
        self._contexts = Contexts(header.replicas)
        self._applies: dict[str, list[Observation]] = {}
        self._faults: list[Observation] = []
        self._count = self._skipped = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Applied):
            if observation.node not in self._header.replicas:
                return
            if self._count >= APPLIES_MAX:
                self._skipped += 1
                return
            self._count += 1
            self._contexts.applied(observation.node, body, observation)
            self._applies.setdefault(body.key, []).append(observation)
        elif isinstance(body, Faulted):
            self._faults.append(observation)
        else:
            operation = self._operations.observe(observation)
            if operation is not None and operation.completed_index >= 0 and operation.update:
                self._contexts.made(operation)

    def document(self) -> dict[str, Any]:
        """Every conflict that is listed, as JSON values, and how many of each outcome there were in all.

        ``conflicts`` is a list of what ``Teller.told`` makes; ``counts`` is by outcome; ``commuting`` counts updates
        that met concurrent ones and commute with them; ``applies_skipped`` those beyond the bound; ``marks`` are places
        in the history: of ``concurrent`` updates, where they met (``merge``), and where one was lost (``gone``).
        """
        for operation in self._operations.open.values():
            if operation.update:
                self._contexts.made(operation)
        self._contexts.close()
        meetings = Meetings(self._contexts)
        found: list[Conflict] = []
        for key, applies in self._applies.items():
            found += meetings.of_key(key, applies)
        found.sort(key=lambda conflict: (conflict.rank, conflict.at_us))
        teller = Teller(self._header, self._contexts, self._faults)
        counts: dict[str, int] = {}
        for conflict in found:
            counts[conflict.outcome] = counts.get(conflict.outcome, 0) + 1
        return {
            "conflicts": [teller.told(conflict, self._survivors(conflict.key)) for conflict in found[:LISTED_MAX]],
            "total": len(found) + meetings.unlisted,
            "counts": counts,
            "commuting": meetings.commuting,
            "applies_skipped": self._skipped,
            "marks": self._marks(found),
        }

    def _marks(self, found: list[Conflict]) -> dict[str, list[int]]:
        """Where all conflicts are, listed or not: concurrent updates, where they met, where one was lost."""
        marks: dict[str, dict[int, None]] = {"concurrent": {}, "merge": {}, "gone": {}}
        for conflict in found:
            updates = [*conflict.others, conflict.update]
            for update in updates if len(updates) > 1 else []:
                first = self._contexts.about(conflict.key, update).first
                if first is not None:
                    marks["concurrent"][first.index] = None
            for meeting in conflict.meetings:
                costs = RANKS[meeting.outcome] == RANKS["overwritten"]
                marks["gone" if costs else "merge"][meeting.index] = None
        return {name: sorted(indices)[:MARKS_MAX] for name, indices in marks.items()}

    def _survivors(self, key: str) -> Survivors:
        """What each replica's last value keeps, and what every replica has applied or keeps."""
        last: dict[str, Applied] = {}
        applied: dict[str, RunSet] = {}
        for observation in self._applies[key]:
            body = observation.body
            assert isinstance(body, Applied)  # noqa: S101 - for the type
            if not body.update.endswith(INITIAL_SUFFIX):
                applied.setdefault(observation.node, RunSet()).add(body.update)
            last[observation.node] = body
        kept: dict[str, RunSet] = {}
        everywhere: RunSet | None = None
        for node in self._header.replicas:
            mine, final = applied.get(node, RunSet()), last.get(node)
            kept[node] = mine if final is None or final.kept is None else RunSet(final.kept)
            both = mine.union(kept[node])
            everywhere = both if everywhere is None else everywhere.minus(everywhere.minus(both))
        return Survivors(kept, everywhere or RunSet())
