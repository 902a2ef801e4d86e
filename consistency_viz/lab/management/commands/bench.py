"""``manage.py bench [NAME] [--json]``: ours beside a reference in one run, as ratios; ``bench soak``: for minutes."""

from __future__ import annotations

import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.table import Table

SOAK, ROOM, PAGE, SCREEN = "soak", "room", "page", "screen"
MINUTES_MAX = 24 * 60
ORDERS_PER_S_MAX = 200
VIEWS_MAX = 9
PHONES_MAX = 500


class Command(BaseCommand):
    """A server of its own for the time of the bench."""

    help = "Measure. Ratios of medians in one interleaved run; the goal of each figure is printed beside it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="one bench (all), or soak, room, page, screen")
        parser.add_argument(
            "--minutes", type=float, default=2.0, metavar="N", help="how long soak, room, or the heap of screen (2)"
        )
        parser.add_argument("--orders-per-s", type=float, default=10.0, metavar="N", help="of bench soak (10)")
        parser.add_argument("--views", type=int, default=2, metavar="N", help="of bench soak, beside five nodes (2)")
        parser.add_argument(
            "--runs",
            type=int,
            metavar="N",
            help="of bench matrix: seeds a cell (1,000); of bench experiment: runs a side (200)",
        )
        parser.add_argument("--phones", type=int, default=300, metavar="N", help="of bench room: how many join (300)")
        parser.add_argument("--json", action="store_true", help="print one JSON object a bench")

    def handle(self, *_: Any, **options: Any) -> None:
        from consistency_viz.benches.registry import BENCHES
        from consistency_viz.lab.errors import LabError
        from consistency_viz.lab.server import EmbeddedServer
        from consistency_viz.lab.stack import data_dir_of

        name = options["name"]
        if name is not None and name not in {*BENCHES, SOAK, ROOM, PAGE, SCREEN}:
            known = ", ".join([*BENCHES, SOAK, ROOM, PAGE, SCREEN])
            raise CommandError(f"there is no bench {name!r}; choose one of {known}", returncode=3)
        if not 1 <= options["phones"] <= PHONES_MAX:
            raise CommandError(f"--phones {options['phones']}: use 1 to {PHONES_MAX}", returncode=3)
        if not 0 < options["minutes"] <= MINUTES_MAX:
            raise CommandError(f"--minutes {options['minutes']:g}: use more than 0, up to {MINUTES_MAX}", returncode=3)
        if options["runs"] is not None and options["runs"] < 1:
            raise CommandError(f"--runs {options['runs']}: use 1 or more", returncode=3)
        if not 0 < options["orders_per_s"] <= ORDERS_PER_S_MAX:
            remedy = f"use more than 0, up to {ORDERS_PER_S_MAX}"
            raise CommandError(f"--orders-per-s {options['orders_per_s']:g}: {remedy}", returncode=3)
        if not 1 <= options["views"] <= VIEWS_MAX:
            raise CommandError(f"--views {options['views']}: use 1 to {VIEWS_MAX}", returncode=3)
        home = data_dir_of()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=home))
        try:
            if name == SOAK:
                self._soak(folder, options)
                return
            if name == ROOM:
                self._room(folder, options["phones"], options["minutes"], as_json=options["json"])
                return
            if name in (PAGE, SCREEN):
                self._in_browser(name, options)
                return
            with EmbeddedServer(folder / "redis", log_folder=folder / "log") as server:
                for bench in [name] if name else BENCHES:
                    figures, notes = BENCHES[bench](server.url, options["runs"])
                    self._show(bench, figures, notes, as_json=options["json"])
        except LabError as error:
            raise CommandError(str(error)) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _in_browser(self, name: str, options: dict[str, Any]) -> None:
        from consistency_viz.benches import page, screen

        found = page.run() if name == PAGE else screen.run(options["minutes"])
        self._show(name, *found, as_json=options["json"])

    def _soak(self, folder: Path, options: dict[str, Any]) -> None:
        import msgspec

        from consistency_viz.benches.soak import Held, soak

        names, as_json = Held.__struct_fields__, options["json"]

        def tell(row: Held) -> None:
            if not as_json:
                self.stdout.write("  ".join(f"{getattr(row, name):>{len(name)},.4g}" for name in names))

        if not as_json:
            self.stdout.write("  ".join(names))
        found = soak(options["minutes"], folder, tell, orders_per_s=options["orders_per_s"], views=options["views"])
        if as_json:
            self.stdout.write(msgspec.json.encode(found).decode())
            return
        self.stdout.write(f"{found.state} ({found.reason}), {found.observations:,} observations recorded")
        self.stdout.write("\n".join(found.grew) or "nothing grew")
        for name, rate in found.mb_per_hour.items():
            self.stdout.write(f"{name}: {rate:+.1f} MB an hour since it is warm")

    def _room(self, folder: Path, phones: int, minutes: float, *, as_json: bool) -> None:
        import msgspec

        from consistency_viz.benches.room import crowd

        tell = (lambda text: None) if as_json else self.stdout.write
        found = crowd(folder, phones, join_s=phones / 10, act_s=minutes * 60, every_s=5.0, tell=tell)
        if as_json:
            self.stdout.write(msgspec.json.encode(found).decode())
            return
        for name in found.__struct_fields__:
            self.stdout.write(f"{name:>22}  {getattr(found, name)}")

    def _show(self, bench: str, figures: Any, notes: Any, *, as_json: bool) -> None:
        from consistency_viz.benches.measure import as_json as dump
        from consistency_viz.benches.registry import NOTES
        from consistency_viz.experiments.terminal import draw

        if as_json:
            self.stdout.write(dump(bench, figures, notes))
            return
        table = Table(title=f"bench {bench}", title_justify="left")
        for title in ("figure", "unit"):
            table.add_column(title)
        for title in ("measured", "against", "ratio", "min - max", "goal", ""):
            table.add_column(title, justify="right")
        for f in figures:
            spread = f"{f.ratio_min:.2f} - {f.ratio_max:.2f}"
            numbers = (f"{f.measured:,.1f}", f"{f.against:,.1f}", f"{f.ratio:.2f}", spread)
            table.add_row(f.name, f.unit, *numbers, f.goal, "met" if f.met else "missed")
        told = NOTES[bench](notes) if bench in NOTES else [f"{key}: {value}" for key, value in notes.items()]
        draw([table, *told], self.stdout)
