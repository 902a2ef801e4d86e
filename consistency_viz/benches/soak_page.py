"""What a page costs during a soak: a process that follows the run as a feed does, and makes frames of all of it."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from multiprocessing.process import BaseProcess
from typing import Any, Final

import msgspec
import redis

from consistency_viz.experiments.simulations import header_of
from consistency_viz.live.frames import RunView, encode
from consistency_viz.live.page.state import PageState
from consistency_viz.observation.position import Numbering, Position
from consistency_viz.observation.stream import entry_at_us, observations_key, raw_entries
from consistency_viz.observation.tail import BATCH_ENTRIES
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario
from workers.model.codec import unpack_turn
from workers.runtime.connection import connect

BLOCK_MS: Final = 50
FRAMES_PER_S: Final = 20
RING_FRAMES: Final = 400
"""As a feed makes and keeps them; this process does without Django."""


def follow_beside(url: str, run: str, scenario: dict[str, Any], started_us: int) -> BaseProcess:
    """Start the process; it ends with the run's keys, or with this process."""
    process = multiprocessing.get_context("spawn").Process(
        target=follow, args=(url, run, scenario, started_us), name="page", daemon=True
    )
    process.start()
    return process


def follow(url: str, run: str, scenario: dict[str, Any], started_us: int) -> None:
    """Read the run's stream to its end, in frames that nobody sees."""
    plan = build(Scenario.model_validate(scenario))
    header = msgspec.structs.replace(header_of(plan, "live"), run=run, started_us=started_us)
    told = (run, header.scenario, "", header.design, "", plan.seed, plan.partitions, "running", "")
    page = PageState(header, RunView(*told, started_us, None, "order"), [])
    numbering, cursor, frame, framed_s = Numbering(Position()), "0-0", 0, 0.0
    ring: deque[str] = deque(maxlen=RING_FRAMES)
    key: Any = observations_key(run)
    with connect(url) as client:
        while True:
            try:
                entries = raw_entries(client.xread({key: cursor}, count=BATCH_ENTRIES, block=BLOCK_MS))
            except redis.RedisError:
                return
            for id_, fields in entries:
                for observation in numbering.take(entry_at_us(id_), unpack_turn(fields[b"b"])):
                    page.observe(observation)
                cursor = id_.decode()
            if len(entries) < BATCH_ENTRIES:
                page.settle()
            if time.monotonic() - framed_s >= 1 / FRAMES_PER_S:
                frame, framed_s = frame + 1, time.monotonic()
                delta = page.delta("soak", frame, cursor)
                if delta is not None:
                    ring.append(encode(delta).decode())
            if not entries and cursor != "0-0" and not client.exists(key):
                return
