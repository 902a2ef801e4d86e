"""Starts a server, brings the viewers, and measures: delivery, lateness, the server's CPU and memory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final, cast
from urllib.parse import urlsplit

import msgspec
import psutil

from consistency_viz.benches.measure import Figure, figure, server_cpu_s
from consistency_viz.lab import ports

RATE: Final = 20
BYTES: Final = 5_000
VIEWERS: Final = 1_000
REFERENCE_VIEWERS: Final = 200
WINDOW_S: Final = 8.0
UP_WITHIN_S: Final = 30.0

PROCESSES: Final = 2
DEAF_S: Final = 10.0
DEAF_RATE: Final = 800
"""So that what is not read would be 40 MB, if it were kept."""
MIB: Final = 2**20


class Seen(msgspec.Struct, frozen=True):
    """How viewers fared in one window.

    ``due``: viewers times frames that should have been made in it; ``frames_per_s`` were. A frame that was not made in
    time is none less: the next one holds what it would have said. ``skipped``: frames in place of which a viewer was
    sent a snapshot that says so; ``unsaid``: those that were missing without a word.
    """

    viewers: int
    frames_per_s: float
    due: int
    received: int
    skipped: int
    unsaid: int
    late_ms_p50: float
    late_ms_p99: float
    cpu_us_per_frame: float

    @property
    def share(self) -> float:
        return self.received / self.due if self.due else 0.0


def run(
    url: str,
    viewers: int = VIEWERS,
    reference_viewers: int = REFERENCE_VIEWERS,
    window_s: float = WINDOW_S,
    deaf_s: float = DEAF_S,
) -> tuple[list[Figure], dict[str, object]]:  # fmt: skip
    """Ours, the reference, ours at double the rate, and one that never reads; goals as figures beside each."""
    ours = crowd(url, "/ours/bench/", viewers, RATE, window_s)
    reference = crowd(url, "/reference/", reference_viewers, RATE, window_s, redis=True)
    double = crowd(url, "/ours/bench/", viewers, 2 * RATE, window_s)
    grown_mib = deaf(url, deaf_s)
    cpu = (ours.cpu_us_per_frame, reference.cpu_us_per_frame)
    figures = [
        figure("CPU per frame delivered, ours to group_send", "us", [cpu], 0.2, at_most=True),
        figure("delivered of what was due", "share", [(ours.share, 1.0)], 0.98, at_most=False),
        figure("p99 lateness, to 150 ms", "ms", [(ours.late_ms_p99, 150.0)], 1.0, at_most=True),
        figure("p99 lateness at double load, to 400 ms", "ms", [(double.late_ms_p99, 400.0)], 1.0, at_most=True),
        figure("server grew for one that never reads, to 20 MiB", "MiB", [(grown_mib, 20.0)], 1.0, at_most=True),
    ]
    unsaid = ours.unsaid + double.unsaid
    told = {
        name: msgspec.to_builtins(seen) for name, seen in (("ours", ours), ("reference", reference), ("double", double))
    }
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return figures, {**told, "frames skipped without being said": unsaid, "load of the machine (1 min)": load}


def crowd(url: str, path: str, viewers: int, rate: float, window_s: float, *, redis: bool = False) -> Seen:
    """``viewers`` watch a server of ``path`` at ``rate``; with ``redis``, that server's CPU counts too."""
    redis_port = urlsplit(url).port or 6379
    with serving(url, rate) as (port, server), watching(port, path, viewers) as processes:
        begin_s = time.time() + 1.0
        for process in processes:
            _write(process, f"{begin_s} {begin_s + window_s}\n")
        time.sleep(max(0.0, begin_s - time.time()))
        before = _cpu_s(server) + (server_cpu_s(redis_port) if redis else 0.0)
        time.sleep(max(0.0, begin_s + window_s - time.time()))
        cpu_s = _cpu_s(server) + (server_cpu_s(redis_port) if redis else 0.0) - before
        found = [json.loads(_line(process)) for process in processes]
    received = sum(one["received"] for one in found)
    made = max(one["last"] for one in found) - min(one["first"] for one in found) + 1
    late_ms = sorted(ms for one in found for ms in one["late_ms"])
    return Seen(
        viewers=viewers,
        frames_per_s=made / window_s,
        due=round(rate * window_s) * viewers,
        received=received,
        skipped=sum(one["skipped"] for one in found),
        unsaid=sum(one["unsaid"] for one in found),
        late_ms_p50=_quantile(late_ms, 0.5),
        late_ms_p99=_quantile(late_ms, 0.99),
        cpu_us_per_frame=1e6 * cpu_s / max(1, received),
    )


def deaf(url: str, seconds: float) -> float:
    """By how many MiB the server grows while one viewer asks for many frames and never reads any."""
    with serving(url, DEAF_RATE) as (port, server), watching(port, "/ours/bench/", 1) as (hearing,):
        with socket.create_connection(("127.0.0.1", port)) as never:
            never.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            never.sendall(
                b"GET /ours/bench/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            never.recv(1_024)
            text = b'{"kind":"resume","boot":"","seq":-1}'
            never.sendall(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)
            before = server.memory_info().rss
            time.sleep(seconds)
            grown = server.memory_info().rss - before
        _write(hearing, f"{time.time()} {time.time() + 0.5}\n")
        _line(hearing)
    return max(0, grown) / MIB


@contextmanager
def serving(url: str, rate: float) -> Iterator[tuple[int, psutil.Process]]:
    """A server of the bench's, in a process of its own, as the laboratory starts its own."""
    port = ports.free_port()
    arguments = [
        *(sys.executable, "-m", "uvicorn", "consistency_viz.benches.feed.server:application", "--host", "127.0.0.1"),
        *("--port", str(port), "--log-level", "warning", "--no-access-log", "--ws-per-message-deflate", "false"),
        *("--ws-max-size", "65536", "--timeout-graceful-shutdown", "1", "--lifespan", "off"),
    ]
    environment = {**os.environ, "REDIS_URL": url, "CV_BENCH_RATE": str(rate), "CV_BENCH_BYTES": str(BYTES)}
    process = subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        deadline_s = time.monotonic() + UP_WITHIN_S
        while not ports.accepts(port, "127.0.0.1"):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError("the bench's web server did not come up")
            time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@contextmanager
def watching(port: int, path: str, viewers: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Viewers in processes of their own, all connected."""
    shares = [viewers // PROCESSES + (n < viewers % PROCESSES) for n in range(PROCESSES)]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "consistency_viz.benches.feed.viewers", str(port), path, str(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
        if share
    ]
    try:
        for process in processes:
            if _line(process).strip() != "ready":
                raise RuntimeError("the bench's viewers could not connect")
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    return cast("IO[str]", process.stdout).readline()


def _write(process: subprocess.Popen[str], text: str) -> None:
    pipe = cast("IO[str]", process.stdin)
    pipe.write(text)
    pipe.flush()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _quantile(rising: list[float], q: float) -> float:
    return rising[min(len(rising) - 1, int(q * len(rising)))] if rising else float("nan")
