"""Clients of registers: they read, write blindly, and compare-and-set what they have read before.

What a client writes is the name of its operation, so every value tells who wrote it. How an operation reaches whoever
can do it is the design's: ``LeaderClients`` look for the leader, ``RegionClients`` ask the region that they live in.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from workers.model.effects import Effect, Send
from workers.model.message import Json, Message, partition_of
from workers.model.node import NOTHING, Context, Step
from workers.model.randomness import draws
from workers.services.leadership.listing import with_id
from workers.services.leadership.sessions import ANSWERS, Begun, Load, Sessions

ENTITY: Final = "account"


class Mix(NamedTuple):
    """What the operations are, and about how many keys."""

    keys: int
    read_share: float
    cas_share: float


def command_topic(node: str) -> str:
    """Where a node takes commands."""
    return f"commands.{node}"


def read_topic(node: str) -> str:
    """Where a node is asked what it shows."""
    return f"reads.{node}"


class RegisterClients(Sessions):
    """What the clients of registers have in common: choosing, and remembering what they have read."""

    def __init__(self, load: Load, mix: Mix) -> None:
        super().__init__(load)
        self.mix = mix

    def begin(self, op: str, record: Json, context: Context) -> Begun:
        """Choose key and operation by the operation's name."""
        key_u, read_u, cas_u, where_u = draws(context.seed, op, 4)
        key = f"{ENTITY}-{1 + int(self.mix.keys * key_u)}"
        known = record.get("known", {}).get(key)
        if read_u < self.mix.read_share:
            return self.read(op, key, where_u, record)
        if cas_u >= self.mix.cas_share:
            return self.change(op, "write", key, {"value": op}, record, context)
        if known is None:
            return self.read(op, key, where_u, record)
        argument = {"value": [known["value"], op], "base": known["seen"]}
        return self.change(op, "cas", key, argument, record, context)

    def read(self, op: str, key: str, where_u: float, record: Json) -> Begun:
        """Ask for what is shown; ``where_u`` in [0, 1) chooses among several that can be asked."""
        raise NotImplementedError

    def change(self, op: str, f: str, key: str, argument: Json, record: Json, context: Context) -> Begun:
        """Ask for a write or a compare-and-set."""
        raise NotImplementedError

    def answered(self, record: Json, message: Message, context: Context) -> Step:
        """Take an answer, and remember what the key has now."""
        data, op = message.data, record["op"]
        if message.type == "ReadAnswer" and op["f"] == "read":
            shown = {"value": data["value"], "seen": data["seen"]}
            return self.end(record, "ok", shown, "", context, known=self._known(record, shown))
        if message.type != "Changed" or op["f"] == "read":
            return NOTHING
        if data["outcome"] != "ok":
            return self.end(record, data["outcome"], None, data["error"], context, known=self._known(record, None))
        result = {"value": None, "update": data["update"], "after": data["after"]}
        shown = {"value": op["id"], "seen": with_id(data["after"], data["update"])}
        return self.end(record, "ok", result, "", context, known=self._known(record, shown))

    def expired(self, record: Json, context: Context) -> Step:
        """Nobody knows what the key has now."""
        return self.end(record, "info", None, self.no_answer, context, known=self._known(record, None))

    @staticmethod
    def _known(record: Json, shown: Json | None) -> Json:
        known: dict[str, Any] = dict(record.get("known", {}))
        known[record["op"]["key"]] = shown
        return known

    @staticmethod
    def ask(topic: str, type: str, op: str, key: str, **data: Any) -> Send:
        """A request of the session that runs ``op``, which is answered there."""
        session = op.rpartition("-")[0]
        return Send(topic, type, key, {"op": op, **data}, reply_topic=ANSWERS, reply_key=session)


class LeaderClients(RegisterClients):
    """Clients who ask the candidate that they take for the leader of a key's partition; reads go to ``readers``.

    A candidate that does not lead says so, and who does if it knows. After a time-out the next candidate is asked.
    """

    def __init__(
        self, load: Load, mix: Mix, candidates: tuple[str, ...], readers: tuple[str, ...], retry_ms: int
    ) -> None:
        super().__init__(load, mix)
        self.candidates = candidates
        self.readers = readers
        self.retry_us = retry_ms * 1_000

    def read(self, op: str, key: str, where_u: float, record: Json) -> Begun:
        """Ask one of the readers."""
        reader = self.readers[int(len(self.readers) * where_u)]
        return Begun("read", key, None, reader, {}, (self.ask(read_topic(reader), "Read", op, key),))

    def change(self, op: str, f: str, key: str, argument: Json, record: Json, context: Context) -> Begun:
        """Ask the last known leader of the key's partition."""
        lane = str(partition_of(key, context.partitions))
        leader = record.get("leaders", {}).get(lane, self.candidates[0])
        kept = {"argument": argument["value"], "lane": lane, "asked": leader, "attempt": 1, "waiting": True}
        return Begun(f, key, argument, leader, kept, (self._command(op, f, key, argument["value"], leader, 1),))

    def answered(self, record: Json, message: Message, context: Context) -> Step:
        """Follow the hint of a candidate that does not lead."""
        op = record["op"]
        if message.type == "Changed" and op["f"] != "read":
            record = {**record, "leaders": {**record.get("leaders", {}), op["lane"]: message.source}}
        if message.type != "NotLeader":
            return super().answered(record, message, context)
        if message.data["attempt"] != op.get("attempt") or not op["waiting"]:
            return NOTHING
        hint = message.data["leader"]
        if hint and hint != op["asked"]:
            return self._ask_next(record, hint)
        pause = self.wake(op["id"], op["key"], str(op["attempt"]), self.retry_us)
        return self.go_on(record, wake=pause, waiting=False)

    def woken(self, record: Json, timer: Message, context: Context) -> Step:
        """Ask the next candidate."""
        return NOTHING if record["op"]["waiting"] else self._ask_next(record, self._after(record["op"]["asked"]))

    def expired(self, record: Json, context: Context) -> Step:
        """Whom did not answer is not asked first again; who was refused by all knows that nothing happened."""
        op = record["op"]
        if op["f"] == "read":
            return super().expired(record, context)
        leaders = {**record.get("leaders", {}), op["lane"]: self._after(op["asked"])}
        if op["waiting"]:
            return super().expired({**record, "leaders": leaders}, context)
        return self.end({**record, "leaders": leaders}, "fail", None, "nobody leads", context)

    def _ask_next(self, record: Json, candidate: str) -> Step:
        op = record["op"]
        attempt = op["attempt"] + 1
        command = self._command(op["id"], op["f"], op["key"], op["argument"], candidate, attempt)
        return self.go_on(record, command, asked=candidate, attempt=attempt, waiting=True)

    def _after(self, candidate: str) -> str:
        return self.candidates[(self.candidates.index(candidate) + 1) % len(self.candidates)]

    def _command(self, op: str, f: str, key: str, value: Any, candidate: str, attempt: int) -> Effect:
        return self.ask(command_topic(candidate), "Change", op, key, f=f, value=value, attempt=attempt)
