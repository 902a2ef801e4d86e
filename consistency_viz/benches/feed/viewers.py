"""So many viewers in one process: raw sockets that read frames as cheaply as Python can, and count.

``python -m consistency_viz.benches.feed.viewers PORT PATH VIEWERS``: says ``ready`` once all are connected and have a
frame, reads ``FROM TO`` (Unix seconds) from its input, and then prints one JSON object.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
import time
from typing import Final

_HEAD: Final = re.compile(rb'"seq":(\d+).{0,80}?"at_us":(\d+)', re.DOTALL)
_SNAPSHOT: Final = b'{"kind":"snapshot"'
_HEAD_BYTES: Final = 300
CONNECT_AT_ONCE: Final = 20


class Viewer(asyncio.Protocol):
    """One viewer: how many frames it got in the window, how late each, and which numbers it never got."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.open = asyncio.get_running_loop().create_future()
        self.window = (0.0, 0.0)
        self.late_ms: list[float] = []
        self.first = self.last = 0
        self.skipped = 0
        self.unsaid = 0
        self.seq = 0
        self._buffer = bytearray()
        self._shaken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        transport.write(request.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._shaken:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
            self._shaken = True
            self._say(b'{"kind":"resume","boot":"","seq":-1}')
        while (frame := self._next()) is not None:
            self._got(frame)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(ConnectionError(f"closed before the first frame: {error}"))

    def _say(self, text: bytes) -> None:
        mask = b"\0\0\0\0"
        self.transport.write(bytes([0x81, 0x80 | len(text)]) + mask + text)  # type: ignore[attr-defined]

    def _next(self) -> bytes | None:
        """The head of the next whole message; servers do not mask, and send each in one frame."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(buffer[2:10]), 10
        if len(buffer) < start + length:
            return None
        opcode = buffer[0] & 0x0F
        head = bytes(buffer[start : start + min(length, _HEAD_BYTES)])
        del buffer[: start + length]
        if opcode == 9:  # a ping wants an answer
            self.transport.write(bytes([0x8A, 0x80, 0, 0, 0, 0]))  # type: ignore[attr-defined]
        return head if opcode == 1 else b""

    def _got(self, head: bytes) -> None:
        found = _HEAD.search(head)
        if found is None:
            return
        seq, made_s = int(found[1]), int(found[2]) / 1e6
        now_s = time.time()
        missed = seq - self.seq - 1 if self.seq else 0
        self.seq = seq
        is_snapshot = head.startswith(_SNAPSHOT)
        if not self.open.done():
            self.open.set_result(None)
        if not self.window[0] <= now_s < self.window[1]:
            return
        self.first, self.last = self.first or seq, seq
        if is_snapshot:
            self.skipped += missed + 1
        else:
            self.unsaid += missed
            self.late_ms.append((now_s - made_s) * 1e3)


async def connect(viewer: Viewer, port: int) -> None:
    """Bring one viewer to the server."""
    await asyncio.get_running_loop().create_connection(lambda: viewer, "127.0.0.1", port)


async def watch(port: int, path: str, count: int) -> dict[str, object]:
    """Connect ``count`` viewers, wait for the window, and sum up."""
    viewers: list[Viewer] = []
    for begin in range(0, count, CONNECT_AT_ONCE):
        some = [Viewer(path) for _ in range(min(CONNECT_AT_ONCE, count - begin))]
        await asyncio.gather(*(connect(viewer, port) for viewer in some))
        await asyncio.gather(*(asyncio.wait_for(viewer.open, 60) for viewer in some))
        viewers += some
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    line = await asyncio.to_thread(sys.stdin.readline)
    begin_s, end_s = (float(part) for part in line.split())
    for viewer in viewers:
        viewer.window = (begin_s, end_s)
    await asyncio.sleep(max(0.0, end_s - time.time()) + 0.2)
    late_ms = sorted(ms for viewer in viewers for ms in viewer.late_ms)
    return {
        "received": len(late_ms),
        "skipped": sum(viewer.skipped for viewer in viewers),
        "unsaid": sum(viewer.unsaid for viewer in viewers),
        "first": min((viewer.first for viewer in viewers if viewer.first), default=0),
        "last": max(viewer.last for viewer in viewers),
        "late_ms": late_ms[:: max(1, len(late_ms) // 20_000)],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(watch(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))) + "\n")
