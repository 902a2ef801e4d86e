"""What is the same in every client operation: it begins, it ends once, and a time-out ends it if nothing else does.

Rules
1. What is under way is a record under the operation's id; what comes after its end finds no record and is ignored.
2. An operation that is not answered in time is ``info``: it may have happened.
"""

from __future__ import annotations

from typing import Final

from workers.model.effects import CancelTimer, Observe, Send, SetTimer
from workers.model.message import Json
from workers.model.node import Step
from workers.model.observation import Completed, Invoked, Outcome

TIMED_OUT: Final = "TimedOut"
"""The type of the timer that ends an operation; the member ``op`` of its data names it."""


def begin(invoked: Invoked, request: Send, timeout_ms: int) -> Step:
    """An operation that sends ``request`` and is given ``timeout_ms``."""
    op, key = invoked.op, invoked.key
    record: Json = {"op": op, "session": invoked.session, "f": invoked.f, "key": key}
    return Step({op: record}, (Observe(invoked), request, _timeout(op, key, timeout_ms)))


def end(record: Json, outcome: Outcome, value: Json | None, error: str = "") -> Step:
    """The end of the operation of which ``record`` was kept."""
    op = record["op"]
    completed = Completed(op, record["session"], record["f"], record["key"], outcome, value, error)
    return Step({op: None}, (Observe(completed), CancelTimer(f"timeout:{op}")))


def time_out(record: Json, timeout_ms: int) -> Step:
    """The end of an operation that nobody answered in time."""
    return end(record, "info", None, f"no answer within {timeout_ms} ms")


def _timeout(op: str, key: str, timeout_ms: int) -> SetTimer:
    return SetTimer(f"timeout:{op}", timeout_ms * 1_000, TIMED_OUT, key, {"op": op})
