"""What the presenter may, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from consistency_viz.observation.checking import check_file
from consistency_viz.observation.history import HistoryReader
from tests.browser.laboratory import Laboratory
from tests.browser.run_page import (
    alive,
    card,
    connection,
    expect_live,
    keys,
    open_order_form,
    place_order,
    row,
    stop,
    total,
)
from tests.lab.helpers import until
from workers.model.observation import Changed

COMMANDS = {"order/": {"sku": "kettle", "quantity": "1", "country": "DE"}, "stop/": {}, "scale/": {"node": "tax"}}


def test_the_printed_link_makes_one_a_presenter_once(new_page: Callable[..., Page], laboratory: Laboratory) -> None:
    link = laboratory.presenter_link()
    first, second = new_page(), new_page()
    first.goto(link)
    expect(first.locator(".role-badge")).to_have_text("Presenter")
    expect(open_order_form(first).get_by_role("button", name="Place order")).to_be_enabled()

    answer = second.goto(link)
    assert answer is not None
    assert answer.status == 403
    expect(second.locator(".error-page h1")).to_have_text("This link no longer opens")
    expect(second.locator(".error-page .remedy")).to_contain_text("Restart the server for a new link")
    second.get_by_role("link", name="All runs").click()
    expect(second.locator(".role-badge")).to_have_text("Viewer")


def test_without_the_link_there_are_no_controls_and_a_post_is_refused(viewer: Page, laboratory: Laboratory) -> None:
    expect_live(viewer)
    expect(viewer.get_by_text("You are watching")).to_be_visible()
    looking = "[type=range], [type=search]"  # at the past, and for something in the diagram
    expect(viewer.locator(f"form[method=post], button.step, input:not({looking})")).to_have_count(0)
    csrf = "a" * 32
    viewer.context.add_cookies([{"name": "cv_csrf", "value": csrf, "url": laboratory.url}])
    for with_token in (False, True):
        headers = {"X-CSRFToken": csrf, "Referer": laboratory.url} if with_token else {}
        for command, fields in COMMANDS.items():
            answer = viewer.request.post(f"{laboratory.run_url}{command}", form=fields, headers=headers)
            said = answer.json()
            assert (answer.status, said["ok"]) == (403, False)
            assert "link" in said["remedy"] if with_token else "Reload" in said["remedy"]
    viewer.reload()
    expect(viewer.locator("#run-state")).to_have_text("Running")


def test_an_order_by_hand_appears_in_the_matrix_and_in_the_feed(presenter: Page) -> None:
    expect_live(presenter)
    place_order(presenter)
    mine = presenter.locator('#matrix .key-name[title^="hand-"]').first
    expect(mine).to_be_visible()
    key = mine.get_attribute("title") or ""
    expect(presenter.locator("#feed")).to_contain_text(f"order {key}")
    assert row(presenter, key).locator(".cell").count() > 1


def test_an_order_that_cannot_be_is_refused_beside_the_form(presenter: Page) -> None:
    expect_live(presenter)
    open_order_form(presenter).get_by_label("Article").fill("<b>gold</b>")
    presenter.get_by_role("button", name="Place order").click()
    answer = presenter.locator(".order-form .answer")
    expect(answer).to_contain_text("This article is not sold here. Choose one of espresso-cup")
    expect(answer).to_have_attribute("data-tone", "bad")


def test_scaling_a_service_to_two_shows_its_second_instance_alive(presenter: Page) -> None:
    expect(alive(presenter, "validation")).to_have_count(1)
    presenter.get_by_role("button", name="Add an instance of validation").click()
    expect(alive(presenter, "validation")).to_have_count(2)
    expect(card(presenter, "validation").locator('.chip[title^="validation.2: alive"]')).to_be_visible()
    presenter.get_by_role("button", name="Remove an instance of validation").click()
    expect(alive(presenter, "validation")).to_have_count(1)


def test_stop_ends_the_run_and_its_archive_can_be_opened_and_checked(
    new_page: Callable[..., Page], laboratory: Laboratory, tmp_path: Path
) -> None:
    page = new_page()
    page.goto(laboratory.presenter_link("/"))
    page.locator("#scenario-demo").get_by_role("button", name="Run live").click()
    expect(page.locator("#run-state")).to_have_text("Running")
    url = page.url
    assert url != laboratory.run_url
    expect(page.locator("#matrix tr.is-diverged").first).to_be_visible()
    stop(page)
    expect(page.locator("#run-state")).to_have_text("Stopped")
    expect(page.locator("#run-quiet")).to_contain_text("stopped from the page")
    expect(connection(page)).to_have_text("Run over")
    expect(page.get_by_role("button", name="Place an order")).to_be_hidden()
    expect(page.locator(".order-form button")).to_be_disabled()
    placed, known = total(page, "placed"), keys(page)

    page.goto(f"{laboratory.url}/")
    item = page.locator(".run-item", has=page.locator(f'a[href="{url.removeprefix(laboratory.url)}"]'))
    until(lambda: (page.reload(), item.locator(".state-chip").inner_text() == "Stopped")[1], timeout_s=15)
    expect(item.locator(".state-chip")).to_have_text("Stopped")
    with page.expect_download() as download:
        item.get_by_role("link", name="History").click()
    path = tmp_path / "history.jsonl"
    download.value.save_as(path)
    report = check_file(path)
    assert report.header.scenario == "demo"
    with HistoryReader(path) as reader:
        archived = {seen.body.key for seen in reader if not isinstance(seen.body, Changed)}
    assert archived >= set(known)

    item.locator(".run-link").click()
    expect(page).to_have_url(url)
    expect(page.locator("#run-state")).to_have_text("Stopped")
    assert total(page, "placed") == placed
    assert archived >= set(keys(page))
