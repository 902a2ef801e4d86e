"""What travels: one message, its identity and its partition.

A message is a command, a domain event, a request or a reply; all of them are one shape, so that the network model, the
space-time diagram and the history need only one. Domain events carry the CloudEvents 1.0 attributes (``cloudevent``).

Rules
1. A message's id is derived from its cause (``<cause>/<node>.<index of the message in the step>``, with ``*1`` added
   if a duplicate of the cause was processed), never drawn: processing the same input again yields the same ids, a live
   rerun meets the same network decisions message by message, and no two messages of a run share an id.
2. A message never changes after it was sent. When it was sent is the driver's knowledge, not the message's.
3. The partition of a message is a function of its partition key and the number of partitions, nothing else.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b
from typing import Any

import msgspec

Json = dict[str, Any]
"""A JSON object: what a message carries and what a record holds."""

TIMER_TOPIC = "~timer"
"""The pseudo topic on which a node receives its own timers."""


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message on one topic.

    ``key`` is the business key (CloudEvents ``subject``), ``partition_key`` decides the partition and equals ``key``
    unless the sender says otherwise. ``sequence`` is the entity's version that the event announces (0: none).
    ``cause`` is the id of the message whose processing sent this one. ``reply_topic``/``reply_key`` say where a
    reply to a request goes.
    """

    id: str
    topic: str
    type: str
    source: str
    key: str
    data: Json
    partition_key: str = ""
    sequence: int = 0
    cause: str = ""
    reply_topic: str = ""
    reply_key: str = ""


def partition_of(partition_key: str, partitions: int) -> int:
    """The partition of a key: CRC-32 modulo the number of partitions, stable across processes and versions."""
    return zlib.crc32(partition_key.encode()) % partitions if partitions > 1 else 0


def cloudevent(message: Message, time: str) -> Json:
    """``message`` with the attributes of CloudEvents 1.0; ``time`` is RFC 3339.

    The trace is the order's own: its id is derived from the root of the message's causes, so that every message of one
    order shares it and no header has to travel.
    """
    trace = blake2b(message.id.split("/", 1)[0].encode(), digest_size=16).hexdigest()
    span = blake2b(message.id.encode(), digest_size=8).hexdigest()
    return {
        "id": message.id,
        "source": message.source,
        "specversion": "1.0",
        "type": message.type,
        "subject": message.key,
        "time": time,
        "sequence": f"{message.sequence:010d}",
        "partitionkey": message.partition_key or message.key,
        "traceparent": f"00-{trace}-{span}-01",
        "datacontenttype": "application/json",
        "data": message.data,
    }
