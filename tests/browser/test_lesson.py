"""A lesson as it is given: start it from the list, tell it step by step, see the fault, run the fix."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import card, expect_live, open_order_form, stop
from tests.browser.watch import Watch
from workers.cluster.catalogue import load

LESSON = "Add against remove"


def say(page: Page) -> Locator:
    """What the narration says now."""
    return page.locator(".narration-step.is-current .narration-say")


def test_a_lesson_is_started_told_and_mended(
    new_page: Callable[..., Page], laboratory: Laboratory, watch: Callable[[Page], Watch]
) -> None:
    page = new_page()
    page.goto(laboratory.presenter_link("/"))
    seen = watch(page)
    page.get_by_label("Filter lessons and scenarios").fill("bo REMOVES")
    expect(page.locator("[data-entry]:visible")).to_have_count(1)
    page.get_by_role("button", name=f"Run live: {LESSON}").click()
    expect(page).to_have_url(re.compile(r"/runs/\w+/$"))
    broken = page.url
    expect_live(page)

    # It is told by the run's clock, and what it points at is marked.
    expect(page.locator(".narration-question")).to_have_text("Ana removes the milk while Bo adds it. Is there milk?")
    expect(page.locator(".narration-place")).to_have_text(re.compile("[23] of 6"))

    # The fault is seen where it is, and while it lasts.
    note = page.locator("#map .panel-head .panel-note")
    expect(note).to_have_text("Now: eu cut off from us")
    expect(page.locator("#map .edge.is-cut")).to_have_count(2)
    expect(page.locator("#feed")).to_contain_text("fault: eu cut off from us")
    expect(page.locator("#matrix .key-name[title='cart-1']")).to_be_visible()

    # By hand it stays where it was put, and moves nothing.
    box = page.locator("#map").bounding_box()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    first = load("add-against-remove").narration[0].say
    expect(say(page)).to_have_text(first)
    expect(page.locator("#narration").get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    assert page.locator("#map").bounding_box() == box
    expect(page.locator("#map .edge.is-cut")).to_have_count(0)
    expect(say(page)).to_have_text(first)
    page.locator("#narration").get_by_role("button", name="Follow").click()
    expect(say(page)).not_to_have_text(first)

    # When it is over: what was found, and the fix with its price.
    expect(page.locator("#run-state")).to_have_text("Finished", timeout=40_000)
    expect(page.locator(".narration-place")).to_have_text("5 of 6")
    expect(page.locator('#findings .finding[data-verdict="passed"]').first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".narration-step.is-current .narration-ask")).to_contain_text("Its price:")
    page.get_by_role("button", name="Run the fix, same seed").click()
    expect(page).to_have_url(re.compile(r"/compare/\?runs=\w+,\w+&"))
    expect(page.locator(".compare-unlike")).not_to_be_empty()
    page.locator(".strip-name").nth(1).click()
    expect(page.locator(".narration-lesson")).to_contain_text("Lesson 17, mended")
    expect(page.locator(".run-facts")).to_contain_text("seed 17")
    expect_live(page)
    page.get_by_role("link", name="The run without the fix").click()
    expect(page).to_have_url(broken)
    assert seen.troubles == []


def test_arrow_keys_in_a_field_are_the_fields_own(new_page: Callable[..., Page], laboratory: Laboratory) -> None:
    page = new_page()
    page.goto(laboratory.presenter_link("/"))
    page.get_by_role("button", name="Run live: Where is my order?").click()
    expect(page.locator(".narration-place")).to_have_text("1 of 4")
    open_order_form(page).get_by_label("Article").press("ArrowRight")
    expect(page.locator(".narration-place")).to_have_text("1 of 4")
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".narration-place")).to_have_text("2 of 4")
    stop(page)  # only so many runs go on at once


def test_a_viewer_on_a_phone_reads_the_narration_and_has_no_commands(
    new_page: Callable[..., Page], laboratory: Laboratory
) -> None:
    presenter = new_page()
    presenter.goto(laboratory.presenter_link("/"))
    presenter.get_by_role("button", name="Run live: The clock from the future").click()
    expect(presenter.locator(".narration-place")).to_be_visible()
    page = new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
    page.goto(presenter.url)
    expect_live(page)
    expect(say(page)).to_be_visible()
    expect(page.locator("form[method=post]")).to_have_count(0)
    expect(card(page, "ap")).to_have_class(re.compile("is-troubled"))
    expect(card(page, "ap").locator(".node-fault")).to_have_text("clock +60 s")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    stop(presenter)


def test_what_is_lost_is_marked_on_the_presenters_timeline_while_the_run_goes_on(
    new_page: Callable[..., Page], laboratory: Laboratory
) -> None:
    page = new_page()
    page.goto(laboratory.presenter_link("/"))
    page.get_by_role("button", name="Run live: Likes").click()
    expect(page.locator("#timeline .chart-legend")).to_contain_text("update lost", timeout=25_000)
    expect(page.locator("#run-state")).to_have_text("Running")
    stop(page)
