"""An experiment's results as files: the report, the summary, every run as a line of a table. Everyone may."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from consistency_viz.experiments.campaign.models import Experiment, Result
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.results import drawn, report, tables

KINDS: Final = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
"""What can be had, with its media type."""

RUNS_MAX: Final = 10_000
"""In a table that the web server makes, which then has some 40 MB."""


def made(experiment: Experiment, kind: str) -> bytes:
    """The file; raises ``CommandRefused`` if there is nothing yet, or too much. Blocking."""
    if experiment.summary is None:
        raise CommandRefused("It has not finished, so there are no results yet.", "Wait until it has.", 404)
    if kind == "json":
        return msgspec.json.encode(experiment.summary)
    if kind == "html":
        try:
            return report.experiment(experiment.summary, drawn.points_of(experiment, experiment.summary)).encode()
        except report.ReportTooLargeError as error:
            raise CommandRefused(f"Not made: {error}.", "Sweep fewer values, or take a table.", 409) from None
    runs = Result.objects.filter(cell__experiment=experiment).count()
    if runs > RUNS_MAX:
        text = f"{runs:,} runs are more than the {RUNS_MAX:,} that this server makes a table of."
        raise CommandRefused(text, f"Use manage.py experiment FILE --{kind} OUT.", 409)
    columns, rows = tables.stored_columns(experiment), tables.stored(experiment)
    if kind == "csv":
        return "".join(tables.csv_lines(columns, rows)).encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "results.parquet"
        tables.write_parquet(path, columns, rows)
        return path.read_bytes()
