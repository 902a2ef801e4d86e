"""How far the nodes of a live run are behind the streams that they follow."""

from __future__ import annotations

from typing import NamedTuple

import redis

from workers.cluster.plan import Plan
from workers.runtime.connection import of_run
from workers.runtime.keys import RunKeys


class Backlog(NamedTuple):
    """Entries that were appended and are not committed yet: by node, and of observations by the recorder."""

    nodes: dict[str, int]
    observations: int


def backlog_of(client: redis.Redis, run: str, plan: Plan) -> Backlog:
    """Two round trips, whatever the length of the streams. A node that nothing was sent to is behind by 0."""
    keys, shard = RunKeys(run), of_run(client, run)
    partitions = range(plan.partitions)
    streams = [(topic, partition) for topic in plan.subscribers for partition in partitions]
    followed: dict[str, list[str]] = {}
    for topic, nodes in plan.subscribers.items():
        for node in nodes:
            followed.setdefault(node, []).append(topic)
    readers = [(node, partition) for node in followed for partition in partitions]
    with shard.pipeline(transaction=False) as pipe:
        pipe.xlen(keys.observations)
        for topic, partition in streams:
            pipe.xinfo_stream(keys.topic(topic, partition))
        for node, partition in readers:
            pipe.hmget(keys.shard(node, partition), [f"e:{topic}" for topic in followed[node]])
        waiting, *found = pipe.execute(raise_on_error=False)
    added = dict(zip(streams, (_added(info) for info in found[: len(streams)]), strict=True))
    behind = dict.fromkeys(followed, 0)
    for (node, partition), counts in zip(readers, found[len(streams) :], strict=True):
        for topic, count in zip(followed[node], counts, strict=True):
            behind[node] += max(0, added[topic, partition] - int(count or 0))
    return Backlog(behind, int(waiting) if isinstance(waiting, int) else 0)


def _added(info: object) -> int:
    """How many entries a stream ever had; 0 for one that is not there (the server answers with an error)."""
    return int(info["entries-added"]) if isinstance(info, dict) else 0
