"""What the page says about a run beside what happened in it: the run, its nodes, its instances, as views of frames."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.db import connections

from consistency_viz.experiments import stack
from consistency_viz.experiments.archiving import header_of
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.live.frames import InstanceView, NodeView, RunView
from workers.model.history import Header

STARTING_MS = 5_000
P = ParamSpec("P")
T = TypeVar("T")


class About(NamedTuple):
    """What is known of a run before anything of it was read. ``path`` is where its history is or will be."""

    header: Header
    run: RunView
    nodes: list[NodeView]
    ended: bool
    path: Path


def about(run_id: str, started_us: int) -> About | None:
    """What the database knows of a run; ``None`` if it does not know it. ``started_us`` stands in until it does."""
    run = row_of(run_id)
    if run is None:
        return None
    plan = stack.plan_of(run.document)
    nodes = [
        NodeView(node.id, node.role, node.replica, list(node.subscribes), list(plan.publishes.get(node.id, ())))
        for node in plan.nodes.values()
    ]
    begun_us = microseconds(run.started_at) or started_us or microseconds(run.created_at)
    if run.engine == Run.Engine.SIMULATED:
        begun_us = 0
    return About(
        header_of(run, begun_us),
        run_view(run, begun_us, plan.partitions, stack.subject_of(plan)),
        nodes,
        run.ended,
        run.history_path,
    )


async def from_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what uses the database on a thread, and leave no connection behind.

    Not by ``sync_to_async``: it swallows a cancellation that arrives while the call ends, and a feed would never end.
    """

    def call_and_close() -> T:
        try:
            return call(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call_and_close)


def row_of(run_id: str) -> Run | None:
    """The run's row."""
    return Run.objects.filter(pk=run_id).first()


def run_view(run: Run, started_us: int, partitions: int, subject: str) -> RunView:
    """The run as its row has it."""
    return RunView(
        run.id,
        run.scenario,
        run.title,
        run.design,
        run.summary,
        run.seed,
        partitions,
        run.state,
        run.reason,
        started_us,
        microseconds(run.ended_at) or None,
        subject,
    )


def instance_views(status: Any) -> list[InstanceView]:
    """The instances as the control reports them. One that never gave a sign of life is starting, then dead."""
    age_ms = (status.now_us - status.started_us) // 1_000
    return [
        InstanceView(i.id, i.node, _state(i, age_ms), i.epoch, i.age_ms, list(i.partitions)) for i in status.instances
    ]


def _state(instance: Any, run_age_ms: int) -> str:
    if instance.state != "dead":
        return str(instance.state)
    return "starting" if instance.epoch == 0 and run_age_ms < STARTING_MS else "dead"
