"""What a reader sees on the run's page, by name."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def connection(page: Page) -> Locator:
    return page.locator(".connection")


def expect_live(page: Page) -> None:
    expect(connection(page)).to_have_attribute("data-state", "live")


def total(page: Page, name: str) -> int:
    """A count of the strip of totals, once there is one."""
    value = page.locator(f'[data-total="{name}"] .total-value')
    expect(value).not_to_have_text("–")  # noqa: RUF001 (the page's own sign for nothing)
    return int(value.inner_text().replace(",", ""))


def keys(page: Page) -> list[str]:
    """The orders in sight."""
    names = page.locator("#matrix .key-name")
    expect(names.first).to_be_visible()
    return [str(title) for title in names.evaluate_all("all => all.map((one) => one.title)")]


def row(page: Page, key: str) -> Locator:
    """The matrix row of an order."""
    return page.locator("#matrix tbody tr", has=page.locator(f'.key-name[title="{key}"]'))


def card(page: Page, node: str) -> Locator:
    """The card of a service on the map."""
    return page.locator("#map article.node", has=page.locator(".node-name", has_text=node)).first


def alive(page: Page, node: str) -> Locator:
    """The chips of a service's living instances."""
    return card(page, node).locator('.chip[data-state="alive"]')


def open_order_form(page: Page) -> Locator:
    """The form for orders; in a low window it opens by a button."""
    form = page.locator(".order-form")
    if not form.is_visible():
        page.get_by_role("button", name="Place an order").click()
    expect(form).to_be_visible()
    return form


def place_order(page: Page, email: str = "") -> None:
    """Fill in the form and place the order; returns once the page says so."""
    open_order_form(page)
    if email:
        page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Place order").click()
    answer = page.locator(".order-form .answer")
    expect(answer).to_contain_text(re.compile(r"Order hand-\S+ placed\."))


def stop(page: Page) -> None:
    """Stop the run: once, and once more because the button asks. Its question lapses after a few seconds."""
    button = page.locator('form[action$="/stop/"] button')
    button.click()
    expect(button).to_have_text("Really stop?")
    button.dblclick()
    expect(button).to_be_disabled()
