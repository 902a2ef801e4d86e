"""Loopback ports: is one free, and which is."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``port`` now. Somebody else may still take it a moment later."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((LOOPBACK if host == "0.0.0.0" else host, port)) == 0:  # noqa: S104 (a comparison)
            return False
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that was free on loopback just now."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
    return port


def next_free(first: int, tries: int = 50, host: str = LOOPBACK) -> int | None:
    """The first free port from ``first`` on, or None if none of ``tries`` is."""
    candidates = range(first, min(first + tries, 65_536))
    return next((port for port in candidates if is_free(port, host)), None)


def accepts(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0
