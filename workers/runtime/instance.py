"""One live instance of a node: the loop that reads, steps and commits until it is told to stop.

Rules
1. An instance works only for shards that the server says it owns, under the epoch of its own lease.
2. A turn is: read what is new, execute everything that is due, commit all of it at once. What a turn changes in memory
   is true only if its commit is; after a refused or doubtful commit every shard is loaded again.
3. The lease is renewed by every commit, and by a beat where there is nothing to commit. Both answer whether the
   ownership has changed since, and whether the run goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn

import redis

from workers.cluster.plan import Plan
from workers.cluster.shards import Outcome
from workers.model.codec import unpack_message
from workers.model.observation import Dropped
from workers.runtime import acl
from workers.runtime.cursor import entry_id, entry_number, sent_us
from workers.runtime.fault_feed import FaultFeed, read_all, tell
from workers.runtime.inbox import Arrival, Inbox
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import Scripts, head_keys
from workers.runtime.storage import StoredShard, TurnLayout, load

log = logging.getLogger(__name__)

LEASE_US: Final = 4_000_000
BEAT_US: Final = 1_000_000
READ_MAX: Final = 250
TURN_MAX: Final = 400
INBOX_MAX: Final = 20_000
FULL_PATIENCE_S: Final = 5.0
CONNECTION_PATIENCE_S: Final = 60.0
AUTHENTICATION_PATIENCE_S: Final = 3.0
RECONNECT_S: Final = 0.2


class Ended(Exception):  # noqa: N818 - not an error: the instance has nothing more to do
    """The instance has to leave; ``reason`` is for the log and, where the lease is still held, for the history."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Instance:
    """One instance of one node of a run, on one connection. ``stop`` is asked in every turn."""

    def __init__(self, client: redis.Redis, run: str, plan: Plan, instance: str, stop: Callable[[], bool]) -> None:
        self.client = client
        client.response_callbacks.pop("XREAD", None)  # we read replies as they come; a dict for each entry is dear
        self.keys = RunKeys(run)
        self.plan = plan
        self.name = instance
        self.node = instance.rpartition(".")[0]
        self.epoch = 0
        self._stop = stop
        self._scripts = Scripts(client)
        self._head = head_keys(self.keys)
        self._shards: dict[int, StoredShard] = {}
        self._inbox = Inbox(plan, self.node)
        self._feed = FaultFeed(plan, 0)
        self._streams: dict[bytes, tuple[int, str]] = {}
        self._version = b""
        self._protected = False
        self._offset_us = 0
        self._contact_us = 0

    def run(self) -> str:
        """Hold the lease and work until there is a reason to leave; returns the reason."""
        reason = "stopped"
        try:
            self._protected = acl.become(self.client, self.keys, self.node)
            self._acquire()
            self._work()
        except Ended as ended:
            reason = ended.reason
        finally:
            if self.epoch:
                self._release(reason)
        return reason

    def _work(self) -> None:
        """Turn after turn; a connection that is lost may come back within ``CONNECTION_PATIENCE_S``."""
        lost_at_s: float | None = None
        refused_at_s: float | None = None
        while not self._stop():
            try:
                if lost_at_s is not None:
                    self._reload()
                self._turn()
                lost_at_s = None
            except (redis.ConnectionError, redis.TimeoutError) as error:
                now_s = time.monotonic()
                lost_at_s = lost_at_s or now_s
                refused_at_s = (refused_at_s or now_s) if isinstance(error, redis.AuthenticationError) else None
                if refused_at_s is not None and now_s - refused_at_s > AUTHENTICATION_PATIENCE_S:
                    raise Ended("its user is gone: the run was deleted, or nobody makes users again") from error
                if now_s - lost_at_s > CONNECTION_PATIENCE_S:
                    raise Ended(f"no connection for {CONNECTION_PATIENCE_S:.0f} s: {error}") from error
                time.sleep(RECONNECT_S)
        raise Ended("the worker is shutting down")

    # -- lease and ownership

    def _acquire(self) -> None:
        reply = self._scripts.acquire(self._head, [self.name, LEASE_US, self.plan.partitions])
        if reply[0] != b"ok":
            raise Ended(f"no lease: {reply[0].decode()}")
        self.epoch = int(reply[1])
        self._heard(reply[2])
        started: bytes | None = self.client.hget(self.keys.meta, "started_us")  # type: ignore[assignment]
        self._feed = read_all(self.client, self.keys, FaultFeed(self.plan, int(started or 0)))
        self._know()

    def _beat(self) -> None:
        self._take(self._scripts.beat(self._head, [self.name, self.epoch, LEASE_US, self.plan.partitions]))

    def _release(self, reason: str) -> None:
        try:
            self._scripts.release(self._head, [self.name, self.epoch, reason, self.plan.partitions])
        except redis.RedisError:
            log.warning("%s %s: could not give its lease back; it will run out", self.keys.run, self.name)

    def _take(self, reply: list[Any]) -> bool:
        """Act on the answer to a beat or a commit; true if it was accepted."""
        status = reply[0]
        if status == b"ok":
            self._heard(reply[2])
            if reply[1] != self._version:
                self._own(reply[1])
            return True
        if status == b"moved":
            self._reload()
            return False
        if status == b"fenced":
            self.epoch = 0
            raise Ended("fenced: the lease is another's")
        if status == b"full":
            raise _FullError(reply[1].decode())
        if status in (b"ended", b"unwanted"):
            raise Ended("the run ended" if status == b"ended" else "scaled")
        raise AssertionError(f"unknown reply {reply!r}")

    def _heard(self, now: bytes) -> None:
        """Note the server's clock: local time plus the offset estimates it until the next answer."""
        local_us = time.monotonic_ns() // 1_000
        self._offset_us = int(now) - local_us
        self._contact_us = local_us

    def _now_us(self) -> int:
        return time.monotonic_ns() // 1_000 + self._offset_us

    def _own(self, version: bytes) -> None:
        """Look up which shards are this instance's: load those that are new, drop those that are gone."""
        owner = f"{self.name} {self.epoch}".encode()
        fields = [f"{self.node}/{p}" for p in range(self.plan.partitions)]
        owners: list[bytes | None] = self.client.hmget(self.keys.owners, fields)  # type: ignore[assignment]
        mine = {p for p, name in enumerate(owners) if name == owner}
        for partition in set(self._shards) - mine:
            self._drop(partition)
        for partition in sorted(mine - set(self._shards)):
            self._load(partition)
        self._version = version

    def _load(self, partition: int) -> None:
        stored = load(self.client, self.keys, self.plan, self.node, partition)
        stored.shard.refuses = not self._protected
        stored.shard.instance, stored.shard.epoch = self.name, self.epoch
        self._shards[partition] = stored
        stored.shard.clock = self._inbox.here.clock()
        for topic in stored.cursors:
            self._streams[self.keys.topic(topic, partition).encode()] = (partition, topic)
        for timer in stored.shard.timers.values():
            self._inbox.add_timer(partition, timer.name, timer.due_us)

    def _drop(self, partition: int) -> None:
        self._shards.pop(partition)
        self._inbox.forget(partition)
        self._streams = {key: place for key, place in self._streams.items() if place[0] != partition}

    def _reload(self) -> None:
        """Throw away what memory holds of every shard, and load what the last commits left."""
        for partition in list(self._shards):
            self._drop(partition)
        self._own(b"")

    # -- one turn

    def _turn(self) -> None:
        if not self._version:
            self._beat()
        self._tell_of_faults()
        self._read()
        outcome = Outcome()
        try:
            took_part = self._execute_due(outcome)
        except Exception as error:
            log.exception("run %s: %s could not do its work", self.keys.run, self.name)
            self._fail(f"{self.name} could not do its work: {error!r}")
        if took_part:
            self._commit(took_part, outcome)
        elif time.monotonic_ns() // 1_000 - self._contact_us >= BEAT_US:
            self._beat()

    def _read(self) -> None:
        """Read what is new on the owned streams, waiting no longer than until something is due."""
        wait_us = self._wait_us()
        streams = self._streams if len(self._inbox) < INBOX_MAX else {}
        if wait_us < 1_000 or not streams:
            # Redis waits in whole milliseconds: what is due sooner is waited for here.
            time.sleep(wait_us / 1e6)
            wait_us = 0
        command: list[Any] = ["XREAD", "COUNT", READ_MAX]
        if wait_us >= 1_000:
            command += ("BLOCK", wait_us // 1_000)
        highs = [entry_id(self._shards[p].cursors[topic].high) for p, topic in streams.values()]
        reply = self.client.execute_command(  # type: ignore[no-untyped-call]
            *command, "STREAMS", self.keys.faults, *streams, self._feed.last_id, *highs
        )
        found = dict(_streams_of(reply))
        told = found.pop(self.keys.faults.encode(), None)
        if told:
            # First of all: what was sent after a fault came or went meets it so.
            self._feed.take(told)
            self._know()
        for key, entries in found.items():
            self._admit(*streams[key], entries)

    def _know(self) -> None:
        """Let the faults that are known do what they do to the node and its messages."""
        self._inbox.know(self._feed.faults.values())
        for stored in self._shards.values():
            stored.shard.clock = self._inbox.here.clock()

    def _stopped(self) -> bool:
        """Whether the node is paused or down."""
        return bool(self._inbox.here.stops) and self._inbox.here.stopped(max(self._now_us(), self._feed_us()))

    def _feed_us(self) -> int:
        return int(self._feed.last_id.partition("-")[0])

    def _tell_of_faults(self) -> None:
        """Let faults begin and end that are due."""
        for fault_id, settings, begins in self._feed.due(self._now_us()):
            tell(self._scripts, self.keys, self.plan, fault_id, settings, begins=begins)

    def _wait_us(self) -> int:
        """How long there is nothing to do but to read: not at all while a shard has to start."""
        stopped = self._stopped()
        if not stopped and any(self._has_to_start(stored) for stored in self._shards.values()):
            return 0
        waited_us = time.monotonic_ns() // 1_000 - self._contact_us
        wait_us = max(0, min(BEAT_US, BEAT_US - waited_us))
        fault_in_us = self._feed.due_in_us(self._now_us())
        if fault_in_us is not None:
            wait_us = min(wait_us, fault_in_us)
        due_us = None if stopped else self._inbox.next_due_us
        return wait_us if due_us is None else max(0, min(wait_us, due_us - self._now_us()))

    def _admit(self, partition: int, topic: str, entries: list[Any]) -> None:
        stored = self._shards[partition]
        cursor = stored.cursors[topic]
        for raw_id, fields in entries:
            number = entry_number(raw_id)
            if not cursor.admit(number):
                stored.touched.add(topic)  # The mark may have passed it, and nothing else would commit that.
                continue
            message = unpack_message(fields[1])
            skip = cursor.copies_done(number)
            self._inbox.admit(partition, topic, number, message, sent_us(number), skip, stored.taken[topic])

    def _has_to_start(self, stored: StoredShard) -> bool:
        return not stored.started or stored.losses < len(self._inbox.here.wipes)

    def _execute_due(self, outcome: Outcome) -> dict[int, StoredShard]:
        took_part: dict[int, StoredShard] = {}
        if self._stopped():
            return took_part
        now_us = max(self._now_us(), self._feed_us())
        losses = len(self._inbox.here.wipes)
        for partition, stored in self._shards.items():
            if stored.losses < losses:
                stored.wipe(losses, outcome)
            if not stored.started:
                stored.shard.start(now_us, outcome)
            if stored.touched or not stored.started:
                took_part[partition] = stored
        for _ in range(TURN_MAX):
            arrival = self._inbox.pop_due(now_us)
            if arrival is None:
                break
            stored = self._shards[arrival.partition]
            if self._execute(stored, arrival, now_us, outcome):
                took_part[arrival.partition] = stored
        return took_part

    def _execute(self, stored: StoredShard, arrival: Arrival, now_us: int, outcome: Outcome) -> bool:
        message = arrival.message
        if message is None:
            timer = stored.shard.timers.get(arrival.timer)
            # A timer that was cancelled, or set again for another time, has nothing to do here.
            if timer is None or timer.due_us > now_us:
                return False
            stored.shard.fire(arrival.timer, now_us, outcome)
            return True
        if not arrival.reason:
            stored.shard.execute(message, sent_us(arrival.number), now_us, outcome, arrival.copy)
        else:
            outcome.bodies.append(
                Dropped(
                    message.id,
                    message.topic,
                    message.type,
                    message.key,
                    message.source,
                    sent_us(arrival.number),
                    arrival.reason,
                )
            )
        stored.cursors[arrival.topic].done(arrival.number, arrival.copies)
        stored.touched.add(arrival.topic)
        return True

    def _commit(self, took_part: dict[int, StoredShard], outcome: Outcome) -> None:
        layout = TurnLayout(self.keys, self.node, self.name, self.epoch, LEASE_US)
        names, arguments = layout.arguments(took_part.values(), outcome)
        patience_ends = time.monotonic() + FULL_PATIENCE_S
        while True:
            try:
                if not self._take(self._scripts.commit(names, arguments)):
                    return
                break
            except redis.exceptions.NoPermissionError as error:
                if not acl.without_refused(outcome, self.plan.nodes[self.node], error):
                    raise
                for stored in took_part.values():
                    stored.stored_beyond |= stored.touched  # what the first layout took for deleted is not
                names, arguments = layout.arguments(took_part.values(), outcome)
            except _FullError as full:
                if time.monotonic() > patience_ends:
                    self._fail(f"{full} is full: nobody reads it any more")
                time.sleep(0.1)
        for stored in took_part.values():
            stored.started = True
            stored.touched.clear()
        for partition, name, timer in outcome.timers:
            if timer is not None and partition in self._shards:
                self._inbox.add_timer(partition, name, timer.due_us)

    def _fail(self, reason: str) -> NoReturn:
        self._scripts.end(self._head, ["failed", reason])
        raise Ended(reason)


class _FullError(Exception):
    """A stream that the commit writes to has reached its bound."""


def _streams_of(reply: Any) -> list[tuple[bytes, list[Any]]]:
    """XREAD's reply by stream, from either protocol version."""
    if not reply:
        return []
    return list(reply.items()) if isinstance(reply, dict) else reply
