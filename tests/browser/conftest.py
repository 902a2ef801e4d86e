"""A browser, the laboratory that it looks at, and what a page must never do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.laboratory import Laboratory
from tests.browser.watch import Watch

INSTALLED = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = os.environ.get("CV_CHROMIUM") or (INSTALLED if Path(INSTALLED).is_file() else "")
    chosen = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, **chosen, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with Laboratory(tmp_path_factory.mktemp("laboratory")) as started:
        yield started


@pytest.fixture
def new_page(browser: Browser, laboratory: Laboratory) -> Iterator[Callable[..., Page]]:
    """Opens pages, each as a person of its own with cookies of its own."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def presenter(new_page: Callable[..., Page], laboratory: Laboratory) -> Page:
    """The run's page, opened by the printed link."""
    page = new_page()
    page.goto(laboratory.presenter_link())
    expect(page).to_have_url(laboratory.run_url)
    return page


@pytest.fixture
def viewer(new_page: Callable[..., Page], laboratory: Laboratory) -> Page:
    """The run's page, opened by its address."""
    page = new_page()
    page.goto(laboratory.run_url)
    return page


@pytest.fixture
def watch(laboratory: Laboratory) -> Callable[[Page], Watch]:
    """Notes from now on whatever a page does that it should not."""
    return lambda page: Watch(page, laboratory.url)
