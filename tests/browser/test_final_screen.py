"""After a burst, a dropped socket and a web server that was killed, the page shows what the server says: all of it.

``CV_SCREENS`` says how often (50 is the long mode).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import expect_live

AGAIN = re.compile("^(live|ended)$")
"""On a busy machine the burst may be over when the page is back: what counts is the screen in the end."""

RUNS = int(os.environ.get("CV_SCREENS", "1"))
OBSERVATIONS_MIN = 5_000
FIGURES = ["matrix", "map", "diverged", "lag", "latency", "availability", "throughput", "lengths", "timeline"]


def screen(page: Page, folder: Path, name: str) -> dict[str, str]:
    """Everything that the page holds, by the files that it gives away, and its totals."""
    found = {"totals": page.locator("#totals").inner_text()}
    for figure in FIGURES:
        page.locator(f"#{figure} .save-open").evaluate("summary => summary.parentElement.open = true")
        with page.expect_download() as download:
            page.locator(f"#{figure} .save-format", has_text="CSV").dispatch_event("click")
        path = folder / f"{name}-{figure}.csv"
        download.value.save_as(path)
        found[figure] = path.read_text()
    return found


@pytest.mark.parametrize("number", range(RUNS))
def test_after_a_burst_a_dropped_socket_and_a_restart_the_screen_is_the_servers_snapshot(
    new_page: Callable[..., Page], laboratory: Laboratory, tmp_path: Path, number: int
) -> None:
    run = laboratory.burst(seed=1 + number, duration_s=16.0)  # it has to last until the page is there
    address = f"{laboratory.url}/runs/{run}/?zoom=0-60"
    page = new_page()
    sockets: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket(f"**/ws/runs/{run}/", route)
    page.goto(address)
    expect_live(page)
    expect(page.locator('[data-total="placed"] .total-value')).to_have_text(re.compile("[1-9]"))
    sockets[-1].close(code=1011)
    expect(page.locator(".connection")).to_have_attribute("data-state", "reconnecting")
    expect(page.locator(".connection")).to_have_attribute("data-state", AGAIN)
    assert laboratory.stack.web is not None
    laboratory.stack.web.kill(revive=False)  # the supervisor gives up on what dies five times in a row
    laboratory.stack.web.start()
    expect(page.locator("#run-state")).to_have_text("Finished", timeout=60_000)
    expect(page.locator(".connection")).to_have_attribute("data-state", "ended")
    note = page.locator(".findings-note")
    expect(note).to_contain_text("observations")
    assert int(re.sub(r"\D", "", note.inner_text())) >= OBSERVATIONS_MIN
    fresh = new_page()
    fresh.goto(address)
    expect(fresh.locator(".connection")).to_have_attribute("data-state", "ended")
    assert screen(page, tmp_path, "page") == screen(fresh, tmp_path, "fresh")
