"""One phone of a crowd, as the server sees one: a browser's cookies, a form, and a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ANSWER_WITHIN_S: Final = 10.0
HTTP_WITHIN_S: Final = 30.0
AGAIN_S: Final = 0.3


class Browser:
    """Cookies, pages and posted forms, blocking."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        """A page's text, after redirects."""
        with self._opener.open(urllib.parse.urljoin(self.base, path), timeout=HTTP_WITHIN_S) as answer:
            text: str = answer.read().decode()
        return text

    def post(self, path: str, page: str, **fields: str) -> str:
        """Post a form that ``page`` has; the answer's text."""
        found = _TOKEN.search(page)
        token = found[1] if found is not None else ""
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        request = urllib.request.Request(urllib.parse.urljoin(self.base, path), data=body)  # noqa: S310 - our own server
        request.add_header("Accept", "application/json, text/html")
        with self._opener.open(request, timeout=HTTP_WITHIN_S) as answer:
            text: str = answer.read().decode()
        return text

    def socket(self, path: str) -> connect:
        """A WebSocket with these cookies, from this very origin."""
        cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        url = self.base.replace("http", "ws", 1) + path
        return connect(url, origin=self.base, additional_headers={"Cookie": cookie}, max_size=2**22, open_timeout=20)  # type: ignore[arg-type]


class Phone:
    """A seat: joins, stays connected whatever happens, and acts. ``done`` are its acknowledged wishes."""

    def __init__(self, base: str, number: int) -> None:
        self.browser = Browser(base)
        self.number = number
        self.seat = 0
        self.done = self.refused = self.unanswered = 0
        self.frames = 0
        self.back_s: float | None = None
        self.live = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._count = 0

    def join(self, link: str, code: str) -> None:
        """Take a seat; blocking."""
        page = self.browser.get(link)
        self.browser.post(link, page, name=f"Phone {self.number}")
        if not any(cookie.name == f"cv_seat_{code}" for cookie in self.browser.cookies):
            raise RuntimeError(f"phone {self.number} got no seat")

    async def stay(self, code: str) -> None:
        """Be connected until cancelled."""
        while True:
            try:
                async with self.browser.socket(f"/ws/rooms/{code}/participant/") as socket:
                    self._socket = socket
                    async for text in socket:
                        self._heard(json.loads(text))
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                pass
            finally:
                self._socket = None
                self.live.clear()
            await asyncio.sleep(AGAIN_S)

    def _heard(self, frame: dict[str, Any]) -> None:
        if frame["kind"] == "seat":
            self.frames += 1
            self.seat = frame["number"]
            if not self.live.is_set():
                self.live.set()
                self.back_s = time.monotonic()
        elif frame["kind"] in ("done", "refused") and frame["id"] in self._waiting:
            waiting = self._waiting[frame["id"]]
            if not waiting.done():
                waiting.set_result(frame["kind"])

    async def act(self, do: str, key: str, value: str | None = None) -> str:
        """One wish: ``done``, ``refused``, or ``unanswered``."""
        self._count += 1
        name = f"a{self._count}"
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        said = "unanswered"
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            if self._socket is not None:
                await self._socket.send(json.dumps({"kind": "act", "id": name, "do": do, "key": key, "value": value}))
                said = await asyncio.wait_for(answer, ANSWER_WITHIN_S)
        del self._waiting[name]
        if said == "done":
            self.done += 1
        elif said == "refused":
            self.refused += 1
        else:
            self.unanswered += 1
        return said
