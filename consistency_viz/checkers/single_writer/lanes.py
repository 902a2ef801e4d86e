"""Who writes one partition of a stream, instance by instance.

A lane is what one node sends to one partition of one topic. One instance at a time writes it:

- *Interleaved*: A, B, A under one epoch of A, while no instance of the node came or went. That A wrote, left, and came
  back later is a hand-over, and so is whatever lies on the two sides of a change of the node's instances.
- *Too late*: an instance wrote under an epoch that was over, since it had left, was lost, or had begun a later one.
"""

from __future__ import annotations

from typing import Final

import msgspec

from consistency_viz.checkers.verdict import WITNESSES_MAX
from workers.model.observation import Changed, Observation, Sent

LANES_MAX: Final = 10_000
OWNERS_MAX: Final = 64
"""Instances that are told apart in one lane between two changes of its node."""

Place = tuple[str, int, str]
"""Topic, partition, node."""
Owner = tuple[str, int]
"""Instance and epoch."""


class Write(msgspec.Struct, frozen=True):
    """One message that was sent, and by whom."""

    owner: Owner
    index: int
    at_us: int
    message: str
    key: str


class Ended(msgspec.Struct, frozen=True):
    """What ended an epoch of an instance, or began the next one."""

    epoch: int
    index: int
    at_us: int
    state: str
    reason: str


class Interleaved(msgspec.Struct, frozen=True):
    """``first`` and ``last`` are of one instance, ``between`` is of another."""

    place: Place
    first: Write
    between: Write
    last: Write


class TooLate(msgspec.Struct, frozen=True):
    """``write`` came after ``ended``."""

    place: Place
    ended: Ended
    write: Write


class _Lane:
    """The last write of each owner since the node's instances changed for the last time."""

    __slots__ = ("change", "last", "n", "writes")

    def __init__(self) -> None:
        self.n = 0
        self.change = -1
        self.writes: dict[Owner, Write] = {}
        self.last: Write | None = None


class Lanes:
    """Follows every lane of a history; which of the topics are declared is asked later.

    ``found`` has by topic and node how often something was wrong, and the first times. Memory: lanes and instances.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], tuple[int, list[Interleaved | TooLate]]] = {}
        self.skipped = 0
        self._lanes: dict[Place, _Lane] = {}
        self._changes: dict[str, int] = {}
        self._up: dict[tuple[str, str], Ended] = {}
        self._over: dict[tuple[str, str], Ended] = {}

    def change(self, observation: Observation, body: Changed) -> None:
        """An instance came or went. A refused commit (``fenced``) changes nothing: its epoch was over before."""
        if body.state == "fenced":
            return
        self._changes[observation.node] = self._changes.get(observation.node, 0) + 1
        name = observation.node, body.instance
        known = self._up.get(name)
        if known is not None and body.epoch < known.epoch:
            return  # word of an epoch that was replaced already
        ended = Ended(body.epoch, observation.index, observation.at_us, body.state, body.reason)
        if body.state == "up":
            self._up[name] = ended
            self._over.pop(name, None)
        else:
            self._over[name] = ended

    def send(self, observation: Observation, body: Sent) -> None:
        """A message of which the history says who sent it, and to which partition."""
        if body.partition < 0 or not body.instance:
            return
        place = body.topic, body.partition, observation.node
        lane = self._lanes.get(place)
        if lane is None:
            if len(self._lanes) >= LANES_MAX:
                self.skipped += 1
                return
            lane = self._lanes[place] = _Lane()
        lane.n += 1
        write = Write((body.instance, body.epoch), observation.index, observation.at_us, body.message, body.key)
        if (ended := self._ended(observation.node, body)) is not None:
            self._add(place, TooLate(place, ended, write))
        else:
            self._follow(place, lane, write)

    def partitions(self, topics: frozenset[str]) -> dict[str, dict[str, dict[str, int]]]:
        """Messages by topic, partition and node."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for (topic, partition, node), lane in sorted(self._lanes.items()):
            if topic in topics:
                found.setdefault(topic, {}).setdefault(str(partition), {})[node] = lane.n
        return found

    def _ended(self, node: str, body: Sent) -> Ended | None:
        name = node, body.instance
        over, up = self._over.get(name), self._up.get(name)
        if over is not None and body.epoch <= over.epoch:
            return over
        return up if up is not None and body.epoch < up.epoch else None

    def _follow(self, place: Place, lane: _Lane, write: Write) -> None:
        change = self._changes.get(place[2], 0)
        if change != lane.change:
            lane.change = change
            lane.writes.clear()
            lane.last = None
        last, earlier = lane.last, lane.writes.get(write.owner)
        if last is not None and earlier is not None and last.owner != write.owner:
            self._add(place, Interleaved(place, earlier, last, write))
        if earlier is None and len(lane.writes) >= OWNERS_MAX:
            self.skipped += 1
            return
        lane.writes[write.owner] = lane.last = write

    def _add(self, place: Place, one: Interleaved | TooLate) -> None:
        count, first = self.found.get((place[0], place[2]), (0, []))
        if len(first) < WITNESSES_MAX:
            first.append(one)
        self.found[place[0], place[2]] = count + 1, first
