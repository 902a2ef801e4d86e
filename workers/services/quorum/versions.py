"""What replicas of a quorum store of a key: a last-writer-wins register, or the siblings of a dotted version set.

States are the encoded forms of ``workers.crdts``, so that they travel and rest as they are. A *past* is the set of
updates that a value carries or descends from, as ``workers.model.updates`` writes it: what a client had seen when it
wrote, and the write itself. An update that a replica applied but does not show is in no past.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Protocol

from workers.crdts.causal import EMPTY, CausalContext
from workers.crdts.dvv_set import DVVSet
from workers.crdts.lww_register import LWWRegister
from workers.model.message import Json
from workers.model.updates import runs, update_of

Raw = list[Any]
"""An encoded state; never written: empty."""


class Written(NamedTuple):
    """What a write makes: the coordinator's own memory of the key from now on, the update's id, what to store."""

    own: Any
    update: str
    state: Raw


class Versions(Protocol):
    """How the versions of one type are made, joined and shown."""

    def put(self, own: Any, key: str, node: str, time: int, context: Json, value: Any) -> Written:
        """A write of ``value`` through the coordinator ``node`` by a client that had read ``context``."""
        ...

    def merge(self, left: Raw, right: Raw) -> Raw:
        """The newer of both, or what neither replaces; ``left`` itself if ``right`` has nothing to add."""
        ...

    def value(self, state: Raw) -> Any:
        """What a reader is shown."""
        ...

    def past(self, key: str, state: Raw) -> list[str]:
        """What the value descends from, itself included."""
        ...

    def context(self, key: str, state: Raw) -> Json:
        """What a client has to name with its next write of the key."""
        ...

    def absorb(self, record: Json | None, key: str, state: Raw) -> tuple[Json, list[str]] | None:
        """A replica's record with ``state``, and the updates that it had not applied; ``None`` if it knew it all."""
        ...

    def seen(self, key: str, records: Iterable[Json]) -> list[str]:
        """Everything that one of these replicas had applied to the key."""
        ...


class LastWriterWins:
    """One value: the write with the greatest (time, coordinator, update)."""

    def put(self, own: Any, key: str, node: str, time: int, context: Json, value: Any) -> Written:
        """Stamped with the coordinator's ``time``; its past is what the client had read."""
        number = (own or 0) + 1
        update = update_of(key, node, number)
        written, _ = LWWRegister().assign(node, [value, context.get("past", [])], time, update)
        return Written(number, update, written.encode())

    def merge(self, left: Raw, right: Raw) -> Raw:
        """The one with the greater stamp."""
        newer = LWWRegister.decode(left).merge(LWWRegister.decode(right))
        return left if not right or newer.encode() == left else right

    def value(self, state: Raw) -> Any:
        """The content of the last write."""
        return state[3][0] if state else None

    def past(self, key: str, state: Raw) -> list[str]:
        """The last write, and what its client had read."""
        if not state:
            return []
        return runs((state[2], *state[3][1])) if state[3][1] else [state[2]]

    def context(self, key: str, state: Raw) -> Json:
        """The past, and the greatest time in it."""
        return {"past": self.past(key, state), "time": state[0] if state else 0}

    def absorb(self, record: Json | None, key: str, state: Raw) -> tuple[Json, list[str]] | None:
        """Each write counts once, and the greater stamp is kept."""
        if not state:
            return None
        dot = (state[1], int(state[2].rpartition(".")[2]))
        if record is None:
            applied = EMPTY.with_dots((dot,))
            return {"state": state, "applied": applied.encode(), "version": 1}, [state[2]]
        applied = CausalContext.decode(record["applied"])
        if dot in applied:
            return None
        merged = self.merge(record["state"], state)
        encoded = applied.with_dots((dot,)).encode()
        return {"state": merged, "applied": encoded, "version": record["version"] + 1}, [state[2]]

    def seen(self, key: str, records: Iterable[Json]) -> list[str]:
        """Every write that was applied, kept or not."""
        applied = EMPTY
        for record in records:
            applied = applied.join(CausalContext.decode(record["applied"]))
        spans = [_span(key, node, 1, last) for node, last in applied.vector.items()]
        if not applied.cloud:
            return sorted(spans)
        return runs((*spans, *(update_of(key, node, number) for node, number in applied.cloud)))


class Siblings:
    """All values that no later write replaced; a write replaces what its client had read, nothing else."""

    def put(self, own: Any, key: str, node: str, time: int, context: Json, value: Any) -> Written:
        """With the coordinator's next dot; it keeps its own line of the set, so that its dots have no gap."""
        state, delta = DVVSet.decode(own or []).put(node, context.get("vector", {}), value)
        return Written(state.encode(), update_of(key, node, state.lines[node][0]), delta.encode())

    def merge(self, left: Raw, right: Raw) -> Raw:
        """What neither has replaced."""
        if not right:
            return left
        merged = DVVSet.decode(left).merge(DVVSet.decode(right)).encode()
        return left if merged == left else merged

    def value(self, state: Raw) -> Any:
        """The distinct siblings as a list, ``None`` if there was no write."""
        return DVVSet.decode(state).value() if state else None

    def past(self, key: str, state: Raw) -> list[str]:
        """Every write up to each coordinator's last: it is there, or was replaced by one that is."""
        return sorted(_span(key, node, 1, last) for node, last, _ in state if last)

    def context(self, key: str, state: Raw) -> Json:
        """The vector of the set, and the past that it stands for."""
        return {"past": self.past(key, state), "vector": {node: last for node, last, _ in state}}

    def absorb(self, record: Json | None, key: str, state: Raw) -> tuple[Json, list[str]] | None:
        """The new dots are those that live in ``state`` beyond what the record has heard of their coordinators."""
        before: Raw = record["state"] if record is not None else []
        merged = self.merge(before, state)
        if merged is before:
            return None
        known = {node: last for node, last, _ in before}
        updates = [
            update_of(key, node, number)
            for node, last, values in state
            for number in range(max(known.get(node, 0), last - len(values)) + 1, last + 1)
        ]
        version = (record["version"] if record is not None else 0) + len(updates)
        return {"state": merged, "version": version}, updates

    def seen(self, key: str, records: Iterable[Json]) -> list[str]:
        """What any of them shows, and what that replaced."""
        merged: Raw = []
        for record in records:
            merged = self.merge(merged, record["state"])
        return self.past(key, merged)


VERSIONS: Final[dict[str, Versions]] = {"lww-register": LastWriterWins(), "dvv-set": Siblings()}
"""By the name of the replicated type."""


def _span(key: str, node: str, first: int, last: int) -> str:
    return update_of(key, node, last) if first == last else f"{update_of(key, node, first)}-{last}"
