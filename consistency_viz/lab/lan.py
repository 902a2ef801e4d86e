"""The laboratory in a room's own network: which address phones reach, what the server has to know, what is exposed.

Only the web server is bound to that address, and to no other; the Redis-compatible server stays on loopback.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from io import StringIO
from typing import Final

import psutil
import segno

from consistency_viz.lab.errors import LabError

AUTO: Final = "auto"
EXPOSED: Final = (
    "Everybody in this network can now open the pages, watch every run, and join rooms by their codes.",
    "Starting, stopping, breaking and configuring need the presenter's link below: show it to nobody.",
    "It is plain HTTP: whoever can listen in this network can read what phones and projector send.",
    "The Redis-compatible server is not reachable from outside; the workers' and the admin's secrets stay here.",
)


def addresses() -> list[str]:
    """The IPv4 addresses of this machine that others may reach: those of interfaces that are up, private ones first."""
    up = {name for name, about in psutil.net_if_stats().items() if about.isup}
    found = [
        entry.address
        for name, entries in psutil.net_if_addrs().items()
        if name in up
        for entry in entries
        if entry.family == socket.AF_INET and not ipaddress.ip_address(entry.address).is_loopback
    ]
    return sorted(found, key=lambda address: (not ipaddress.ip_address(address).is_private, found.index(address)))


def choose(asked: str) -> str:
    """The address to bind to: the one that was asked for, if this machine has it, or the only likely one. LabError."""
    known = addresses()
    if asked == AUTO:
        if not known:
            remedy = "Join a network or open a hotspot on this laptop, then try again."
            raise LabError("This machine has no address that phones could reach.", remedy)
        return known[0]
    if asked not in known:
        has = ", ".join(known) or "none besides loopback"
        raise LabError(f"--lan {asked} is no address of this machine.", f"It has {has}; or leave the address out.")
    return asked


def environment(address: str, port: int) -> dict[str, str]:
    """What the web server has to know: under which host it is reached, and what a room's QR code says."""
    hosts = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
    return {"ALLOWED_HOSTS": f"{address},{hosts}", "CV_PUBLIC_URL": f"http://{address}:{port}"}


def qr(text: str) -> str:
    """A QR code for a terminal."""
    drawn = StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, border=1, compact=True)
    return drawn.getvalue()
