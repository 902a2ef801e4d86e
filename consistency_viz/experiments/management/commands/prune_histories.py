"""``manage.py prune_histories``: deletes old histories, by age or by the room that they take."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from consistency_viz.experiments.management.strict import StrictCommand, bad_input


class Command(StrictCommand):
    """Rows, results and findings stay; only files go."""

    help = "Delete the histories of runs that are over: those older than --days, then the oldest beyond --mb."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, help="older ones go (CV_HISTORIES_DAYS)")
        parser.add_argument("--mb", type=float, help="so much may stay together (CV_HISTORIES_MB)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *_: Any, **options: Any) -> None:
        from django.conf import settings

        from consistency_viz.experiments.campaign.retention import MEGABYTE, prune

        days = settings.HISTORIES_DAYS if options["days"] is None else options["days"]
        megabytes = settings.HISTORIES_MB if options["mb"] is None else options["mb"]
        if days is None and megabytes is None:
            raise bad_input("nothing says what may go: use --days, --mb, CV_HISTORIES_DAYS or CV_HISTORIES_MB")
        for name, value in (("--days", days), ("--mb", megabytes)):
            if value is not None and not 0 <= value < 1e9:
                raise bad_input(f"{name} {value:g}: use 0 or more")
        found = prune(days, megabytes, pretend=options["dry_run"])
        done = "would go" if options["dry_run"] else "went"
        freed, left = found.bytes / MEGABYTE, found.bytes_left / MEGABYTE
        self.stdout.write(f"{found.runs} histories {done} ({freed:,.1f} MB); {left:,.1f} MB stay.")
