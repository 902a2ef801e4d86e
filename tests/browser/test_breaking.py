"""What the presenter breaks by hand, what it touched, and what a viewer sees of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import expect_live
from tests.browser.watch import Watch

PANEL = "#fault-panel"


def fault(page: Page, label: str) -> Locator:
    return page.locator("#faults li.fault", has_text=label)


def test_a_line_is_cut_by_keyboard_and_healed_and_a_viewer_only_looks(
    presenter: Page, viewer: Page, watch: Callable[[Page], Watch]
) -> None:
    watched = watch(presenter)
    expect_live(presenter)
    presenter.get_by_role("button", name="Break tax").focus()
    presenter.keyboard.press("Enter")
    panel = presenter.locator(PANEL)
    expect(panel.locator("h2")).to_have_text("tax")
    expect(panel.get_by_role("radio", name="Pause")).to_be_focused()
    panel.get_by_role("button", name="validation → tax").press("Enter")
    expect(panel.get_by_role("radio", name="Cut")).to_be_focused()
    panel.get_by_role("radio", name="is held until it is healed").check()
    presenter.keyboard.press("Enter")
    expect(panel).to_be_hidden()

    label = "validation and tax held up"
    row = fault(presenter, label).first
    expect(row.locator(".fault-touched")).to_contain_text(re.compile(r"[1-9]\d* messages?, 1 node, [1-9]\d* operation"))
    expect_live(viewer)
    expect(fault(viewer, label).first).to_be_visible()
    expect(viewer.locator("#faults button, #faults form, .node-break, .edge-hit, #fault-panel")).to_have_count(0)
    row.get_by_role("button", name=f"Heal: {label}").click()
    expect(row.get_by_role("button")).to_be_hidden()
    expect(row.locator(".fault-when")).to_contain_text(" to ")
    assert watched.troubles == []


def test_what_cannot_be_is_said_in_the_panel_and_escape_leads_back(presenter: Page) -> None:
    expect_live(presenter)
    bolt = presenter.get_by_role("button", name="Break email")
    bolt.click()
    panel = presenter.locator(PANEL)
    panel.get_by_role("radio", name="Slow").check()
    amount = panel.get_by_label("Times as long")
    amount.evaluate("input => input.removeAttribute('max')")
    amount.fill("5000")
    panel.get_by_role("button", name="Slow it down").click()
    expect(panel.get_by_role("alert")).to_contain_text("factor = 5000 cannot be used.")
    presenter.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bolt).to_be_focused()


def test_on_a_phone_the_panel_is_a_sheet_within_the_window(
    new_page: Callable[..., Page], laboratory: Laboratory
) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(laboratory.presenter_link())
    expect_live(page)
    page.get_by_role("button", name="Break order").click()
    box = page.locator(PANEL).bounding_box()
    assert box is not None
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 390, 844)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
