"""What the page does when something dies: the reader's page, the web server, the workers."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import alive, connection, expect_live, keys, total
from workers.cluster.catalogue import load
from workers.cluster.plan import build


def test_refreshing_the_page_loses_nothing(viewer: Page) -> None:
    expect_live(viewer)
    placed, known = total(viewer, "placed"), keys(viewer)
    frames: list[dict[str, Any]] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda text: frames.append(json.loads(text)))

    viewer.on("websocket", listen)
    viewer.reload()
    expect_live(viewer)
    assert total(viewer, "placed") >= placed
    assert frames[0]["kind"] == "snapshot"
    assert set(known) <= {key["key"] for key in frames[0]["keys"]}


def test_a_killed_web_server_is_waited_for_and_the_page_is_live_again_by_itself(
    viewer: Page, laboratory: Laboratory
) -> None:
    expect_live(viewer)
    placed, known = total(viewer, "placed"), keys(viewer)
    assert laboratory.stack.web is not None
    laboratory.stack.web.kill()
    expect(connection(viewer)).to_have_attribute("data-state", "reconnecting")
    expect(connection(viewer)).to_contain_text("Reconnecting")
    expect_live(viewer)
    assert total(viewer, "placed") >= placed
    others = ", ".join(f'[title="{key}"]' for key in known)
    expect(viewer.locator(f"#matrix .key-name:not({others})").first).to_be_visible()


def test_killed_workers_are_shown_as_dead_and_come_back_by_themselves(viewer: Page, laboratory: Laboratory) -> None:
    nodes = list(build(load("demo")).nodes)
    for node in nodes:
        expect(alive(viewer, node)).to_have_count(1)
    laboratory.stack.worker.kill(revive=False)  # a revived one might take over before the leases are seen to be gone
    gone = viewer.locator('.chip[data-state="dead"], .chip[data-state="starting"]')
    expect(gone).to_have_count(len(nodes))
    laboratory.stack.worker.start()
    for node in nodes:
        expect(alive(viewer, node)).to_have_count(1)
    expect(gone).to_have_count(0)
    expect(viewer.locator("#run-state")).to_have_text("Running")
