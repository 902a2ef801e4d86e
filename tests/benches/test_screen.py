"""The bench of the run page: what it shows is what it says that it shows; how fast is not asked here."""

from __future__ import annotations

import msgspec

from consistency_viz.benches.screen import EVENTS_PER_S, FRAMES_PER_S, REPLICAS, WINDOWS, Show
from consistency_viz.live.frames import SECONDS_MAX, WINDOWS_MAX, Delta, Snapshot


def test_behind_the_page_are_so_many_observations_with_all_replicas_and_so_many_windows_open():
    show = Show(20_000, "r1")
    shown = msgspec.json.decode(show.snapshot(), type=Snapshot)
    assert 20_000 <= shown.totals.observations <= 20_000 + 2 * WINDOWS * len(REPLICAS)
    assert shown.totals.windows_open == WINDOWS
    assert shown.replicas == REPLICAS
    assert (len(shown.windows) <= WINDOWS_MAX, len(shown.seconds) <= SECONDS_MAX) == (True, True)


def test_frames_go_on_from_the_snapshot_one_by_one():
    show = Show(12_000, "r1")
    seq = msgspec.json.decode(show.snapshot(), type=Snapshot).seq
    for number in (1, 2):
        show.events(EVENTS_PER_S // FRAMES_PER_S)
        assert msgspec.json.decode(show.frame(), type=Delta).seq == seq + number
