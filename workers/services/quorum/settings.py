"""How a quorum system is set up, as plain values, and the topics by which its nodes talk.

Each kind of message has a topic of its own, so that each may travel by its own latency: a write request (W of the WARS
model), its acknowledgement (A), a read request (R) and its response (S).
"""

from __future__ import annotations

from typing import Final, NamedTuple

RESULTS: Final = "results"
"""What coordinators answer to clients."""

WRITES: Final = "writes"
READS: Final = "reads"


def coordinator_of(region: str) -> str:
    """The node that takes a region's operations."""
    return f"coord-{region}"


def operations_topic(region: str) -> str:
    """What clients ask of a region's coordinator."""
    return f"operations.{region}"


def acks_topic(region: str) -> str:
    """Acknowledgements to a region's coordinator."""
    return f"acks.{region}"


def responses_topic(region: str) -> str:
    """Responses to the reads of a region's coordinator."""
    return f"responses.{region}"


def repairs_topic(region: str) -> str:
    """What coordinators write back to a region's replica that answered an older version."""
    return f"repairs.{region}"


def hints_topic(region: str) -> str:
    """Writes that a region's replica did not acknowledge in time, once more."""
    return f"hints.{region}"


class Quorum(NamedTuple):
    """``read`` and ``write`` of the ``regions`` must answer. Times in microseconds.

    ``hint_after_us``: how long a replica may take to acknowledge before the coordinator keeps the write for it as a
    hint, and how often it is then sent again. ``hints_max``: how many such writes a coordinator's shard keeps.
    """

    regions: tuple[str, ...]
    read: int
    write: int
    type: str
    clock: str
    skew_us_max: int
    read_repair: bool
    hinted_handoff: bool
    timeout_us: int
    hint_after_us: int
    hints_max: int


class Probe(NamedTuple):
    """Writes to fresh keys, and for each a read that begins exactly so long after its commit, for each of the times.

    No write is due later than ``duration_us`` after the start.
    """

    writes: int
    writes_per_s: float
    read_after_us: tuple[int, ...]
    timeout_us: int
    duration_us: int | None = None


class Traffic(NamedTuple):
    """Sessions that read and write a few keys; a session's operations follow one another.

    None is due later than ``duration_us`` after the start.
    """

    operations_per_s: float
    operations: int | None
    sessions: int
    keys: int
    read_share: float
    timeout_us: int
    duration_us: int | None = None
