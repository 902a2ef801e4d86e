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
    page.get_by_role("button", name="Find one").click()
    expect(page.locator(".key-list-entry").first).to_be_visible()
    found += both(page, "all keys")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Place an order").click()
    found += both(page, "an order to place")
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


def test_forking_and_comparing_are_accessible_in_either_colours(presenter: Page, laboratory: Laboratory) -> None:
    presenter.emulate_media(**CALM)
    presenter.goto(f"{laboratory.url}/")
    presenter.get_by_role("button", name="Simulate: The clock from the future").click()
    expect(presenter.locator("#past")).to_contain_text("Replay")
    presenter.keyboard.press("Space")
    presenter.locator("#time input").fill("5000")
    presenter.get_by_role("button", name="Fork here …").click()
    change = presenter.locator(".fork-change")
    change.locator("select[name=what]").select_option("set:network.default.loss")
    change.locator("[name=value]").fill("900")
    presenter.get_by_role("button", name="Fork", exact=True).click()
    expect(presenter.locator(".fork-wrong")).to_be_visible()
    found = both(presenter, "a fork with a wrong value")
    change.locator("[name=value]").fill("50")
    presenter.get_by_role("button", name="Fork", exact=True).click()
    expect(presenter.locator(".compared-fork")).to_contain_text("messages lost 50%")
    expect(presenter.locator(".compare-unlike")).to_have_text("Shows what A shows")  # at the instant of the fork
    presenter.keyboard.press("Shift+ArrowRight")
    expect(presenter.locator(".compare-unlike.is-unlike")).to_be_visible()
    assert found + both(presenter, "side by side") == []


def test_a_phone_has_the_run_accessible_too(new_page: Callable[..., Page], laboratory: Laboratory) -> None:
    page = new_page(**PHONE, **CALM)
    page.goto(laboratory.run_url)
    looked_at(page)
    assert violations(page, "phone:") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
