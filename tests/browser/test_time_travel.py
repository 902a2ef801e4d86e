"""Time travel on the page: back and on again in a run that goes on, and a simulated run with its fork and its fix."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.run_page import expect_live, total

ANY_RUN = re.compile(r"/runs/[a-z0-9]{8}/")
BESIDE = re.compile(r"/compare/\?runs=")


def band(page: Page):
    return page.locator("#past")


def clock(page: Page) -> str:
    return page.locator("#time .time-place").inner_text()


def shown(page: Page) -> list[str]:
    """What the replicas show, and how much has happened."""
    cells = page.locator("#matrix .key-name, #matrix .cell-label").all_inner_texts()
    return [*cells, page.locator('[data-total="placed"] .total-value').inner_text()]


def fill_change(page: Page, place: int, what: str, **fields: str) -> None:
    """Choose what is otherwise in one of the changes of a fork, and fill in what that needs."""
    change = page.locator(".fork-change").nth(place)
    change.locator("select[name=what]").select_option(what)
    for name, value in fields.items():
        field = change.locator(f"[name={name}]")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def test_a_viewer_goes_back_in_a_run_that_goes_on_and_is_told_so_until_they_are_back(viewer, watch):
    seen = watch(viewer)
    expect_live(viewer)
    total(viewer, "placed")
    expect(viewer.locator("#time input")).to_have_attribute("max", re.compile(r"^([4-9]|\d\d)\d{3,}$"))
    viewer.keyboard.press("Space")
    expect(band(viewer)).to_be_visible()
    expect(band(viewer)).to_contain_text("In the past, paused")
    stood = clock(viewer)
    viewer.keyboard.press("ArrowLeft")
    viewer.keyboard.press("ArrowLeft")
    expect(viewer.locator("#time .time-place")).not_to_have_text(stood)
    before = clock(viewer)
    viewer.keyboard.press(".")
    expect(band(viewer)).to_contain_text("before now")
    viewer.keyboard.press("Space")
    expect(band(viewer)).to_contain_text("In the past")
    expect(viewer.locator("#time .time-place")).not_to_have_text(before)
    viewer.keyboard.press("l")
    expect(band(viewer)).to_be_hidden()
    expect_live(viewer)
    assert seen.troubles == []


def test_a_simulated_run_is_played_shared_by_its_address_forked_and_mended(presenter, new_page, laboratory, watch):
    presenter.goto(f"{laboratory.url}/")
    presenter.get_by_role("button", name="Simulate: Likes").click()
    expect(presenter).to_have_url(ANY_RUN)
    expect(band(presenter)).to_contain_text("Replay")
    expect(presenter.locator('[data-total="placed"] .total-value')).to_have_text(re.compile(r"[1-9]"))
    presenter.keyboard.press("Space")
    presenter.locator("#time input").fill("9000")
    expect(presenter.locator("#time .time-place")).to_have_text("0:09.0")
    presenter.locator("#matrix .key-name").first.click()
    expect(presenter).to_have_url(re.compile(r"t=9&at=key:"))

    other = new_page()
    seen = watch(other)
    other.goto(presenter.url)
    expect(other.locator("#selected")).to_be_visible()
    expect(other.locator('[data-total="placed"] .total-value')).to_have_text(
        presenter.locator('[data-total="placed"] .total-value').inner_text()
    )
    assert shown(other) == shown(presenter)
    expect(other.locator("#map .edge.is-lit").first).to_be_attached()  # what is under way where time stands
    expect(other.locator("#timeline .chart-legend")).to_contain_text("update lost")  # though nobody has scrolled down
    expect(other.locator("#matrix tr.is-selected")).to_have_count(1)
    expect(other.get_by_role("button", name="Fork here …")).to_have_count(0)

    presenter.get_by_role("button", name="Fork here …").click()
    fill_change(presenter, 0, "fault:pause@node", node="us", for_s="4")
    presenter.get_by_role("button", name="And another change").click()
    fill_change(presenter, 1, "set:network.default.loss", value="300")
    presenter.get_by_role("button", name="Fork", exact=True).click()
    expect(presenter.locator(".fork-wrong:visible")).to_have_text(
        "From here on, in %: 300 cannot be used. Use 0 to 100."
    )
    fill_change(presenter, 1, "set:network.default.loss", value="40")
    presenter.get_by_role("button", name="Fork", exact=True).click()
    expect(presenter).to_have_url(BESIDE)
    compared = watch(presenter)
    expect(presenter.locator(".compared-fork")).to_have_text(
        "From 9.0 s on: us paused for 4 s; All other links: messages lost 40%, was 0%"
    )
    expect(presenter.locator(".compare-unlike")).to_have_text("Shows what A shows")
    for _ in range(4):
        presenter.keyboard.press("ArrowRight")
    expect(presenter.locator(".compare-unlike")).to_contain_text("unlike A")
    expect(presenter.locator('[data-price="lost"] .price-value')).to_have_count(2)
    expect(other.locator("#relatives li")).to_contain_text("A fork")  # although nobody loaded that page anew

    presenter.goto(other.url)
    presenter.keyboard.press("l")
    for _ in range(8):
        presenter.keyboard.press("PageDown")
    presenter.get_by_role("button", name="Run the fix, same seed").click()
    expect(presenter).to_have_url(BESIDE)
    expect(presenter.locator('[data-price="lost"] .is-best .price-number')).to_have_text("0")
    expect(other.locator("#relatives li")).to_have_count(2)
    assert seen.troubles == compared.troubles == []


def test_the_keys_are_listed_by_a_key_and_escape_lets_go(viewer):
    expect_live(viewer)
    viewer.keyboard.press("?")
    sheet = viewer.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Pause, or go on")
    viewer.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    viewer.locator("#map .node-name").first.click()
    expect(viewer.locator("#selected")).to_be_visible()
    viewer.keyboard.press("Escape")
    expect(viewer.locator("#selected")).to_be_hidden()
