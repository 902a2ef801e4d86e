"""What a run that was played in a room came to: the figures of the cost table, and the answer to what was guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from consistency_viz.experiments.findings import findings_of
from consistency_viz.experiments.models import Run
from workers.cluster.scenario import Scenario


class Column(NamedTuple):
    """One column of the cost table. ``sums`` and ``out_of`` are names of figures; ``times`` brings it to ``unit``."""

    id: str
    title: str
    unit: str
    sums: tuple[str, ...]
    out_of: tuple[str, ...] = ()
    times: float = 1.0

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


_DONE: Final = ("place", "write", "add", "remove", "clear", "increment", "buy", "cas")
_ENDED: Final = tuple(f"work.operations.{f}.{outcome}" for f in _DONE for outcome in ("ok", "fail", "info"))

COLUMNS: Final = (
    Column("diverged", "Time divergent", "s", ("divergence.value.all.union_ms",), times=0.001),
    Column(
        "stale", "Stale reads of all clients", "%", ("staleness.violations.count",), ("staleness.violations.n",), 100
    ),
    Column("lost", "Lost updates", "", ("lost-updates.lost.count",)),
    Column(
        "latency",
        "Wait p99",
        "ms",
        tuple(f"work.{f}_latency_ms_p99" for f in _DONE),
    ),
    Column(
        "refused",
        "Refused or unknown",
        "%",
        tuple(f"work.operations.{f}.{outcome}" for f in _DONE for outcome in ("fail", "info")),
        _ENDED,
        100,
    ),
    Column("messages", "Messages an operation", "", ("work.messages.sent",), _ENDED),
)


def figures_of(figures: Mapping[str, float]) -> dict[str, float | None]:
    """The cost table's row for a run's figures; ``None`` where a run has nothing of the kind."""
    return {column.id: _value(column, figures) for column in COLUMNS}


def results_of(run: Run) -> dict[str, Any] | None:
    """What is kept of a run that is over: ``answer``, ``unit``, ``figures``. ``None``: it cannot be told."""
    found = findings_of(run)
    if found.get("state") != "ready":
        return None
    figures: dict[str, float] = found["figures"]
    lesson = Scenario.model_validate(run.document).lesson
    told = lesson.predict if lesson is not None else None
    if told is None and run.fix_of is not None:
        broken = Scenario.model_validate(run.fix_of.document).lesson
        told = broken.predict if broken is not None else None
    answer = None
    if told is not None:
        answer = round(figures.get(told.metric, 0.0) * told.times, 2)
    return {"answer": answer, "unit": "" if told is None else told.unit, "figures": figures_of(figures)}


def _value(column: Column, figures: Mapping[str, float]) -> float | None:
    found = [figures[name] for name in column.sums if name in figures]
    if column.out_of:
        n = sum(figures.get(name, 0) for name in column.out_of)
        return round(sum(found) * column.times / n, 2) if n else None
    if not found:
        return None
    return round(max(found), 1) if column.id == "latency" else round(sum(found) * column.times, 2)
