"""The observation stream of a run as it lies on the server: the names of its keys and the shape of its entries.

The stream is the one thing that the system under observation and its observer share beside the vocabulary: one field
``b`` an entry, a MessagePack ``Turn``; the first part of an entry's id is its recorder time in microseconds.
"""

from __future__ import annotations

from typing import Any

RawEntry = tuple[bytes, dict[bytes, bytes]]


def observations_key(run_id: str) -> str:
    """The stream of a run's turns."""
    return f"cv:{{{run_id}}}:obs"


def lease_key(run_id: str) -> str:
    """Who records the run."""
    return f"cv:{{{run_id}}}:recorder"


def entry_at_us(entry_id: bytes) -> int:
    """The recorder time of an entry."""
    return int(entry_id.split(b"-", 1)[0])


def raw_entries(answer: Any) -> list[RawEntry]:
    """The entries of an XREAD of one stream, whichever protocol the client speaks."""
    if isinstance(answer, dict):
        return [entry for batches in answer.values() for batch in batches for entry in batch]
    return [entry for _, entries in answer or () for entry in entries]
