"""The web server's process: uvicorn, with a bound on how long a connection may say nothing that can be answered.

Run as ``python -m consistency_viz.lab.web APPLICATION HOST PORT``.

Rules
1. Within ``HEAD_WITHIN_S`` (``CV_HEAD_WITHIN_S``) of a connection's or a request's first byte the whole head of the
   request has come, else the connection is closed: uvicorn waits for ever. Bodies are ``asgi.BodyLimit``'s business,
   sockets their consumers'.
2. As many descriptors as the machine gives: strangers' idle connections must not keep files from being opened.
3. What a proxy says of a client counts only where ``CV_HTTPS`` says that there is one, and from this machine only.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from consistency_viz.experiments.site import environment

HEAD_WITHIN_S: Final = float(os.environ.get("CV_HEAD_WITHIN_S", "10"))
KEEP_ALIVE_S: Final = 10
DESCRIPTORS_MAX: Final = 65_536


class PunctualProtocol(H11Protocol):
    """HTTP, for those who come to the point."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """The first head is due."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, transport.close)

    def data_received(self, data: bytes) -> None:
        """A head that is complete ends the waiting; one that has begun starts it, but is not given more time."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._in_time()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._in_time()
        super().connection_lost(exc)

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def raise_descriptors() -> int:
    """Take as many file descriptors as are to be had; returns how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_MAX if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_MAX)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def main() -> None:
    """Serve until a signal says stop."""
    application, host, port = sys.argv[1:]
    os.umask(0o077)
    raise_descriptors()
    uvicorn.run(
        application,
        host=host,
        port=int(port),
        http=PunctualProtocol,
        log_level="warning",
        access_log=False,
        ws_per_message_deflate=False,
        ws_max_size=65_536,
        proxy_headers=environment.boolean("CV_HTTPS", default=False),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
