"""What holds a client session together: which view serves it, and what it has seen of each order.

Rules
1. A token is a set of updates of one order, not a number: a view that has the asked-for count of facts need not have
   those facts, and one number over several partitions or writers says nothing about any of them.
2. A session's token of an order holds what it has written (acknowledged) and what its answers and mails have shown it:
   reads that ask for at least that are read-your-writes and monotonic, for each order.
3. Tokens are kept by order, beside the session's other records: what is forgotten first is the oldest order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from workers.model.message import Json, partition_of
from workers.model.node import State

Affinity = Literal["roaming", "sticky"]
Tokens = Literal["none", "position"]


class Sessions(NamedTuple):
    """``affinity``: the views serve in turn, or each session keeps its view. ``tokens``: whether reads carry one."""

    affinity: Affinity
    tokens: Tokens
    views: tuple[str, ...]

    def view(self, session: str, key: str, turn: int) -> str:
        """The view that serves the ``turn``-th read of an order."""
        place = partition_of(session, len(self.views)) if self.affinity == "sticky" else self._turn(key, turn)
        return self.views[place % len(self.views)]

    def token(self, state: State, key: str) -> list[str]:
        """The updates of an order that the session's next read of it asks for at least."""
        if self.tokens == "none":
            return []
        seen: list[str] = state.get(_seen(key), {}).get("seen", [])
        return seen

    def learn(self, state: State, key: str, updates: Iterable[str]) -> dict[str, Json]:
        """What to write when the session has seen these updates of an order: the token only grows."""
        if self.tokens == "none":
            return {}
        return {_seen(key): {"seen": sorted({*self.token(state, key), *updates})}}

    def _turn(self, key: str, turn: int) -> int:
        return partition_of(key, len(self.views)) + turn


def _seen(key: str) -> str:
    return f"{key}:seen"
