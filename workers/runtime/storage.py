"""A shard in Redis: loading it, and laying one turn out as the arguments of the commit script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis

from workers.cluster.plan import RECORDS_MAX_PER_SHARD, Plan
from workers.cluster.shards import Outcome, Shard, Timer
from workers.model.codec import pack, unpack
from workers.model.observation import Turn
from workers.runtime.cursor import Cursor, entry_id, entry_number
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import STREAM_ENTRIES_MAX, head_keys


class StoredShard:
    """A shard in memory as of its last commit, with its cursors and the birth numbers of its records."""

    __slots__ = ("births", "cursors", "losses", "next_birth", "shard", "started", "stored_beyond", "taken", "touched")

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.cursors = {topic: Cursor() for topic in shard.spec.subscribes}
        self.births: dict[str, int] = {}
        self.next_birth = 0
        self.started = False
        self.stored_beyond: set[str] = set()
        self.touched: set[str] = set()
        self.taken: dict[str, dict[str, list[int]]] = {topic: {} for topic in shard.spec.subscribes}
        """By topic and fault with a count: the entries that it took."""
        self.losses = 0

    def wipe(self, losses: int, outcome: Outcome) -> None:
        """Lose the disk: every record and timer, for the ``losses``-th time. What is taken and read stays known."""
        for key in self.shard.records:
            outcome.writes[self.shard.partition, key] = None
        for name in self.shard.timers:
            outcome.timers.append((self.shard.partition, name, None))
        self.shard.wipe(losses)
        self.losses = losses
        self.started = False


def load(client: redis.Redis, keys: RunKeys, plan: Plan, node: str, partition: int) -> StoredShard:
    """The shard as its last commit left it; a shard that never committed is empty and not started."""
    spec = plan.nodes[node]
    stored = StoredShard(Shard(spec, partition, plan.partitions, plan.seed, RECORDS_MAX_PER_SHARD))
    fields: dict[bytes, bytes] = client.hgetall(keys.shard(node, partition))  # type: ignore[assignment]
    records: list[tuple[int, str, Any]] = []
    for raw_name, raw in fields.items():
        name = raw_name.decode()
        kind, _, rest = name.partition(":")
        if kind == "r":
            birth, record = unpack(raw)
            records.append((birth, rest, record))
        elif kind == "t":
            due_us, type_, key, data = unpack(raw)
            stored.shard.timers[rest] = Timer(rest, due_us, type_, key, data)
        elif kind == "c" and rest in stored.cursors:
            beyond = unpack(fields[b"d:" + rest.encode()]) if b"d:" + rest.encode() in fields else ([], {})
            count = int(fields.get(b"e:" + rest.encode(), 0))
            stored.cursors[rest] = Cursor(entry_number(raw), (beyond[0], beyond[1]), count)
        elif kind == "d":
            stored.stored_beyond.add(rest)
        elif kind == "n" and rest in stored.taken:
            stored.taken[rest] = unpack(raw)
        elif kind == "l":
            stored.losses = int(raw)
        elif kind == "s":
            stored.started = True
    if stored.losses:
        stored.shard.name_after(stored.losses)
    for birth, key, record in sorted(records, key=lambda row: row[0]):
        stored.shard.records[key] = record
        stored.births[key] = birth
        stored.next_birth = birth + 1
    return stored


class TurnLayout:
    """One turn of an instance as keys and arguments of the commit script (their order is documented there)."""

    def __init__(self, keys: RunKeys, node: str, instance: str, epoch: int, lease_us: int) -> None:
        self._keys = keys
        self._node = node
        self._instance = instance
        self._epoch = epoch
        self._lease_us = lease_us

    def arguments(self, shards: Iterable[StoredShard], outcome: Outcome) -> tuple[list[str], list[bytes]]:
        """Keys and arguments that commit ``outcome`` and the cursors of the shards that took part."""
        sets: dict[int, list[bytes]] = {}
        dels: dict[int, list[bytes]] = {}
        by_partition = {stored.shard.partition: stored for stored in shards}
        for partition, stored in by_partition.items():
            sets[partition], dels[partition] = _cursor_fields(stored)
        _add_records(by_partition, outcome, sets, dels)
        _add_timers(by_partition, outcome, sets, dels)
        streams: dict[tuple[str, int], list[bytes]] = {}
        for partition, message in outcome.messages:
            streams.setdefault((message.topic, partition), []).append(pack(message))
        shard_rows = [[f"{self._node}/{p}", len(sets[p]), len(dels[p])] for p in by_partition]
        counts = [len(payloads) for payloads in streams.values()]
        head = [self._instance, self._epoch, self._lease_us, STREAM_ENTRIES_MAX, shard_rows, counts]
        arguments = [pack(head)]
        for partition in by_partition:
            arguments += sets[partition]
            arguments += dels[partition]
        for payloads in streams.values():
            arguments += payloads
        bodies = outcome.bodies
        arguments.append(pack(Turn(self._node, self._instance, self._epoch, bodies)) if bodies else b"")
        names = head_keys(self._keys)
        names += [self._keys.shard(self._node, p) for p in by_partition]
        names += [self._keys.topic(topic, p) for topic, p in streams]
        return names, arguments


def _cursor_fields(stored: StoredShard) -> tuple[list[bytes], list[bytes]]:
    sets: list[bytes] = []
    dels: list[bytes] = []
    if not stored.started:
        sets += (b"s", b"1")
        if stored.losses:
            sets += (b"l", str(stored.losses).encode())
    for topic in stored.touched:
        cursor = stored.cursors[topic]
        sets += (f"c:{topic}".encode(), entry_id(cursor.low).encode(), f"e:{topic}".encode(), b"%d" % cursor.count)
        if stored.taken[topic]:
            sets += (f"n:{topic}".encode(), pack(stored.taken[topic]))
        beyond = cursor.beyond()
        if beyond is not None:
            sets += (f"d:{topic}".encode(), pack(beyond))
            stored.stored_beyond.add(topic)
        elif topic in stored.stored_beyond:
            dels.append(f"d:{topic}".encode())
            stored.stored_beyond.discard(topic)
    return sets, dels


def _add_records(
    stored: dict[int, StoredShard], outcome: Outcome, sets: dict[int, list[bytes]], dels: dict[int, list[bytes]]
) -> None:
    for (partition, key), record in outcome.writes.items():
        shard = stored[partition]
        if record is None:
            dels[partition].append(f"r:{key}".encode())
            shard.births.pop(key, None)
            continue
        birth = shard.births.get(key)
        if birth is None:
            birth = shard.births[key] = shard.next_birth
            shard.next_birth += 1
        sets[partition] += (f"r:{key}".encode(), pack((birth, record)))


def _add_timers(
    stored: dict[int, StoredShard], outcome: Outcome, sets: dict[int, list[bytes]], dels: dict[int, list[bytes]]
) -> None:
    last = {(partition, name): timer for partition, name, timer in outcome.timers}
    for (partition, name), timer in last.items():
        if timer is None:
            dels[partition].append(f"t:{name}".encode())
        else:
            sets[partition] += (f"t:{name}".encode(), pack((timer.due_us, timer.type, timer.key, timer.data)))
    for partition in {partition for partition, _ in last}:
        sets[partition] += (b"tn", str(len(stored[partition].shard.timers)).encode())
