"""``manage.py scenarios [list|show NAME|validate FILE|schema|check [NAME]] [--json]``: the catalogue."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from consistency_viz.checkers.verdict import overall
from consistency_viz.experiments.course import hold, lessons
from consistency_viz.experiments.course_report import render_held
from consistency_viz.experiments.expectations import EXIT_BY_VERDICT
from consistency_viz.experiments.management.strict import EXIT_BAD_INPUT, StrictCommand, bad_input
from consistency_viz.experiments.scenario_report import render_list, render_one
from consistency_viz.experiments.terminal import draw
from workers.cluster.catalogue import load, names, numbered, text_of
from workers.cluster.fixing import fixed
from workers.cluster.json_schema import json_schema
from workers.cluster.reading import unread
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import ScenarioError

ACTIONS = ("list", "show", "validate", "schema", "check")
RUNS_MAX = 100_000


class Command(StrictCommand):
    """Neither a database nor a server is needed to look at scenarios."""

    help = (
        "List the shipped scenarios, show one, validate a file, or check that lessons show what they promise. "
        "Exit status 3 for a scenario that cannot be run; of check: 0 held, 1 not, 2 cannot be told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", default="list", choices=ACTIONS)
        parser.add_argument("name", nargs="?", metavar="NAME|FILE")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--runs", type=int, default=200, help="check: how many seeds each scenario and its fix are held to (200)"
        )
        parser.add_argument("--source", action="store_true", help="show: print the YAML itself, to copy and change")

    def handle(self, *_: Any, **options: Any) -> None:
        action, name, as_json = options["action"], options["name"], options["json"]
        if action in ("show", "validate") and not name:
            raise bad_input(f"{action} what? Name a scenario or a file, such as `scenarios {action} order-flow`.")
        try:
            if action == "list":
                self._list(as_json=as_json)
            elif action == "schema":
                self.stdout.write(json.dumps(json_schema(), indent=2))
            elif action == "check":
                self._check(name, options)
            elif action == "show":
                self._show(name, options)
            else:
                scenario = load(name)
                played = [scenario] if scenario.fix is None else [scenario, fixed(scenario)]
                self.warn(unread(played, sorted(scenario.model_fields_set)))
                self.stdout.write(_json(scenario) if as_json else f"{name}: scenario {scenario.name} can be run")
        except ScenarioError as error:
            if as_json:
                problems = [problem._asdict() for problem in error.problems]
                self.stdout.write(json.dumps({"source": error.source, "problems": problems}, indent=2))
                sys.exit(EXIT_BAD_INPUT)
            raise bad_input(str(error)) from None

    def _check(self, name: str | None, options: dict[str, Any]) -> None:
        """Hold the lessons, or one scenario, to their expectations, each with its fix."""
        runs = options["runs"]
        if not 1 <= runs <= RUNS_MAX:
            raise bad_input(f"--runs {runs}: use 1 to {RUNS_MAX:,}")
        chosen = [(0, load(name))] if name else lessons()
        found = []
        for number, scenario in chosen:
            for held in hold(number, scenario, runs):
                found.append(held)
                if not options["json"]:
                    draw([render_held(held)], self.stdout, no_color=options["no_color"])
        if options["json"]:
            self.stdout.write(json.dumps([held.to_json() for held in found], indent=2))
        status = EXIT_BY_VERDICT[overall(held.verdict for held in found if held.verdict is not None)]
        if status:
            sys.exit(status)

    def _show(self, name: str, options: dict[str, Any]) -> None:
        if options["source"]:
            load(name)
            self.stdout.write(text_of(name) if name in names() else Path(name).read_text(encoding="utf-8"))
        elif options["json"]:
            self.stdout.write(_json(load(name)))
        else:
            draw(render_one(load(name)), self.stdout, no_color=options["no_color"])

    def _list(self, *, as_json: bool) -> None:
        if not as_json:
            draw([render_list(numbered())], self.stdout)
            return
        fields = ("name", "title", "design", "summary", "anomaly")
        rows = [{"number": n} | {field: getattr(s, field) for field in fields} for n, s in numbered()]
        self.stdout.write(json.dumps(rows, indent=2))


def _json(scenario: Scenario) -> str:
    return scenario.model_dump_json(indent=2)
