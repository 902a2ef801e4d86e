"""``manage.py export RUN --format F --out FILE``: a run's history as others read it. Exit status 3 for bad input."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import msgspec
from django.db import DatabaseError

from consistency_viz.experiments import fault_schedule
from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.results.report import ReportTooLargeError
from consistency_viz.observation.checking import BadRequestError
from consistency_viz.observation.exporting import EXPORT_FORMATS, Exported, check_request, export_file
from consistency_viz.observation.history import HistoryError
from workers.cluster.scenario_text import ScenarioError

SCENARIO: Final = "scenario"
HTML: Final = "html"
RUNS_NAMED = 5
"""Runs that a refusal names."""


class Command(StrictCommand):
    """Reads the database only if RUN is no file."""

    help = (
        "Write the history of a run in another format: native (a checked copy), jepsen (operations and faults; EDN or "
        "JSON by the ending of FILE), shiviz (a log with vector clocks), cloudevents (the messages that were sent), "
        "html (a report for people, in one file), scenario (YAML that runs it again, with its faults as recorded). "
        "A name that ends in .gz is packed. FILE appears when it is whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", metavar="RUN", help="the id of a run that has ended, or a native history file")
        parser.add_argument("--format", required=True, choices=(*EXPORT_FORMATS, HTML, SCENARIO))
        parser.add_argument("--out", required=True, metavar="FILE", type=Path)
        parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        out: Path = options["out"]
        try:
            if options["format"] == SCENARIO:
                self._scenario(options)
                return
            if options["format"] == HTML:
                self._report(options)
                return
            check_request(options["format"], out, force=options["force"])
            done = export_file(_source(options["run"]), options["format"], out, force=options["force"])
        except (BadRequestError, HistoryError, ScenarioError, ReportTooLargeError) as error:
            raise bad_input(str(error)) from None
        except OSError as error:
            raise bad_input(f"--out {out}: cannot write it: {error.strerror or error}") from error
        self.stdout.write(msgspec.json.encode(done).decode() if options["json"] else _told(done))

    def _scenario(self, options: dict[str, Any]) -> None:
        """The run as a scenario, with its faults as they were recorded."""
        out: Path = options["out"]
        check_request("native", out, force=options["force"])
        scenario = fault_schedule.of_history(_source(options["run"]))
        _write_whole(out, fault_schedule.as_yaml(scenario))
        told = {"file": str(out), "format": SCENARIO, "scenario": scenario.name, "faults": len(scenario.faults)}
        text = f"{out}: scenario {scenario.name}, seed {scenario.seed}, with {len(scenario.faults)} faults as recorded"
        self.stdout.write(msgspec.json.encode(told).decode() if options["json"] else text)

    def _report(self, options: dict[str, Any]) -> None:
        """The run for people."""
        from consistency_viz.experiments.results import run_report

        out: Path = options["out"]
        check_request("native", out, force=options["force"])
        source = _source(options["run"])
        found = None if _is_file(options["run"]) else Run.objects.get(pk=options["run"])
        standing = "" if found is None else found.state + (f" ({found.reason})" if found.reason else "")
        ended_us = None if found is None else microseconds(found.ended_at) or None
        text, observations = run_report.of_history(source, ended_us=ended_us, standing=standing)
        _write_whole(out, text)
        told = {"file": str(out), "format": HTML, "observations": observations, "bytes": len(text.encode())}
        said = f"{out}: a report of {observations:,} observations, {told['bytes']:,} bytes"
        self.stdout.write(msgspec.json.encode(told).decode() if options["json"] else said)


def _write_whole(out: Path, text: str) -> None:
    """The file appears when it is whole."""
    part = out.with_name(f".{out.name[:100]}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _source(run: str) -> Path:
    """The history of a run by its id, or the file of that name."""
    if _is_file(run):
        return Path(run)
    problem = f"{run}: there is neither a run of that id nor such a file"
    try:
        found = Run.objects.filter(pk=run).first()
        latest = ", ".join(Run.objects.values_list("pk", flat=True)[:RUNS_NAMED]) or "none yet"
    except DatabaseError:
        raise BadRequestError(problem, "there is no database of runs here; name a history file") from None
    if found is None:
        raise BadRequestError(problem, f"the latest runs: {latest}")
    if not found.ended:
        raise BadRequestError(f"run {run} has not ended ({found.state})", "stop it, or wait until it has")
    if not found.history_path.exists():
        raise BadRequestError(
            f"run {run} has no history any more", "run it again: its scenario and seed are in its row"
        )
    return found.history_path


def _is_file(name: str) -> bool:
    """Whether there is such a path; what cannot be one is none."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _told(done: Exported) -> str:
    text = f"{done.file}: {done.observations:,} observations as {done.format}, {done.lines:,} lines"
    left_out = ", ".join(f"{count:,} {kind}" for kind, count in done.left_out.items())
    return f"{text}; left out, for want of a place: {left_out}" if left_out else text
