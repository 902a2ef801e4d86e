"""A live run on the real server, without workers: tests put into its stream what workers would have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async

from consistency_viz.experiments import stack
from consistency_viz.experiments.models import Run
from consistency_viz.live.supervision import make_recorder
from tests.observation.support import put
from workers.model.observation import Applied, Body
from workers.runtime import control


class LiveRun:
    """One run, its row and its keys."""

    def __init__(self, client: redis.Redis, row: Run) -> None:
        self.client = client
        self.row = row
        self.id = row.id
        self.replicas = stack.plan_of(row.document).replicas
        self.count = 0

    def put(self, *bodies: Body, node: str = "") -> None:
        """One turn, now."""
        put(self.client, self.id, control.server_time_us(self.client), *bodies, node=node or self.replicas[0])
        self.count += len(bodies)

    def put_applied(self, number: int) -> None:
        self.put(Applied(f"o{number}", {"status": "placed"}, f"o{number}:OrderPlaced"))

    def end(self, state: str = "finished") -> None:
        assert control.end_run(self.client, self.id, state, "all orders are done")

    def recorder(self) -> Any:
        return make_recorder(self.row, self.client)

    def record_to_end(self) -> None:
        self.recorder().run(lambda: False)


@pytest.fixture
def live_run(transactional_db, redis_client, server, settings) -> LiveRun:
    settings.REDIS_URL = server.url
    scenario = next(s for s in stack.catalogue() if len(stack.plan_of(s.model_dump(mode="json")).replicas) > 1)
    row = Run.objects.create(
        scenario=scenario.name,
        title=scenario.title,
        design=scenario.design,
        document=scenario.model_dump(mode="json"),
        seed=scenario.seed,
    )
    control.create_run(redis_client, row.id, row.document)
    return LiveRun(redis_client, row)


@pytest.fixture
def in_thread() -> Callable[..., Any]:
    """Calls what blocks without holding up the loop."""
    return lambda call, *arguments: sync_to_async(call, thread_sensitive=False)(*arguments)


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait for a condition that other tasks or threads bring about."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


@pytest.fixture(name="until")
def _until() -> Callable[..., Any]:
    return until
