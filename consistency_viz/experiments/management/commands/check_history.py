"""``manage.py check_history``: verdicts over a recorded history. Exit 0 passed, 1 failed, 2 unknown, 3 bad input."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

import msgspec

from consistency_viz.checkers.registry import CHECKERS, UnknownCheckerError
from consistency_viz.experiments.check_report import render
from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from consistency_viz.experiments.terminal import draw
from consistency_viz.observation.checking import (
    EXIT_BY_VERDICT,
    FORMATS,
    BadRequestError,
    check_file,
)
from consistency_viz.observation.history import HistoryError


class Command(StrictCommand):
    """Reads a file and the checkers; neither a database nor a server."""

    help = (
        "Check a recorded history and say, with witnesses, what went wrong. "
        "A checker that finds nothing of its kind does not decide. "
        "Exit status: 0 passed, 1 failed, 2 unknown (no evidence, or not to be told), 3 bad input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help='a history, plain or gzip; "-" reads standard input')
        parser.add_argument("--format", choices=FORMATS, default="native", help="the format of FILE (native)")
        parser.add_argument(
            "--checker",
            action="append",
            default=[],
            metavar="NAME",
            help=f"run only this checker; may be repeated (all: {', '.join(CHECKERS)})",
        )
        keyed = parser.add_mutually_exclusive_group()
        keyed.add_argument("--keyed", action="store_true", help="jepsen: every value is [key value] (found out)")
        keyed.add_argument("--not-keyed", action="store_true", help="jepsen: no value is [key value] (found out)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        keyed = True if options["keyed"] else False if options["not_keyed"] else None
        try:
            report = check_file(options["file"], options["checker"], options["format"], keyed=keyed)
        except (HistoryError, UnknownCheckerError, BadRequestError) as error:
            raise bad_input(str(error)) from None
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report.to_json()).decode())
        else:
            draw(render(report), self.stdout, no_color=options["no_color"])
        sys.exit(EXIT_BY_VERDICT[report.verdict])
