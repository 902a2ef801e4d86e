"""``bench screen``: the run page with a million observations behind it, beside the same page with few.

In headless Chromium, on a laboratory of its own; the page's socket is ours, and says what the product's own page state
makes of made-up observations: ten replicas, 500 windows that stay open, 50 events a second in frames at 20 a second.
Frames are those of the browser (``requestAnimationFrame``), measured with all charts, the map and the matrix going on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from consistency_viz.benches.measure import Figure, figure
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.stack import PROJECT, Stack
from consistency_viz.live.frames import NodeView, RunView, encode
from consistency_viz.live.page.state import PageState
from workers.model.history import Header
from workers.model.observation import Applied, Delivered, Observation

MANY: Final = 1_000_000
FEW: Final = 5_000
REPLICAS: Final = [f"view-{n}" for n in range(10)]
WINDOWS: Final = 500
KEYS: Final = 2_000
EVENTS_PER_S: Final = 50
FRAMES_PER_S: Final = 20
ROUNDS: Final = 3
ROUND_S: Final = 6.0
STARTED_US: Final = 1_764_000_000_000_000
FRAME_MS_MAX: Final = 33.0
TASK_MS_MAX: Final = 200
HEAP_MB_MAX: Final = 30.0
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
BROWSERS: Final = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
HEIGHT_PX: Final = 2_900
DRAWN_S_MAX: Final = 60
IN_SIGHT: Final = """() => ({
  replicas: document.querySelectorAll("#matrix .replica-head").length,
  windows: document.querySelector('[data-total="diverged"] .total-value').textContent,
  out_of_sight: [...document.querySelectorAll("#map, #matrix, .chart, .track")].filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return top < 0 || bottom > innerHeight || (!one.matches("#map, #matrix") && !one.querySelector(".main-svg"));
  }).map((one) => one.id),
})"""
"""What is asked of the page before anything is measured: everything is there, drawn, and in sight."""

BEGIN: Final = """
from consistency_viz.lab.preparation import collect_static_if_stale, migrate
migrate()
collect_static_if_stale()
"""
START: Final = "from consistency_viz.experiments.runs import start_run; print(start_run('demo').id)"
MEASURE: Final = """(ms) => new Promise((done) => {
  const frames = [], tasks = [];
  const seen = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)));
  seen.observe({ type: "longtask" });
  let last = performance.now();
  const until = last + ms;
  const step = (now) => {
    frames.push(now - last);
    last = now;
    if (now < until) return requestAnimationFrame(step);
    seen.disconnect();
    frames.sort((a, b) => a - b);
    done({ p50: frames[frames.length >> 1], p95: frames[Math.floor(frames.length * 0.95)],
      frames: frames.length, worst_task: Math.max(0, ...tasks) });
  };
  requestAnimationFrame(step);
})"""


class Show:
    """A page with so many observations behind it, and what happens on it next."""

    def __init__(self, observations: int, run: str) -> None:
        header = Header("demo", "asynchronous-broadcast", 1, "live", REPLICAS, run=run, started_us=STARTED_US)
        view = RunView(run, "demo", "Bench", "", "", 1, 4, "running", "", STARTED_US, None)
        nodes = [NodeView(name, "view", True, ["orders"], []) for name in REPLICAS]
        self.page = PageState(header, view, nodes)
        self.seq = 0
        self._at_us = STARTED_US
        self._updates = 0
        while self.page.observations < observations - WINDOWS * len(REPLICAS):
            self._update(f"s1-{self._updates % KEYS}", len(REPLICAS))
        for number in range(WINDOWS):
            self._update(f"open-{number}", len(REPLICAS) - 1)
        self.frame()

    def events(self, count: int) -> None:
        """That many more messages arrive, each at one replica."""
        for _ in range(max(1, count // len(REPLICAS))):
            self._update(f"s2-{self._updates % KEYS}", len(REPLICAS))

    def frame(self) -> str:
        """The next frame."""
        self.page.settle()
        self._at_us += 50_000
        self.page.reach(self._at_us)
        self.seq += 1
        delta = self.page.delta("bench", self.seq, "")
        return encode(delta if delta is not None else self.page.snapshot("bench", self.seq, "", "gap")).decode()

    def snapshot(self) -> str:
        """Everything."""
        return encode(self.page.snapshot("bench", self.seq, "", "joined")).decode()

    def _update(self, key: str, replicas: int) -> None:
        self._updates += 1
        for node in REPLICAS[:replicas]:
            self._at_us += 10
            sent = Delivered(f"m{self._updates}", "orders", "OrderPlaced", key, REPLICAS[0], self._at_us - 9_000)
            self._see(node, sent)
            self._see(node, Applied(key, {"status": "placed", "n": self._updates}, f"{key}:{self._updates}"))

    def _see(self, node: str, body: Any) -> None:
        self.page.observe(Observation(self.page.observations, self._at_us, node, body))


def run(minutes: float = 0.0, many: int = MANY, few: int = FEW) -> tuple[list[Figure], dict[str, object]]:
    """Measure; with ``minutes`` also the heap over so long a time. Raises ``LabError`` where there is no browser."""
    with tempfile.TemporaryDirectory(prefix="bench-screen-") as folder, _laboratory(Path(folder)) as (url, id_):
        shows = {"many": Show(many, id_), "few": Show(few, id_)}
        with _browser() as browser:
            pages = {name: _opened(browser, url, id_, show) for name, show in shows.items()}
            found = _rounds(pages, shows)
            grown_mb = _grown_mb(pages["many"], shows["many"], minutes) if minutes else None
    pairs = list(zip([one["p95"] for one in found["many"]], [one["p95"] for one in found["few"]], strict=True))
    worst_ms = max(one["worst_task"] for one in found["many"])
    figures = [
        figure(f"frame, {many:,} observations to {few:,}", "ms, p95", pairs, 1.1, at_most=True),
        figure("frame, to 33 ms", "ms, p95", [(p95, FRAME_MS_MAX) for p95, _ in pairs], 1.0, at_most=True),
        figure("longest task, to 200 ms", "ms", [(worst_ms, TASK_MS_MAX)], 1.0, at_most=True),
    ]
    if grown_mb is not None:
        told = f"heap growth in {minutes:g} min at {EVENTS_PER_S} events/s, to {HEAP_MB_MAX:g} MB"
        figures.append(figure(told, "MB", [(grown_mb, HEAP_MB_MAX)], 1.0, at_most=True))
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return figures, {"rounds": json.dumps(found), "load of the machine (1 min)": load}


def _rounds(pages: dict[str, Any], shows: dict[str, Show]) -> dict[str, list[dict[str, float]]]:
    """Each page in turn, the other one standing still meanwhile."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        for name, (page, send) in pages.items():
            page.bring_to_front()
            _play(page, send, shows[name], 1.0)
            page.evaluate(f"() => {{ window.measured = ({MEASURE})({ROUND_S * 1e3}); }}")
            _play(page, send, shows[name], ROUND_S + 0.5)
            found[name].append(page.evaluate("window.measured"))
    return found


def _play(page: Any, send: Any, show: Show, seconds: float) -> None:
    """Frames at their rate, for so long."""
    until_s = due_s = time.monotonic()
    until_s += seconds
    while due_s < until_s:
        show.events(EVENTS_PER_S // FRAMES_PER_S)
        send(show.frame())
        due_s = max(due_s + 1 / FRAMES_PER_S, time.monotonic())
        page.wait_for_timeout(max(1.0, 1e3 * (due_s - time.monotonic())))


def _grown_mb(opened: tuple[Any, Any], show: Show, minutes: float) -> float:
    page, send = opened
    page.bring_to_front()
    session = page.context.new_cdp_session(page)
    _play(page, send, show, 5.0)
    before = _heap(session)
    _play(page, send, show, minutes * 60)
    return max(0.001, (_heap(session) - before) / 1e6)


def _heap(session: Any) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _opened(browser: Any, url: str, id_: str, show: Show) -> tuple[Any, Any]:
    """The run's page, whose socket is ours; and what sends on it."""
    page = browser.new_context(viewport={"width": 1440, "height": HEIGHT_PX}, bypass_csp=True).new_page()
    sockets: list[Any] = []

    def answer(socket: Any) -> None:
        sockets.append(socket)
        socket.on_message(lambda _: socket.send(show.snapshot()))

    page.route_web_socket(f"**/ws/runs/{id_}/", answer)
    page.goto(f"{url}/runs/{id_}/")
    wanted = {"replicas": len(REPLICAS), "windows": f"{WINDOWS:,}", "out_of_sight": []}
    seen = page.evaluate(IN_SIGHT)
    until_s = time.monotonic() + DRAWN_S_MAX
    while seen != wanted and time.monotonic() < until_s:
        page.wait_for_timeout(500)
        seen = page.evaluate(IN_SIGHT)
    if seen != wanted:
        raise LabError(f"the page shows {seen} instead of {wanted}", "mend the bench: it measures something else")

    def send(text: str) -> None:
        sockets[-1].send(text)

    return page, send


@contextmanager
def _browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - for developers, not for every install
    except ImportError:
        raise LabError("bench screen needs Playwright", "install requirements-dev.lock") from None
    path = os.environ.get("CV_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            why = str(error).splitlines()[0]
            raise LabError(f"no Chromium starts: {why}", "set CV_CHROMIUM to the path of one") from None
        yield browser
        browser.close()


@contextmanager
def _laboratory(folder: Path) -> Iterator[tuple[str, str]]:
    """A stack of its own with a run; its URL and the run's id."""
    shared = {"CV_DATA_DIR": str(folder), "DATABASE_URL": "", "SECRET_KEY": ""}

    def django(source: str, redis_url: str) -> str:
        command = [sys.executable, "manage.py", "shell", "--no-imports", "--verbosity", "0", "-c", source]
        environment = {**os.environ, **shared, "REDIS_URL": redis_url}
        return subprocess.run(  # noqa: S603 - our own command
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=True
        ).stdout

    django(BEGIN, "")
    unset = {"DATABASE_URL": "", "SECRET_KEY": ""}
    with Stack(data_dir=folder, redis_url="", web_port=free_port(), environment=unset) as stack:
        yield stack.web_url, django(START, stack.redis_url).strip()
