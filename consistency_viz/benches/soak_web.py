"""The web process of a soak, used as people use it: the API starts the run, a socket watches it to its end.

It records the run, keeps its row, and makes its frames: what a laboratory's web process does for a run that goes on.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from consistency_viz.lab.stack import PROJECT

HTTP_WITHIN_S: Final = 30.0
FRAME_BYTES_MAX: Final = 2**24
AGAIN_S: Final = 1.0
ENDED: Final = ("finished", "stopped", "failed")


def prepare(folder: Path, scenario: dict[str, Any]) -> str:
    """A database and the scenario in the data folder ``folder``, before the web process starts; a token for its API."""
    own = folder / "scenarios"
    own.mkdir(parents=True, exist_ok=True)
    (own / f"{scenario['name']}.yaml").write_text(yaml.safe_dump(scenario))
    manage(folder, "migrate", "--verbosity", "0")
    return manage(folder, "token", "make", "soak", "--scope", "read", "--scope", "run").strip()


class Web:
    """The API at ``base``, with a token."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._token = token

    def start(self, scenario: str) -> str:
        """Start a run; its id."""
        return str(self._ask("runs", {"scenario": scenario})["id"])

    def stop(self, run: str) -> None:
        """Ask the run to stop."""
        self._ask(f"runs/{run}/stop", {})

    def end_of(self, run: str, within_s: float) -> tuple[str, str]:
        """State and reason of a run once it has ended, or as they are after so long."""
        deadline_s = time.monotonic() + within_s
        while True:
            row = self._ask(f"runs/{run}")
            if row["state"] in ENDED or time.monotonic() > deadline_s:
                return row["state"], row["reason"]
            time.sleep(0.5)

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", data, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=HTTP_WITHIN_S) as answer:  # noqa: S310
            return json.load(answer)


class Viewer(threading.Thread):
    """Watches a run as a browser does, and knows how far the page is: ``observations``, ``frames``."""

    def __init__(self, base: str, run: str) -> None:
        super().__init__(name="viewer", daemon=True)
        self.observations = 0
        self.frames = 0
        self._base = base
        self._run = run

    def run(self) -> None:
        """Until the run is over, or this process is."""
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        url = f"{self._base.replace('http', 'ws', 1)}/ws/runs/{self._run}/"
        while True:
            try:
                async with connect(url, origin=self._base, max_size=FRAME_BYTES_MAX) as socket:  # type: ignore[arg-type]
                    await socket.send(json.dumps({"kind": "resume", "boot": "", "seq": -1}))
                    async for text in socket:
                        self.frames += 1
                        self.observations = json.loads(text)["totals"]["observations"]
                    return
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                await asyncio.sleep(AGAIN_S)


def manage(folder: Path, *arguments: str) -> str:
    """What a management command on this data folder prints. Raises ``RuntimeError`` with what it says against it."""
    environment = {**os.environ, "CV_DATA_DIR": str(folder)}
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
