"""What anybody sees: replicas, keys as they come, divergence, on any width, in any colours, and nothing untoward."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import expect_live, keys, row
from tests.browser.watch import Watch
from workers.cluster.catalogue import load
from workers.cluster.plan import build

BACKGROUND = {"light": "rgb(246, 247, 249)", "dark": "rgb(12, 15, 19)"}
PHONE = {"width": 390, "height": 844}


def test_the_page_has_a_panel_for_each_replica_and_a_card_for_each_node(viewer: Page) -> None:
    plan = build(load("demo"))
    expect(viewer.locator("#matrix .replica-name")).to_have_text(list(plan.replicas))
    expect(viewer.locator("#map .node-name")).to_have_count(len(plan.nodes))


def test_keys_appear_while_one_looks_and_a_divergence_window_opens_and_closes(viewer: Page) -> None:
    expect_live(viewer)
    known = keys(viewer)
    others = ", ".join(f'[title="{key}"]' for key in known)
    expect(viewer.locator(f"#matrix .key-name:not({others})").first).to_be_visible()

    diverged = viewer.locator("#matrix tr.is-diverged .key-name").first
    key = diverged.get_attribute("title")
    assert key
    expect(viewer.locator("[data-total=diverged]")).to_contain_text("so far")
    # A row keeps its place while it differs; once it agrees, a newer one may take it.
    expect(row(viewer, key).and_(viewer.locator(".is-diverged"))).to_have_count(0)
    expect(viewer.locator("#matrix tbody tr:not(.is-diverged) .key-name").first).to_be_visible()
    expect(viewer.locator("#feed")).to_contain_text("all replicas agree about order")


def test_on_a_laptop_map_matrix_and_timeline_are_in_sight_together_above_the_player(presenter: Page) -> None:
    expect_live(presenter)
    expect(presenter.locator("#timeline .main-svg").first).to_be_attached()
    player = presenter.locator("#time").bounding_box()
    assert player
    for part in ("#map", "#matrix", "#timeline"):
        box = presenter.locator(part).bounding_box()
        assert box
        assert box["y"] + box["height"] <= player["y"], part
    form = presenter.locator(".order-form")
    expect(form).to_be_hidden()
    presenter.get_by_role("button", name="Place an order").click()
    expect(form).to_be_visible()
    presenter.keyboard.press("Escape")
    expect(form).to_be_hidden()


def test_a_key_without_a_row_is_found_by_its_name_and_gets_one(viewer: Page) -> None:
    expect_live(viewer)
    viewer.get_by_role("button", name="Find one").click()
    sheet = viewer.get_by_role("dialog", name="All orders on this page")
    expect(sheet.locator(".key-list-entry").first).to_be_visible()
    viewer.keyboard.press("Escape")
    viewer.locator("#time [data-play]").click()  # time stands: nothing takes the place of anything
    shown = set(keys(viewer))
    viewer.get_by_role("button", name="Find one").click()
    listed = sheet.locator(".key-list-name").all_inner_texts()
    hidden = next(key for key in listed if key not in shown)
    viewer.keyboard.type(hidden)
    viewer.keyboard.press("Enter")
    expect(sheet).to_be_hidden()
    expect(row(viewer, hidden).and_(viewer.locator(".is-selected"))).to_be_visible()


def test_no_page_breaks_its_policy_asks_another_host_or_fails_in_a_script(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch]
) -> None:
    page = new_page()
    seen = watch(page)
    page.goto(f"{laboratory.url}/")
    expect(page.locator(".run-link").first).to_be_visible()
    page.goto(laboratory.presenter_link())
    expect(page.locator("#timeline .main-svg").first).to_be_attached()
    expect(page.locator("#matrix tr.is-diverged").first).to_be_visible()
    page.locator("#theme-toggle").click()
    page.get_by_role("button", name="Projector").click()
    seen.forgive("status of 404")
    page.goto(f"{laboratory.url}/runs/no-such-run/")
    expect(page.locator(".error-page .remedy")).to_contain_text("Go back to the list of runs")
    assert seen.troubles == []


def test_the_watch_itself_notices_what_it_is_for(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch]
) -> None:
    page = new_page()
    seen = watch(page)
    page.goto(f"{laboratory.url}/")
    page.evaluate("fetch('http://elsewhere.invalid/').catch(() => {})")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'pwned = 1'}))")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('oops') })")
    found = "\n".join(seen.troubles)
    for word in ("policy: script-src-elem inline", "policy: connect-src", "uncaught: oops"):
        assert word in found


@pytest.mark.parametrize("path", ["/", "/runs/{run}/", "/runs/no-such-run/"])
def test_on_a_phone_nothing_has_to_be_scrolled_sideways(
    new_page: Callable[..., Page], laboratory: Laboratory, path: str
) -> None:
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page.goto(laboratory.url + path.format(run=laboratory.run))
    if "{run}" in path:
        expect(page.locator("#matrix tr.is-diverged").first).to_be_attached()
        page.locator("#timeline").scroll_into_view_if_needed()
        expect(page.locator("#timeline .main-svg").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_systems_colours_are_followed_and_can_be_overruled(
    new_page: Callable[..., Page], laboratory: Laboratory, scheme: str
) -> None:
    page = new_page(color_scheme=scheme)
    page.goto(f"{laboratory.url}/")
    expect(page.locator("body")).to_have_css("background-color", BACKGROUND[scheme])
    toggle = page.locator("#theme-toggle")
    while toggle.get_attribute("data-theme") != "dark":
        toggle.click()
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", BACKGROUND["dark"])
