"""``manage.py run SCENARIO|FILE``: live, headless, on the real stack; the exit status says how it went."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from django.core.management.base import CommandError

from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from workers.cluster.scenario_text import ScenarioError


class Command(StrictCommand):
    """A stack of its own for one run; nothing of it is left but what was asked for."""

    help = (
        "Play a scenario live: server, workers, recorder, checkers. Exit status: 0 it finished and the scenario's "
        "expectations are met, or it has none; 1 they are not, or it did not finish; 2 it cannot be told; 3 bad input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", metavar="SCENARIO|FILE", help="a shipped scenario, or a .yaml file")
        parser.add_argument("--seed", type=int, help="instead of the scenario's own")
        parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="overrides")
        parser.add_argument("--history", metavar="OUT", type=Path, help="keep the native history in this file")
        parser.add_argument("--html", metavar="OUT", type=Path, help="keep the report as one HTML file")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        from consistency_viz.experiments.results.report import ReportTooLargeError
        from consistency_viz.experiments.terminal import draw
        from consistency_viz.lab.errors import LabError
        from consistency_viz.lab.headless import run_headless
        from consistency_viz.lab.run_report import render
        from consistency_viz.observation.history import HistoryError
        from workers.cluster.catalogue import load
        from workers.cluster.reading import unread_of

        overrides = [*options["overrides"]]
        if options["seed"] is not None:
            overrides.append(f"seed={options['seed']}")
        try:
            scenario = load(options["scenario"], overrides)
        except ScenarioError as error:
            raise bad_input(str(error)) from None
        self.warn(unread_of([scenario], overrides))
        for option in ("history", "html"):
            _check_writable(option, options[option])
        stopping = _StopOnSignal()
        try:
            with TemporaryDirectory() as folder:
                history = options["history"]
                if options["html"] and history is None:
                    history = Path(folder) / "history.jsonl"
                result = run_headless(scenario, history, self.stderr.write, stopping)
                page = _html(history, result) if options["html"] else ""
        except (LabError, HistoryError, ReportTooLargeError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(msgspec.json.encode(result).decode())
        else:
            draw(render(result), self.stdout, no_color=options["no_color"])
        if options["html"]:
            try:
                options["html"].write_text(page, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"--html {options['html']}: cannot write it: {error.strerror}") from error
        sys.exit(result.exit_status)


def _check_writable(option: str, path: Path | None) -> None:
    """Refuse what could not be kept before anything runs for it; leaves no file behind."""
    if path is None:
        return
    is_new = not path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise bad_input(f"--{option} {path}: cannot write it: {error.strerror}. Name a file that can be.") from error
    if is_new:
        path.unlink()


class _StopOnSignal:
    """The first Ctrl-C or SIGTERM ends the run in order; it is still recorded, checked and reported."""

    def __init__(self) -> None:
        self._heard = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._hear)

    def __call__(self) -> bool:
        return self._heard

    def _hear(self, *_: object) -> None:
        if self._heard:
            raise KeyboardInterrupt
        self._heard = True


def _html(path: Path, result: Any) -> str:
    from consistency_viz.experiments.results.run_report import of_history
    from consistency_viz.observation.history import HistoryReader

    with HistoryReader(path) as reader:
        started_us = reader.header.started_us
    ended_us = started_us + round(result.duration_ms * 1_000)
    return of_history(path, ended_us=ended_us, standing=f"{result.state} ({result.reason})")[0]
