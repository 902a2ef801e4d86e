"""What the updates of a history descend from, as far as the history says.

An update descends from what the replica that took it had applied (``after``), from what its client had seen (``base``),
and from what came along with it: updates that a value keeps and that its replica had not applied before (``kept``). The
past is closed: what a past update descends from is in it too.

Memory: the lists that acknowledged updates came with, and closed pasts of those that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from consistency_viz.checkers.run_set import RunSet
from workers.model.observation import Applied

_EMPTY = RunSet()
_NOWHERE: dict[str, RunSet] = {}


class Pasts:
    """Causal pasts by key and update. Everything is to be learnt before the first question."""

    def __init__(self) -> None:
        self.begins_late = False
        """Whether lists name updates of which nothing was learnt, by the thousand (``chapters``)."""
        self._direct: dict[str, dict[str, RunSet | list[str]]] = {}
        self._closed: dict[tuple[str, str], RunSet] = {}
        self._applied: dict[str, dict[str, RunSet]] = {}  # by key and node

    def learn(self, key: str, update: str, *lists: list[str] | None) -> None:
        """``update`` of ``key`` descends from what is listed."""
        known = [listed for listed in lists if listed]
        if not known:
            return
        directs = self._direct.setdefault(key, {})
        before = directs.get(update)
        if before is None and len(known) == 1:
            directs[update] = known[0]
            return
        both = RunSet() if before is None else _set(before)
        for listed in known:
            both = both.union(RunSet(listed))
        directs[update] = both

    def apply(self, node: str, body: Applied) -> None:
        """A replica applied an update; what its value keeps beyond what was applied there came with this update."""
        nodes = self._applied.get(body.key)
        if nodes is None:
            nodes = self._applied[body.key] = {}
        applied = nodes.get(node)
        if applied is None:
            applied = nodes[node] = RunSet()
        applied.add(body.update)
        if body.kept is None:
            return
        carried = RunSet(body.kept).minus(applied)
        if carried:
            directs = self._direct.setdefault(body.key, {})
            directs[body.update] = _set(directs.get(body.update, _EMPTY)).union(carried)

    def forget(self, key: str, updates: Iterable[str] | None = None) -> None:
        """Keep nothing of what some updates descend from, or of a key at all (``live``)."""
        if updates is None:
            self._applied.pop(key, None)
        directs = self._direct.get(key, {})
        for update in list(directs if updates is None else updates):
            directs.pop(update, None)
            self._closed.pop((key, update), None)
        if not directs:
            self._direct.pop(key, None)

    def applied(self, node: str, key: str) -> RunSet:
        """What ``node`` has applied to ``key`` so far."""
        return self._applied.get(key, _NOWHERE).get(node, _EMPTY)

    def past(self, key: str, update: str) -> RunSet:
        """All that ``update`` descends from, closed; without itself unless the history lists a cycle."""
        directs = self._direct.get(key)
        if directs is None or update not in directs:
            return _EMPTY
        if (key, update) not in self._closed:
            self._walk(key, update, directs)
        return self._closed[key, update]

    def close(self, key: str, updates: RunSet) -> RunSet:
        """``updates`` and all that they descend from."""
        if key not in self._direct:
            return updates
        found, rest = self._split(key, updates)
        while rest:
            update = rest.newest()
            found = found.union(self.past(key, update))
            found.add(update)
            rest = rest.minus(found)
        return found

    def _split(self, key: str, updates: RunSet) -> tuple[RunSet, RunSet]:
        """(those that descend from nothing that is known, the others), as far as it is worth the trouble."""
        if not self.begins_late:
            return RunSet(), updates
        unknown = updates.minus(RunSet(self._direct[key]))
        return unknown, updates.minus(unknown)

    def _walk(self, key: str, update: str, directs: dict[str, RunSet | list[str]]) -> None:
        """Close the past of ``update`` and of all that it needs, what lies on one cycle together (Tarjan 1972)."""
        opened = _Opened(update)
        while opened.path:
            newest = opened.path[-1]
            waits_for = self._look(key, newest, directs, opened)
            if waits_for is not None:
                opened.begin(waits_for)
                continue
            opened.path.pop()
            members = opened.over(newest)
            if members:
                found = opened.found.pop(newest)
                for member in members[1:]:
                    found = found.union(opened.found.pop(member))
                for member in members:
                    self._closed[key, member] = found

    def _look(self, key: str, update: str, directs: dict[str, RunSet | list[str]], opened: _Opened) -> str | None:
        """What one update descends from as far as that is closed, or whose past is needed first.

        The newest of a run comes first, and what its past contains needs no look: that is why runs stay cheap.
        """
        found, rest = self._split(key, _set(directs[update]))
        low = opened.place[update]
        while rest:
            parent = rest.newest()
            if parent in opened.place:
                low = min(low, opened.low.get(parent, opened.place[parent]))
            elif parent in directs and (key, parent) not in self._closed:
                return parent
            found = found.union(self._closed.get((key, parent), _EMPTY))
            found.add(parent)
            rest = rest.minus(found)
        opened.found[update], opened.low[update] = found, low
        return None


class _Opened:
    """The updates whose pasts are being closed: ``path`` leads to the one looked at; those left may be on a cycle."""

    def __init__(self, update: str) -> None:
        self.path: list[str] = []
        self.place: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.found: dict[str, RunSet] = {}
        self._waiting: list[str] = []
        self.begin(update)

    def begin(self, update: str) -> None:
        self.place[update] = len(self._waiting)
        self._waiting.append(update)
        self.path.append(update)

    def over(self, update: str) -> list[str]:
        """``update`` and all that lie on cycles with it; none while one that began before it does."""
        first = self.place[update]
        if self.low[update] < first:
            return []
        members = self._waiting[first:]
        del self._waiting[first:]
        for member in members:
            del self.place[member], self.low[member]
        return members


def _set(listed: RunSet | list[str]) -> RunSet:
    return listed if isinstance(listed, RunSet) else RunSet(listed)
