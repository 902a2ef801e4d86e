"""The conflicts of a run, of one that goes on too: told from what its history holds by now.

Rules
1. Found by ``checkers.biography`` in the history file; blocking, one at a time in a process, for callers on a thread.
2. What was found is kept in memory for a few runs until the file has grown; of a run that goes on, for ``KEPT_S`` at
   least, and five times as long as it took: whoever asks takes a fifth of a processor at most. Nothing above
   ``HISTORY_BYTES_MAX`` is read.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from consistency_viz.checkers.biography import Biography
from consistency_viz.experiments.models import Run
from consistency_viz.observation.archive import ArchiveReader

HISTORY_BYTES_MAX: Final = 64 * 1024 * 1024
RUNS_KEPT: Final = 4
KEPT_S: Final = 2.0
_CHUNK: Final = 2_000


class _Kept(NamedTuple):
    size: int
    until_s: float
    found: bytes


_ONE_AT_A_TIME = threading.Lock()
_KEPT: OrderedDict[Path, _Kept] = OrderedDict()


def conflicts_of(run: Run) -> bytes:
    """``Biography.document`` as JSON, with ``state``: ``ready``, or ``none`` with a ``text`` why."""
    path = run.history_path
    if not path.is_file():
        text = "The history of this run is gone." if run.ended else "Nothing has been recorded yet."
        return msgspec.json.encode({"state": "none", "text": text})
    size = path.stat().st_size
    if size > HISTORY_BYTES_MAX:
        text = f"The history is larger than {HISTORY_BYTES_MAX // 2**20} MB: too large to look through on a page."
        return msgspec.json.encode({"state": "none", "text": text})
    with _ONE_AT_A_TIME:
        kept, began_s = _KEPT.get(path), time.monotonic()
        if kept is None or (kept.size != size and (run.ended or kept.until_s < began_s)):
            found = msgspec.json.encode(_found(path))
            over_s = time.monotonic()
            kept = _KEPT[path] = _Kept(size, over_s + max(KEPT_S, 5 * (over_s - began_s)), found)
            while len(_KEPT) > RUNS_KEPT:
                _KEPT.popitem(last=False)
        return kept.found


def _found(path: Path) -> dict[str, Any]:
    try:
        with ArchiveReader(path) as reader:
            observations = reader.read(_CHUNK)
            if reader.header is None:
                return {"state": "none", "text": "Nothing has been recorded yet."}
            biography = Biography(reader.header)
            while observations:
                for observation in observations:
                    biography.observe(observation)
                observations = reader.read(_CHUNK)
            started_us = reader.header.started_us
    except (msgspec.DecodeError, OSError) as error:
        return {"state": "none", "text": f"The history cannot be read: {error}"}
    return {"state": "ready", "started_us": started_us, **biography.document()}
