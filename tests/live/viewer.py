"""A viewer's socket on an ASGI application, without a network. ``channels.testing`` needs daphne, which is not here."""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

ORIGIN = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]


class Viewer(ApplicationCommunicator):
    """``connect``, then ``resume``, then ``frame`` after ``frame``."""

    def __init__(self, application: Any, run_id: str, headers: list[tuple[bytes, bytes]] = ORIGIN) -> None:
        path = f"/ws/runs/{run_id}/"
        super().__init__(application, {"type": "websocket", "path": path, "headers": headers, "subprotocols": []})

    async def connect(self) -> bool:
        """Whether the handshake was accepted."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def say(self, text: str | None = None, raw: bytes | None = None) -> None:
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": raw})

    async def resume(self, boot: str = "", seq: int = -1) -> None:
        await self.say(json.dumps({"kind": "resume", "boot": boot, "seq": seq}))

    async def frame(self, timeout_s: float = 5) -> dict[str, Any]:
        """The next frame; ``{"close_code": code}`` if there is none."""
        output = await self.receive_output(timeout_s)
        return {"close_code": output["code"]} if output["type"] == "websocket.close" else json.loads(output["text"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait(5)
