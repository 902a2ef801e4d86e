"""What both kinds of quorum clients do: begin an operation at a coordinator, and end it with what came back."""

from __future__ import annotations

from typing import Any

from workers.model.effects import CancelTimer, Effect, Observe, Send, SetTimer
from workers.model.message import Json
from workers.model.observation import Completed, Invoked, Outcome
from workers.services.quorum.settings import RESULTS, coordinator_of, operations_topic


def begin(
    name: str, session: str, key: str, region: str, intended_us: int, timeout_us: int, lane: str, request: Json
) -> tuple[Json, list[Effect]]:
    """The record of an operation and what starts it: a write if ``request`` has a ``value``, a read if not.

    ``lane`` is the partition key by which the answer finds the shard that asked.
    """
    writes = "value" in request
    f, argument = "read", None
    if writes:
        past = request["context"].get("past")
        f, argument = "write", {"value": request["value"], **({"base": past} if past else {})}
    record = {"op": name, "session": session, "key": key, "f": f, "lane": lane}
    data = {"op": name, **request}
    return record, [
        Observe(Invoked(name, session, f, key, argument, intended_us, coordinator_of(region))),
        Send(operations_topic(region), f.title(), key, data, reply_topic=RESULTS, reply_key=lane),
        SetTimer(f"timeout:{name}", timeout_us, "TimedOut", lane, {"op": name}),
    ]


def end(record: Json, outcome: Outcome, value: Any, error: str = "") -> list[Effect]:
    """The end of an operation."""
    completed = Completed(record["op"], record["session"], record["f"], record["key"], outcome, value, error)
    return [Observe(completed), CancelTimer(f"timeout:{record['op']}")]


def timed_out(record: Json, timeout_us: int) -> list[Effect]:
    """No answer came at all: it may have happened."""
    return end(record, "info", None, f"no answer within {timeout_us // 1_000} ms")
