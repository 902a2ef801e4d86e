"""The charts: all are drawn, one brush zooms all of them, and each figure can be taken away as a file."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import expect_live, total
from tests.browser.watch import Watch

CHARTS = ["timeline", "diverged", "lag", "latency", "availability", "throughput", "lengths"]
PNG = b"\x89PNG\r\n\x1a\n"
COLUMNS = {
    "timeline": ["key", "view", "from_s", "to_s", "length_ms", "replicas"],
    "lengths": ["from_ms", "to_ms", "closed", "still_open"],
    "map": ["service", "role", "replica", "instances", "alive", "lag_ms"],
    "matrix": ["key", "replica", "value", "updates", "since_s", "differs"],
}


def drawn(page: Page) -> None:
    expect_live(page)
    assert total(page, "placed") > 0
    for chart in CHARTS:
        page.locator(f"#{chart}").scroll_into_view_if_needed()  # charts out of sight are not drawn
        expect(page.locator(f"#{chart} .main-svg").first).to_be_attached()


def save(page: Page, panel: str, label: str, folder: Path) -> Path:
    page.locator(f"#{panel} .save-open").click()
    with page.expect_download() as download:
        page.locator(f"#{panel} .save-format", has_text=label).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_each_figure_is_saved_as_a_picture_a_drawing_and_numbers_that_say_of_which_run(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch], tmp_path: Path
) -> None:
    page = new_page()
    seen = watch(page)
    page.goto(laboratory.run_url)
    drawn(page)
    picture = save(page, "lengths", "PNG", tmp_path)
    assert picture.name == f"consistency-{laboratory.run}-lengths.png"
    assert picture.read_bytes()[:8] == PNG
    assert picture.stat().st_size > 10_000, "a picture of nothing is smaller"
    drawing = save(page, "timeline", "SVG", tmp_path).read_text()
    assert drawing.startswith("<svg")
    assert "Divergence windows" in drawing
    for panel, columns in COLUMNS.items():
        rows = list(csv.reader(save(page, panel, "CSV", tmp_path).read_text("utf-8-sig").splitlines()))
        assert rows[0] == columns
        assert {len(row) for row in rows} == {len(columns)}
        assert len(rows) > 1
    page.locator("#spacetime").scroll_into_view_if_needed()
    assert save(page, "spacetime", "PNG", tmp_path).read_bytes()[:8] == PNG
    assert seen.troubles == []


def test_a_brush_over_one_chart_zooms_all_of_them_and_the_address_keeps_it(viewer: Page) -> None:
    drawn(viewer)
    stage = viewer.locator("#latency .chart-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box
    viewer.mouse.move(box["x"] + 100, box["y"] + 40)
    viewer.mouse.down()
    viewer.mouse.move(box["x"] + 260, box["y"] + 40, steps=4)
    expect(viewer.locator("#latency .chart-brush")).to_be_visible()
    viewer.mouse.up()
    zoomed = viewer.locator(".zoom-tool.is-zoomed")
    expect(zoomed).to_be_visible()
    expect(viewer).to_have_url(re.compile(r"zoom=\d+\.\d\d-\d+\.\d\d"))
    wanted = [float(number) for number in re.findall(r"zoom=([\d.]+)-([\d.]+)", viewer.url)[0]]
    for chart in ("timeline", "throughput"):
        viewer.locator(f"#{chart}").scroll_into_view_if_needed()
        viewer.wait_for_function(
            "([chart, from]) => Math.abs(document.querySelector(chart).layout.xaxis.range[0] - from) < 0.01",
            arg=[f"#{chart} .chart-plot", wanted[0]],
        )
    assert "at=" not in viewer.url, "the end of a brush is no click"
    zoomed.click()
    expect(zoomed).to_be_hidden()
    expect(viewer).not_to_have_url(re.compile("zoom="))


def test_the_menu_of_a_figure_works_by_keyboard(viewer: Page) -> None:
    expect_live(viewer)
    summary, button = viewer.locator("#matrix .save-open"), viewer.locator("#matrix .save-format")
    summary.focus()
    for key in ("Escape", "Enter"):
        viewer.keyboard.press("Enter")
        expect(button).to_be_visible()
        viewer.keyboard.press("Tab")
        expect(button).to_be_focused()
        if key == "Enter":
            with viewer.expect_download():
                viewer.keyboard.press(key)
        else:
            viewer.keyboard.press(key)
        expect(button).to_be_hidden()
        expect(summary).to_be_focused()
