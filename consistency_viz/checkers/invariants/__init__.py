"""The checker ``invariants``: does what the replicas show, and what clients were told, make sense?

Convergence is not correctness: replicas can agree on an oversold stock, on a wrong total, on an order both validated
and rejected. Each invariant is one small class and one line of ``INVARIANTS``; it judges what it finds in the history
and does not apply to the rest.

``failed``: some invariant is broken, with the operations and states that break it. ``passed``: some apply, and hold.
``unknown``: none applies. Metrics: for each, over how many entities it was judged (n) and how many broke it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from consistency_viz.checkers.findings import in_words
from consistency_viz.checkers.invariants.elements import Resurrection, Vanished
from consistency_viz.checkers.invariants.invariant import Invariant
from consistency_viz.checkers.invariants.orders import AfterRejection, Money, OneVerdict
from consistency_viz.checkers.invariants.oversell import Oversell
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.operations import Operations
from consistency_viz.checkers.verdict import WITNESSES_MAX, Result, Verdict, Witness
from workers.model.history import Header
from workers.model.observation import Effected, Observation, Sent

INVARIANTS: Final[Mapping[str, Callable[[int], Invariant]]] = {
    "oversell": Oversell,
    "money": Money,
    "one-verdict": OneVerdict,
    "resurrection": Resurrection,
    "vanished": Vanished,
    "after-rejection": AfterRejection,
}
"""By name, each made with the run's start in microseconds."""


class Invariants:
    """The registered checker. Memory: entities, and operations on the elements of sets; live, those not put away."""

    name: Final = "invariants"
    kinds: Final = APPLIES_AND_OPERATIONS | {Sent, Effected}

    def __init__(self, header: Header) -> None:
        self._operations = Operations()
        self._invariants = {name: make(header.started_us) for name, make in INVARIANTS.items()}

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        operation = self._operations.observe(observation)
        for invariant in self._invariants.values():
            invariant.observe(observation, operation)

    def retire(self, key: str) -> bool:
        """Put a key away (``live``), unless the next apply may put right what is wrong with it."""
        if not all(one.is_kept(key) for one in self._invariants.values() if isinstance(one, Resurrection | Vanished)):
            return False
        for invariant in self._invariants.values():
            invariant.retire(key)
        return True

    def trim(self) -> int:
        """Put away elements of sets that are gone."""
        return sum(one.trim() for one in self._invariants.values() if isinstance(one, Resurrection | Vanished))

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        judged = {name: invariant.finish() for name, invariant in self._invariants.items()}
        broken = {name: invariant.findings.count for name, invariant in self._invariants.items()}
        metrics = {name: {"n": max(n, broken[name]), "violations": broken[name]} for name, n in judged.items()}
        found = []
        for invariant in self._invariants.values():
            result = invariant.findings.result(self.name, Verdict.FAILED, "", {})
            found.append(list(result.witnesses))
        witnesses = _in_turn(found)[:WITNESSES_MAX]
        total = sum(broken.values())
        if total:
            names = ", ".join(f"{name} {count:,}" for name, count in broken.items() if count)
            reason = f"{in_words(total, 'entity', 'entities')} broke an invariant: {names}"
            return Result(self.name, Verdict.FAILED, reason, witnesses, total - len(witnesses), metrics)
        if not any(judged.values()):
            reason = "no invariant applies to this history"
            return Result(self.name, Verdict.UNKNOWN, reason, metrics=metrics, applicable=False)
        names = ", ".join(name for name, n in judged.items() if n)
        return Result(self.name, Verdict.PASSED, f"what was shown and told makes sense: {names}", metrics=metrics)


def _in_turn(lists: list[list[Witness]]) -> list[Witness]:
    """The first of each list, then the second of each, and so on."""
    return [entries[i] for i in range(max(map(len, lists), default=0)) for entries in lists if i < len(entries)]
