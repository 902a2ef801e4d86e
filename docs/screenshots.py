"""Takes the pictures in docs/images anew (`make screenshots`), on its own laboratory: the demo, a lesson, a run."""

# ruff: noqa: PLC0415 - what reads Django's settings is imported once they point to the temporary folder

from __future__ import annotations

import os
import sys
import tempfile
import time
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
FORKED = "where-is-my-order"
LOOKED_BACK_AT = "clock-from-the-future"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1, "is_mobile": True}
PICTURES: dict[str, dict[str, Any]] = {
    "dashboard-light.png": {**DESK, "color_scheme": "light"},
    "dashboard-dark.png": {**DESK, "color_scheme": "dark"},
    "dashboard-phone.png": {**PHONE, "color_scheme": "light"},
}
CHARTS: dict[str, Any] = {"viewport": {"width": 1440, "height": 1240}, "color_scheme": "light"}
CHARTS_PICTURE = "charts-light.png"


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
            take(browser, stack.web_url + path, IMAGES / CHARTS_PICTURE, CHARTS, wait_until_charted)
        looking_back(stack.web_url)
        travelling(stack.web_url, issue())
        lesson = f"{stack.web_url}/enter/{issue()}/?next=/runs/{start_run(LESSON).id}/"
        with browsing() as browser:
            take(browser, lesson, IMAGES / LESSON_PICTURE, {**DESK, "color_scheme": "light"}, wait_until_cut_off)


def looking_back(web_url: str) -> None:
    """Of a simulated run: the space-time diagram with an event's past and future, and a conflict's biography."""
    from consistency_viz.experiments import stack as scenarios
    from consistency_viz.experiments.simulated_runs import materialise

    scenario = next(one for one in scenarios.catalogue() if one.name == LOOKED_BACK_AT)
    path = f"{web_url}/runs/{materialise(scenario.model_dump(mode='json'), scenario.seed).id}/"
    with browsing() as browser:
        take(browser, f"{path}spacetime/", IMAGES / "spacetime-light.png", DESK, wait_until_lit)
        page = browser.new_page(**DESK)
        page.goto(path)
        page.locator("#conflicts").scroll_into_view_if_needed()
        page.locator(".conflicts-entry").nth(1).click(timeout=TIMEOUT_MS)
        page.locator("#conflicts").screenshot(path=IMAGES / "conflicts-light.png")


def travelling(web_url: str, token: str) -> None:
    """A simulated lesson at an instant of its past, with a key selected, and beside its fix; and what a fork asks."""
    from consistency_viz.experiments.alternatives import mend, simulate
    from consistency_viz.experiments.relatives import beside
    from consistency_viz.experiments.tokens import issue

    run = simulate(LESSON)
    with_fix = beside(run, mend(run), 10_500_000)
    forked = f"{web_url}/enter/{issue()}/?next=/runs/{simulate(FORKED).id}/%3Ft=7.3"
    with browsing() as browser:
        take(browser, forked, IMAGES / "fork-light.png", DESK, wait_until_asked)
        past = f"{web_url}/enter/{token}/?next=/runs/{run.id}/%3Ft=10.5%26at=key:likes-2"
        take(browser, past, IMAGES / "time-travel-light.png", DESK, wait_until_past)
        take(browser, f"{web_url}{with_fix}", IMAGES / "side-by-side-light.png", DESK, wait_until_priced)


def wait_until_past(page: Page) -> None:
    """The page shows the instant, and the key is marked."""
    expect(page.locator("#past")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("#matrix tr.is-selected")).to_be_attached(timeout=TIMEOUT_MS)
    page.wait_for_timeout(1_000)


def wait_until_asked(page: Page) -> None:
    """The sheet asks what is to be otherwise, and two changes are filled in."""
    page.get_by_role("button", name="Fork here …").click(timeout=TIMEOUT_MS)
    changes = page.locator(".fork-change")
    changes.first.locator("select[name=what]").select_option("set:network.default.loss", timeout=TIMEOUT_MS)
    page.get_by_role("button", name="And another change").click()
    changes.nth(1).locator("select[name=what]").select_option("fault:pause@node")
    changes.nth(1).locator("select[name=node]").select_option("view-2")
    page.wait_for_timeout(500)


def wait_until_priced(page: Page) -> None:
    """The checkers have told the price of both."""
    expect(page.locator("[data-price=lost] .is-best")).to_be_attached(timeout=TIMEOUT_MS)
    page.wait_for_timeout(500)


def wait_until_lit(page: Page) -> None:
    """Some seconds of the run fill the width, conflicts are marked, and an update's past and future are lit."""
    expect(page.locator(".spacetime-note")).to_contain_text("events", timeout=TIMEOUT_MS)
    page.wait_for_timeout(1_500)
    canvas = page.locator(".spacetime-stage canvas")
    canvas.focus()
    for key in ("+", "+", "+", "+", "+", "+", "]", "]", "]", "]", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".spacetime-detail dd").first).to_be_visible(timeout=TIMEOUT_MS)
    page.wait_for_timeout(500)


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
    deadline_s = time.monotonic() + TIMEOUT_MS / 1e3
    while not ((text := placed.inner_text()).isdigit() and int(text) >= ORDERS_MIN):
        if time.monotonic() > deadline_s:
            raise SystemExit(f"After {TIMEOUT_MS // 1_000} s the page says {text!r} orders; {ORDERS_MIN} are wanted.")
        page.wait_for_timeout(200)
    expect(page.locator(".connection")).to_have_text("Live", timeout=TIMEOUT_MS)
    if page.viewport_size and page.viewport_size["width"] >= DESK["viewport"]["width"]:
        expect(page.locator("#timeline .main-svg").first).to_be_visible(timeout=TIMEOUT_MS)
        page.wait_for_timeout(4_000)  # messages need a while to be seen on their way
    expect(page.locator("#matrix tr.is-diverged").nth(1)).to_be_attached(timeout=TIMEOUT_MS)


def wait_until_charted(page: Page) -> None:
    """All charts are in sight, and drawn."""
    wait_until_worth_it(page)
    page.locator("#timeline").evaluate("timeline => scrollTo(0, timeline.offsetTop - 12)")
    for chart in ("timeline", "diverged", "throughput", "lengths"):
        expect(page.locator(f"#{chart} .main-svg").first).to_be_attached(timeout=TIMEOUT_MS)
    page.wait_for_timeout(3_000)


def wait_until_cut_off(page: Page) -> None:
    """A link is cut, the narration says so, and the replicas count apart."""
    expect(page.locator("#map .edge.is-cut").first).to_be_attached(timeout=TIMEOUT_MS)
    expect(page.locator("#matrix tr.is-diverged").nth(1)).to_be_attached(timeout=TIMEOUT_MS)
    page.wait_for_timeout(2_500)


if __name__ == "__main__":
    main()
