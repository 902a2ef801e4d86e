"""Broken: a map whose nested counters keep one accumulating dot for each replica, to save space.

Removing a name takes away the dots seen. A concurrent increment has replaced its replica's dot by a new one that holds
the old total too, so everything that replica ever added comes back: 10 removed while 5 are added gives 15, not 5
(Baquero, Almeida, Lerche, "The problem with embedded CRDT counters", 2016). Right: ``or_map``.
"""

from __future__ import annotations

from workers.crdts.dot_store import Write
from workers.crdts.or_map import ORMap


class AccumulatingMap(ORMap, frozen=True, gc=False):
    """A map with cheap counters."""

    def increment(self, replica: str, name: str, by: int = 1) -> tuple[AccumulatingMap, AccumulatingMap]:
        """Add ``by`` to what this replica's dot holds, under a new dot."""
        key = "counter:" + name
        own = {dot: held for dot, held in self.entries.get(key, {}).items() if dot[0] == replica}
        return self._written(replica, Write(key, True, sum(own.values()) + by, tuple(own)))
