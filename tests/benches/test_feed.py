"""The bench of the feed: viewers that count what they get and what they miss, and a small crowd on a real server."""

from __future__ import annotations

import asyncio
import json

from consistency_viz.benches.feed.crowds import crowd
from consistency_viz.benches.feed.viewers import Viewer


class Wire:
    """Where a viewer writes to."""

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data


def message(kind: str, seq: int) -> bytes:
    text = json.dumps({"kind": kind, "boot": "b", "seq": seq, "cursor": "", "at_us": 1}, separators=(",", ":")).encode()
    text += b" " * 300
    return b"\x81\x7e" + len(text).to_bytes(2) + text


def test_a_viewer_counts_frames_however_they_are_cut_and_what_a_snapshot_stands_for():
    async def watch() -> Viewer:
        viewer = Viewer("/ours/bench/")
        viewer.connection_made(Wire())
        viewer.window = (0.0, 1e12)
        frames = [message("snapshot", 3), message("delta", 4), message("snapshot", 9), message("delta", 11)]
        data = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + b"".join(frames)
        for start in range(0, len(data), 7):
            viewer.data_received(data[start : start + 7])
        return viewer

    viewer = asyncio.run(watch())
    assert (len(viewer.late_ms), viewer.skipped, viewer.unsaid) == (2, 6, 1)
    assert b'"kind":"resume"' in viewer.transport.sent


def test_a_small_crowd_misses_nothing_without_being_told(server):
    seen = crowd(server.url, "/ours/bench/", viewers=6, rate=20, window_s=1.0)
    assert seen.received > 0
    assert seen.unsaid == 0
