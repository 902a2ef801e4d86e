"""The faults of a live run as its own stream tells them: which hold, which are over, and which are due to come or go.

A fault, scheduled or injected, begins and ends with an entry of the stream: the entry's id is the moment, to the
microsecond, and the same for everybody. An instance reads the stream in one command with its topics, so it knows of a
fault before any message that was sent under it.
"""

from __future__ import annotations

from typing import Any, Final

import redis

from workers.cluster.faults import FOREVER_US, Fault, began, ended, targets_of
from workers.cluster.plan import Plan
from workers.cluster.schema.faults import Crash, FaultSettings, Pause, one_fault
from workers.model.codec import pack, unpack
from workers.model.observation import Turn
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import Scripts, head_keys

FAULTS_OF_RUN_MAX: Final = 120
"""So many faults a run takes: their begins and ends fit one read of the stream."""


class FaultFeed:
    """What one reader of the stream knows."""

    def __init__(self, plan: Plan, started_us: int) -> None:
        self._plan = plan
        self._started_us = started_us
        self.faults: dict[str, Fault] = {}
        self.last_id = "0-0"
        self._next_us: int | None = None
        self._look_ahead()

    def take(self, entries: list[Any]) -> None:
        """Entries of the stream, in order, as the server returns them."""
        for raw_id, fields in entries:
            self.last_id = raw_id.decode()
            at_us = int(self.last_id.partition("-")[0])
            fault_id, settings = unpack(fields[1] if isinstance(fields, list) else fields[b"f"])
            if settings is None:
                if fault_id in self.faults:
                    self.faults[fault_id] = self.faults[fault_id]._replace(end_us=at_us)
            else:
                self.faults[fault_id] = Fault(fault_id, one_fault.validate_python(settings), at_us)
        self._look_ahead()

    def due_in_us(self, now_us: int) -> int | None:
        """How long until a fault is due to begin or to end; ``None``: none is."""
        return None if self._next_us is None else max(0, self._next_us - now_us)

    def due(self, now_us: int) -> list[tuple[str, FaultSettings, bool]]:
        """What is due and not known to have happened: id, settings, and whether it begins; ends come first."""
        found = [(at_us, begins, fault) for at_us, begins, fault in self._coming() if at_us <= now_us]
        found.sort(key=lambda row: row[:2])
        return [(fault.id, fault.settings, begins) for _, begins, fault in found]

    def _coming(self) -> list[tuple[int, bool, Fault]]:
        coming = [(self._started_us + f.begin_us, True, f) for f in self._plan.faults if f.id not in self.faults]
        coming += [
            (fault.begin_us + round(fault.settings.for_s * 1e6), False, fault)
            for fault in self.faults.values()
            if fault.end_us == FOREVER_US and fault.settings.for_s is not None
        ]
        return coming

    def _look_ahead(self) -> None:
        self._next_us = min((at_us for at_us, _, _ in self._coming()), default=None)


def tell(scripts: Scripts, keys: RunKeys, plan: Plan, fault_id: str, settings: FaultSettings, *, begins: bool) -> Any:
    """Let a fault begin or end now, unless that has happened; the script's reply."""
    fault = Fault(fault_id, settings, 0)
    targets = targets_of(settings, plan.subscribers, plan.publishes)
    body = (began if begins else ended)(fault, targets)
    plain = settings.model_dump(mode="json", exclude_none=True) if begins else None
    stops = settings.node if isinstance(settings, Pause | Crash) else ""
    arguments = [
        fault_id,
        "began" if begins else "ended",
        pack((fault_id, plain)),
        pack(Turn("", "", 0, [body])),
        stops,
        "1" if isinstance(settings, Crash) else "0",
        FAULTS_OF_RUN_MAX,
    ]
    return scripts.fault([*head_keys(keys), keys.faults], arguments)


def read_all(client: redis.Redis, keys: RunKeys, feed: FaultFeed) -> FaultFeed:
    """Bring a feed up to what the stream has now."""
    entries: list[Any] = client.xrange(keys.faults, min=f"({feed.last_id}")  # type: ignore[assignment]
    feed.take(entries)
    return feed
