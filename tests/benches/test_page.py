"""The bench of the page runs: both diagrams are filled, panned, lit and drawn; how fast is not asked here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from consistency_viz.benches import page


@pytest.mark.browser
def test_both_diagrams_are_panned_with_and_without_a_past_and_future() -> None:
    with ThreadPoolExecutor(1) as thread:  # Playwright has one loop a thread, and another test may have one here
        figures, notes = thread.submit(page.run, messages=600, reference=100, rounds=1, frames=3).result()
    assert [figure.name for figure in figures] == ["panning", "panning, past and future lit"]
    assert all(figure.measured > 0 and figure.against > 0 for figure in figures)
    assert notes["events behind the view of 600 messages"] == "1,481"
