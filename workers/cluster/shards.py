"""One shard of a node, and the one place where a step's effects become messages, timers and observations.

Both drivers run messages through ``Shard.execute``. It changes the shard in memory and adds to an ``Outcome`` whatever
has to be performed: the simulator schedules it, the live driver commits it in one transaction. A live driver whose
commit fails throws the shard away and loads it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from workers.model.effects import CancelTimer, Observe, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, NodeSpec, Step
from workers.model.observation import Body, Delivered, Effected, Sent


class Timer(msgspec.Struct, frozen=True, gc=False):
    """A timer that is set: when it is due by the recorder clock, and what it brings."""

    name: str
    due_us: int
    type: str
    key: str
    data: Json


BLANK_SENT: Final = Sent("", "", "", "", "")
BLANK_DELIVERED: Final = Delivered("", "", "", "", "", 0)


class Outcome:
    """What a turn has gathered so far; the order of each list is the order in which it happened.

    ``writes`` are the records changed, by shard partition and key, with ``None`` for a deleted one. ``messages`` are
    (partition, message). ``timers`` are (shard partition, name, timer or ``None`` if cancelled). A driver that keeps
    its shards in memory only has no use for ``writes`` and says so; one whose observations nobody reads for their
    messages leaves ``Sent`` and ``Delivered`` out, or with ``blanks`` gets ``BLANK_SENT`` and ``BLANK_DELIVERED``,
    which keep the places of the others.
    """

    __slots__ = ("blanks", "bodies", "messages", "messages_noted", "timers", "writes", "writes_wanted")

    def __init__(self, *, writes_wanted: bool = True, messages_noted: bool = True, blanks: bool = False) -> None:
        self.bodies: list[Body] = []
        self.messages: list[tuple[int, Message]] = []
        self.timers: list[tuple[int, str, Timer | None]] = []
        self.writes: dict[tuple[int, str], Json | None] = {}
        self.writes_wanted = writes_wanted
        self.messages_noted = messages_noted
        self.blanks = blanks


APPEND_REFUSED = "append-refused"
"""The effect's name in the history: a node that tried to write to a topic without the right to."""


def refused(topic: str, message: str, type: str, key: str, error: str) -> Effected:
    """The observation that the server, or the model of it, refused a message (docs/history-format.md)."""
    return Effected(APPEND_REFUSED, topic, {"message": message, "type": type, "about": key, "error": error})


class Shard:
    """The state of one partition of one node: records in order of their birth, and the timers that are set.

    A node writes to the topics that it publishes to and to no other. Where ``refuses`` is set the shard sees to that;
    where the server knows the node by a user of its own it does, and the shard sends what it is asked to.
    """

    __slots__ = (
        "_context",
        "_id_part",
        "_may_write",
        "_name",
        "_step",
        "clock",
        "epoch",
        "instance",
        "node",
        "partition",
        "partitions",
        "records",
        "records_max",
        "refuses",
        "seed",
        "spec",
        "timers",
    )

    def __init__(self, spec: NodeSpec, partition: int, partitions: int, seed: int, records_max: int) -> None:
        self.spec = spec
        self._step = spec.service.step
        self._id_part = f"/{spec.id}."
        self._may_write = frozenset(spec.publishes)
        self.refuses = True
        self.instance = ""
        self.epoch = 0
        """Whose shard it is now, and under which fencing epoch: its driver says so."""
        self.node = spec.id
        self.partition = partition
        self.partitions = partitions
        self.seed = seed
        self.records_max = records_max
        self.records: dict[str, Json] = {}
        self.timers: dict[str, Timer] = {}
        self._name = f"{spec.id}.{partition}"
        self._context = Context(spec.id, partition, partitions, seed, 0, 0, "")
        self.clock: Callable[[int], int] | None = None
        """From the recorder's time to what the node's protocol takes for the time; ``None``: the same."""

    def wipe(self, losses: int) -> None:
        """Lose everything, for the ``losses``-th time: what it sends from now on has ids of its own."""
        self.records.clear()
        self.timers.clear()
        self.name_after(losses)

    def name_after(self, losses: int) -> None:
        """Begin the ids of what it sends anew, after so many losses of everything."""
        self._name = f"{self.node}.{self.partition}+{losses}"

    def follow(self, spec: NodeSpec) -> None:
        """Go on with other settings: the records, the timers and the rights stay."""
        self.spec = spec
        self._step = spec.service.step

    def start(self, now_us: int, outcome: Outcome) -> None:
        """Run the first step of a new shard."""
        cause_id = self._name
        seen_us = now_us if self.clock is None else self.clock(now_us)
        context = Context(self.node, self.partition, self.partitions, self.seed, seen_us, now_us, cause_id)
        self._perform(self.spec.service.start(context), cause_id, 0, now_us, outcome)

    def execute(self, message: Message, sent_us: int, now_us: int, outcome: Outcome, copy: int = 0) -> None:
        """Run one message through the node's step."""
        message_id = message.id
        if outcome.messages_noted:
            if message.topic != TIMER_TOPIC:
                outcome.bodies.append(
                    Delivered(message_id, message.topic, message.type, message.key, message.source, sent_us, copy)
                )
        elif outcome.blanks and message.topic != TIMER_TOPIC:
            outcome.bodies.append(BLANK_DELIVERED)
        context = self._context
        context.now_us = now_us if self.clock is None else self.clock(now_us)
        context.sent_us = sent_us
        context.cause_id = message_id
        step = self._step(self.records, message, context)
        if step is not NOTHING:
            self._perform(step, message_id, copy, now_us, outcome)

    def fire(self, name: str, now_us: int, outcome: Outcome) -> None:
        """Run a timer that is due; one that was cancelled or replaced meanwhile is not there."""
        timer = self.timers.pop(name)
        outcome.timers.append((self.partition, name, None))
        message = Message(f"{self._name}~{name}", TIMER_TOPIC, timer.type, self.node, timer.key, timer.data)
        self.execute(message, timer.due_us, now_us, outcome)

    def _perform(self, step: Step, cause_id: str, copy: int, now_us: int, outcome: Outcome) -> None:
        writes = step.writes
        if writes:
            records = self.records
            for key, record in writes.items():
                if record is None:
                    records.pop(key, None)
                else:
                    records[key] = record
            if outcome.writes_wanted:
                for key, record in writes.items():
                    outcome.writes[self.partition, key] = record
            if len(records) > self.records_max:
                self._forget_oldest(outcome)
        sent = 0
        for effect in step.effects:
            kind = type(effect)
            if kind is Observe:
                outcome.bodies.append(effect.body)  # type: ignore[union-attr]
            elif kind is Send:
                # What a duplicate makes the node send is another message: it must not have the first one's id and fate.
                mark = f"*{copy}" if copy else ""
                self._send(effect, cause_id, f"{cause_id}{self._id_part}{sent}{mark}", outcome)  # type: ignore[arg-type]
                sent += 1
            else:
                self._set_or_cancel(effect, now_us, outcome)  # type: ignore[arg-type]

    def _set_or_cancel(self, effect: SetTimer | CancelTimer, now_us: int, outcome: Outcome) -> None:
        if isinstance(effect, SetTimer):
            timer = Timer(effect.name, now_us + effect.after_us, effect.type, effect.key, effect.data)
            self.timers[timer.name] = timer
            outcome.timers.append((self.partition, timer.name, timer))
        elif self.timers.pop(effect.name, None) is not None:
            outcome.timers.append((self.partition, effect.name, None))

    def _send(self, send: Send, cause_id: str, message_id: str, outcome: Outcome) -> None:
        topic, key, partition_key = send.topic, send.key, send.partition_key
        if topic not in self._may_write and self.refuses:
            outcome.bodies.append(refused(topic, message_id, send.type, key, "NOPERM: it does not publish there"))
            return
        message = Message(
            message_id,
            topic,
            send.type,
            self.node,
            key,
            send.data,
            partition_key,
            send.sequence,
            cause_id,
            send.reply_topic,
            send.reply_key,
        )
        partition = partition_of(partition_key or key, self.partitions) if self.partitions > 1 else 0
        outcome.messages.append((partition, message))
        if outcome.messages_noted:
            outcome.bodies.append(
                Sent(message_id, topic, send.type, key, cause_id, partition, self.instance, self.epoch)
            )
        elif outcome.blanks:
            outcome.bodies.append(BLANK_SENT)

    def _forget_oldest(self, outcome: Outcome) -> None:
        while len(self.records) > self.records_max:
            oldest = next(iter(self.records))
            del self.records[oldest]
            if outcome.writes_wanted:
                outcome.writes[self.partition, oldest] = None
