"""``manage.py scenarios [list|show NAME|validate FILE|schema] [--json]``: the catalogue."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from consistency_viz.experiments.management.strict import EXIT_BAD_INPUT, StrictCommand, bad_input
from consistency_viz.experiments.scenario_report import render_list, render_one
from consistency_viz.experiments.terminal import draw
from workers.cluster.catalogue import load, names, numbered, text_of
from workers.cluster.json_schema import json_schema
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import ScenarioError


class Command(StrictCommand):
    """Neither a database nor a server is needed to look at scenarios."""

    help = "List the shipped scenarios, show one, or check a file. Exit status 3 for a scenario that cannot be run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", default="list", choices=("list", "show", "validate", "schema"))
        parser.add_argument("name", nargs="?", metavar="NAME|FILE")
        parser.add_argument("--json", action="store_true", help="print JSON")
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
            elif action == "show":
                self._show(name, options)
            else:
                scenario = load(name)
                self.stdout.write(_json(scenario) if as_json else f"{name}: scenario {scenario.name} can be run")
        except ScenarioError as error:
            if as_json:
                problems = [problem._asdict() for problem in error.problems]
                self.stdout.write(json.dumps({"source": error.source, "problems": problems}, indent=2))
                sys.exit(EXIT_BAD_INPUT)
            raise bad_input(str(error)) from None

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
