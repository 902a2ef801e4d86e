"""The cells of the matrix: every row under every kind of fault, and what is promised there. Pure.

1. Every fault begins after the run did and is over well before it ends, so what was held arrives, and what a timer
   repeats is repeated. Which nodes it hits the row says.
2. Each cell is an ordinary scenario, so a run is replayed by ``manage.py simulate`` with the seed in question.
3. Where nothing is promised the cell says why, and is played and shown all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from consistency_viz.benches.matrix_rows import NETWORK, ORDERS, Row, Settings, rows
from workers.cluster.scenario import Scenario
from workers.strategies.registry import DESIGNS

COLUMNS: Final = {
    "none": "No fault",
    "loss": "One message in five is lost, on every link",
    "duplication": "Two messages in five come twice, on every link",
    "reordering": "Links do not keep the order, and their latencies differ by more than the pace of the clients",
    "partition-drop": "A replica is cut off; what is sent meanwhile is lost",
    "partition-hold": "A replica is cut off; what is sent meanwhile arrives later",
    "pause": "A replica and who works for it stand still, and know nothing of it",
    "crash": "They crash and restart with their disks",
    "crash-disk-lost": "They crash and restart with empty disks",
    "slow": "They take 30 ms for each message",
    "clock": "Their clocks are 0.4 s ahead, and then right again",
}
"""The kinds of fault by name, and what happens."""

BROKEN: Final = "it is broken on purpose"
LOST: Final = "nothing sends again what the network lost"
WIPED: Final = "no design claims to get back what only that had"

_BASE: Final[Settings] = {
    "name": "matrix",
    "title": "A cell of the matrix",
    "partitions": 1,
    "duration_s": 1,
    "drain_s": 4,
    "rpc_timeout_ms": 200,
    "workload": ORDERS,
    "network": NETWORK,
}


class Cell(NamedTuple):
    """A row under one kind of fault; ``reason`` says why strong eventual consistency is not promised, if so."""

    row: Row
    column: str
    scenario: Scenario
    reason: str

    @property
    def name(self) -> str:
        """Row and column."""
        return f"{self.row.name} / {self.column}"


def cells() -> Iterator[Cell]:
    """Every cell, row by row."""
    for row in rows():
        for column in COLUMNS:
            given = {**_BASE, **row.settings, "design": row.design, "faults": faults(row, column)}
            if row.planted is not None:
                given["expect"] = [{**row.planted, "because": "It is broken on purpose."}]
            yield Cell(row, column, Scenario.model_validate(given), reason(row, column))


def reason(row: Row, column: str) -> str:
    """Why nothing is promised in a cell; empty where strong eventual consistency is."""
    if not row.convergent:
        return BROKEN
    if column == "crash-disk-lost":
        return WIPED
    lossy = column in ("loss", "partition-drop")
    return LOST if lossy and not DESIGNS[row.design].survives_loss else ""


def faults(row: Row, column: str) -> list[dict[str, Any]]:
    """The section ``faults`` of a cell."""
    if column in _LINKS:
        return [{"kind": "link", "at_s": 0.02, "for_s": 0.8, **_LINKS[column]}]
    if column in _CUTS:
        between, for_s = (row.side, row.other), row.away_s + 0.1
        return [{"kind": "partition", "at_s": row.from_s, "for_s": for_s, "between": between, "mode": _CUTS[column]}]
    if column in _AT_NODES:
        return [
            {"at_s": row.from_s + 0.12 * place, "for_s": row.away_s, "node": node, **_AT_NODES[column]}
            for place, node in enumerate(row.hit)
        ]
    return []


_LINKS: Final[dict[str, Settings]] = {
    "loss": {"loss": 0.2},
    "duplication": {"duplicate": 0.4},
    "reordering": {"ordered": False, "latency": {"kind": "exponential", "mean_ms": 60, "floor_ms": 2}},
}
_CUTS: Final = {"partition-drop": "drop", "partition-hold": "hold"}
_AT_NODES: Final[dict[str, Settings]] = {
    "pause": {"kind": "pause"},
    "crash": {"kind": "crash"},
    "crash-disk-lost": {"kind": "crash", "disk": "lost"},
    "slow": {"kind": "slow", "plus_ms": 30},
    "clock": {"kind": "clock", "offset_ms": 400, "drift_ppm": 1_000},
}
