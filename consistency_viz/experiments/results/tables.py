"""Every run of an experiment as a row of a table: CSV for spreadsheets, Parquet for data frames.

Columns: ``cell``, ``variant``, ``design``, a column for each swept setting, ``seed``, ``end_ms``, ``verdict.<checker>``
and every figure by its name. An empty field: the run has no such figure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from consistency_viz.experiments.campaign.models import Cell, Experiment, Layout
from consistency_viz.experiments.campaign.results import runs_of
from consistency_viz.experiments.expectations import numbers
from consistency_viz.experiments.simulations import SimulatedRun

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would take for a formula (OWASP, CSV injection)."""

BATCH_ROWS: Final = 1_000


class CellNames(NamedTuple):
    """What a row says of its cell."""

    cell: str
    variant: str
    design: str
    point: dict[str, Any]


class Kept(NamedTuple):
    """One run, as little as a table needs."""

    of: CellNames
    seed: int
    end_ms: float
    verdicts: dict[str, str]
    figures: dict[str, float]


class Columns(NamedTuple):
    """What there is in any row, in the order of the table."""

    swept: tuple[str, ...]
    checkers: tuple[str, ...]
    figures: tuple[str, ...]

    @property
    def head(self) -> list[str]:
        """The first line."""
        verdicts = [f"verdict.{name}" for name in self.checkers]
        return ["cell", "variant", "design", *self.swept, "seed", "end_ms", *verdicts, *self.figures]


def kept(of: CellNames, run: SimulatedRun) -> Kept:
    """What a table needs of a run."""
    verdicts = {name: verdict.value for name, verdict in run.verdicts.items()}
    return Kept(of, run.seed, run.end_ms, verdicts, {name: float(value) for name, value in numbers("", run.metrics)})


def columns_of(rows: Iterable[Kept]) -> Columns:
    """The columns that rows need."""
    swept, checkers, figures = dict[str, None](), dict[str, None](), set[str]()
    for row in rows:
        swept.update(dict.fromkeys(row.of.point))
        checkers.update(dict.fromkeys(row.verdicts))
        figures.update(row.figures)
    return Columns(tuple(swept), tuple(checkers), tuple(sorted(figures)))


def stored_columns(experiment: Experiment) -> Columns:
    """The columns of an experiment's rows, without reading the rows."""
    layouts = Layout.objects.filter(result__cell__experiment=experiment).distinct().order_by("digest")
    checkers, figures = dict[str, None](), set[str]()
    for layout in layouts:
        checkers.update(dict.fromkeys(layout.checkers))
        figures.update(layout.figures)
    cell = experiment.cells.first()
    return Columns(tuple(cell.point) if cell is not None else (), tuple(checkers), tuple(sorted(figures)))


def stored(experiment: Experiment) -> Iterator[Kept]:
    """The rows of an experiment, read bit by bit."""
    for cell in experiment.cells.select_related("variant"):
        names = names_of(cell)
        for run in runs_of(cell):
            yield kept(names, run)


def names_of(cell: Cell) -> CellNames:
    """What rows say of a stored cell."""
    return CellNames(cell.name, cell.variant.name, cell.document["design"], cell.point)


def csv_lines(columns: Columns, rows: Iterable[Kept]) -> Iterator[str]:
    """The table line by line, the head first."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow([_plain(name) for name in columns.head])
    yield _taken(line)
    for row in rows:
        swept = [_plain(row.of.point.get(path, "")) for path in columns.swept]
        names = [_plain(name) for name in row.of[:3]]
        verdicts = [row.verdicts.get(name, "") for name in columns.checkers]
        values = [row.figures.get(name, "") for name in columns.figures]
        writer.writerow([*names, *swept, row.seed, row.end_ms, *verdicts, *values])
        yield _taken(line)


def write_parquet(path: Path, columns: Columns, rows: Iterable[Kept]) -> None:
    """The table as a Parquet file; swept values are text, since they may be anything. Raises ``OSError``."""
    texts = {"cell", "variant", "design", *columns.swept, *(f"verdict.{name}" for name in columns.checkers)}
    fields = [
        pa.field(name, pa.string() if name in texts else pa.int64() if name == "seed" else pa.float64())
        for name in columns.head
    ]
    schema = pa.schema(fields)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        batch: list[Kept] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH_ROWS:
                writer.write_table(_table(schema, columns, batch))
                batch.clear()
        if batch:
            writer.write_table(_table(schema, columns, batch))


def _table(schema: pa.Schema, columns: Columns, rows: Sequence[Kept]) -> pa.Table:
    arrays = [
        *([row.of[place] for row in rows] for place in range(3)),
        *([_text(row.of.point.get(path)) for row in rows] for path in columns.swept),
        [row.seed for row in rows],
        [row.end_ms for row in rows],
        *([row.verdicts.get(name) for row in rows] for name in columns.checkers),
        *([row.figures.get(name) for row in rows] for name in columns.figures),
    ]
    return pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(arrays, schema, strict=True)], schema=schema
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _plain(value: object) -> object:
    """A text that no spreadsheet runs; numbers as they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _taken(line: io.StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text
