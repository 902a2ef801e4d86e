"""The node protocol: a pure step from a state and a message to writes and effects.

Rules
1. A *node* is a named participant with its own state and its own subscription: ``validation``, ``view-1``.
2. A node's state is cut in *shards*, one for each partition of its topics: records by key. A step sees one shard.
3. A step is pure. Time and chance come from the ``Context``; everything it wants done comes back as values.
4. The state after a step is the state before it with ``writes`` laid over it (``None`` deletes). A driver commits
   writes, effects, observations and the consumption of the message in one atomic turn, or nothing.
5. An *instance* of a node is one thread of control that owns some of the node's shards. Which instance runs a step is
   invisible to the step: instances come and go, shards stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from workers.model.effects import Effect
from workers.model.message import Json, Message
from workers.model.randomness import draw

State = Mapping[str, Json]
"""The records of one shard by key. A record is a JSON object and is never changed in place."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one step asks for: record writes (``None`` deletes) and effects, in order."""

    writes: Mapping[str, Json | None] = {}
    effects: Sequence[Effect] = ()


NOTHING = Step()


class Context(msgspec.Struct, gc=False):
    """What a step may know beside its state and message: where it runs, its own clock, and seeded chance.

    ``now_us`` is the node's protocol clock: it may be skewed. ``sent_us`` is the recorder time at which the message
    was sent (the timer's due time for a timer). ``cause_id`` is the id of the message or timer being processed. A shard
    has one for all of its steps: it says so during the step, and is not to be kept.
    """

    node: str
    partition: int
    partitions: int
    seed: int
    now_us: int
    sent_us: int
    cause_id: str

    def draw(self, label: str = "") -> float:
        """A uniform number in [0, 1), the same whenever this node processes this message with this label."""
        return draw(self.seed, self.node, self.cause_id, label)


class Service(Protocol):
    """The behaviour of a node: two pure functions."""

    def start(self, context: Context) -> Step:
        """The first step of a new shard, for example to set its first timer."""
        ...

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Process one message, or one of the shard's own timers (topic ``~timer``)."""
        ...


class NodeSpec(NamedTuple):
    """A node as a design declares it.

    ``publishes`` lists every topic that it may write to. ``role`` says how the page draws it. ``replica`` marks a node
    whose ``Applied`` observations show a replica of the
    entities, so that it takes part in divergence. ``instances`` is how many instances it starts with.
    """

    id: str
    service: Service
    subscribes: tuple[str, ...]
    publishes: tuple[str, ...]
    role: str = "service"
    replica: bool = False
    instances: int = 1
