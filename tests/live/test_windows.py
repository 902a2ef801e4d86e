"""Which windows make room, told once and never again: the rules of ``withWindows`` in ``static/js/store.js``."""

import pytest

from consistency_viz.live.frames import WindowView
from consistency_viz.live.page import windows as module
from consistency_viz.live.page.windows import WindowTable


def view(from_us, to_us=None):
    return WindowView("o1", "value", from_us, to_us, ["view-1"])


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(module, "WINDOWS_MAX", 3)
    return WindowTable()


def test_the_oldest_closed_window_makes_room_before_any_open_one(table):
    for window in (view(1), view(2, 20), view(3, 30)):
        table.change(window)
    table.fold()
    table.change(view(4))
    table.fold()
    assert (table.views(), table.dropped) == ([view(1), view(3, 30), view(4)], 1)


def test_among_open_windows_the_oldest_goes_and_its_end_is_not_told(table):
    for from_us in (1, 2, 3):
        table.change(view(from_us))
    table.fold()
    table.change(view(4))
    table.fold()
    table.change(view(1, 10))
    assert table.fold() == ([], [], True)
    assert (table.views(), table.dropped) == ([view(2), view(3), view(4)], 1)


def test_a_window_that_closes_takes_the_place_of_the_open_one(table):
    table.change(view(1))
    table.change(view(2))
    table.fold()
    table.change(view(1, 10))
    assert table.fold() == ([], [view(1, 10)], True)
    assert table.views() == [view(1, 10), view(2)]


def test_one_that_opened_and_closed_between_two_frames_is_told_once(table):
    table.change(view(1))
    table.change(view(1, 10))
    assert table.fold() == ([view(1, 10)], [], True)
