"""The servers under measurement, for uvicorn: ``ours`` is the product's consumer and ring, ``reference`` a group.

``CV_BENCH_RATE`` frames a second of about ``CV_BENCH_BYTES`` each, from the start on; ``at_us`` is when it was made.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
get_asgi_application()

from consistency_viz.live import feeds, places  # noqa: E402 - Django first
from consistency_viz.live.consumers import RunConsumer  # noqa: E402
from consistency_viz.live.feed import RunFeed  # noqa: E402
from consistency_viz.live.frames import Delta, KeyView, NodeView, ReplicaValue, RunView, Totals  # noqa: E402
from consistency_viz.live.page.state import PageState  # noqa: E402
from workers.model.history import Header  # noqa: E402

RATE = float(os.environ.get("CV_BENCH_RATE", "20"))
BYTES = int(os.environ.get("CV_BENCH_BYTES", "5000"))
GROUP = "bench"
REPLICAS = ["order", "view-1", "view-2"]


def _delta(boot: str, seq: int) -> Delta:
    """A frame of about ``BYTES``: as many keys as that takes."""
    at_us = time.time_ns() // 1_000
    values = {name: ReplicaValue({"status": "placed", "net_cents": 1_290}, 3, at_us) for name in REPLICAS}
    keys = [KeyView(f"s1-{n}", at_us, values, True, False) for n in range(max(1, (BYTES - 500) // 310))]
    return Delta(boot, seq, f"{seq}@{at_us}", at_us, Totals(), keys)


class BenchFeed(RunFeed):
    """A feed whose frames are made up; all else about it is the product's."""

    async def _play(self) -> None:
        run = RunView(self.run_id, "bench", "Bench", "", "", 1, 1, "running", "", 1, None)
        header = Header("bench", "", 1, "live", REPLICAS, run=self.run_id, started_us=1)
        self._state = PageState(header, run, [NodeView(name, "view", True, [], []) for name in REPLICAS])
        self.ready.set()
        async for _ in _beats():
            self.seq += 1
            self._snapshots.clear()
            self._ring.append((self.seq, msgspec.json.encode(_delta(self.boot, self.seq)).decode()))
            self.wake()


class GroupConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """The same frames by the channel layer: each is sent to the group, each member gets it from Redis."""

    _beating: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        if GroupConsumer._beating is None:
            GroupConsumer._beating = asyncio.create_task(_send_to_group())

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def frame(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


async def _send_to_group() -> None:
    layer = get_channel_layer()
    seq = 0
    async for _ in _beats():
        seq += 1
        text = msgspec.json.encode(_delta("boot", seq)).decode()
        await layer.group_send(GROUP, {"type": "frame", "text": text})


async def _beats() -> Any:
    """Yields ``RATE`` times a second; a beat that is late is not made up for."""
    due_s = time.monotonic()
    while True:
        yield
        due_s = max(due_s + 1 / RATE, time.monotonic() - 1 / RATE)
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))


setattr(feeds, "RunFeed", BenchFeed)  # noqa: B010 - what ``watch`` makes of a run, here and nowhere else
setattr(places, "SOCKETS_MAX_PER_ADDRESS", places.SOCKETS_MAX_PER_RUN)  # noqa: B010 - the whole crowd comes from here
application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(
            [
                re_path(r"^ours/(?P<run_id>[a-z]+)/$", RunConsumer.as_asgi()),
                re_path(r"^reference/$", GroupConsumer.as_asgi()),
            ]
        )
    }
)
