"""The whole product for browser tests: real server, workers and web server, and what the console would have printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from consistency_viz.lab.ports import free_port
from consistency_viz.lab.stack import PROJECT, Stack

TOKENS = 40
PREPARE = """
from consistency_viz.lab.preparation import collect_static_if_stale, migrate
migrate()
collect_static_if_stale()
"""
BEGIN = f"""
import json
from consistency_viz.experiments.runs import start_run
from consistency_viz.experiments.tokens import issue
print(json.dumps({{"run": start_run("demo").id, "tokens": [issue() for _ in range({TOKENS})]}}))
"""
BURST = """
from consistency_viz.experiments.runs import start
from workers.cluster.catalogue import load
from workers.cluster.scenario import Scenario
document = load("demo").model_dump(mode="json")
document["workload"].update(orders_per_s={orders_per_s}, orders={orders})
document.update(seed={seed}, duration_s={duration_s})
print(start(Scenario.model_validate(document)).id)
"""
EXPERIMENT = """
from consistency_viz.experiments.campaign import playing, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import Reconciler
experiment = storing.create(plan({specification!r}, "a test"))
storing.start(experiment)
while experiment.state == "running":
    Reconciler(playing.play, processes=1).round()
    experiment.refresh_from_db()
"""
HUNT = """
from consistency_viz.experiments.campaign import playing
from consistency_viz.experiments.campaign.reconciling import Reconciler
from consistency_viz.experiments.hunting import pursuing
from consistency_viz.experiments.models import Hunt
while Hunt.objects.filter(state="running").exists():
    Reconciler(playing.play, 1, pursuing.pursue).round()
"""


class Laboratory:
    """A stack with a web server and one running scenario. A context manager."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.stack = Stack(
            data_dir=data_dir, redis_url="", web_port=free_port(), environment={"DATABASE_URL": "", "SECRET_KEY": ""}
        )
        self.run = ""
        self._tokens: list[str] = []

    def __enter__(self) -> Self:
        self._django(PREPARE)
        self.stack.start()
        try:
            begun = json.loads(self._django(BEGIN))
        except BaseException:
            self.stack.stop()
            raise
        self.run, self._tokens = begun["run"], begun["tokens"]
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.stop()

    @property
    def url(self) -> str:
        return self.stack.web_url

    @property
    def run_url(self) -> str:
        return f"{self.url}/runs/{self.run}/"

    def presenter_link(self, path: str | None = None) -> str:
        """A link as the console prints it, not used by anybody yet."""
        return f"{self.url}/enter/{self._tokens.pop()}/?next={path or f'/runs/{self.run}/'}"

    def burst(self, seed: int, orders: int = 240, orders_per_s: float = 120.0, duration_s: float = 4.0) -> str:
        """Start a run of the demo in which so many orders come at once and then no more; its id."""
        source = BURST.format(seed=seed, orders=orders, orders_per_s=orders_per_s, duration_s=duration_s)
        return self._django(source).strip()

    def experiment(self, specification: dict[str, Any]) -> None:
        """Play an experiment to its end; a stack of tests has no process for that."""
        self._django(EXPERIMENT.format(specification=specification))

    def hunt(self) -> None:
        """Pursue the hunts that were started, to their ends."""
        self._django(HUNT)

    def _django(self, source: str) -> str:
        """Run ``source`` in the project's Django, in a process of its own: the test's own database is another one."""
        shared: dict[str, Any] = {"CV_DATA_DIR": str(self.data_dir), "DATABASE_URL": "", "SECRET_KEY": ""}
        redis_url = self.stack.redis_url if self.stack.server is not None else ""
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "--verbosity", "0", "-c", source],
            cwd=PROJECT,
            env={**os.environ, **shared, "REDIS_URL": redis_url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
