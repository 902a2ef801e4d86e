"""The reference of how a page folds frames: ``static/js/store.js`` in Python, written as plainly as can be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from consistency_viz.live.frames import (
    FAULTS_MAX,
    KEYS_MAX,
    MARKS_MAX,
    SECONDS_MAX,
    SENTENCES_MAX,
    WINDOWS_MAX,
    Delta,
    Snapshot,
)
from consistency_viz.live.page import counts, faults, keys, state, windows


@contextmanager
def small_bounds() -> Iterator[None]:
    """Bounds made so small that few observations meet them, for the page and for this reference alike."""
    ours = globals()
    with pytest.MonkeyPatch.context() as patch:
        small = {"KEYS_MAX": 4, "WINDOWS_MAX": 6, "SECONDS_MAX": 5, "SENTENCES_MAX": 7, "FAULTS_MAX": 2, "MARKS_MAX": 3}
        for module, name in (
            (keys, "KEYS_MAX"),
            (windows, "WINDOWS_MAX"),
            (counts, "SECONDS_MAX"),
            (state, "SENTENCES_MAX"),
            (state, "MARKS_MAX"),
            (faults, "FAULTS_MAX"),
        ):
            patch.setattr(module, name, small[name])
            patch.setitem(ours, name, small[name])
        patch.setattr(keys, "DIRTY_MAX", 6)
        yield


def page_of(snapshot: Snapshot) -> dict[str, Any]:
    """What a page holds after a snapshot, in builtin values as they came over the wire."""
    page = msgspec.json.decode(msgspec.json.encode(snapshot))
    del page["kind"], page["reason"]
    return page


def fold(page: dict[str, Any], delta: Delta) -> dict[str, Any]:
    """``page`` after one more delta."""
    frame = msgspec.json.decode(msgspec.json.encode(delta))
    assert (frame["boot"], frame["seq"]) == (page["boot"], page["seq"] + 1)
    keys, keys_dropped = _keys(page["keys"], frame["keys"])
    windows, windows_dropped = _windows(page["windows"], frame["opened"], frame["closed"])
    faults, faults_dropped = _faults(page["faults"], frame["faults"])
    seconds = {s["second"]: s for s in [*page["seconds"], *frame["seconds"]]}
    return {
        **page,
        **{name: frame[name] for name in ("seq", "cursor", "at_us", "totals")},
        "run": frame["run"] or page["run"],
        "instances": page["instances"] if frame["instances"] is None else frame["instances"],
        "keys": keys,
        "keys_dropped": page["keys_dropped"] + keys_dropped,
        "windows": windows,
        "windows_dropped": page["windows_dropped"] + windows_dropped,
        "faults": faults,
        "faults_dropped": page["faults_dropped"] + faults_dropped,
        "seconds": [seconds[s] for s in sorted(seconds) if not _after_the_end(s, frame["run"])][-SECONDS_MAX:],
        "sentences": [*page["sentences"], *frame["sentences"]][-SENTENCES_MAX:],
        "marks": [*page["marks"], *(s for s in frame["sentences"] if s["mark"])][-MARKS_MAX:],
        "lengths": frame["lengths"] or page["lengths"],
        "course": frame["course"] or page["course"],
    }


def _after_the_end(second: int, run: dict[str, Any] | None) -> bool:
    if run is None or run["ended_us"] is None:
        return False
    return bool(run["started_us"] + second * 1_000_000 > run["ended_us"])


def _keys(kept: list[Any], changed: list[Any]) -> tuple[list[Any], int]:
    by_key = {key["key"]: key for key in kept}
    by_key.update({key["key"]: key for key in changed})
    surplus = max(0, len(by_key) - KEYS_MAX)
    gone = {key["key"] for key in sorted(by_key.values(), key=lambda key: key["born_us"])[:surplus]}
    return [key for name, key in by_key.items() if name not in gone], surplus


def _windows(kept: list[Any], opened: list[Any], closed: list[Any]) -> tuple[list[Any], int]:
    by_id = {(w["view"], w["from_us"], w["key"]): w for w in [*kept, *opened, *closed]}
    surplus = max(0, len(by_id) - WINDOWS_MAX)
    ordered = sorted(by_id, key=lambda id_: by_id[id_]["to_us"] is None)
    gone = set(ordered[:surplus])
    return [window for id_, window in by_id.items() if id_ not in gone], surplus


def _faults(kept: list[Any], changed: list[Any]) -> tuple[list[Any], int]:
    by_id = {(f["id"], f["from_us"]): f for f in [*kept, *changed]}
    surplus = max(0, len(by_id) - FAULTS_MAX)
    gone = set(sorted(by_id, key=lambda id_: by_id[id_]["to_us"] is None)[:surplus])
    return [fault for id_, fault in by_id.items() if id_ not in gone], surplus
