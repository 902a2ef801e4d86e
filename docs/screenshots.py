"""Takes the pictures in docs/images anew (`make screenshots`), on a laboratory of its own: the demo, and a lesson."""

# ruff: noqa: PLC0415 - what reads Django's settings is imported once they point to the temporary folder

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ORDERS_MIN = 40
BYTES_MAX = 400_000
TIMEOUT_MS = 60_000
LESSON = "likes"
LESSON_PICTURE = "lesson-light.png"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1, "is_mobile": True}
PICTURES: dict[str, dict[str, Any]] = {
    "dashboard-light.png": {**DESK, "color_scheme": "light"},
    "dashboard-dark.png": {**DESK, "color_scheme": "dark"},
    "dashboard-phone.png": {**PHONE, "color_scheme": "light"},
}


def main() -> None:
    """A laboratory in a folder that is removed afterwards, and one picture after the other."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        os.environ.update({"CV_DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": ""})
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        photograph(Path(folder))


def photograph(folder: Path) -> None:
    """Start everything, and take the pictures."""
    from consistency_viz.experiments.runs import start_run
    from consistency_viz.experiments.tokens import issue
    from consistency_viz.lab.ports import free_port
    from consistency_viz.lab.preparation import collect_static_if_stale, migrate
    from consistency_viz.lab.stack import Stack

    migrate()
    collect_static_if_stale()
    IMAGES.mkdir(exist_ok=True)
    with Stack(data_dir=folder, redis_url="", web_port=free_port()) as stack:
        stack.export()
        path = f"/runs/{start_run('demo').id}/"
        links = {name: f"{stack.web_url}/enter/{issue()}/?next={path}" for name in PICTURES}
        links["dashboard-phone.png"] = stack.web_url + path  # phones are the audience's
        with browsing() as browser:
            for name, options in PICTURES.items():
                take(browser, links[name], IMAGES / name, options, wait_until_worth_it)
        lesson = f"{stack.web_url}/enter/{issue()}/?next=/runs/{start_run(LESSON).id}/"
        with browsing() as browser:
            take(browser, lesson, IMAGES / LESSON_PICTURE, {**DESK, "color_scheme": "light"}, wait_until_cut_off)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser; while it is open the database cannot be used, for Playwright runs an event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CV_CHROMIUM") or None, args=ARGUMENTS)
        yield browser
        browser.close()


def take(
    browser: Browser, link: str, path: Path, options: dict[str, Any], wait_until_ready: Callable[[Page], None]
) -> None:
    """One picture by somebody who has looked at a running, divergent run for a while."""
    page = browser.new_page(**options)
    page.goto(link)
    wait_until_ready(page)
    page.screenshot(path=path)
    page.close()
    size = path.stat().st_size
    if size > BYTES_MAX:
        raise SystemExit(f"{path.name} has {size:,} bytes; {BYTES_MAX:,} are allowed.")
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")


def wait_until_worth_it(page: Page) -> None:
    """Enough orders, all charts in sight drawn, and a key that differs right now."""
    placed = page.locator('[data-total="placed"] .total-value')
    while (text := placed.inner_text()) and not (text.isdigit() and int(text) >= ORDERS_MIN):
        page.wait_for_timeout(200)
    expect(page.locator(".connection")).to_have_text("Live", timeout=TIMEOUT_MS)
    if page.viewport_size and page.viewport_size["width"] >= DESK["viewport"]["width"]:
        expect(page.locator("#timeline .main-svg").first).to_be_visible(timeout=TIMEOUT_MS)
        page.wait_for_timeout(4_000)  # messages need a while to be seen on their way
    expect(page.locator("#matrix tr.is-diverged").nth(1)).to_be_attached(timeout=TIMEOUT_MS)


def wait_until_cut_off(page: Page) -> None:
    """A link is cut, the narration says so, and the replicas count apart."""
    expect(page.locator("#map .edge.is-cut").first).to_be_attached(timeout=TIMEOUT_MS)
    expect(page.locator("#matrix tr.is-diverged").nth(1)).to_be_attached(timeout=TIMEOUT_MS)
    page.wait_for_timeout(2_500)


if __name__ == "__main__":
    main()
