"""What the web server runs: pages over HTTP, frames over sockets, and the recording in the background.

Start it with uvicorn; its lifespan events start and stop the supervisor.
"""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

os.umask(0o077)  # as manage.py: database, key and histories are their owner's alone
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
django_application = get_asgi_application()

# Django must be set up before anything that imports models.
from consistency_viz.live.feeds import feeds  # noqa: E402
from consistency_viz.live.origin import SameOrigin  # noqa: E402
from consistency_viz.live.routing import websocket_urlpatterns  # noqa: E402
from consistency_viz.live.supervision import Supervisor  # noqa: E402
from consistency_viz.rooms.hubs import hubs  # noqa: E402
from consistency_viz.rooms.routing import websocket_urlpatterns as room_urlpatterns  # noqa: E402

# WhiteNoise serves files by plain iterators; they are small and in the page cache. Histories are streamed (`views`).
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")


BODY_PIECE_WITHIN_S = 10.0
BODY_WITHIN_S = 60.0


class Lifespan:
    """Starts what runs beside the requests when the server starts, and stops it when it stops."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        supervisor = Supervisor()
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                supervisor.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await hubs().close()
                await feeds().close()
                await supervisor.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


class BodyLimit:
    """Refuses a request body over the limit: before it is read, or, if it does not say how long it is, when it is over.

    One that comes too slowly is refused as well. What was read of such a body is thrown away: Django is told that the
    client has left, and answers to nobody.
    """

    def __init__(self, application: Any, bytes_max: int) -> None:
        self.application = application
        self.bytes_max = bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._declared(scope["headers"]) > self.bytes_max:
            await self._refuse(send)
            return
        received = 0
        answered = refused = complete = False
        due_s = time.monotonic() + BODY_WITHIN_S

        async def counted() -> Any:
            nonlocal received, refused, complete
            if complete:  # all that comes now is that the client has left, whenever that is
                return await receive()
            refuse = self._refuse
            try:
                within_s = min(BODY_PIECE_WITHIN_S, due_s - time.monotonic())
                message = await asyncio.wait_for(receive(), within_s)
            except TimeoutError:
                refuse = self._refuse_slow
            else:
                received += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if received <= self.bytes_max:
                    return message
            if not (answered or refused):
                refused = True
                await refuse(send)
            return {"type": "http.disconnect"}

        async def answer(message: Any) -> None:
            nonlocal answered
            if not refused:
                answered = True
                await send(message)

        await self.application(scope, counted, answer)

    def _declared(self, headers: list[tuple[bytes, bytes]]) -> int:
        lengths = [value for name, value in headers if name == b"content-length"]
        return int(lengths[0]) if lengths and lengths[0].isdigit() else 0

    async def _refuse(self, send: Any) -> None:
        await self._say(send, 413, f"A request may carry {self.bytes_max} bytes here. Send less at once.\n")

    async def _refuse_slow(self, send: Any) -> None:
        await self._say(send, 408, "The body of this request came too slowly. Send it again.\n")

    async def _say(self, send: Any, status: int, text: str) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})


# Watching needs no session, so sockets load none: a frame is the same for everybody who may open the page. A room's
# sockets look at the cookies themselves.
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application, settings.REQUEST_BODY_MAX),
        "websocket": SameOrigin(URLRouter([*room_urlpatterns, *websocket_urlpatterns])),
        "lifespan": Lifespan(),
    }
)
