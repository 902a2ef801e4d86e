"""Clients that read and write a few keys: sessions with a home region, whose operations follow one another.

Rules
1. A session's next operation is meant to begin an exponential time after the last was meant to; one that is due while
   the last is open begins when that has ended, and its latency counts from when it was meant to.
2. A write names what the session had read last of the key; what it has not read it does not replace.
3. Every choice is a seeded draw on the operation's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

from workers.model.effects import Effect, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, State, Step
from workers.model.randomness import draws
from workers.services.quorum.asking import begin, end, timed_out
from workers.services.quorum.settings import Traffic


class TrafficClient:
    """The sessions whose name falls in this shard's partition."""

    def __init__(self, traffic: Traffic, regions: Sequence[str]) -> None:
        self.traffic = traffic
        self.regions = tuple(regions)

    def start(self, context: Context) -> Step:
        """Schedule the first operation of each session of this shard."""
        if not self.traffic.operations_per_s:
            return NOTHING
        timers: list[Effect] = []
        for number in range(self.traffic.sessions):
            session = f"s{number + 1}"
            if partition_of(session, context.partitions) == context.partition:
                timers.extend(self._next(session, 1, context.now_us, context.now_us, context))
        return Step({}, timers)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin the operation that is due, or end the one that was answered or is late."""
        data = message.data
        if message.topic == TIMER_TOPIC and message.type == "Operate":
            return self._begin(state, message.key, data, context)
        record = state.get(data.get("op", ""))
        if record is None:
            return NOTHING
        after: dict[str, Json | None] = {record["op"]: None}
        if message.type == "TimedOut":
            ended = timed_out(record, self.traffic.timeout_us)
        else:
            ended = end(record, data["outcome"], data["value"], data["error"])
            if "context" in data:
                after[_context_of(record["session"], record["key"])] = data["context"]
        following = self._next(
            record["session"], record["number"] + 1, record["intended_us"], record["started_us"], context
        )
        return Step(after, (*ended, *following))

    def _begin(self, state: State, session: str, data: Json, context: Context) -> Step:
        number, intended_us = data["number"], data["intended_us"]
        kind_u, key_u = draws(context.seed, f"operation {session} {number}", 2)
        key = f"k{1 + int(self.traffic.keys * key_u)}"
        region = self.regions[(int(session[1:]) - 1) % len(self.regions)]
        request: Json = {}
        if kind_u >= self.traffic.read_share:
            request = {"value": f"{session}-{number}", "context": state.get(_context_of(session, key), {})}
        name = f"{session}-{number}:{'write' if request else 'read'}"
        record, effects = begin(name, session, key, region, intended_us, self.traffic.timeout_us, session, request)
        return Step({name: {**record, **data}}, effects)

    def _next(
        self, session: str, number: int, after_us: int, started_us: int, context: Context
    ) -> tuple[SetTimer, ...]:
        if number > self._share(int(session[1:]) - 1):
            return ()
        mean_us = 1e6 * self.traffic.sessions / self.traffic.operations_per_s
        (gap_u,) = draws(context.seed, f"gap {session} {number}", 1)
        intended_us = after_us + int(-log(1.0 - gap_u) * mean_us)
        if self.traffic.duration_us is not None and intended_us - started_us > self.traffic.duration_us:
            return ()
        data = {"number": number, "intended_us": intended_us, "started_us": started_us}
        wait_us = max(0, intended_us - context.now_us)
        return (SetTimer(f"operate:{session}:{number}", wait_us, "Operate", session, data),)

    def _share(self, number: int) -> float:
        """How many operations session ``number`` does in all."""
        if self.traffic.operations is None:
            return inf
        share, rest = divmod(self.traffic.operations, self.traffic.sessions)
        return share + (1 if number < rest else 0)


def _context_of(session: str, key: str) -> str:
    return f"c:{session}:{key}"
