"""Eight processes write to one SQLite file at once: they queue, and nobody is told that the database is locked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 8
WRITES = 25
SCRIPT = f"""
import os
import django
django.setup()
from django.core.management import call_command
from django.db import connections, transaction
from consistency_viz.experiments.models import Run

def write(writer):
    for number in range({WRITES}):
        run_id = f"w{{writer}}-{{number}}"
        Run.objects.create(id=run_id, scenario="s", title="t", design="d", document={{}}, seed=number)
        with transaction.atomic():
            # Read, then write: where two do that at once without IMMEDIATE, one is refused whatever the time-out.
            run = Run.objects.get(pk=run_id)
            run.reason = "written twice"
            run.save()

call_command("migrate", verbosity=0)
connections.close_all()
children = []
for writer in range({PROCESSES}):
    child = os.fork()
    if not child:
        try:
            write(writer)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
print(Run.objects.filter(reason="written twice").count())
"""


def test_eight_processes_that_write_to_one_sqlite_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "CV_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DJANGO_SETTINGS_MODULE": "consistency_viz.settings",
    }
    played = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert played.stdout.splitlines() == [str([0] * PROCESSES), str(PROCESSES * WRITES)], played.stderr
