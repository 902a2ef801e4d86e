"""Dotted version vector set: the siblings of one key in a leaderless store, and the one clock of all of them.

Preguiça, Baquero, Almeida, Fonte, Gonçalves, "Dotted Version Vectors: Logical Clocks for Optimistic Replication"
(2010); the set form: Almeida, Baquero, Gonçalves, Preguiça, Fonte, "Scalable and Accurate Causality Tracking for
Eventually Consistent Stores" (DAIS 2014).

Rules
1. A write names the *client's* context, what it had read, and gets the *server's* next dot: the two are separate. So a
   write replaces exactly what its client saw, however many clients go through one server.
2. A write without context replaces nothing and becomes a sibling.
3. For each server the state keeps the number of its last write and the values of its latest writes, newest first; an
   older write has been replaced. That makes the clock of n siblings one vector, not n.

A delta is the server's own line and the context of the write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from workers.crdts.canonical import canonical, distinct
from workers.crdts.replicated import Replicated
from workers.crdts.version_vector import VersionVector

Line = tuple[int, tuple[Any, ...]]
"""The number of a server's last write, and the values of its latest writes that live, newest first."""

_NOTHING: Line = (0, ())


class DVVSet(Replicated, frozen=True, gc=False):
    """One line for each server."""

    lines: Mapping[str, Line] = {}

    def read(self) -> tuple[list[Any], dict[str, int]]:
        """What a client gets: the distinct siblings in canonical order, and the context for its next write."""
        return self.value(), {server: last for server, (last, _) in self.lines.items()}

    def put(self, server: str, context: VersionVector, content: Any) -> tuple[Self, Self]:
        """The state after a client that had read ``context`` wrote ``content`` through ``server``, and the delta."""
        seen = type(self)({replica: (number, ()) for replica, number in context.items() if number})
        synced = self.merge(seen)
        last, values = synced.lines.get(server, _NOTHING)
        line = {server: (last + 1, (canonical(content), *values))}
        return type(self)({**synced.lines, **line}), type(self)({**seen.lines, **line})

    def resolve(self, server: str, resolver: Callable[[list[Any]], Any]) -> tuple[Self, Self]:
        """Replace all siblings by ``resolver`` of them; as before, with an empty delta, if there are fewer than two."""
        siblings, context = self.read()
        return self.put(server, context, resolver(siblings)) if len(siblings) > 1 else (self, type(self)())

    def value(self) -> list[Any]:
        """The distinct siblings in canonical order."""
        return distinct([value for _, values in self.lines.values() for value in values])

    def sibling_count(self) -> int:
        """How many writes stand side by side, equal ones counted apart."""
        return sum(len(values) for _, values in self.lines.values())

    def merge(self, other: Self) -> Self:
        """The writes of both that neither has replaced."""
        lines = dict(self.lines)
        for server, line in other.lines.items():
            lines[server] = _merged(lines[server], line) if server in lines else line
        return type(self)(lines)

    def leq(self, other: Self) -> bool:
        """Whether ``other`` has, for each server, seen as many writes and replaced as many."""
        for server, (last, values) in self.lines.items():
            their_last, their_values = other.lines.get(server, _NOTHING)
            if last > their_last or last - len(values) > their_last - len(their_values):
                return False
        return True

    def encode(self) -> list[Any]:
        """Sorted ``[server, last, values]``."""
        return [[server, self.lines[server][0], list(self.lines[server][1])] for server in sorted(self.lines)]

    @classmethod
    def decode(cls, raw: list[Any]) -> Self:
        """The state of ``encode``."""
        return cls({server: (last, tuple(values)) for server, last, values in raw})


def _merged(left: Line, right: Line) -> Line:
    """Last writes count up and replaced writes count up; what lies between the two lives."""
    (last, values), (older, older_values) = (left, right) if left[0] >= right[0] else (right, left)
    replaced = max(last - len(values), older - len(older_values))
    return last, values[: last - replaced]
