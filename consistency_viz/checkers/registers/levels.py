"""Isolation levels of registers by saturation: read committed, read atomic, transactional causal consistency.

Source: Biswas and Enea, "On the complexity of checking transactional consistency" (OOPSLA 2019); Ahamad, Neiger, Burns,
Kohli and Hutto, "Causal memory" (1995). A level holds if for each session some total order of all transactions contains
session order and reads-from and obeys the level's axiom for what that session read: if t3 reads x from t1, and t2,
which also writes x, is visible to t3, then t2 comes before t1. Visible is, at

- read committed: what t3 has read from before that read, in its own order;
- read atomic: what t3 reads from at all, and what comes before it in its session;
- causal: what comes before t3 in the closure of session order and reads-from.

So sessions may disagree about the order of writes that do not depend on each other, as Jepsen's page on causal
consistency has it, and none may disagree with itself (CyclicHB). Biswas and Enea ask for one order for all sessions,
which is causal *convergence* (Bouajjani et al., POPL 2017): what has none is told apart, in ``disagreements``
(CyclicCF).

The premises never mention the order that is sought, so one pass of forced edges and one search for cycles decide. Of
the visible writers only the last in each lane needs an edge: session order supplies the others.

Beside the axioms every level refuses aborted, intermediate and thin-air reads, reads that contradict their own
transaction's writes, and cycles of session order and reads-from (CyclicCO). Lists are judged beside the registers, in
one causal order with them (``registers.lists``, ``registers.list_levels``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

import msgspec

from consistency_viz.checkers.evidence import Evidence
from consistency_viz.checkers.registers.components import components, in_turn
from consistency_viz.checkers.registers.list_levels import VisibleAppends, lost_appends, read_edges, version_edges
from consistency_viz.checkers.registers.log import NoSource, Read

LEVELS: Final = ("read-committed", "read-atomic", "causal")
"""Weakest first."""

STEPS_MAX: Final = 20_000_000
"""Operations that the searches for cycles of one session may visit in one history; what is left then is unjudged."""


class Anomaly(msgspec.Struct, frozen=True):
    """What breaks a level: its pattern, the operations that prove it, and the key where there is one.

    ``read``, ``source`` and ``missed`` are t3, t1 and t2 of an axiom; -1 where the pattern has none.
    """

    pattern: str
    operations: tuple[int, ...]
    key: str = ""
    read: int = -1
    source: int = -1
    missed: int = -1


class Levels:
    """``broken`` maps each level to what breaks it and nothing weaker; ``reads`` were judged, ``unjudged`` not.

    ``disagreements`` are orders of writes on which sessions disagree, each of them right by itself.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.registers = registers = evidence.registers
        self.broken: dict[str, list[Anomaly]] = {level: [] for level in LEVELS}
        self.disagreements: list[Anomaly] = []
        self.reads = self.unjudged = 0
        self._steps = 0
        self.lists = evidence.lists
        self._order = evidence.order
        self._appends = VisibleAppends(registers, self.lists, self._order.sessions)
        seen = {read.source for reads in registers.reads for read in reads} | self.lists.happened
        self._happened = [op.outcome == "ok" or n in seen for n, op in enumerate(registers.ops)]
        self._simple()
        if self._order.cycles:
            self.broken["read-committed"] += [Anomaly("CyclicCO", tuple(c)) for c in self._order.cycles]
            return
        self._facts: list[list[int]] = self._order.direct  # who comes before whom, whatever sessions read
        self._writes = evidence.writes
        known: set[tuple[int, int, str, int]] = set()
        forced: dict[tuple[int, int], tuple[int, str]] = {}
        for level in LEVELS:
            self._lists(level)
            self._saturate(level, known, forced)

    def _lists(self, level: str) -> None:
        """What breaks ``level`` of the lists, and nothing weaker."""
        if not self.lists.order:
            return
        found = self.broken[level]
        known = {a.operations for earlier in self.broken.values() for a in earlier if a.pattern == "LostAppend"}
        past = (self._order.past(number) for number in self.lists.reads)
        for one in lost_appends(level, self.registers, self.lists, self._appends, past):
            if (one.missed, one.read.number) not in known:
                involved = (one.missed, one.read.number)
                found.append(Anomaly("LostAppend", involved, one.read.key, one.read.number, -1, one.missed))
        versions = version_edges(self.lists, self._happened)
        nothing: list[list[int]] = [[] for _ in self._order.direct]
        if level == "read-committed":
            for cycle, _ in _circles(nothing, versions):
                found.append(_cyclic("G0", cycle, versions, self._numbers))
            if not any(anomaly.pattern == "G0" for anomaly in found):
                both = read_edges(self.lists) | versions
                found += [_cyclic("G1c", cycle, both, self._numbers) for cycle, _ in _circles(nothing, both)]
        elif level == "causal" and not any(a.pattern in {"G0", "G1c"} for a in self.broken["read-committed"]):
            circles = list(_circles(self._order.direct, versions))
            found += [_cyclic("G1cSession", cycle, versions, self._numbers) for cycle, _ in circles]
            if not circles:
                self._facts = _with(self._order.direct, versions)

    @property
    def _numbers(self) -> Sequence[int]:
        """By place in ``order.direct`` the operation, -1 for a version of a list."""
        n = len(self.registers.ops)
        return [*range(n), *[-1] * (len(self._order.direct) - n)]

    def _simple(self) -> None:
        found = self.broken["read-committed"]
        self.reads += self.lists.judged
        self.unjudged += self.lists.unjudged
        found += [Anomaly(one.pattern, one.operations, one.key, one.operations[-1]) for one in self.lists.anomalies]
        found += [Anomaly("InternalRead", (one.number,)) for one in self.registers.inconsistent]
        self.reads += len(self.registers.inconsistent)
        for _, read in self.registers.answered():
            self.unjudged += read.source == NoSource.UNKNOWN
            self.reads += read.source != NoSource.UNKNOWN
        every = ((n, read) for n, reads in enumerate(self.registers.reads) if self._happened[n] for read in reads)
        for number, read in every:
            if read.source == NoSource.ABORTED:
                found.append(Anomaly("AbortedRead", (number,), read.key, number))
            elif read.source == NoSource.THIN_AIR:
                found.append(Anomaly("ThinAirRead", (number,), read.key, number))
            elif read.is_intermediate:
                found.append(Anomaly("IntermediateRead", (read.source, number), read.key, number, read.source))

    def _saturate(
        self, level: str, known: set[tuple[int, int, str, int]], forced: dict[tuple[int, int], tuple[int, str]]
    ) -> None:
        """Add the edges that ``level`` forces to ``forced`` and note what they break."""
        found = self.broken[level]
        added: set[tuple[int, int]] = set()
        for number, reads in enumerate(self.registers.reads):
            if not reads or not self._happened[number]:
                continue
            for read in reads:
                if read.source < NoSource.INITIAL:
                    continue
                for visible in self._visible(level, number, read, reads):
                    edge = (visible, read.source, read.key, number)
                    if visible in {read.source, number} or edge in known:
                        continue
                    known.add(edge)
                    if read.source < 0 or self._order.is_before(read.source, visible):
                        found.append(self._missed(read, number, visible))
                    else:
                        added.add((visible, read.source))
                        forced.setdefault((visible, read.source), (number, read.key))
        if forced and not found and (added or self._facts is not self._order.direct):
            self._cycles(forced, known, found)

    def _visible(self, level: str, number: int, read: Read, reads: tuple[Read, ...]) -> Iterable[int]:
        """The writers of the read's key that are visible; of a lane at least the last."""
        written, key = self.registers.written, read.key
        listed = self.lists.reads.get(number, ())
        if level == "read-committed":
            sources = {r.source for r in reads if r.place < read.place and r.source >= 0 and key in written[r.source]}
            return sources.union(*(self._appends.writers(key, one) for one in listed if one.place < read.place))
        if level == "read-atomic":
            direct = {r.source for r in reads if r.source >= 0 and key in written[r.source]}
            direct.update(*(self._appends.writers(key, one) for one in listed))
            sessions = self._order.sessions
            before = {sessions.lane[n]: sessions.seq[n] for n in sessions.before[number]}
            return {*direct, *self._writes.last(key, before)}
        return self._writes.last(key, self._order.past(number))

    def _missed(self, read: Read, number: int, missed: int) -> Anomaly:
        pattern = "WriteCOInitRead" if read.source < 0 else "WriteCORead"
        involved = (missed, number) if read.source < 0 else (read.source, missed, number)
        return Anomaly(pattern, involved, read.key, number, read.source, missed)

    def _cycles(
        self,
        forced: dict[tuple[int, int], tuple[int, str]],
        known: set[tuple[int, int, str, int]],
        found: list[Anomaly],
    ) -> None:
        """Add to ``found`` the cycles of one session, and keep as ``disagreements`` those of several."""
        self.disagreements = []
        for cycle, members in _circles(self._facts, forced):
            own = self._of_one_session(members, known)
            found += own
            if not own:
                self.disagreements.append(_cyclic("CyclicCF", cycle, forced, self._numbers))

    def _of_one_session(self, members: list[int], known: set[tuple[int, int, str, int]]) -> list[Anomaly]:
        inside = {number: place for place, number in enumerate(sorted(members))}
        sessions: dict[str, dict[tuple[int, int], tuple[int, str]]] = {}
        for before, after, key, reader in sorted(known):
            if before in inside and after in inside:
                forced = sessions.setdefault(self.registers.ops[reader].session, {})
                forced.setdefault((inside[before], inside[after]), (reader, key))
        direct = [[inside[b] for b in self._facts[number] if b in inside] for number in inside]
        known_as = self._numbers
        numbers = [known_as[number] for number in inside]
        found = []
        for forced in sessions.values():
            self._steps += len(inside)
            if self._steps > STEPS_MAX:
                self.unjudged += 1
                break
            found += [_cyclic("CyclicHB", cycle, forced, numbers) for cycle, _ in _circles(direct, forced)]
        return found


def _circles(
    direct: list[list[int]], forced: dict[tuple[int, int], tuple[int, str]]
) -> Iterator[tuple[list[int], list[int]]]:
    """(a short cycle, all that are in such cycles together), of what comes before what by itself and by force."""
    predecessors = _with(direct, forced)
    if in_turn(predecessors) is not None:
        return
    for members in components(predecessors):
        if len(members) > 1:
            yield _shortest_cycle(predecessors, members), members


def _with(direct: list[list[int]], more: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The predecessors of each, with more of them."""
    predecessors = [list(before) for before in direct]
    for before, after in more:
        predecessors[after].append(before)
    return predecessors


def _cyclic(
    pattern: str, cycle: list[int], forced: dict[tuple[int, int], tuple[int, str]], numbers: Sequence[int]
) -> Anomaly:
    """The cycle, given by places in ``numbers``, and whose reads forced it."""
    edges = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    readers = [forced[edge][0] for edge in edges if edge in forced]
    involved = dict.fromkeys(chain((numbers[place] for place in cycle), readers))
    return Anomaly(pattern, tuple(number for number in involved if number >= 0))


def _shortest_cycle(predecessors: list[list[int]], members: list[int]) -> list[int]:
    """A short cycle among ``members``, in its own order: breadth first from a few of them."""
    inside = set(members)
    best: list[int] = []
    for start in sorted(members)[:16]:
        came: dict[int, int] = {}
        queue = [start]
        for node in queue:
            if start in came:
                break
            for before in predecessors[node]:
                if before in inside and before not in came:
                    came[before] = node
                    queue.append(before)
        cycle, node = [start], came[start]
        while node != start:
            cycle.append(node)
            node = came[node]
        if not best or len(cycle) < len(best):
            best = cycle
    return best
