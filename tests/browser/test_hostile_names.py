"""Names come from strangers: whatever they look like, they are shown as text and run nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.run_page import expect_live, open_order_form
from tests.browser.watch import Watch
from workers.runtime.connection import connect
from workers.runtime.control import inject

PAYLOADS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    '"><script>window.pwned=1</script>',
    "' onmouseover='window.pwned=1",
    "javascript:window.pwned=1",
    "</script><script>window.pwned=1</script>",
    "{{constructor.constructor('window.pwned=1')()}}",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
]
ORDER = {
    "lines": [{"sku": "kettle", "quantity": 1, "unit_cents": 100}],
    "country": "DE",
    "email": '"<script>window.pwned=1</script>"@example.org',
}


def test_names_that_look_like_code_run_nothing(
    viewer: Page, laboratory: Laboratory, watch: Callable[[Page], Watch]
) -> None:
    seen = watch(viewer)
    viewer.reload()
    expect_live(viewer)
    with connect(laboratory.stack.redis_url) as client:
        for payload in PAYLOADS:
            inject(client, laboratory.run, "by-hand", "PlaceByHand", payload, {**ORDER, "email": payload})
            shown = viewer.locator(f"#matrix .key-name[title^={css_string(payload)}]")
            expect(shown.first).to_be_attached()
    expect(viewer.locator("#feed")).to_contain_text("window.pwned=1")
    viewer.reload()
    expect(viewer.locator("#feed")).to_contain_text("window.pwned=1")
    assert viewer.evaluate("window.pwned") is None
    assert (
        viewer.locator("#run-page script:not([type='application/json']), #run-page iframe, #run-page img").count() == 0
    )
    assert seen.troubles == []


@pytest.mark.parametrize("email", ['"<svg/onload=window.pwned=1>"@example.org', "<script>@example.org"])
def test_an_address_that_looks_like_code_is_mailed_as_text_or_refused(
    presenter: Page, watch: Callable[[Page], Watch], email: str
) -> None:
    seen = watch(presenter)
    seen.forgive("status of 400")
    presenter.reload()
    expect_live(presenter)
    field = open_order_form(presenter).get_by_label("E-mail")
    field.evaluate("field => field.type = 'text'")
    field.fill(email)
    presenter.get_by_role("button", name="Place order").click()
    expect(presenter.locator(".order-form .answer")).to_be_visible()
    assert presenter.evaluate("window.pwned") is None
    assert seen.troubles == []


def css_string(text: str) -> str:
    """``text`` quoted for a selector."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
