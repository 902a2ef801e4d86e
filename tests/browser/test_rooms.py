"""A workshop as its people see it: the phone, the projector and the desk, with the worst of names on all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from consistency_viz.benches.room_phone import Browser, Phone
from tests.browser.laboratory import Laboratory
from tests.browser.test_hostile_names import PAYLOADS
from tests.browser.watch import Watch

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}
PAGE_BYTES_MAX = 150_000
HOSTILE = [
    text[:40]
    for payload in PAYLOADS
    for text in (payload, payload.upper(), f"a{payload}", f'"{payload}', f"{payload} 2")
]
LESSON = "clock-from-the-future"


class Room:
    """A room that a presenter opened, and ways into it."""

    def __init__(self, desk: Page, laboratory: Laboratory) -> None:
        self.desk, self.url = desk, laboratory.url
        desk.goto(laboratory.presenter_link("/rooms/"))
        desk.get_by_label("Begin with").select_option(LESSON)
        desk.get_by_role("button", name="Open a room").click()
        expect(desk.locator(".connection")).to_have_attribute("data-state", "live")
        self.code = desk.locator(".room-code").inner_text()
        self.link = desk.locator(".desk-link").get_attribute("href") or ""
        self.screen = desk.get_by_role("link", name="Open the projector").get_attribute("href") or ""

    def press(self, name: str) -> None:
        self.desk.get_by_role("button", name=name, exact=True).click()

    def join(self, phone: Page, name: str) -> None:
        phone.goto(self.link)
        phone.get_by_label("What shall we call you?").fill(name)
        phone.get_by_role("button", name="Take a seat").click()
        expect(phone.locator(".seat-link")).to_have_attribute("data-state", "live")


@pytest.fixture
def room(new_page: Callable[..., Page], laboratory: Laboratory) -> Room:
    return Room(new_page(), laboratory)


def test_a_room_from_the_code_to_the_cost_table(
    room: Room, new_page: Callable[..., Page], watch: Callable[[Page], Watch]
) -> None:
    """With fifty people whose names and addresses look like code: shown as text everywhere, run nowhere."""
    phone, screen = new_page(**PHONE), new_page(**PROJECTOR)
    seen = [watch(page) for page in (phone, screen, room.desk)]
    screen.goto(room.screen)
    expect(screen.locator(".room-code").first).to_have_text(room.code)
    room.join(phone, "<b>Ana</b>")
    crowd = [Phone(room.url, number) for number in range(len(HOSTILE))]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda pair: come(pair[0].browser, room.link, pair[1]), zip(crowd, HOSTILE, strict=True)))
    room.press("Show names")
    expect(screen.locator(".screen-seats li").first).to_have_text("<b>Ana</b>")
    expect(screen.locator(".screen-seats li")).to_have_count(len(HOSTILE) + 1)

    room.press("Ask the room")
    phone.get_by_label("Your guess").first.fill("42")
    phone.get_by_role("button", name="Send my guess").click()
    expect(phone.get_by_text("Kept.")).to_be_visible()
    expect(screen.locator(".screen-guessed")).to_have_text("1 guess")

    room.press("Play")
    expect(phone.locator(".card").first).to_be_visible()
    address = phone.locator(".card").first
    address.locator(".card-input").fill("<i>1 Elm Street</i>")
    address.get_by_role("button", name="Change it").click()
    expect(phone.locator(".seat-events")).to_contain_text("confirmed “<i>1 Elm Street</i>”")
    expect(address.locator(".card-value")).not_to_have_text("You have not looked yet")
    with ThreadPoolExecutor(1) as other:  # the browser's driver has a loop on this thread
        other.submit(lambda: asyncio.run(write_all(crowd, room.code))).result()
    expect(screen.locator(".screen-stage")).to_be_visible()
    expect(screen.frame_locator(".screen-stage").locator("#matrix")).to_contain_text("address-1")
    expect(screen.locator(".losses")).to_contain_text("pwned")
    room.press("Stop")
    room.desk.get_by_role("button", name="Really stop?").click()
    expect(screen.locator(".screen-result .cost-table tbody tr")).to_have_count(1)
    expect(screen.locator(".screen-result .guess-legend .is-measured")).to_be_visible()
    expect(phone.get_by_text("This run is over.")).to_be_visible()
    for page in (phone, screen, room.desk):
        assert page.evaluate("window.pwned") is None
        assert (
            page.locator("main img, main script:not([type]), main i, main b:not(.count-number, .screen-how b)").count()
            == 0
        )
    assert [trouble for one in seen for trouble in one.troubles] == []


def come(browser: Browser, link: str, name: str) -> None:
    browser.post(link, browser.get(link), name=name)


async def write_all(crowd: list[Phone], code: str) -> None:
    """Everybody writes an address that looks like code."""

    async def write(phone: Phone, text: str) -> None:
        staying = asyncio.create_task(phone.stay(code))
        await asyncio.wait_for(phone.live.wait(), 20)
        assert await phone.act("assign", "address-1", text) == "done"
        staying.cancel()
        await asyncio.gather(staying, return_exceptions=True)

    await asyncio.gather(*(write(phone, text) for phone, text in zip(crowd, HOSTILE, strict=True)))


def test_pages_of_a_room_are_accessible_and_a_phones_is_light(
    room: Room, new_page: Callable[..., Page], laboratory: Laboratory
) -> None:
    phone, screen = new_page(**PHONE), new_page(**PROJECTOR)
    phone.goto(f"{laboratory.url}/j/")
    found = {"door": violations(phone)}
    phone.goto(room.link)
    found["join"] = violations(phone)
    room.join(phone, "Ana")
    assert weight(phone) < PAGE_BYTES_MAX
    screen.goto(room.screen)
    expect(screen.locator(".count-number")).to_have_text("1")
    found |= {"lobby": violations(phone), "screen": violations(screen), "desk": violations(room.desk)}
    room.press("Ask the room")
    expect(phone.locator(".guess-form")).to_be_visible()
    found |= {"ask": violations(phone), "screen asks": violations(screen)}
    phone.emulate_media(color_scheme="dark")
    screen.emulate_media(color_scheme="dark")
    found |= {"ask, dark": violations(phone), "screen asks, dark": violations(screen)}
    assert [f"{page}: {one}" for page, told in found.items() for one in told] == []


def test_a_phone_that_was_away_is_back_and_has_its_seat(room: Room, new_page: Callable[..., Page]) -> None:
    phone = new_page(**PHONE)
    room.join(phone, "Ana")
    phone.context.set_offline(True)
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    phone.context.set_offline(False)
    phone.reload()
    expect(phone.locator(".seat-who")).to_have_text("Ana · seat 1")
    expect(phone.locator(".seat-link")).to_have_attribute("data-state", "live")


def violations(page: Page) -> list[str]:
    """What axe finds, by rule and the first element."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary'][:200]}" for one in found]


def weight(page: Page) -> int:
    """How many bytes the page and all that it loads came to, headers included."""
    script = "performance.getEntries().reduce((sum, one) => sum + (one.transferSize ?? 0), 0)"
    size: int = page.evaluate(script)
    assert size > 5_000
    return size
