"""Clients that add to counters: by reading, computing and comparing themselves, or by asking the one writer.

Rules of the optimistic ones
1. Every attempt loads again and computes again from what it has loaded.
2. Attempts are capped; between two is a pause that doubles, with seeded jitter. Who gives up says so: the operation
   fails, and the effect ``gave-up`` is recorded.
3. The id of the operation goes with every attempt, so that a write whose answer was lost is not made twice. An answer
   ``Conflict`` proves that no attempt before it was or will be accepted: the version that they expect is gone.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from workers.model.effects import Observe, SetTimer
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, Step
from workers.model.observation import Effected, Outcome
from workers.model.randomness import draws
from workers.services.leadership.register_clients import ENTITY, RegisterClients, read_topic
from workers.services.leadership.sessions import Begun, Load, Sessions

STORE_REQUESTS: Final = "storage.requests"
COUNTER_COMMANDS: Final = "commands"
GAVE_UP: Final = "gave-up"
DOUBLINGS_MAX: Final = 6
AMOUNT_MAX: Final = 3


class Heat(NamedTuple):
    """Over how many keys the work goes, how much of it reads, and how long a writer tries."""

    keys: int
    read_share: float
    attempts_max: int
    pause_ms: int
    timeout_ms: int


class CounterClients(Sessions):
    """What the clients of counters have in common: what they do, and how they read."""

    def __init__(self, load: Load, heat: Heat, readers: tuple[str, ...]) -> None:
        super().__init__(load)
        self.heat = heat
        self.readers = readers

    def begin(self, op: str, record: Json, context: Context) -> Begun:
        """Choose key and operation by the operation's name."""
        key_u, read_u, amount_u, where_u = draws(context.seed, op, 4)
        key = f"{ENTITY}-{1 + int(self.heat.keys * key_u)}"
        if read_u >= self.heat.read_share:
            return self.increment(op, key, 1 + int(AMOUNT_MAX * amount_u))
        reader = self.readers[int(len(self.readers) * where_u)]
        return Begun("read", key, None, reader, {}, (RegisterClients.ask(read_topic(reader), "Read", op, key),))

    def increment(self, op: str, key: str, amount: int) -> Begun:
        """Begin to add ``amount``."""
        raise NotImplementedError

    def answered(self, record: Json, message: Message, context: Context) -> Step:
        """A read was answered, or an increment accepted."""
        data, f = message.data, record["op"]["f"]
        if message.type == "ReadAnswer" and f == "read":
            return self.end(record, "ok", {"value": data["value"], "seen": data["seen"]}, "", context)
        if message.type == "Stored" and f == "increment":
            attempts = _begun(record["op"])
            result = {"value": None, "update": data["update"], "after": data["after"], "attempts": attempts}
            return self.end(record, "ok", result, "", context)
        return NOTHING


class CommandClients(CounterClients):
    """They ask the one writer; whether a command that was not answered took effect nobody knows."""

    def increment(self, op: str, key: str, amount: int) -> Begun:
        """Ask the writer of the key."""
        command = RegisterClients.ask(COUNTER_COMMANDS, "Increment", op, key, amount=amount)
        return Begun("increment", key, {"value": amount}, "writer", {"attempt": 1}, (command,))


class OptimisticClients(CounterClients):
    """They load, compute, and store if the version is still the same; else all of it again.

    What is kept of an operation: ``phase`` is ``load``, ``store`` or ``pause``; ``doubt`` says that a store was not
    answered, and no conflict after it has proved it void.
    """

    def increment(self, op: str, key: str, amount: int) -> Begun:
        """Load the counter."""
        patience = self._patience(op, key, 1, "load")
        kept = {"attempt": 1, "phase": "load", "doubt": False, "amount": amount, "wake": patience.name}
        return Begun("increment", key, {"value": amount}, "storage", kept, (self._load(op, key, 1), patience))

    def answered(self, record: Json, message: Message, context: Context) -> Step:
        """Compute and store, or try again."""
        op, data = record["op"], message.data
        if message.type == "Loaded" and op.get("phase") == "load" and data["attempt"] == op["attempt"]:
            wanted = {
                "expected": data["version"],
                "value": (data["value"] or 0) + op["amount"],
                "attempt": op["attempt"],
            }
            store = RegisterClients.ask(STORE_REQUESTS, "Store", op["id"], op["key"], **wanted)
            patience = self._patience(op["id"], op["key"], op["attempt"], "store")
            return self.go_on(record, store, wake=patience, phase="store")
        if message.type == "Conflict" and op.get("phase") == "store" and data["attempt"] == op["attempt"]:
            return self._again({**record, "op": {**op, "doubt": False}}, "somebody else was faster", context)
        return super().answered(record, message, context)

    def woken(self, record: Json, timer: Message, context: Context) -> Step:
        """The pause is over, or the storage did not answer."""
        op = record["op"]
        if op["phase"] == "pause":
            load = self._load(op["id"], op["key"], op["attempt"])
            patience = self._patience(op["id"], op["key"], op["attempt"], "load")
            return self.go_on(record, load, wake=patience, phase="load")
        doubtful = {**op, "doubt": op["doubt"] or op["phase"] == "store"}
        return self._again({**record, "op": doubtful}, "the storage did not answer", context)

    def expired(self, record: Json, context: Context) -> Step:
        """There is no time left for another attempt."""
        op = record["op"]
        if op["f"] == "read":
            return super().expired(record, context)
        doubtful = {**record, "op": {**op, "doubt": op["doubt"] or op["phase"] == "store"}}
        return self._give_up(doubtful, self.no_answer, context)

    def _again(self, record: Json, why: str, context: Context) -> Step:
        attempt = record["op"]["attempt"]
        if attempt >= self.heat.attempts_max:
            return self._give_up(record, f"{why}, {attempt} times" if attempt > 1 else why, context)
        doubled = 2 ** min(attempt - 1, DOUBLINGS_MAX)
        pause_us = int(self.heat.pause_ms * 1_000 * doubled * (0.5 + context.draw("pause")))
        pause = self.wake(record["op"]["id"], record["op"]["key"], f"{attempt}.pause", pause_us)
        return self.go_on(record, wake=pause, phase="pause", attempt=attempt + 1)

    def _give_up(self, record: Json, why: str, context: Context) -> Step:
        """It certainly did not happen, unless a store was never answered."""
        op = record["op"]
        outcome: Outcome = "info" if op["doubt"] else "fail"
        detail: dict[str, Any] = {"session": record["session"], "op": op["id"], "attempts": _begun(op)}
        result = {"value": None, "attempts": _begun(op)}
        ended = self.end(record, outcome, result, f"gave up: {why}", context)
        return Step(ended.writes, (Observe(Effected(GAVE_UP, op["key"], detail)), *ended.effects))

    def _patience(self, op: str, key: str, attempt: int, phase: str) -> SetTimer:
        return self.wake(op, key, f"{attempt}.{phase}", self.heat.timeout_ms * 1_000)

    @staticmethod
    def _load(op: str, key: str, attempt: int) -> Any:
        return RegisterClients.ask(STORE_REQUESTS, "Load", op, key, attempt=attempt)


def _begun(op: Json) -> int:
    """How many attempts have begun: the one after a pause has not."""
    return int(op["attempt"]) - (op.get("phase") == "pause")
