"""Messages to one shard of every node: each partition is a group of its own, with its own leader."""

from __future__ import annotations

from functools import lru_cache
from itertools import count

from workers.model.message import partition_of


@lru_cache(maxsize=512)
def lane_key(partition: int, partitions: int) -> str:
    """A partition key that falls in this partition: what shards of the same partition say to each other carries it."""
    return next(key for n in count() if partition_of(key := f"lane-{n}", partitions) == partition)
