"""The space-time diagram and the conflicts, as anybody meets them: drawn, moved, asked, and nothing untoward."""

from __future__ import annotations

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.watch import Watch

INKED = """
(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colors = new Set();
  for (let i = 0; i < data.length; i += 4) colors.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colors.size;
}
"""


def events(page: Page) -> Locator:
    return page.locator("#spacetime .spacetime-note")


def test_on_its_own_page_the_run_is_drawn_as_it_goes_and_an_event_shows_its_past_and_future(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch]
) -> None:
    page = new_page()
    watched = watch(page)
    page.goto(f"{laboratory.run_url}spacetime/")
    expect(events(page)).to_have_text(re.compile(r"^[\d,]+ events$"))
    before = events(page).inner_text()
    canvas = page.locator(".spacetime-stage canvas")
    assert canvas.evaluate(INKED) > 20
    expect(events(page)).not_to_have_text(before)
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")

    canvas.focus()
    page.keyboard.press("]")
    expect(page.locator(".spacetime-tip")).to_be_visible()
    page.keyboard.press("Enter")
    page.locator("[name=show]").select_option("updates")
    expect(events(page)).to_contain_text("match")
    page.keyboard.press("Escape")
    canvas.focus()
    page.keyboard.press("0")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("]")
    page.keyboard.press("Enter")
    detail = page.locator(".spacetime-detail")
    expect(detail).to_contain_text("can have known of it")
    expect(detail.locator("dd").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()

    page.locator("[name=find]").fill("nobody has this name")
    expect(page.locator(".spacetime-empty")).to_contain_text("Nothing matches")
    page.locator("[name=find]").fill("")
    expect(page.locator(".spacetime-empty")).to_be_hidden()
    found = Axe().run(page)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []
    assert watched.troubles == []


def test_on_the_run_page_both_wait_until_somebody_looks_and_conflicts_can_be_asked_for_at_once(viewer: Page) -> None:
    asked: list[str] = []
    viewer.on("request", lambda request: asked.append(request.url))
    expect(viewer.locator(".connection")).to_have_text("Live")
    assert not any("/trace" in url or "/conflicts" in url for url in asked)
    viewer.locator("#conflicts").scroll_into_view_if_needed()
    expect(events(viewer)).to_contain_text("events")
    look = viewer.get_by_role("button", name="Look now")
    look.click()
    told = viewer.locator("#conflicts .empty-title, #conflicts .conflict-text").and_(viewer.locator(":visible"))
    expect(told).not_to_have_text("")
    expect(viewer.get_by_role("button", name="Look again")).to_be_visible()
