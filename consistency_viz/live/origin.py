"""Sockets are opened by our own pages only: the Origin is this very host, port included, and the host is ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class SameOrigin:
    """Refuses the handshake of a socket from elsewhere (or from nowhere) before anything of ours sees it."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        application = self.application if is_same_origin(scope["headers"]) else WebsocketDenier()
        await application(scope, receive, send)


def is_same_origin(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the one Origin names the one Host, and that is an allowed one."""
    origins = [value for name, value in headers if name.lower() == b"origin"]
    hosts = [value for name, value in headers if name.lower() == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    try:
        origin, host = urlsplit(origins[0].decode("ascii")), hosts[0].decode("ascii").lower()
    except ValueError:
        return False
    domain, _ = split_domain_port(host)
    is_ours = bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
    return is_ours and origin.scheme in ("http", "https") and origin.netloc.lower() == host
