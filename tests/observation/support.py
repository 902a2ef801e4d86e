"""Turns in a stream, and a stand-in for the control of runs that the recorder is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import redis

from consistency_viz.observation.stream import observations_key
from workers.model.codec import pack
from workers.model.history import Header
from workers.model.observation import Applied, Body, Turn


@dataclass
class FakeStatus:
    state: str = "running"
    reason: str = ""
    started_us: int = 1_000
    ended_us: int | None = None
    workers: int = 1


@dataclass
class FakeControl:
    """Answers with what a test puts in ``status``; deletes as the real one does."""

    status: FakeStatus | None = field(default_factory=FakeStatus)
    deleted: list[str] = field(default_factory=list)

    def run_status(self, client: Any, run_id: str) -> FakeStatus | None:
        return self.status

    def end_run(self, client: Any, run_id: str, state: str, reason: str) -> None:
        self.status = FakeStatus(state, reason, 1_000, 99_000)

    def delete_run(self, client: redis.Redis, run_id: str) -> None:
        self.deleted.append(run_id)
        client.delete(observations_key(run_id))


def applied(number: int) -> Applied:
    return Applied("o1", {"n": number}, f"u{number}")


def put(client: redis.Redis, run_id: str, at_us: int | str, *bodies: Body, node: str = "view-1") -> None:
    """One turn in the stream; ``at_us`` may be a whole entry id."""
    entry_id = f"{at_us}-*" if isinstance(at_us, int) else at_us
    client.xadd(observations_key(run_id), {"b": pack(Turn(node, f"{node}.1", 1, list(bodies)))}, id=entry_id)


def header(status: Any = None) -> Header:
    return Header("one-truth", "synchronous", 7, "live", ["view-1"], run="r1")
