"""Which faults are on the page, when they were, and what makes room: the rules of ``withFaults`` in ``store.js``."""

import pytest

from consistency_viz.live.frames import TouchView
from consistency_viz.live.page import faults as module
from consistency_viz.live.page.faults import FaultTable
from tests.live.test_page import page, see
from workers.model.observation import Dropped, Faulted, Invoked, Sent


def began(fault, node="ap"):
    return Faulted(fault, "pause", "began", [node], {"node": node})


def ended(fault):
    return Faulted(fault, "pause", "ended", ["ap"])


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(module, "FAULTS_MAX", 2)
    return FaultTable()


def spans(table):
    return [(view.id, view.from_us, view.to_us) for view in table.views()]


def test_a_fault_that_ends_takes_its_own_place_and_one_that_comes_back_is_another(table):
    table.observe(began("f1"), 1)
    table.fold()
    table.observe(ended("f1"), 5)
    table.observe(began("f1"), 9)
    assert [(view.from_us, view.to_us) for view in table.fold()] == [(1, 5), (9, None)]
    assert spans(table) == [("f1", 1, 5), ("f1", 9, None)]


def test_what_ended_makes_room_first_and_the_end_of_what_went_is_not_told(table):
    for at_us, body in enumerate([began("f1"), began("f2"), ended("f2"), began("f3")], 1):
        table.observe(body, at_us)
    table.fold()
    assert (spans(table), table.dropped) == ([("f1", 1, None), ("f3", 4, None)], 1)
    table.observe(began("f4"), 5)
    table.fold()
    table.observe(ended("f1"), 6)
    assert (table.fold(), spans(table)) == ([], [("f3", 4, None), ("f4", 5, None)])


def test_an_end_without_a_beginning_is_nothing(table):
    assert table.observe(ended("f1"), 1) is None
    assert table.fold() == []


def test_a_page_is_told_of_a_fault_in_its_frames_and_in_words():
    state = page()
    see(state, (1_000_010, "client", began("long-pause", "view-1")))
    delta = state.delta("b", 1, "1")
    assert [(f.targets, f.label, f.mark, f.to_us) for f in delta.faults] == [
        (["view-1"], "view-1 paused", "paused", None)
    ]
    see(state, (3_500_010, "client", Faulted("long-pause", "pause", "ended", ["view-1"])))
    delta = state.delta("b", 2, "2")
    assert [f.to_us for f in delta.faults] == [3_500_010]
    assert [s.text for s in delta.sentences] == ["over after 2,500 ms: view-1 paused"]
    assert state.snapshot("b", 2, "2", "gap").faults == delta.faults


def test_what_a_fault_touched_is_told_again_whenever_it_grows_and_only_then():
    state = page()
    see(state, (1_000_010, "client", Faulted("lossy", "link", "began", ["order>tax"], {"loss": 1.0})))
    invoked = Invoked("op", "s", "place", "k", None, 1)
    see(state, (1_000_020, "client", invoked), (1_000_020, "client", Sent("m", "commands", "T", "k", "")))
    see(state, (1_000_030, "order", Sent("m/1", "placed", "T", "k", "m")))
    (told,) = state.delta("b", 1, "1").faults
    assert (told.touched.messages, told.touched.note) == (0, "nothing was sent from order to tax while it lasted")
    see(state, (1_000_040, "tax", Dropped("m/1", "placed", "T", "k", "order", 1_000_030, "lossy")))
    (told,) = state.delta("b", 2, "2").faults
    assert told.touched == TouchView(messages=1, nodes=1, operations=1, kinds={"dropped": 1})
    see(state, (1_000_050, "tax", Dropped("n/1", "placed", "T", "k", "order", 1_000_045, "loss")))
    assert state.delta("b", 3, "3").faults == []
    assert state.snapshot("b", 3, "3", "gap").faults == [told]
