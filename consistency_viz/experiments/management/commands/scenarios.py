"""``manage.py scenarios [list|show NAME|validate FILE] [--json]``: the catalogue."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from rich.table import Table

from consistency_viz.experiments.management.strict import EXIT_BAD_INPUT, StrictCommand, bad_input
from consistency_viz.experiments.terminal import draw
from workers.cluster.catalogue import catalogue, load, text_of
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import ScenarioError


class Command(StrictCommand):
    """Neither a database nor a server is needed to look at scenarios."""

    help = "List the shipped scenarios, show one, or check a file. Exit status 3 for a scenario that cannot be run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", default="list", choices=("list", "show", "validate", "schema"))
        parser.add_argument("name", nargs="?", metavar="NAME|FILE")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        action, name, as_json = options["action"], options["name"], options["json"]
        if action in ("show", "validate") and not name:
            raise bad_input(f"{action} what? Name a scenario or a file, such as `scenarios {action} order-flow`.")
        try:
            if action == "list":
                self._list(as_json=as_json)
            elif action == "schema":
                self.stdout.write(json.dumps(Scenario.model_json_schema(), indent=2))
            elif action == "show":
                self.stdout.write(_json(load(name)) if as_json else text_of(name))
            else:
                scenario = load(name)
                self.stdout.write(_json(scenario) if as_json else f"{name}: scenario {scenario.name} can be run")
        except ScenarioError as error:
            if as_json:
                problems = [problem._asdict() for problem in error.problems]
                self.stdout.write(json.dumps({"source": error.source, "problems": problems}, indent=2))
                sys.exit(EXIT_BAD_INPUT)
            raise bad_input(str(error)) from None

    def _list(self, *, as_json: bool) -> None:
        scenarios = catalogue()
        if as_json:
            rows = [{k: getattr(s, k) for k in ("name", "title", "design", "summary")} for s in scenarios]
            self.stdout.write(json.dumps(rows, indent=2))
            return
        table = Table("scenario", "title", "design", "what it shows", box=None, padding=(0, 2, 1, 0))
        for scenario in scenarios:
            table.add_row(scenario.name, scenario.title, scenario.design, scenario.summary)
        draw([table], self.stdout)


def _json(scenario: Scenario) -> str:
    return scenario.model_dump_json(indent=2)
