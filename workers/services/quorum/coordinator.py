"""The coordinator of a region: asks all replicas, and answers its clients when enough of them have answered.

Rules
1. A write goes to all N replicas and is acknowledged with the W-th acknowledgement; a read asks all N and is answered
   with the R-th response, with the newest of the first R versions, or with all of them that no other replaces.
2. Without a quorum within the time-out a read ends ``fail``, and a write ``info``: some replicas may have it, and with
   hints all of them will.
3. An operation is known by its id: asked for twice, it is done once, while it is open or among the key's last ones.
4. The coordinator numbers its updates of a key (``workers.model.updates``). It remembers the numbers of the
   ``SLOTS * KEYS_PER_SLOT`` keys that it wrote last; its records must survive it, as any log of dots must.
5. Read repair: once a read is answered, each replica that showed less than what all responses add up to is sent that,
   also when a late response adds to it. Nobody waits for it.
6. Hinted hand-off: a write that a replica did not acknowledge in time is kept and sent to it again until it does. At
   most ``hints_max`` writes are kept so in each shard; beyond that the youngest is given up, and repair is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from zlib import crc32

from workers.crdts.hlc import COUNTER_BITS, Clock, ClockTooFarAheadError, Stamp
from workers.model.effects import CancelTimer, Effect, Send, SetTimer
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Outcome
from workers.services.quorum.settings import (
    READS,
    WRITES,
    Quorum,
    acks_topic,
    coordinator_of,
    hints_topic,
    repairs_topic,
    responses_topic,
)
from workers.services.quorum.versions import VERSIONS, Raw

SLOTS: Final = 64
KEYS_PER_SLOT: Final = 64
OPERATIONS_REMEMBERED: Final = 16
_CLOCK: Final = "clock"


class Coordinator:
    """Takes the operations of one region."""

    def __init__(self, quorum: Quorum, region: str) -> None:
        self.quorum = quorum
        self.node = coordinator_of(region)
        self.versions = VERSIONS[quorum.type]
        self._acks = acks_topic(region)
        self._responses = responses_topic(region)

    def start(self, context: Context) -> Step:
        """Nothing is under way yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin an operation, count an answer, or give up."""
        kind = message.type
        if kind == "Write":
            return self._write(state, message, context)
        if kind == "Read":
            return self._read(state, message)
        op = message.data["op"]
        if kind in {"Fetched", "ReadLate"}:
            read = state.get(f"r:{op}")
            if read is None:
                return NOTHING
            return self._fetched(read, message) if kind == "Fetched" else self._read_late(read)
        write = state.get(f"w:{op}")
        if write is None:
            return NOTHING
        if kind == "Stored":
            return self._stored(write, message.source)
        return self._write_late(write) if kind == "WriteLate" else self._hint(state, write)

    def _write(self, state: State, message: Message, context: Context) -> Step:
        key, op, read = message.key, message.data["op"], message.data["context"]
        slot = f"n:{crc32(key.encode()) % SLOTS}"
        known = state.get(slot, {})
        own, operations = known.get(key, (None, []))
        if op in operations:
            return NOTHING
        way = [message.reply_topic, message.reply_key]
        try:
            time, clock = self._time(state, read, context)
        except ClockTooFarAheadError as error:
            return Step({}, (_answer(way, "WriteDone", op, key, "fail", None, str(error)),))
        written = self.versions.put(own, key, self.node, time, read, message.data["value"])
        remembered = {other: entry for other, entry in known.items() if other != key}
        if len(remembered) >= KEYS_PER_SLOT:
            del remembered[next(iter(remembered))]
        remembered[key] = [written.own, [*operations[1 - OPERATIONS_REMEMBERED :], op]]
        opened = {
            "op": op,
            "key": key,
            "way": way,
            "update": written.update,
            "after": read.get("past", []),
            "state": written.state,
            "acks": [],
            "answered": False,
            "tries": 0,
        }
        request = {"op": op, "state": written.state}
        effects: list[Effect] = [
            Send(WRITES, "Store", key, request, reply_topic=self._acks, reply_key=key),
            SetTimer(f"write:{op}", self.quorum.timeout_us, "WriteLate", key, {"op": op}),
        ]
        if self.quorum.hinted_handoff:
            effects.append(self._hint_timer(opened))
        return Step({slot: remembered, f"w:{op}": opened, **clock}, effects)

    def _time(self, state: State, read: Json, context: Context) -> tuple[int, Json]:
        """The stamp of a write, and the clock's record after it: later than what the client had read, if hybrid."""
        if self.quorum.clock == "wall":
            return context.now_us, {}
        record = state.get(_CLOCK)
        clock = Clock(self.node) if record is None else Clock.decode(record["clock"])
        packed = read.get("time", 0)
        if packed:
            stamp = Stamp(packed >> COUNTER_BITS, packed & ((1 << COUNTER_BITS) - 1), "what its client had read")
            clock, given = clock.receive(stamp, context.now_us, self.quorum.skew_us_max)
        else:
            clock, given = clock.send(context.now_us)
        return given.packed(), {_CLOCK: {"clock": clock.encode()}}

    def _stored(self, write: Json, replica: str) -> Step:
        if replica in write["acks"]:
            return NOTHING
        acks = [*write["acks"], replica]
        now = {**write, "acks": acks}
        effects: list[Effect] = []
        if len(acks) >= self.quorum.write and not write["answered"]:
            now["answered"] = True
            effects = [CancelTimer(f"write:{write['op']}"), self._written(write, "ok")]
        return self._kept(now, effects)

    def _write_late(self, write: Json) -> Step:
        count, within_ms = len(write["acks"]), self.quorum.timeout_us // 1_000
        error = f"{count} of {self.quorum.write} acknowledgements within {within_ms} ms"
        return self._kept({**write, "answered": True}, [self._written(write, "info", error)])

    def _kept(self, write: Json, effects: list[Effect]) -> Step:
        """Keep the write for those that have not acknowledged it, or forget it if nobody is waited for."""
        op = write["op"]
        if write["answered"] and (not self.quorum.hinted_handoff or len(write["acks"]) == len(self.quorum.regions)):
            if self.quorum.hinted_handoff:
                effects.append(CancelTimer(_hint_name(write)))
            return Step({f"w:{op}": None}, effects)
        return Step({f"w:{op}": write}, effects)

    def _hint(self, state: State, write: Json) -> Step:
        """Send a write again to those who owe an acknowledgement. What a timer sends needs a timer name of its own."""
        op, first = write["op"], write["tries"] == 0
        if first and write["answered"] and _hints(state) >= self.quorum.hints_max:
            return Step({f"w:{op}": None})
        again = {**write, "tries": write["tries"] + 1}
        request = {"op": op, "state": write["state"]}
        effects: list[Effect] = [
            Send(hints_topic(region), "Store", write["key"], request, reply_topic=self._acks, reply_key=write["key"])
            for region in self.quorum.regions
            if region not in write["acks"]
        ]
        return Step({f"w:{op}": again}, (*effects, self._hint_timer(again)))

    def _hint_timer(self, write: Json) -> SetTimer:
        return SetTimer(_hint_name(write), self.quorum.hint_after_us, "Hint", write["key"], {"op": write["op"]})

    def _written(self, write: Json, outcome: Outcome, error: str = "") -> Send:
        value = {"update": write["update"], "after": write["after"]}
        return _answer(write["way"], "WriteDone", write["op"], write["key"], outcome, value, error)

    def _read(self, state: State, message: Message) -> Step:
        key, op = message.key, message.data["op"]
        if f"r:{op}" in state:
            return NOTHING
        way = [message.reply_topic, message.reply_key]
        opened = {"op": op, "key": key, "way": way, "got": {}, "answered": False}
        request = Send(READS, "Fetch", key, {"op": op}, reply_topic=self._responses, reply_key=key)
        late = SetTimer(f"read:{op}", self.quorum.timeout_us, "ReadLate", key, {"op": op})
        return Step({f"r:{op}": opened}, (request, late))

    def _fetched(self, read: Json, message: Message) -> Step:
        replica, record = message.source, message.data["record"]
        if replica in read["got"]:
            return NOTHING
        got = {**read["got"], replica: record}
        now = {**read, "got": got}
        effects: list[Effect] = []
        if not read["answered"]:
            if len(got) < self.quorum.read:
                return Step({f"r:{read['op']}": now})
            now["answered"] = True
            effects.append(self._found(read, [record for record in got.values() if record is not None]))
        if self.quorum.read_repair:
            now["got"], repairs = self._repaired(read["key"], got)
            effects.extend(repairs)
            if len(got) < len(self.quorum.regions):
                return Step({f"r:{read['op']}": now}, effects)
        effects.append(CancelTimer(f"read:{read['op']}"))
        return Step({f"r:{read['op']}": None}, effects)

    def _repaired(self, key: str, got: Json) -> tuple[Json, list[Effect]]:
        """The responses as they will be after the repairs that they ask for, and those repairs."""
        newest = self._merged([record for record in got.values() if record is not None])
        older = [replica for replica, record in got.items() if newest != ([] if record is None else record["state"])]
        if not older:
            return got, []
        repairs: list[Effect] = [
            Send(repairs_topic(replica), "Store", key, {"op": "", "state": newest}) for replica in older
        ]
        return {**got, **{replica: {"state": newest} for replica in older}}, repairs

    def _found(self, read: Json, records: Sequence[Json]) -> Send:
        newest, key = self._merged(records), read["key"]
        value = {"value": self.versions.value(newest), "seen": self.versions.seen(key, records)}
        context = self.versions.context(key, newest)
        return _answer(read["way"], "ReadDone", read["op"], key, "ok", value, context=context)

    def _read_late(self, read: Json) -> Step:
        gone: dict[str, Json | None] = {f"r:{read['op']}": None}
        if read["answered"]:
            return Step(gone)
        count, within_ms = len(read["got"]), self.quorum.timeout_us // 1_000
        error = f"{count} of {self.quorum.read} responses within {within_ms} ms"
        return Step(gone, (_answer(read["way"], "ReadDone", read["op"], read["key"], "fail", None, error),))

    def _merged(self, records: Sequence[Json]) -> Raw:
        newest: Raw = []
        for record in records:
            newest = self.versions.merge(newest, record["state"])
        return newest


def _hint_name(write: Json) -> str:
    return f"hint:{write['op']}:{write['tries']}"


def _hints(state: State) -> int:
    """How many writes are kept as hints."""
    return sum(1 for name, record in state.items() if name.startswith("w:") and record["tries"])


def _answer(
    way: Sequence[str], type: str, op: str, key: str, outcome: Outcome, value: Any, error: str = "", **more: Any
) -> Send:
    data = {"op": op, "outcome": outcome, "value": value, "error": error, **more}
    return Send(way[0], type, key, data, partition_key=way[1])
