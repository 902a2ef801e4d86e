"""Many seeds in several processes are the same runs, in order, and what goes wrong there is heard here."""

from __future__ import annotations

from pathlib import Path

import pytest

from consistency_viz.experiments.parallel import simulate_many
from workers.cluster.catalogue import load

SMALL = load("order-flow", ["workload.orders=4"])


def test_two_processes_play_the_same_runs_in_the_same_order_as_one(tmp_path: Path) -> None:
    seeds = range(3, 23)
    runs = {jobs: list(simulate_many(SMALL, seeds, str(tmp_path / f"{jobs}-{{seed}}"), jobs=jobs)) for jobs in (1, 2)}
    assert [run.seed for run in runs[2]] == list(seeds)
    assert runs[1] == runs[2]
    for seed in seeds:
        assert (tmp_path / f"1-{seed}").read_bytes() == (tmp_path / f"2-{seed}").read_bytes()


def test_few_short_runs_need_no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consistency_viz.experiments.parallel.ProcessPoolExecutor", None)
    assert [run.seed for run in simulate_many(SMALL, range(3))] == [0, 1, 2]


def test_an_error_in_a_process_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(simulate_many(SMALL, range(4), str(tmp_path / "absent" / "{seed}"), jobs=2))
