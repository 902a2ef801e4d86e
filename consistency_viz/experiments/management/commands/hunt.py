"""``manage.py hunt SCENARIO|FILE``: a run that breaks what is expected, made as small as it goes."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from consistency_viz.experiments.management.strict import StrictCommand

SEEDS_MAX = 100_000


class Command(StrictCommand):
    """Exit status 0: nothing was broken; 1: something was, and the scenario that breaks it is printed; 3: bad input."""

    help = "Search seeds and fault schedules for a broken expectation, and shrink what was found by delta debugging."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", metavar="SCENARIO|FILE")
        parser.add_argument("--seeds", type=int, default=200, metavar="N", help="how many seeds to try (200)")
        parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first of them (1)")
        parser.add_argument("--faults", type=int, default=0, metavar="N", help="draw so many faults for each seed (0)")
        parser.add_argument("--expectation", type=int, metavar="N", help="hunt this expectation of the scenario")
        parser.add_argument("--checker", default="", metavar="NAME", help="hunt a run in which this does not pass")
        parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="overrides")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the scenario that was found there")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        from consistency_viz.experiments.fault_schedule import as_yaml
        from consistency_viz.experiments.hunting.hunt import HuntRefusedError, hunt, hunted_expectation
        from consistency_viz.experiments.hunting.schedules import FAULTS_MAX
        from workers.cluster.catalogue import load
        from workers.cluster.reading import unread_of
        from workers.cluster.scenario_text import ScenarioError
        from workers.cluster.schema.story import CHECKERS

        for name, low, high in (("seeds", 1, SEEDS_MAX), ("first", 0, 2**62), ("faults", 0, FAULTS_MAX)):
            if not low <= options[name] <= high:
                raise CommandError(f"--{name} {options[name]}: use {low} to {high}", returncode=3)
        if options["checker"] and options["checker"] not in CHECKERS:
            raise CommandError(f"--checker {options['checker']}: choose one of {', '.join(CHECKERS)}", returncode=3)
        try:
            scenario = load(options["scenario"], options["overrides"])
            self.warn(unread_of([scenario], options["overrides"]))
            wanted = hunted_expectation(scenario, options["expectation"], options["checker"])
        except (ScenarioError, HuntRefusedError) as error:
            raise CommandError(str(error), returncode=3) from error
        seeds = range(options["first"], options["first"] + options["seeds"])
        tell = (lambda text: None) if options["json"] else self.stdout.write
        found = hunt(scenario, wanted, seeds, options["faults"], tell)
        quarry = found.quarry
        text = "" if quarry is None else as_yaml(quarry.scenario)
        if options["out"] is not None and quarry is not None:
            options["out"].write_text(text, encoding="utf-8")
        if options["json"]:
            told = None if quarry is None else {
                "seed": quarry.scenario.seed, "expectation": quarry.expectation, "reason": quarry.reason,
                "faults_before": quarry.faults_before, "faults": len(quarry.scenario.faults),
                "work_before": quarry.work_before, "work_after": quarry.work_after,
                "runs_to_shrink": quarry.questions, "scenario": text,
            }  # fmt: skip
            self.stdout.write(json.dumps({"tried": found.tried, "unknown": found.unknown, "found": told}))
        elif quarry is None:
            unknown = f", of which {found.unknown:,} cannot be told" if found.unknown else ""
            self.stdout.write(f"Nothing was broken in {found.tried:,} runs{unknown}: {wanted}")
        else:
            self.stdout.write(f"Broken after {found.tried:,} runs: {quarry.expectation}: {quarry.reason}\n")
            self.stdout.write(text)
        if quarry is not None:
            raise SystemExit(1)
