"""A crowd in a room: so many phones join, act and watch, over real sockets, while a projector looks on.

What is asked: everybody is in; how long it takes from an action on a phone to the projector; and that after the web
server was killed everybody is back, and no action that was acknowledged is missing from the history. Phones, projector
and the whole laboratory share this machine, so its figures are those of a crowd and a server on two cores together.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
from websockets.exceptions import WebSocketException

from consistency_viz.benches.room_phone import Browser, Phone
from consistency_viz.lab import ports

LAB_UP_S: Final = 90.0
SCENARIO: Final = "likes"
KEYS: Final = ("likes-1", "likes-2")
OPEN_S: Final = 300
BACK_S: Final = 30.0
SETTLED_S: Final = 5.0
_LINK: Final = re.compile(r'class="desk-link" href="([^"]+/j/(\w{6})/[^"]*)"')
_ENTER: Final = re.compile(r"(http://\S+)/enter/(\S+?)/\?next=")


class Crowd(msgspec.Struct, frozen=True):
    """How a crowd fared. Latencies from the press of a button to the projector's frame that counts it."""

    phones: int
    joined: int
    join_s: float
    acts: int
    acts_done: int
    acts_refused: int
    acts_unanswered: int
    shown: int
    to_projector_ms_p50: float | None
    to_projector_ms_p95: float | None
    to_projector_ms_max: float | None
    back: int
    back_within_10_s: int
    done_in_history: int
    lost: int


def crowd(
    folder: Path, phones: int, join_s: float, act_s: float, every_s: float, tell: Callable[[str], None]
) -> Crowd:  # fmt: skip
    """Play it on a laboratory of its own in ``folder``."""
    port = ports.next_free(8100)
    command = [sys.executable, "manage.py", "lab", "--no-browser", "--port", str(port), "--scenario", "one-truth"]
    environment = {"CV_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin", "CV_HTTPS": "0"}
    with (folder / "lab.out").open("wb") as out:
        lab = subprocess.Popen(command, stdout=out, stderr=out, env=environment)  # noqa: S603 - our own command
        try:
            base, token = _entered(folder / "lab.out", lab)
            return asyncio.run(_play(base, token, lab.pid, phones, join_s, act_s, every_s, tell))
        finally:
            lab.terminate()
            lab.wait(30)


def _entered(out: Path, lab: subprocess.Popen[bytes]) -> tuple[str, str]:
    deadline_s = time.monotonic() + LAB_UP_S
    while time.monotonic() < deadline_s and lab.poll() is None:
        found = _ENTER.search(out.read_text())
        if found is not None:
            return found[1], found[2]
        time.sleep(0.2)
    raise RuntimeError(f"the laboratory did not come up: {out.read_text()[-500:]}")


async def _play(
    base: str, token: str, lab: int, count: int, join_s: float, act_s: float, every_s: float,
    tell: Callable[[str], None],
) -> Crowd:  # fmt: skip
    desk = Browser(base)
    desk.get(f"/enter/{token}/")
    page = desk.post("/rooms/open/", desk.get("/rooms/"), title="Crowd", scenario=SCENARIO)
    link, code = _LINK.findall(page)[0]
    people = [Phone(base, number) for number in range(1, count + 1)]
    projector = Projector(desk, code)
    watching = asyncio.create_task(projector.watch())
    began_s = time.monotonic()
    joined = await asyncio.gather(*(_join(p, link, code, (p.number - 1) * join_s / count) for p in people))
    took_s = time.monotonic() - began_s
    tell(f"{sum(joined)} of {count} are in after {took_s:.1f} s")
    staying = [asyncio.create_task(phone.stay(code)) for phone in people]
    await asyncio.wait_for(asyncio.gather(*(phone.live.wait() for phone in people)), 60)
    desk.post(f"/rooms/{code}/do/open-for/", page, seconds=str(OPEN_S))
    desk.post(f"/rooms/{code}/do/play/", page)
    run = await projector.playing()
    await asyncio.gather(*(_act_on(p, act_s, every_s, projector) for p in people))
    await projector.settled(people)
    tell(f"{sum(p.done for p in people):,} actions were acknowledged")
    back = await _restart(lab, people)
    tell(f"{sum(after is not None for after in back)} are back after a kill -9 of the web server")
    await asyncio.gather(*(phone.act("increment", KEYS[phone.number % 2]) for phone in people))
    await projector.settled(people)
    desk.post(f"/rooms/{code}/do/stop/", page)
    in_history = await asyncio.to_thread(_in_history, desk, run)
    for task in (*staying, watching):
        task.cancel()
    await asyncio.gather(*staying, watching, return_exceptions=True)
    return _summed(people, joined, took_s, projector, back, in_history)


def _summed(
    people: list[Phone], joined: list[bool], took_s: float, projector: Projector, back: list[float | None], found: int
) -> Crowd:  # fmt: skip
    waits_ms = sorted(projector.waits_ms)
    done = sum(p.done for p in people)
    return Crowd(
        phones=len(people),
        joined=sum(joined),
        join_s=round(took_s, 1),
        acts=done + sum(p.refused + p.unanswered for p in people),
        acts_done=done,
        acts_refused=sum(p.refused for p in people),
        acts_unanswered=sum(p.unanswered for p in people),
        shown=len(waits_ms),
        to_projector_ms_p50=_quantile(waits_ms, 0.5),
        to_projector_ms_p95=_quantile(waits_ms, 0.95),
        to_projector_ms_max=_quantile(waits_ms, 1),
        back=sum(after is not None for after in back),
        back_within_10_s=sum(after is not None and after <= 10 for after in back),
        done_in_history=found,
        lost=max(0, done - found),
    )


class Projector:
    """The projector's screen: when it first shows each action."""

    def __init__(self, browser: Browser, code: str) -> None:
        self.waits_ms: list[float] = []
        self._browser = browser
        self._code = code
        self._pressed: dict[int, list[float]] = {}
        self._shown: dict[int, int] = {}
        self._updates: dict[int, int] = {}
        self._seen = asyncio.Event()
        self._run = asyncio.get_running_loop().create_future()

    def press(self, seat: int, at_s: float) -> None:
        """A button was pressed, and the press acknowledged."""
        self._pressed.setdefault(seat, []).append(at_s)

    async def playing(self) -> str:
        """Wait for a run; its id."""
        run: str = await asyncio.wait_for(self._run, 30)
        return run

    async def settled(self, people: Iterable[Phone]) -> None:
        """Wait, but not for ever, until it shows whatever was acknowledged."""
        done = sum(phone.done for phone in people)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_S):
                while sum(self._updates.values()) < done:
                    self._seen.clear()
                    await self._seen.wait()

    async def watch(self) -> None:
        """Look at every frame, until cancelled."""
        while True:
            try:
                async with self._browser.socket(f"/ws/rooms/{self._code}/projector/") as socket:
                    async for text in socket:
                        self._see(json.loads(text), time.monotonic())
            except (OSError, WebSocketException):  # the web server was killed, or is not up yet
                await asyncio.sleep(0.3)

    def _see(self, frame: dict[str, Any], now_s: float) -> None:
        if frame["kind"] != "room":
            return
        if frame["run_state"] == "running" and not self._run.done():
            self._run.set_result(frame["run"])
        for seat in frame["seats"]:
            number, updates = seat["number"], seat["updates"]
            self._updates[number] = updates
            pressed = self._pressed.get(number, [])
            first = self._shown.get(number, 0)
            self.waits_ms += [(now_s - at_s) * 1_000 for at_s in pressed[first:updates]]
            self._shown[number] = max(first, min(updates, len(pressed)))
        self._seen.set()


async def _join(phone: Phone, link: str, code: str, after_s: float) -> bool:
    await asyncio.sleep(after_s)
    try:
        await asyncio.to_thread(phone.join, link, code)
    except (OSError, RuntimeError):
        return False
    return True


async def _act_on(phone: Phone, act_s: float, every_s: float, projector: Projector) -> None:
    """Press a button every ``every_s``; the crowd's presses are spread out evenly."""
    until_s = time.monotonic() + act_s
    await asyncio.sleep(every_s * (phone.number % 97) / 97)
    while time.monotonic() < until_s:
        at_s = time.monotonic()
        if await phone.act("increment", KEYS[phone.number % 2]) == "done":
            projector.press(phone.seat, at_s)
        await asyncio.sleep(max(0.0, at_s + every_s - time.monotonic()))


async def _restart(lab: int, people: list[Phone]) -> list[float | None]:
    """Kill the web server; the laboratory starts another. Seconds until each phone was shown its seat again."""
    web = next(
        p for p in psutil.Process(lab).children(recursive=True) if "consistency_viz.lab.web" in " ".join(p.cmdline())
    )
    for phone in people:
        phone.back_s = None
    killed_s = time.monotonic()
    web.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BACK_S):
            for phone in people:
                while phone.back_s is None:
                    await phone.live.wait()
                    await asyncio.sleep(0.05)
    return [None if phone.back_s is None else phone.back_s - killed_s for phone in people]


def _in_history(desk: Browser, run: str) -> int:
    """How many different wishes of guests the recorded history has: counted once each, whatever they led to."""
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        try:
            text = desk.get(f"/runs/{run}/history")
        except OSError:
            time.sleep(1)
            continue
        return len(_wishes(json.loads(line) for line in text.splitlines()[1:] if '"guest-' in line))
    return 0


def _wishes(lines: Iterable[dict[str, Any]]) -> set[str]:
    """The names of wishes: what a wish led to, a read and a write, bears its name."""
    return {
        str(line["op"]).partition(":")[0]
        for line in lines
        if line.get("kind") == "invoked" and str(line.get("session", "")).startswith("guest-")
    }


def _quantile(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
