"""The page of results: readable everywhere, each point leads to its run, and the report needs nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.accessible import violations
from tests.browser.laboratory import Laboratory
from tests.browser.watch import Watch
from tests.experiments.campaign.asked import asked

NOT_MET = [{"metric": "work.messages.sent", "at_most": 1, "because": "It cannot be."}]
SIZES = ((1440, "light"), (390, "dark"))


def test_results_are_read_opened_and_taken_along(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch], tmp_path: Path
) -> None:
    laboratory.experiment(asked(expect=NOT_MET))
    page = new_page(reduced_motion="reduce")
    watched = watch(page)
    page.goto(laboratory.presenter_link("/experiments/which/"))
    panel = page.locator("[data-figure='price work.clients.messages_each']")
    expect(panel).to_be_visible()
    expect(panel.locator("circle")).to_have_count(8)
    found = []
    for width, scheme in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found += violations(page, f"{width}, {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert found == []
    with page.expect_download() as download:
        page.get_by_role("link", name="report").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    page.locator(".expected .seed", has_text=re.compile("^3$")).first.click()
    expect(page).to_have_url(re.compile(r"/runs/\w+/$"))
    assert watched.troubles == []
    page.goto(report.as_uri())
    expect(page.locator("[data-figure='price work.clients.messages_each'] circle")).to_have_count(8)
    assert violations(page, "report") == []


def test_a_counterexample_is_hunted_watched_on_its_diagram_and_saved(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch]
) -> None:
    settings = {"workload.orders": 30, "duration_s": 15}
    fields = {"scenario": "order-of-operations", "set": settings, "variants": [{"name": "as it is"}]}
    laboratory.experiment(asked(name="fragile", seeds={"count": 1}, **fields))
    page, viewer = new_page(reduced_motion="reduce"), new_page(reduced_motion="reduce")
    watched = watch(page)
    page.goto(laboratory.presenter_link("/experiments/fragile/"))
    page.get_by_label("Break").select_option("checker:divergence")
    page.get_by_label("Faults for each").fill("6")
    page.get_by_role("button", name="Hunt").click()
    expect(page.locator("#standing")).to_have_attribute("data-state", "running")
    laboratory.hunt()
    expect(page.locator("#standing")).to_contain_text("caught with seed")
    expect(page.locator(".spacetime-note")).to_contain_text("events")
    assert page.locator(".schedule tbody tr").count() > 0
    found = []
    for width, scheme in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found += violations(page, f"hunt {width}, {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert found == []
    viewer.goto(page.url)
    expect(viewer.locator("#standing")).to_contain_text("caught with seed")
    expect(viewer.get_by_role("button", name="Save as a scenario")).to_have_count(0)
    page.get_by_role("button", name="Save as a scenario").click()
    expect(page).to_have_url(re.compile(r"/admin/experiments/scenario/\d+/change/$"))
    assert watched.troubles == []
