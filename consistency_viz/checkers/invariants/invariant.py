"""What an invariant is to the checker ``invariants``: it looks on, and says at the end how many there were to judge."""

from __future__ import annotations

from typing import Protocol

from consistency_viz.checkers.findings import Findings
from consistency_viz.checkers.operations import Operation
from workers.model.observation import Observation


class Invariant(Protocol):
    """One rule about what the replicas show and the clients were told."""

    findings: Findings

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """The next observation, with the operation that begins or ends in it."""
        ...

    def retire(self, key: str) -> None:
        """Judge ``key`` as it stands, count it and keep nothing of it (``live``)."""
        ...

    def finish(self) -> int:
        """The history is over. Returns for how many entities the rule could be judged; 0: it does not apply."""
        ...
