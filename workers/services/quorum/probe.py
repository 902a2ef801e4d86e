"""The probe client: writes to fresh keys, and reads that begin exactly so long after each commit.

Rules
1. Writes are due at equal distances, whatever became of those before. Each goes to a region drawn for it.
2. For each write that was acknowledged and each t of ``read_after_us``, one read begins t after the acknowledgement, at
   a region drawn for it, independently of the write's. The reads are those of other clients: sessions of their own.
3. Nobody writes the key again, so what a read should return is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.model.effects import Effect, SetTimer
from workers.model.message import TIMER_TOPIC, Json, Message, partition_of
from workers.model.node import NOTHING, Context, State, Step
from workers.model.randomness import draw
from workers.services.quorum.asking import begin, end, timed_out
from workers.services.quorum.settings import Probe

LANES = 4
"""Into how many sequences the writes are dealt: each belongs to one shard."""


class ProbeClient:
    """The lanes whose name falls in this shard's partition."""

    def __init__(self, probe: Probe, regions: Sequence[str]) -> None:
        self.probe = probe
        self.regions = tuple(regions)

    def start(self, context: Context) -> Step:
        """Schedule the first write of each lane of this shard."""
        if not self.probe.writes_per_s:
            return NOTHING
        lanes = [number for number in range(LANES) if self._here(f"p{number + 1}", context)]
        return Step({}, [timer for lane in lanes for timer in self._next(lane, context.now_us, context.now_us)])

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Begin what is due, end what was answered or is late."""
        data = message.data
        if message.topic == TIMER_TOPIC and message.type == "Probe":
            return self._write(data, context)
        if message.topic == TIMER_TOPIC and message.type == "Read":
            name, key = data["op"], data["key"]
            asked = begin(
                name, name, key, self._region(name, context), context.sent_us, self.probe.timeout_us, message.key, {}
            )
            return Step({name: asked[0]}, asked[1])
        record = state.get(data.get("op", ""))
        if record is None:
            return NOTHING
        gone: dict[str, Json | None] = {record["op"]: None}
        if message.type == "TimedOut":
            return Step(gone, timed_out(record, self.probe.timeout_us))
        ended = end(record, data["outcome"], data["value"], data["error"])
        if message.type == "WriteDone" and data["outcome"] == "ok":
            ended.extend(self._reads(record))
        return Step(gone, ended)

    def _write(self, data: Json, context: Context) -> Step:
        number, lane = data["number"], data["number"] % LANES
        key, name = f"p{lane + 1}-{number}", f"p{lane + 1}-{number}:write"
        request = {"value": number, "context": {}}
        record, effects = begin(
            *(name, name, key, self._region(name, context), data["intended_us"], self.probe.timeout_us),
            f"p{lane + 1}",
            request,
        )
        return Step({name: record}, [*effects, *self._next(number + LANES, data["started_us"], context.now_us)])

    def _reads(self, write: Json) -> list[SetTimer]:
        key, timers = write["key"], []
        for index, after_us in enumerate(self.probe.read_after_us):
            name = f"{key}:read{index}"
            timers.append(SetTimer(name, after_us, "Read", write["lane"], {"op": name, "key": key}))
        return timers

    def _next(self, number: int, started_us: int, now_us: int) -> list[Effect]:
        if number >= self.probe.writes:
            return []
        due_us = started_us + round((number + 1) * 1e6 / self.probe.writes_per_s)
        if self.probe.duration_us is not None and due_us - started_us > self.probe.duration_us:
            return []
        data = {"number": number, "intended_us": due_us, "started_us": started_us}
        return [SetTimer(f"probe:{number}", max(0, due_us - now_us), "Probe", f"p{number % LANES + 1}", data)]

    def _region(self, name: str, context: Context) -> str:
        return self.regions[int(len(self.regions) * draw(context.seed, "region", name))]

    def _here(self, lane: str, context: Context) -> bool:
        return partition_of(lane, context.partitions) == context.partition
