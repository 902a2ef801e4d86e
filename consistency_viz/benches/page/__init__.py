"""``bench page``: the space-time diagram with very many messages behind it, beside the same diagram with few.

In headless Chromium, both diagrams on one page and in one run: each is panned to and fro at three spans (the whole run,
a sixth of it, a hundredth) while an event's past and future are not lit, and while they are. A frame is the work for
one picture: choosing what is in sight, drawing it, and having the pixels (read back, so that nothing stays queued).
Figures are the 95th percentiles of all frames, as ratios; beside them stand those of each span, where the
one diagram also shows more, and what a click costs.
"""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string

from consistency_viz.benches.measure import Figure, figure
from consistency_viz.lab.errors import LabError

MESSAGES: Final = 100_000
REFERENCE: Final = 5_000
ROUNDS: Final = 3
FRAMES: Final = 60
GOAL: Final = 1.5
FRAME_MS_MAX: Final = 33.0
TIMEOUT_MS: Final = 120_000
HERE: Final = Path(__file__).parent
BROWSERS: Final = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SHEETS: Final = ("tokens", "base", "parts", "run", "spacetime")


def run(
    messages: int = MESSAGES, reference: int = REFERENCE, rounds: int = ROUNDS, frames: int = FRAMES
) -> tuple[list[Figure], dict[str, object]]:
    """Measure. Raises ``LabError`` where there is no browser."""
    with _site(_page()) as url:
        found = _measured(url, {"messages": messages, "reference": reference, "rounds": rounds, "frames": frames})
    figures = [
        figure(name, "ms a frame, p95", [tuple(pair) for pair in pairs], GOAL, at_most=True)
        for name, pairs in found["frames"].items()
    ]
    worst = max(one.measured for one in figures)
    notes: dict[str, object] = {
        f"events behind the view of {messages:,} messages": f"{found['events']:,}",
        **{name: _span(many, few) for name, (many, few) in found["spans"].items()},
        f"p95 at most {FRAME_MS_MAX:g} ms": "met" if worst <= FRAME_MS_MAX else "missed",
        "load of the machine (1 min)": f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        "ms to take in a piece of 10,000 events (median)": round(found["append_ms"], 1),
        "ms from a click to past and future lit (median)": round(found["click_ms"], 1),
    }
    return figures, notes


def _span(many: list[float], few: list[float]) -> str:
    return f"median {many[0]:.1f} ms beside {few[0]:.1f}, p95 {many[1]:.1f} beside {few[1]:.1f}"


def _page() -> str:
    """The diagram twice, as the run page has it, and what measures it."""
    sheets = "".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in SHEETS)
    diagram = render_to_string("runs/_spacetime.html", {"run": {"id": "bench"}})
    both = "".join(f'<div class="diagram">{diagram}</div>' for _ in range(2))
    script = '<script type="module" src="/bench/panning.js"></script>'
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>bench</title>{sheets}<body>{both}{script}"


def _measured(url: str, how: dict[str, int]) -> dict[str, Any]:
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - for developers, not for every install
    except ImportError:
        raise LabError("bench page needs Playwright", "install requirements-dev.lock") from None
    path = os.environ.get("CV_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            why = str(error).splitlines()[0]
            raise LabError(f"no Chromium starts: {why}", "set CV_CHROMIUM to the path of one") from None
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        try:
            page.wait_for_function("window.measure !== undefined")
            found: dict[str, Any] = page.evaluate("(how) => window.measure(how)", how)
        except Error as error:
            why = "; ".join(errors) or str(error)
            raise LabError(f"the bench's page failed: {why}", "look at consistency_viz/benches/page") from None
        finally:
            browser.close()
    return found


class _Handler(http.server.SimpleHTTPRequestHandler):
    """The page, the bench's script, and static files; says nothing."""

    def __init__(self, *args: Any, page: str, **kwargs: Any) -> None:
        self._page = page.encode()
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self._page)))
        self.end_headers()
        self.wfile.write(self._page)

    def translate_path(self, path: str) -> str:
        name = path.partition("?")[0]
        if name == "/bench/panning.js":
            return str(HERE / "panning.js")
        found = (settings.BASE_DIR / name.lstrip("/")).resolve()
        return str(found if (settings.BASE_DIR / "static") in found.parents else HERE / "nothing")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def _site(page: str) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, page=page))
    thread = threading.Thread(target=server.serve_forever, name="bench-page")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
