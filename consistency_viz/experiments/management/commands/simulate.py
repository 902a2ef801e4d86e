"""``manage.py simulate SCENARIO|FILE``: runs in virtual time, one seed or many, with verdicts and intervals."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import track

from consistency_viz.checkers.registry import UnknownCheckerError
from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from consistency_viz.experiments.simulation_report import render
from consistency_viz.experiments.simulations import SimulatedRun, simulate_once, summary
from consistency_viz.experiments.terminal import draw
from workers.cluster.catalogue import load
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import ScenarioError
from workers.simulation.world import SimulationTooLongError

RUNS_MAX = 100_000


class Command(StrictCommand):
    """Neither a database nor a server is needed to simulate."""

    help = "Run a scenario in virtual time. Exit status 3 for bad input; verdicts are printed, not returned."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", metavar="SCENARIO|FILE", help="a shipped scenario, or a .yaml file")
        parser.add_argument("--seed", type=int, help="the first seed (the scenario's own)")
        parser.add_argument("--runs", type=int, default=1, help="how many seeds, counted up from the first (1)")
        parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="overrides")
        parser.add_argument("--checker", action="append", default=[], metavar="NAME", help="only this checker")
        parser.add_argument("--history", metavar="OUT", help="write the history; {seed} in the name for several runs")
        parser.add_argument("--json", action="store_true", help="print one JSON object: runs and summary")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            scenario = load(options["scenario"], options["overrides"])
            runs = list(self._runs(scenario, options))
        except (ScenarioError, UnknownCheckerError, SimulationTooLongError) as error:
            raise bad_input(str(error)) from None
        over_all = summary(runs)
        if options["json"]:
            found = {"scenario": scenario.name, "runs": [run.to_json() for run in runs], "summary": over_all}
            self.stdout.write(msgspec.json.encode(found).decode())
            return
        draw(render(scenario, runs, over_all), self.stdout, no_color=options["no_color"])

    def _runs(self, scenario: Scenario, options: dict[str, Any]) -> Iterator[SimulatedRun]:
        count, history = options["runs"], options["history"]
        if not 1 <= count <= RUNS_MAX:
            raise bad_input(f"--runs {count}: use 1 to {RUNS_MAX:,}")
        if scenario.duration_s is None:
            raise bad_input(
                f"scenario {scenario.name} runs until it is stopped, which virtual time never does; "
                "add --set duration_s=60 --set workload.orders=200"
            )
        if history and count > 1 and "{seed}" not in history:
            raise bad_input(f"--history {history}: {count} runs need {{seed}} in the name, such as run-{{seed}}.jsonl")
        first = scenario.seed if options["seed"] is None else options["seed"]
        if first < 0:
            raise bad_input(f"--seed {first}: use 0 or more")
        seeds = range(first, first + count)
        shown = track(seeds, console=Console(stderr=True), disable=count == 1 or options["json"], transient=True)
        for seed in shown:
            path = Path(history.replace("{seed}", str(seed))) if history else None
            try:
                yield simulate_once(scenario, seed, path, options["checker"])
            except OSError as error:
                raise bad_input(f"--history {path}: cannot write it: {error.strerror}") from error
