"""When the operations of client sessions are due: open Poisson arrivals, the same in both drivers.

Rules
1. Arrivals are open: a session's next operation is due when it is due, whether or not the last one was answered.
   Latency counts from that intended moment (no coordinated omission).
2. Gaps are seeded draws on the session and the number of the operation.
3. A session lives in the shard that its name falls in; its operations are numbered from 1.
"""

from __future__ import annotations

from math import inf, log
from typing import Final, NamedTuple

from workers.model.effects import SetTimer
from workers.model.message import Json, partition_of
from workers.model.node import Context
from workers.model.randomness import draw

ARRIVE: Final = "Arrive"
"""The type of the timer of an operation that is due: ``session``, ``number`` and ``intended_us`` are in its data."""


class Arrivals(NamedTuple):
    """``total`` operations (``None``: without end) of ``sessions`` sessions, ``per_s`` of all of them together.

    None is due later than ``duration_ms`` after the start.
    """

    per_s: float
    total: int | None
    sessions: int
    duration_ms: int | None = None

    def first(self, context: Context) -> list[SetTimer]:
        """The timers of the first operation of each session that lives in this shard."""
        timers: list[SetTimer] = []
        if not self.per_s:
            return timers
        for number in range(self.sessions):
            session = f"s{number + 1}"
            if partition_of(session, context.partitions) == context.partition and self._share(number):
                timers.extend(self._due(session, 1, context.now_us, context.now_us, context))
        return timers

    def next(self, arrived: Json, context: Context) -> tuple[SetTimer, ...]:
        """The timer of the operation after the one that is due now; ``arrived`` is the data of its timer."""
        session, number = arrived["session"], arrived["number"]
        if number >= self._share(int(session[1:]) - 1):
            return ()
        return self._due(session, number + 1, arrived["intended_us"], arrived["started_us"], context)

    def _share(self, number: int) -> float:
        """How many operations session ``number``, counted from 0, has in all."""
        if self.total is None:
            return inf
        share, rest = divmod(self.total, self.sessions)
        return share + (1 if number < rest else 0)

    def _due(self, session: str, number: int, after_us: int, started_us: int, context: Context) -> tuple[SetTimer, ...]:
        """The timer of one operation, if it is due in time: exponential gaps from the last intended moment."""
        mean_us = 1e6 * self.sessions / self.per_s
        gap_us = int(-log(1.0 - draw(context.seed, "arrival", session, str(number))) * mean_us)
        intended_us = after_us + gap_us
        if self.duration_ms is not None and intended_us - started_us > self.duration_ms * 1_000:
            return ()
        data = {"session": session, "number": number, "intended_us": intended_us, "started_us": started_us}
        after_now_us = max(0, intended_us - context.now_us)
        return (SetTimer(f"arrive:{session}:{number}", after_now_us, ARRIVE, session, data),)
