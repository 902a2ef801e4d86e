"""What a step asks its driver to do, as values.

A step never performs anything: it returns these, and the driver, simulated or live, performs them all in one atomic
turn or none of them.
"""

from __future__ import annotations

import msgspec

from workers.model.message import Json, Message
from workers.model.observation import Applied, Completed, Effected, Invoked


class Send(msgspec.Struct, frozen=True, gc=False):
    """Send a message on ``topic``; every node that subscribes to the topic gets it over its own link."""

    topic: str
    type: str
    key: str
    data: Json
    sequence: int = 0
    partition_key: str = ""
    reply_topic: str = ""
    reply_key: str = ""


class SetTimer(msgspec.Struct, frozen=True, gc=False):
    """Wake this shard after ``after_us`` of its own clock by a message of ``type`` on the timer topic.

    ``name`` is unique in the shard; setting it again replaces the earlier one. Timers are part of the committed state.
    """

    name: str
    after_us: int
    type: str
    key: str
    data: Json


class CancelTimer(msgspec.Struct, frozen=True, gc=False):
    """Forget the timer ``name``; forgetting one that is not set is no error."""

    name: str


class Observe(msgspec.Struct, frozen=True, gc=False):
    """Put ``body`` in the history, at the moment this turn commits."""

    body: Applied | Invoked | Completed | Effected


Effect = Send | SetTimer | CancelTimer | Observe


def reply(request: Message, type: str, data: Json) -> Send:
    """The reply to ``request``, on the topic and with the partition key that it named."""
    return Send(request.reply_topic, type, request.key, data, partition_key=request.reply_key)
