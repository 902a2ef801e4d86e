"""A crowd in a room: everybody is in, everybody comes back, and nothing that was acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from consistency_viz.benches.room import crowd


@pytest.mark.stack
@pytest.mark.slow
def test_a_small_crowd_joins_acts_and_survives_the_end_of_its_web_server(tmp_path: Path) -> None:
    told: list[str] = []
    found = crowd(tmp_path, 8, join_s=0.8, act_s=3.0, every_s=1.0, tell=told.append)
    assert (found.joined, found.back, found.lost) == (8, 8, 0)
    assert found.acts == found.acts_done + found.acts_refused + found.acts_unanswered
    assert found.acts_done > 16
    assert found.shown > 8
    assert found.done_in_history == found.acts_done
    assert len(told) == 3
