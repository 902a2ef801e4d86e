"""Every page and state is clean by axe (WCAG 2.2 A and AA, good practice): light, dark, on a projector, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.accessible import violations
from tests.browser.laboratory import Laboratory
from tests.browser.run_page import expect_live

CALM: dict[str, Any] = {"reduced_motion": "reduce"}  # what fades in has not its colours yet
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PLAIN = ["/", "/experiments/", "/runs/{run}/spacetime/", "/runs/no-such-run/"]


def looked_at(page: Page) -> None:
    """As after a look at all of it."""
    expect_live(page)
    for part in ("#timeline", "#lengths", "#throughput", "#spacetime", "#conflicts", "#map"):
        page.locator(part).scroll_into_view_if_needed()
    expect(page.locator("#timeline .main-svg").first).to_be_attached()


def both(page: Page, state: str) -> list[str]:
    """What is found in light and in dark colours."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += violations(page, f"{state}, {scheme}:")
    return found


def test_pages_are_accessible_in_either_colours(new_page: Callable[..., Page], laboratory: Laboratory) -> None:
    page = new_page(**CALM)
    page.goto(laboratory.presenter_link())
    looked_at(page)
    page.locator("#matrix .key-name").first.click()
    page.locator("#lag .save-open").click()
    found = both(page, "run, a key selected and a menu open")
    page.keyboard.press("Escape")
    page.locator("#keys-open").click()
    expect(page.locator("#keys")).to_be_visible()
    found += violations(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#past")).to_be_visible()
    page.get_by_role("button", name="Projector").click()
    found += both(page, "in the past, on a projector")
    for path in PLAIN:
        page.goto(laboratory.url + path.format(run=laboratory.run))
        expect(page.locator("h1")).to_be_visible()
        found += both(page, path)
    assert found == []


def test_a_phone_has_the_run_accessible_too(new_page: Callable[..., Page], laboratory: Laboratory) -> None:
    page = new_page(**PHONE, **CALM)
    page.goto(laboratory.run_url)
    looked_at(page)
    assert violations(page, "phone:") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
