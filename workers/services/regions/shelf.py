"""A replica's keys: what it holds of each, what it shows, who waits for it, and what the history gets to see of it.

A key's record is ``{"entity": [content, updates], "told": ..., "waiting": ..., "done": ...}``: ``told`` is what the
protocol knows of the others, ``waiting`` the reads that wait for updates, ``done`` the last answer to each session.

Rules
1. Every update that is new to the replica is recorded as applied, with the value that the replica shows after the turn.
   If the value changes although no update is new, the last update of what was taken in counts as applied again.
2. Decoded contents are remembered by the identity of their encoded form, which is never changed in place: that is a
   matter of speed only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from workers.crdts.causal import CausalContext
from workers.crdts.replicated import Replicated
from workers.model.effects import CancelTimer, Effect, Observe, Send
from workers.model.message import Json
from workers.model.node import Context, State
from workers.model.observation import Applied
from workers.model.updates import update_of
from workers.services.regions.kinds import Entity
from workers.services.regions.tracked import INITIAL, Tracked, count, decoded, encoded, listed, new_dots

REMEMBERED_MAX: Final = 20_000


class Work:
    """What one step gathers: writes over a state, and effects."""

    __slots__ = ("context", "effects", "state", "writes")

    def __init__(self, state: State, context: Context) -> None:
        self.state = state
        self.context = context
        self.writes: dict[str, Json | None] = {}
        self.effects: list[Effect] = []

    def record(self, key: str) -> Json | None:
        """The record of ``key`` as this step has left it."""
        return self.writes[key] if key in self.writes else self.state.get(key)


class Held(msgspec.Struct, frozen=True, gc=False):
    """One key at one replica."""

    tracked: Tracked
    raw: list[Any]
    told: Json
    waiting: Mapping[str, Json]
    done: Mapping[str, Json]


class Shelf:
    """The keys of one region's replica."""

    def __init__(self, region: str, entities: Mapping[str, Entity], told: Json) -> None:
        self.region = region
        self.entities = entities
        self._told = told
        self._remembered: dict[int, tuple[list[Any], Tracked]] = {}
        self._beginnings: dict[str, Held] = {}

    def held(self, work: Work, key: str) -> Held:
        """What the replica holds of ``key``; before the first update, what every replica begins with."""
        record = work.record(key)
        if record is None:
            found = self._beginnings.get(key)
            if found is None:
                tracked = Tracked(cast("Replicated", self.entities[key].begin()))
                found = self._beginnings[key] = Held(tracked, self.encode(tracked), self._told, {}, {})
            return found
        raw = record["entity"]
        return Held(self.decode(key, raw), raw, record["told"], record.get("waiting", {}), record.get("done", {}))

    def begin(self, work: Work, key: str) -> None:
        """Record what the replica shows before any update."""
        entity, tracked = self.entities[key], self.held(work, key).tracked
        known = entity.kept(tracked.content)
        kept = None if known is None else listed(key, known)
        work.effects.append(
            Observe(Applied(key, entity.shown(tracked.content), update_of_initial(key), 0, kept)),
        )

    def keep(self, work: Work, key: str, held: Held, told: Json, waiting: Mapping[str, Json] | None = None) -> None:
        """Write what the protocol knows, or who waits; the entity stays as it is."""
        self._write(work, key, held.raw, told, held.waiting if waiting is None else waiting, held.done)

    def put(
        self,
        work: Work,
        key: str,
        held: Held,
        tracked: Tracked,
        told: Json,
        taken: CausalContext,
        done: Mapping[str, Json] | None = None,
    ) -> list[Any]:
        """The key has become ``tracked`` by taking in ``taken``: write it, record it, and answer who waited for it."""
        entity = self.entities[key]
        before, after = held.tracked, tracked
        fresh = new_dots(before.updates, after.updates)
        value = entity.shown(after.content)
        if not fresh and value != entity.shown(before.content):
            fresh = (new_dots(CausalContext({}, frozenset()), taken) or [("", 0)])[-1:]
        if fresh:
            known = entity.kept(after.content)
            kept = None if known is None else listed(key, known)
            first = max(0, count(after.updates) - len(fresh))
            for place, (origin, number) in enumerate(fresh, 1):
                update = update_of(key, origin, number) if number else update_of_initial(key)
                work.effects.append(Observe(Applied(key, value, update, first + place, kept)))
        raw = self.encode(tracked)
        waiting = self._answer_waiting(work, key, tracked, held.waiting) if held.waiting else held.waiting
        self._write(work, key, raw, told, waiting, held.done if done is None else done)
        return raw

    def answer(self, key: str, tracked: Tracked, op: str) -> Json:
        """The answer to a read of ``key``."""
        entity = self.entities[key]
        known = entity.kept(tracked.content)
        return {
            "op": op,
            "outcome": "ok",
            "value": entity.shown(tracked.content),
            "seen": listed(key, tracked.updates),
            "updates": encoded(tracked.updates),
            "kept": None if known is None else encoded(known),
            "context": entity.form.context(tracked.content),
        }

    def encode(self, tracked: Tracked) -> list[Any]:
        """``[content, updates]`` as builtins."""
        raw = [tracked.content.encode(), encoded(tracked.updates)]
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[id(raw)] = raw, tracked
        return raw

    def decode(self, key: str, raw: list[Any]) -> Tracked:
        """The inverse of ``encode``."""
        found = self._remembered.get(id(raw))
        if found is not None:
            return found[1]
        form = self.entities[key].form
        kind = form.operations if self.entities[key].by_operations else form.state
        tracked = Tracked(cast("Any", kind).decode(raw[0]), decoded(raw[1]))
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[id(raw)] = raw, tracked
        return tracked

    def _answer_waiting(
        self, work: Work, key: str, tracked: Tracked, waiting: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        still: dict[str, Json] = {}
        for op, read in waiting.items():
            if decoded(read["must"]).leq(tracked.updates):
                answer = self.answer(key, tracked, op)
                work.effects += [answer_to(read, key, "KeyRead", answer), CancelTimer(f"wait:{op}")]
            else:
                still[op] = read
        return still

    def _write(
        self,
        work: Work,
        key: str,
        raw: list[Any],
        told: Json,
        waiting: Mapping[str, Json],
        done: Mapping[str, Json],
    ) -> None:
        record: Json = {"entity": raw, "told": told}
        if waiting:
            record["waiting"] = waiting
        if done:
            record["done"] = done
        work.writes[key] = record


def update_of_initial(key: str) -> str:
    """The id under which what a key begins with is applied."""
    return f"{key}@{INITIAL}"


def answer_to(way_back: Json, key: str, type: str, data: Json) -> Send:
    """An answer that goes where ``way_back`` says."""
    return Send(way_back["reply_topic"], type, key, data, partition_key=way_back["reply_key"])
