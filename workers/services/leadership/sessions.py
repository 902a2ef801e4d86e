"""Client sessions that do one operation after the other, each when it is due or as soon as the last one ended.

Rules
1. When an operation is meant to begin is drawn beforehand, a Poisson process for each session. A session that is still
   waiting begins late, and latency counts from the intended moment (no coordinated omission).
2. An operation that is not answered in time is ``info``, or ``fail`` where it certainly did not happen. An answer that
   comes later is ignored.
3. Every choice is a seeded draw on the name of the operation, so both drivers generate the same workload.
"""

from __future__ import annotations

from math import inf, log
from typing import Any, NamedTuple

from workers.model.effects import CancelTimer, Effect, Observe, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Completed, Invoked, Outcome
from workers.model.randomness import draw

ANSWERS = "answers"
"""The topic on which clients are answered."""


class Load(NamedTuple):
    """How much all sessions do together; no operation is due later than ``duration_ms`` after the start."""

    operations_per_s: float
    operations: int | None
    sessions: int
    timeout_ms: int
    duration_ms: int | None = None


class Begun(NamedTuple):
    """An operation as its session begins it: what the history says, what is kept while it runs, what is sent."""

    f: str
    key: str
    argument: Any
    target: str
    kept: Json
    effects: tuple[Effect, ...]


class Sessions:
    """All sessions whose name falls in this shard's partition. A session is a record under its name."""

    def __init__(self, load: Load) -> None:
        self.load = load

    # -- what a kind of client says

    def begin(self, op: str, record: Json, context: Context) -> Begun:
        """The operation of this name."""
        raise NotImplementedError

    def answered(self, record: Json, message: Message, context: Context) -> Step:
        """A message about the running operation arrived."""
        raise NotImplementedError

    def expired(self, record: Json, context: Context) -> Step:
        """The running operation was not answered in time."""
        return self.end(record, "info", None, self.no_answer, context)

    def woken(self, record: Json, timer: Message, context: Context) -> Step:
        """A timer of the running operation is due."""
        return NOTHING

    # -- the sessions

    def start(self, context: Context) -> Step:
        """Schedule the first operation of each session of this shard."""
        if not self.load.operations_per_s:
            return NOTHING
        writes: dict[str, Json] = {}
        effects: list[Effect] = []
        for number in range(self.load.sessions):
            session = f"s{number + 1}"
            if partition_of(session, context.partitions) == context.partition:
                idle = {"session": session, "number": 0, "intended_us": context.now_us, "started_us": context.now_us}
                writes[session] = {**idle, "op": None}
                effects.extend(self._next(writes[session], context))
        return Step(writes, effects)

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin the operation that is due, or go on with the one that runs."""
        timer = message.topic == TIMER_TOPIC
        op = message.data.get("op", "")
        record = state.get(op.rpartition("-")[0])
        if record is None:
            return NOTHING
        if timer and message.type == "Arrive":
            return self._begin(op, record, message.data, context)
        if record["op"] is None or record["op"]["id"] != op:
            return NOTHING
        if not timer:
            return self.answered(record, message, context)
        return self.expired(record, context) if message.type == "TimedOut" else self.woken(record, message, context)

    @property
    def no_answer(self) -> str:
        """Why an operation has no outcome."""
        return f"no answer within {self.load.timeout_ms} ms"

    def end(self, record: Json, outcome: Outcome, value: Any, error: str, context: Context, **changes: Any) -> Step:
        """The running operation ended; ``changes`` are laid over the session's record."""
        op, session = record["op"], record["session"]
        completed = Completed(op["id"], session, op["f"], op["key"], outcome, value, error)
        idle = {**record, **changes, "op": None}
        stop = (CancelTimer(f"timeout:{op['id']}"), *_asleep(op))
        return Step({session: idle}, (Observe(completed), *stop, *self._next(idle, context)))

    def go_on(self, record: Json, *effects: Effect, wake: SetTimer | None = None, **changes: Any) -> Step:
        """The running operation goes on; ``changes`` are laid over what is kept of it, ``wake`` replaces its timer."""
        op = record["op"]
        if wake is None:
            return Step({record["session"]: {**record, "op": {**op, **changes}}}, effects)
        running = {**op, **changes, "wake": wake.name}
        return Step({record["session"]: {**record, "op": running}}, (*effects, *_asleep(op), wake))

    @staticmethod
    def wake(op: str, key: str, tag: str, after_us: int) -> SetTimer:
        """A timer for an operation; ``tag`` makes its name new, for a message's id comes from what it was caused by."""
        return SetTimer(f"wake:{op}:{tag}", after_us, "Wake", key, {"op": op})

    def _begin(self, op: str, record: Json, due: Json, context: Context) -> Step:
        session = record["session"]
        f, key, argument, target, kept, effects = self.begin(op, record, context)
        invoked = Invoked(op, session, f, key, argument, due["intended_us"], target)
        timeout = SetTimer(f"timeout:{op}", self.load.timeout_ms * 1_000, "TimedOut", key, {"op": op})
        running = {"id": op, "f": f, "key": key, **kept}
        begun = {**record, "number": due["number"], "intended_us": due["intended_us"], "op": running}
        return Step({session: begun}, (Observe(invoked), *effects, timeout))

    def _next(self, record: Json, context: Context) -> tuple[Effect, ...]:
        """The timer of a session's next operation, if it has one and it is due in time."""
        load, session, number = self.load, record["session"], record["number"] + 1
        share: float = inf
        if load.operations is not None:
            each, rest = divmod(load.operations, load.sessions)
            share = each + (int(session[1:]) <= rest)
        mean_us = 1e6 * load.sessions / load.operations_per_s
        gap_us = int(-log(1.0 - draw(context.seed, "arrival", session, str(number))) * mean_us)
        intended_us: int = record["intended_us"] + gap_us
        limit_us = inf if load.duration_ms is None else record["started_us"] + load.duration_ms * 1_000
        if number > share or intended_us > limit_us:
            return ()
        op = f"{session}-{number}"
        data = {"op": op, "number": number, "intended_us": intended_us}
        return (SetTimer(f"arrive:{op}", max(0, intended_us - context.now_us), "Arrive", op, data),)


def _asleep(op: Json) -> tuple[CancelTimer, ...]:
    """Forget the timer of an operation, if it has one."""
    return (CancelTimer(op["wake"]),) if "wake" in op else ()
