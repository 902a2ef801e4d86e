"""``manage.py experiment FILE``: plays an experiment; its exit status is what the expectations come to."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from consistency_viz.experiments.expectations import EXIT_BY_VERDICT
from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.scenario_yaml import BYTES_MAX

WRITTEN: Final = ("junit", "html", "csv", "parquet")
JOBS_MAX: Final = 256
POLL_S: Final = 0.2
EXIT_NOT_FINISHED: Final = 2


class Played(NamedTuple):
    """What came of an experiment: its summary, and where the rest is if it is asked for."""

    summary: dict[str, Any]
    points: Callable[[], Any]
    columns: Callable[[], Any]
    rows: Callable[[], Any]


class Command(StrictCommand):
    """In this process, or handed to the laboratory that runs on the same data directory."""

    help = (
        "Play an experiment: variants of a scenario, many seeds each. Exit status: 0 its expectations are met, or it "
        "has none; 1 they are not; 2 it cannot be told; 3 bad input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a .yaml file (docs/experiments.md)")
        parser.add_argument("--seeds", type=int, help="how many seeds each cell is played with, instead of the file's")
        parser.add_argument("--jobs", type=int, help="how many processes (as many as cores); same results")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--junit", metavar="OUT", type=Path, help="write a JUnit report, for CI systems")
        parser.add_argument("--html", metavar="OUT", type=Path, help="write the report: figures, in one file")
        parser.add_argument("--csv", metavar="OUT", type=Path, help="write every run as a line of a table")
        parser.add_argument("--parquet", metavar="OUT", type=Path, help="write the same table for data frames")
        parser.add_argument(
            "--submit",
            action="store_true",
            help="let the laboratory play it: its page and the admin show it too; Ctrl-C leaves it running",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        jobs = options["jobs"]
        if jobs is not None and not 1 <= jobs <= JOBS_MAX:
            raise bad_input(f"--jobs {jobs}: use 1 to {JOBS_MAX}, or leave it out for one a core")
        for option in WRITTEN:
            _check_writable(option, options[option])
        try:
            played = self._submit(options) if options["submit"] else self._alone(options)
        except ScenarioError as error:
            raise bad_input(str(error)) from None
        summary = played.summary
        self._tell(summary, options)
        _write(played, options)
        status = EXIT_BY_VERDICT[summary["verdict"]]
        if status:
            sys.exit(status)

    def _tell(self, summary: dict[str, Any], options: dict[str, Any]) -> None:
        from consistency_viz.experiments.campaign import junit
        from consistency_viz.experiments.campaign.report import render
        from consistency_viz.experiments.terminal import draw

        if options["json"]:
            self.stdout.write(msgspec.json.encode(summary).decode())
        else:
            draw(render(summary), self.stdout, no_color=options["no_color"])
        if options["junit"] is not None:
            options["junit"].write_bytes(junit.report(summary))

    def _alone(self, options: dict[str, Any]) -> Played:
        """Play it here; neither a database nor a server is needed."""
        from consistency_viz.experiments.campaign import alone
        from consistency_viz.experiments.campaign.cells import Cell, parse_experiment, shipped
        from consistency_viz.experiments.campaign.conclusion import summary_of
        from consistency_viz.experiments.campaign.unread import unread_settings
        from consistency_viz.experiments.results.collected import Collected
        from workers.simulation.world import SimulationTooLongError

        planned = parse_experiment(_text(options["file"]), str(options["file"]))
        planned = _with_seeds(planned, options["seeds"], shipped)
        self.warn(unread_settings(planned))
        asked = planned.experiment
        live = asked.engine == "live"
        player = _live(planned, self.stderr.write) if live else alone.simulated(planned, options["jobs"])
        collected = Collected(planned, keeps_rows=bool(options["csv"] or options["parquet"]))
        player = collected.watched(player)
        with self._progress(options) as progress:
            task = progress.add_task(asked.name, total=planned.runs)

            def tell(cell: Cell, _: int) -> None:
                progress.update(task, advance=1, description=cell.name)

            try:
                cells = alone.play_all(planned, player, tell)
            except SimulationTooLongError as error:
                raise bad_input(str(error)) from None
            except BrokenProcessPool:
                remedy = "a process ended in the middle of a run; was there too little memory? Use --jobs 1"
                raise bad_input(remedy) from None
        specification = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
        summary = summary_of({"engine": asked.engine, **specification}, cells)
        return Played(summary, lambda: collected.points, collected.columns, lambda: collected.rows)

    def _submit(self, options: dict[str, Any]) -> Played:
        """Make rows of it, and follow what the laboratory's processes do with them."""
        from consistency_viz.checkers.verdict import Verdict
        from consistency_viz.experiments.campaign import storing
        from consistency_viz.experiments.campaign.unread import unread_settings
        from consistency_viz.experiments.models import Experiment, Result
        from consistency_viz.experiments.results import drawn, tables

        planned = storing.parse(_text(options["file"]), str(options["file"]))
        planned = _with_seeds(planned, options["seeds"], storing.known)
        self.warn(unread_settings(planned))
        experiment = storing.create(planned, created_by="command line")
        self.stderr.write(storing.start(experiment))
        with self._progress(options) as progress:
            task = progress.add_task(experiment.name, total=planned.runs)
            while experiment.state == Experiment.State.RUNNING:
                time.sleep(POLL_S)
                progress.update(task, completed=Result.objects.filter(cell__experiment=experiment).count())
                experiment.refresh_from_db()
        if experiment.summary is None:
            raise CommandError(
                f"{experiment.name} is {experiment.state}: {experiment.reason}", returncode=EXIT_NOT_FINISHED
            )
        summary = experiment.summary | {"verdict": Verdict(experiment.verdict) if experiment.verdict else None}
        return Played(
            summary,
            lambda: drawn.points_of(experiment, summary),
            lambda: tables.stored_columns(experiment),
            lambda: tables.stored(experiment),
        )

    def _progress(self, options: dict[str, Any]) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        return Progress(*columns, console=console, transient=True, disable=options["json"] or not console.is_terminal)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
        return raw.decode(errors="replace" if len(raw) > BYTES_MAX else "strict")
    except OSError as error:
        raise bad_input(f"{path}: cannot read it: {error.strerror}. Name a file that can be read.") from None
    except UnicodeDecodeError:
        raise bad_input(f"{path}: it is not UTF-8 text; save it as UTF-8") from None


def _with_seeds(planned: Any, count: int | None, known: Any) -> Any:
    """The same with another number of seeds; checked again, since limits depend on it."""
    if count is None:
        return planned
    from consistency_viz.experiments.campaign.cells import plan

    fields = planned.experiment.model_dump(mode="json", by_alias=True, exclude_unset=True)
    fields["seeds"] = {**fields.get("seeds", {}), "count": count}
    return plan(fields, "--seeds", known)


def _live(planned: Any, tell: Any) -> Any:
    """Plays the runs of a cell live, one after the other, each on a stack of its own."""
    from consistency_viz.experiments.expectations import judge
    from consistency_viz.experiments.simulations import SimulatedRun
    from consistency_viz.lab.errors import LabError
    from consistency_viz.lab.headless import run_headless

    seeds = planned.experiment.seeds

    def play(cell: Any) -> Iterable[SimulatedRun]:
        for seed in range(seeds.first, seeds.first + seeds.count):
            scenario = cell.scenario.model_copy(update={"seed": seed})
            try:
                run = run_headless(scenario, None, tell, lambda: False)
            except LabError as error:
                raise CommandError(str(error), returncode=EXIT_NOT_FINISHED) from None
            verdicts = {result.checker: result.verdict for result in run.results}
            found = judge(scenario.expect, verdicts, run.metrics)
            yield SimulatedRun(seed, run.duration_ms, run.verdict, verdicts, run.metrics, run.results, found)

    return play


def _write(played: Played, options: dict[str, Any]) -> None:
    """The files that were asked for."""
    from consistency_viz.experiments.results import report, tables

    try:
        if options["html"] is not None:
            text = report.experiment(played.summary, played.points())
            options["html"].write_text(text, encoding="utf-8")
        if options["csv"] is not None:
            with options["csv"].open("w", encoding="utf-8", newline="") as file:
                file.writelines(tables.csv_lines(played.columns(), played.rows()))
        if options["parquet"] is not None:
            tables.write_parquet(options["parquet"], played.columns(), played.rows())
    except (OSError, report.ReportTooLargeError) as error:
        raise CommandError(f"not everything could be written: {error}", returncode=EXIT_NOT_FINISHED) from None


def _check_writable(option: str, path: Path | None) -> None:
    """Refuse what could not be kept before anything is played for it; leaves no file behind."""
    if path is None:
        return
    is_new = not path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise bad_input(f"--{option} {path}: cannot write it: {error.strerror}. Name a file that can be.") from None
    if is_new:
        path.unlink()
