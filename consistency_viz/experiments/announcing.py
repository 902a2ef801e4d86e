"""Tells the pages of a run about a new run beside it, over the channel layer: nobody has to load them anew."""

from __future__ import annotations

import logging

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from consistency_viz.experiments.models import Run

log = logging.getLogger(__name__)

GROUP = "news"
"""Of all web processes: each is told once and knows whom of its pages it concerns."""


def announce(run: Run, newer: Run) -> None:
    """Say to the pages of ``run`` that ``newer`` belongs beside it. Without a layer nobody hears it; nothing breaks."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(GROUP, {"type": "relative.new", "of": run.id, "run": newer.id})
    except (OSError, redis.RedisError):
        log.warning("the pages of run %s could not be told of run %s", run.id, newer.id, exc_info=True)
