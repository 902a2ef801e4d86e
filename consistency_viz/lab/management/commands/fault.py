"""``manage.py fault RUN [list|inject ENTRY|heal ID|real HOW]``: break a run, mend it, and see what was touched."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import DatabaseError

from consistency_viz.experiments.management.strict import StrictCommand, bad_input
from consistency_viz.lab.server import url_of_running
from consistency_viz.lab.stack import data_dir_of
from workers.cluster.scenario_errors import ScenarioError

ACTIONS: Final = ("list", "inject", "heal", "real")


class Command(StrictCommand):
    """Reaches the server that ``REDIS_URL`` names, else that of a laboratory that runs on the same data directory."""

    help = (
        "The faults of a run. list: those that have begun, and what each touched. inject: let one begin now; ENTRY is "
        'an entry of a scenario\'s section "faults", as YAML ("{kind: pause, node: tax, for_s: 5}") or as field=value '
        "pairs (kind=link source=eu target=us loss=0.2). heal: end one now. "
        "real: kill-worker, stop-worker, cut-connections, hold-server, restart-server or flush-server, on this "
        "machine; they hit every run of the server. flush-server loses them all, and needs --yes. "
        "Exit status 3 for what cannot be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", metavar="RUN", help="the id of a run")
        parser.add_argument("action", nargs="?", default="list", choices=ACTIONS)
        parser.add_argument(
            "what", nargs="*", metavar="ENTRY|ID|HOW", help="of inject: the fault; of heal: its id; of real: its name"
        )
        parser.add_argument("--yes", action="store_true", help="of real flush-server: yes, let every live run fail")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        from consistency_viz.experiments import fault_injection, fault_report
        from consistency_viz.experiments.commands import CommandRefused
        from consistency_viz.experiments.models import Run
        from consistency_viz.experiments.terminal import draw

        action, what, as_json = options["action"], options["what"], options["json"]
        _reach_server()
        try:
            run = Run.objects.filter(pk=options["run"]).first()
            latest = ", ".join(Run.objects.values_list("pk", flat=True)[:5]) or "none yet"
        except DatabaseError:
            raise bad_input("There is no database of runs here. Set CV_DATA_DIR to the laboratory's.") from None
        if run is None:
            raise bad_input(f"RUN = {options['run']!r}: there is no such run; the latest: {latest}")
        try:
            if action == "inject":
                injected = fault_injection.inject(run, entry_of(what))
                answer: Any = {
                    "run": run.id,
                    "fault": injected.id,
                    "entry": injected.entry,
                    "targets": injected.targets,
                }
                text = f"{injected.text} End it with: manage.py fault {run.id} heal {injected.id}"
            elif action == "heal":
                if len(what) != 1:
                    raise bad_input(f"heal {' '.join(what)}: name one fault, by its id; `list` shows them")
                text = fault_injection.heal(run, what[0])
                answer = {"run": run.id, "fault": what[0], "healed": True}
            elif action == "real":
                how = what[0] if len(what) == 1 else " ".join(what)
                text = fault_injection.do_really(run, how, confirmed=options["yes"])
                answer = {"run": run.id, "how": how, "text": text}
            else:
                faults = fault_injection.faults_of(run)
                answer, text = {"run": run.id, "faults": faults}, "" if faults else f"Run {run.id} has had no fault."
                if faults and not as_json:
                    draw(fault_report.render(faults), self.stdout, no_color=options["no_color"])
        except (CommandRefused, ScenarioError) as error:
            raise bad_input(str(error)) from None
        if as_json:
            self.stdout.write(msgspec.json.encode(answer).decode())
        elif text:
            self.stdout.write(text)


def entry_of(words: Sequence[str]) -> dict[str, Any]:
    """An entry from the command line: one YAML mapping, or ``field=value`` pairs whose values are YAML."""
    from consistency_viz.experiments.fault_injection import ENTRY_BYTES_MAX, FaultRefused
    from workers.cluster.scenario_yaml import read

    if not words:
        raise bad_input("inject what? For example: inject kind=pause node=tax for_s=5")
    if sum(len(word.encode(errors="replace")) for word in words) > ENTRY_BYTES_MAX:
        raise FaultRefused("ENTRY", "", f"use at most {ENTRY_BYTES_MAX:,} bytes")
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        entry = read(words[0], "ENTRY")[1]
        if not isinstance(entry, dict):
            raise FaultRefused("ENTRY", words[0][:80], "write a mapping, such as {kind: pause, node: tax}")
        return entry
    fields: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise FaultRefused("ENTRY", repr(word[:80]), "write field=value, such as node=tax")
        fields[name] = read(value, name)[1]
    return fields


def _reach_server() -> None:
    """Without ``REDIS_URL``, use the server of the laboratory that runs here."""
    if not settings.REDIS_URL:
        settings.REDIS_URL = url_of_running(data_dir_of() / "redis")
