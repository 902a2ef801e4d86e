"""The whole real stack by one name: the server, the Celery workers and, if asked for, the web server.

The ``lab`` command, ``manage.py run`` and the tests all use this::

    with Stack(data_dir=tmp_path) as stack:
        client = redis.Redis.from_url(stack.redis_url)
        stack.worker.kill()  # kill -9; the supervisor starts it again

What a stack started it stops, and only that: a server that ``REDIS_URL`` names is left as it was found.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Self

from consistency_viz.lab import ports
from consistency_viz.lab.children import Child, Command
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.logs import BoundedLog
from consistency_viz.lab.processes import Supervisor
from consistency_viz.lab.redis_check import check_runs_usable, check_usable
from consistency_viz.lab.server import EmbeddedServer

PROJECT = Path(__file__).resolve().parent.parent.parent
WORKER_APP = "workers.runtime.celery_app"
WEB_APP = "consistency_viz.asgi:application"
SIMULATOR_APP = "consistency_viz.experiments.campaign.celery_app"
SIMULATOR_TMP = "simulator-tmp"
"""In the data directory: what pools of processes leave behind when they are killed goes with it."""

ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
"""For processes with many threads. The C library otherwise gives each thread an arena, and learns from each large piece
that is freed to keep larger ones: a worker that kept nothing grew by 7.5 MB an hour in a soak, and by 1.1 with this.
Other allocators ignore the variables, and who sets them keeps them."""

SIMULATOR_STOP_S = 2.0
"""What it plays can be killed at any time: nobody needs to wait for it."""


def data_dir_of(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the laboratory keeps its data: ``CV_DATA_DIR``, else ``var/`` in the project."""
    return Path(environment.get("CV_DATA_DIR") or PROJECT / "var").resolve()


class Stack:
    """Server, workers and web server under one supervisor. A context manager; ``start`` and ``stop`` do it by hand.

    - ``data_dir``: None: ``CV_DATA_DIR``, else ``var/``.
    - ``redis_url``: a server to use, "" for an embedded one on ``data_dir/redis``; None: ``REDIS_URL`` if set, else
      embedded. ``fsync`` is the embedded server's ``appendfsync``.
    - ``runs_url``: a cluster for the keys of runs, "" for none; None: ``REDIS_RUNS_URL``.
    - ``workers``: how many worker processes, each with ``concurrency`` threads (one for each service instance).
    - ``simulators``: how many processes play the simulated runs of experiments; 0: nobody plays experiments.
    - ``web_port``: None for no web server.
    - ``worker_ready``: asked about each worker's ``Child`` until it says yes; None: celery's own "ready" line.
    - ``environment``: added to the environment of workers and web server.
    - ``revive``: whether a process that dies unexpectedly is started again; ``tell`` hears of it in a sentence.
    """

    def __init__(
        self,
        *,
        data_dir: Path | None = None,
        redis_url: str | None = None,
        runs_url: str | None = None,
        fsync: Literal["everysec", "always"] = "everysec",
        workers: int = 1,
        concurrency: int = 64,
        simulators: int = 0,
        worker_app: str = WORKER_APP,
        worker_ready: Callable[[Child], bool] | None = None,
        web_app: str = WEB_APP,
        web_port: int | None = None,
        web_host: str = ports.LOOPBACK,
        environment: Mapping[str, str] | None = None,
        revive: bool = True,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.data_dir = (data_dir or data_dir_of()).resolve()
        self.log_dir = self.data_dir / "log"
        self.web_host = web_host
        self.web_port = web_port
        self.server: EmbeddedServer | None = None
        self.workers: list[Child] = []
        self.simulator: Child | None = None
        self.web: Child | None = None
        self.supervisor = Supervisor(tell=tell)
        self._external_url = redis_url if redis_url is not None else os.environ.get("REDIS_URL", "")
        self.runs_url = runs_url if runs_url is not None else os.environ.get("REDIS_RUNS_URL", "")
        self._fsync: Literal["everysec", "always"] = fsync
        self._worker_count = workers
        self._concurrency = concurrency
        self._simulators = simulators
        self._worker_app = worker_app
        self._web_app = web_app
        self._worker_ready = worker_ready or _says_ready
        self._environment = dict(environment or {})
        self._revive = revive
        self._exported: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def redis_url(self) -> str:
        """The server's URL, password included: for clients and environments, never for a log."""
        return self.server.url if self.server is not None else self._external_url

    @property
    def web_url(self) -> str:
        return f"http://{self.web_host}:{self.web_port}"

    @property
    def worker(self) -> Child:
        """The first worker."""
        return self.workers[0]

    def start(self) -> None:
        """Start everything and return when all of it is ready; on any error stop what had started, and raise it."""
        try:
            self._check_port()
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._start_server()
            self.workers = [self._start_worker(number) for number in range(1, self._worker_count + 1)]
            if self._simulators:
                self.simulator = self._start_simulator(self._simulators)
            if self.web_port is not None:
                self.web = self._start_web(self.web_port)
            for child in self.supervisor.children:
                if child is not self.simulator:  # nobody waits for experiments to see the first page
                    child.wait_ready()
            if self._revive:
                self.supervisor.watch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything that this stack started, the last first. Idempotent."""
        self.supervisor.stop()
        if self.server is not None:
            self.server.stop()
        self._forget_scratch()
        self._restore()

    def kill_all(self) -> None:
        """Kill everything that this stack started, at once; for a second Ctrl-C."""
        self.supervisor.kill_all()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until stopped; raises ``LabError`` if a process kept dying. Returns whether the stack has ended."""
        return self.supervisor.wait(timeout_s)

    def ended(self) -> bool:
        """Whether it was stopped, killed, or given up."""
        return self.supervisor.ended

    def export(self) -> None:
        """Make this process use the stack's server: environment and Django settings, until ``stop``."""
        for name, value in self._shared_environment().items():
            self._exported.setdefault(name, os.environ.get(name))
            os.environ[name] = value
        _tell_django(self.redis_url, self.runs_url)

    def _restore(self) -> None:
        if not self._exported:
            return
        while self._exported:
            name, value = self._exported.popitem()
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _tell_django(os.environ.get("REDIS_URL", ""), os.environ.get("REDIS_RUNS_URL", ""))

    def _shared_environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.redis_url, "REDIS_RUNS_URL": self.runs_url, "CV_DATA_DIR": str(self.data_dir)}

    def _child_environment(self) -> dict[str, str]:
        inherited = dict(os.environ)
        if self.server is not None:
            inherited.pop("CELERY_BROKER_URL", None)  # another project's broker would leave our server without workers
        return {**inherited, "PYTHONUNBUFFERED": "1", **self._environment, **self._shared_environment()}

    def _check_port(self) -> None:
        if self.web_port is not None and not ports.is_free(self.web_port, self.web_host):
            raise LabError(
                f"Port {self.web_port} on {self.web_host} is taken by another program.",
                "End that program, or choose another port with --port.",
            )

    def _start_server(self) -> None:
        if self.runs_url:
            check_runs_usable(self.runs_url)
        if self._external_url:
            check_usable(self._external_url)
            return
        self.server = EmbeddedServer(self.data_dir / "redis", log_folder=self.log_dir, fsync=self._fsync)
        self.server.start()
        if self.server.child is not None:
            self.supervisor.add(self.server.child)

    def _start_worker(self, number: int) -> Child:
        arguments = (
            *(sys.executable, "-m", "celery", "-A", self._worker_app, "worker"),
            *("-P", "threads", "-c", str(self._concurrency), "-n", f"worker-{number}@%h", "-l", "info"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        return self._start_child(
            Command(
                name=f"worker-{number}",
                arguments=arguments,
                environment={**ALLOCATOR, **self._child_environment(), "CV_WORKER": f"worker-{number}"},
                folder=PROJECT,
                ready=self._worker_ready,
            )
        )

    def _forget_scratch(self) -> None:
        if self._simulators:
            shutil.rmtree(self.data_dir / SIMULATOR_TMP, ignore_errors=True)

    def _start_simulator(self, processes: int) -> Child:
        self._forget_scratch()
        scratch = self.data_dir / SIMULATOR_TMP
        scratch.mkdir(mode=0o700)
        arguments = (
            *(sys.executable, "-m", "celery", "-A", SIMULATOR_APP, "worker"),
            *("-P", "prefork", "-c", str(processes), "-n", "simulator@%h", "-l", "info"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        return self._start_child(
            Command(
                name="simulator",
                arguments=arguments,
                environment={**self._child_environment(), "TMPDIR": str(scratch)},
                folder=PROJECT,
                ready=_says_ready,
                stop_timeout_s=SIMULATOR_STOP_S,
            )
        )

    def _start_web(self, port: int) -> Child:
        arguments = (sys.executable, "-m", "consistency_viz.lab.web", self._web_app, self.web_host, str(port))
        return self._start_child(
            Command(
                name="web",
                arguments=arguments,
                environment={**ALLOCATOR, **self._child_environment()},
                folder=PROJECT,
                ready=lambda _: ports.accepts(port, self.web_host),
                remedy="If its port was taken meanwhile, choose another one with --port.",
            )
        )

    def _start_child(self, command: Command) -> Child:
        child = Child(command, BoundedLog(self.log_dir / f"{command.name}.log"))
        self.supervisor.add(child)
        child.start(wait=False)
        return child


def _says_ready(worker: Child) -> bool:
    """Celery prints "worker-1@host ready." once its consumers are set up (at level info)."""
    return worker.printed(" ready.")


def _tell_django(redis_url: str, runs_url: str) -> None:
    """Django's settings were read before the server had an address; layers made from them are forgotten."""
    from channels.layers import channel_layers  # noqa: PLC0415 (Django is not always there when this module is)
    from django.conf import settings  # noqa: PLC0415

    from consistency_viz.experiments.site.environment import channel_layer  # noqa: PLC0415

    if not settings.configured:
        return
    settings.REDIS_URL = redis_url
    settings.REDIS_RUNS_URL = runs_url
    settings.CHANNEL_LAYERS["default"] = channel_layer(redis_url)
    channel_layers.backends.clear()
