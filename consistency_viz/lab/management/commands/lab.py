"""``manage.py lab``: one command, one URL, one Ctrl-C (what ``make demo`` runs)."""

from __future__ import annotations

import os
import signal
import sys
import webbrowser
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from consistency_viz.lab import ports
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.stack import Stack

PORT_DEFAULT = 8000
SCENARIO_DEFAULT = "demo"


class Command(BaseCommand):
    """Start the laboratory with a running scenario, and end it all on Ctrl-C."""

    help = "Start the server, the workers, the web server and a scenario; print the URL; Ctrl-C stops all of it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scenario", default=SCENARIO_DEFAULT, metavar="NAME", help="what to play first")
        parser.add_argument("--seed", type=int, default=None, help="the scenario's seed, if not its own")
        parser.add_argument(
            "--port", type=int, default=None, help=f"of the web server (default: {PORT_DEFAULT} or next)"
        )
        parser.add_argument(
            "--lan",
            nargs="?",
            const="auto",
            default=None,
            metavar="ADDRESS",
            help="let phones in this network reach it, at this machine's ADDRESS there (default: the likeliest)",
        )
        parser.add_argument("--no-browser", action="store_true", help="do not open a browser")

    def handle(self, *_: Any, **options: Any) -> None:
        console = Console(highlight=False)
        interrupts = _Interrupts(console)
        try:
            _run(console, interrupts, options)
        except KeyboardInterrupt:
            console.print("Stopped.")
        except LabError as error:
            raise CommandError(str(error)) from None


class _Interrupts:
    """The first Ctrl-C (or SIGTERM, or a closed terminal) ends the laboratory in order, the second at once."""

    def __init__(self, console: Console) -> None:
        self.stack: Stack | None = None
        self._console = console
        self._count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._heard)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            raise KeyboardInterrupt
        if self.stack is not None:
            self.stack.kill_all()


def _run(console: Console, interrupts: _Interrupts, options: dict[str, Any]) -> None:
    from consistency_viz.experiments.parallel import cores
    from consistency_viz.experiments.tokens import issue
    from consistency_viz.lab import first_run, lan
    from consistency_viz.lab.preparation import collect_static_if_stale, migrate

    first_run.check_scenario(options["scenario"])
    host = lan.choose(options["lan"]) if options["lan"] else ports.LOOPBACK
    port = choose_port(console, options["port"], host)
    migrate()
    collect_static_if_stale()
    stack = Stack(
        web_port=port,
        web_host=host,
        environment=lan.environment(host, port) if options["lan"] else {},
        simulators=cores(),
        tell=lambda text: console.print(text, style="yellow", markup=False),
    )
    interrupts.stack = stack
    with stack:
        stack.export()
        if stack.server is not None and not os.environ.get("DATABASE_URL"):
            first_run.end_leftovers()  # nobody else's: both stores lie in our data folder
        run = first_run.start(options["scenario"], options["seed"])
        try:
            if options["lan"]:
                _tell_lan(console, stack.web_url)
            url = f"{stack.web_url}/enter/{issue()}/?next=/runs/{run.id}/"
            console.print("\nThe laboratory runs. Enter it as the presenter (this link works once):\n")
            console.print(f"  {url}", style="bold", soft_wrap=True, markup=False)
            console.print("\nCtrl-C stops everything that was started here.\n")
            if not options["no_browser"] and has_display():
                webbrowser.open(url)
            stack.wait()
        finally:
            console.print("Stopping.")
            first_run.end(run, hopeless=stack.ended)


def _tell_lan(console: Console, url: str) -> None:
    from consistency_viz.lab import lan

    console.print(f"\nPhones in this network reach it at {url}\n", style="bold")
    console.print(lan.qr(f"{url}/j/"), markup=False)
    for line in lan.EXPOSED:
        console.print(line, style="yellow", markup=False)


def choose_port(console: Console, asked: int | None, host: str = ports.LOOPBACK) -> int:
    """The port that was asked for, or the default one, or else the next that is free. Raises ``LabError``."""
    if asked is not None:
        if not 0 < asked < 65_536:
            raise LabError(f"--port {asked} is no port.", "Use a number from 1 to 65535.")
        return asked
    port = ports.next_free(PORT_DEFAULT, host=host)
    if port is None:
        raise LabError(f"No port from {PORT_DEFAULT} to {PORT_DEFAULT + 49} is free.", "Choose one with --port.")
    if port != PORT_DEFAULT:
        console.print(f"Port {PORT_DEFAULT} is taken by another program, so this is port {port}.", style="yellow")
    return port


def has_display() -> bool:
    """Whether a browser could show a window here."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
