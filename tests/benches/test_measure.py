"""How pairs of measurements become a figure, and how a figure is read by a script."""

from __future__ import annotations

import json
import socket

import pytest

from consistency_viz.benches.measure import as_json, child, figure, server_cpu_s

PAIRS = [(30.0, 10.0), (8.0, 8.0), (40.0, 20.0)]


def test_the_ratio_is_the_median_of_the_pairs_ratios_not_the_ratio_of_the_medians() -> None:
    found = figure("ours", "ms", PAIRS, 2.5, at_most=True)
    assert (found.measured, found.against) == (30, 10)
    assert (found.ratio, found.ratio_min, found.ratio_max) == (2, 1, 3)
    assert (found.goal, found.met) == ("<= 2.5x", True)


@pytest.mark.parametrize(
    ("goal", "at_most", "met"), [(2, True, True), (2, False, True), (1.99, True, False), (2.01, False, False)]
)
def test_a_goal_is_met_up_to_and_including_itself(goal: float, at_most: bool, met: bool) -> None:
    assert figure("ours", "ms", PAIRS, goal, at_most=at_most).met is met


def test_a_script_reads_one_object() -> None:
    found = figure("ours", "ms", PAIRS, 2, at_most=True)
    read = json.loads(as_json("mine", [found], {"orders": 3}))
    assert (read["bench"], read["notes"]) == ("mine", {"orders": 3})
    assert read["figures"][0]["ratio"] == 2
    assert set(read["figures"][0]) == {
        *("name", "measured", "against", "unit", "ratio", "ratio_min", "ratio_max", "goal", "met")
    }


def test_the_server_is_the_process_that_listens_on_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert server_cpu_s(listener.getsockname()[1]) > 0
    with pytest.raises(RuntimeError, match="no process of this machine listens on port 1;"):
        server_cpu_s(1)


def test_a_child_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(RuntimeError, match=r"no\.such\.module ended with 1: .*No module named"):
        child("no.such.module")
