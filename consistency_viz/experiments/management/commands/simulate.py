"""``manage.py simulate SCENARIO|FILE``: runs in virtual time, one seed or many, with verdicts and intervals."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TextIO

import msgspec
from rich.console import Console
from rich.progress import track

from consistency_viz.checkers.registry import CHECKERS, UnknownCheckerError
from consistency_viz.checkers.verdict import overall
from consistency_viz.experiments.expectations import EXIT_BY_VERDICT
from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from consistency_viz.experiments.parallel import cores, simulate_many
from consistency_viz.experiments.simulation_report import render
from consistency_viz.experiments.tally import Tally
from consistency_viz.experiments.terminal import draw
from workers.cluster.catalogue import load
from workers.cluster.fixing import fixed
from workers.cluster.reading import unread_of
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import ScenarioError
from workers.simulation.world import SimulationTooLongError

RUNS_MAX = 100_000
JOBS_MAX = 256
KEPT_IN_MEMORY_BYTES = 8 << 20
COPIED_CHARS = 1 << 16


class Command(StrictCommand):
    """Neither a database nor a server is needed to simulate."""

    help = (
        "Run a scenario in virtual time. Exit status: 0 the scenario's expectations are met, or it has none; "
        "1 they are not; 2 it cannot be told (no evidence, or too few runs); 3 bad input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", metavar="SCENARIO|FILE", help="a shipped scenario, or a .yaml file")
        parser.add_argument("--seed", type=int, help="the first seed (the scenario's own)")
        parser.add_argument("--runs", type=int, default=1, help=f"how many seeds, counted up (1; at most {RUNS_MAX:,})")
        parser.add_argument("--jobs", type=int, help=f"how many processes (as many as cores: {cores()}); same results")
        parser.add_argument("--fix", action="store_true", help="also run the scenario with its fix, on the same seeds")
        parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="overrides")
        parser.add_argument("--checker", action="append", default=[], metavar="NAME", help="only this checker")
        parser.add_argument(
            "--history", metavar="OUT", help="write the history; {seed} in the name for several runs, {fix} with --fix"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object: runs and summary")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            scenario = load(options["scenario"], options["overrides"])
            self._check(scenario, options)
            mended = fixed(scenario) if options["fix"] else None
            self.warn(unread_of([scenario] if mended is None else [scenario, mended], options["overrides"]))
            # Printed at the end, so that a run that cannot go on leaves nothing half said; on disk if there is much.
            with tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY_BYTES, "w+", encoding="utf-8") as kept:
                tallies = [self._play(scenario, options, "broken", kept)]
                if mended is not None:
                    kept.write(',"fixed":')
                    tallies.append(self._play(mended, options, "fixed", kept))
                    kept.write("}")
                kept.write("}\n")
                if options["json"]:
                    kept.seek(0)
                    while part := kept.read(COPIED_CHARS):
                        self.stdout.write(part, ending="")
        except (ScenarioError, UnknownCheckerError, SimulationTooLongError) as error:
            raise bad_input(str(error)) from None
        except BrokenProcessPool:
            raise bad_input(
                "a process ended in the middle of a run; was there too little memory? Use --jobs 1"
            ) from None
        if not options["json"]:
            parts = [*render(tallies[0], tallies[0].summary())]
            if scenario.fix is not None and options["fix"]:
                parts.append(f"\nWith the fix: {scenario.fix.title}. Its price: {scenario.fix.price}")
                parts.extend(render(tallies[1], tallies[1].summary()))
            draw(parts, self.stdout, no_color=options["no_color"])
        verdicts = [tally.expectations.verdict for tally in tallies]
        told = [verdict for verdict in verdicts if verdict is not None]
        status = EXIT_BY_VERDICT[overall(told) if told else None]
        if status:
            sys.exit(status)

    def _check(self, scenario: Scenario, options: dict[str, Any]) -> None:
        count, history, seed, jobs = (options[name] for name in ("runs", "history", "seed", "jobs"))
        if not 1 <= count <= RUNS_MAX:
            raise bad_input(f"--runs {count}: use 1 to {RUNS_MAX:,}")
        if jobs is not None and not 1 <= jobs <= JOBS_MAX:
            raise bad_input(f"--jobs {jobs}: use 1 to {JOBS_MAX}, or leave it out for one a core")
        if scenario.duration_s is None:
            raise bad_input(
                f"scenario {scenario.name} runs until it is stopped, which virtual time never does; "
                "add --set duration_s=60 --set workload.orders=200"
            )
        if options["fix"] and scenario.fix is None:
            raise bad_input(f"--fix: scenario {scenario.name} has no fix; leave --fix out")
        if history and count > 1 and "{seed}" not in history:
            raise bad_input(f"--history {history}: {count} runs need {{seed}} in the name, such as run-{{seed}}.jsonl")
        if history and options["fix"] and "{fix}" not in history:
            raise bad_input(
                f"--history {history}: with --fix it needs {{fix}} in the name: it becomes broken and fixed"
            )
        if seed is not None and not 0 <= seed <= 2**63 - count:
            raise bad_input(f"--seed {seed}: use 0 or more, below 2^63 with all runs")
        for name in options["checker"]:
            if name not in CHECKERS:
                raise UnknownCheckerError(name)

    def _play(self, scenario: Scenario, options: dict[str, Any], which: str, kept: TextIO | Any) -> Tally:
        """Every seed once: into the tally, and as JSON into ``kept`` if that is wanted; ``}`` is left to write."""
        count, as_json = options["runs"], options["json"]
        history = (options["history"] or "").replace("{fix}", which)
        first = scenario.seed if options["seed"] is None else options["seed"]
        runs = simulate_many(scenario, range(first, first + count), history, options["checker"], options["jobs"])
        shown = track(
            runs,
            description=f"{scenario.name}, {which}" if options["fix"] else scenario.name,
            total=count,
            console=Console(stderr=True),
            disable=count == 1 or as_json,
            transient=True,
        )
        tally = Tally(scenario)
        about = {"scenario": scenario.name, "title": scenario.title, "design": scenario.design}
        kept.write(_json(about)[:-1] + ',"runs":[')
        try:
            for run in shown:
                if as_json:
                    kept.write(("," if tally.n else "") + _json(run.to_json()))
                tally.add(run)
        except OSError as error:
            raise bad_input(f"--history {error.filename or history}: cannot write it: {error.strerror}") from error
        kept.write('],"summary":' + _json(tally.summary()))
        return tally


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
