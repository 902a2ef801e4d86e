"""A recorded schedule: the same bytes again in virtual time, the same fate of each message again on the real stack."""

from __future__ import annotations

import json

import msgspec
import pytest

from consistency_viz.experiments import fault_schedule, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.fault_schedule import as_yaml, of_history, recorded, rerun
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulated_runs import materialise
from consistency_viz.experiments.simulations import header_of, simulate_once
from tests.experiments.commands import manage
from tests.workers.live import LiveRun
from tests.workers.support import scenario
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import parse
from workers.model.observation import Delivered, Dropped, Faulted, Observation
from workers.runtime import control as run_control

FAULTS = [
    {"kind": "partition", "between": [["order"], ["*"]], "at_s": 0.3, "for_s": 0.4, "mode": "hold"},
    {"kind": "link", "target": "view-1", "loss": 0.3, "duplicate": 0.2, "ordered": False, "at_s": 0.1},
    {"kind": "link", "latency": {"kind": "exponential", "mean_ms": 30}, "target": "tax", "at_s": 0.2, "for_s": 1 / 3},
    {"kind": "crash", "node": "tax", "disk": "lost", "at_s": 0.7, "for_s": 0.000_007},
    {"kind": "clock", "node": "order", "offset_ms": -5_000, "drift_ppm": 300, "at_s": 0.2},
    {"kind": "slow", "node": "validation", "plus_ms": 9, "at_s": 20},
]
WORKLOAD = {"orders": 60, "orders_per_s": 60, "invalid_share": 0.0, "reads_per_order": 0}


@pytest.fixture(autouse=True)
def _data(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "var"
    settings.HISTORIES_DIR = settings.DATA_DIR / "histories"


def faulty() -> Scenario:
    return Scenario.model_validate(scenario(faults=FAULTS, workload=WORKLOAD))


def lines(path):
    return path.read_bytes().splitlines()


def test_the_same_seed_with_the_recorded_faults_gives_the_same_bytes(tmp_path):
    first, again, once_more = (tmp_path / f"{number}.jsonl" for number in (1, 2, 3))
    simulate_once(faulty(), 5, first)
    simulate_once(of_history(first), 5, again)
    simulate_once(of_history(again), 5, once_more)
    assert lines(first)[1:] == lines(again)[1:]
    assert again.read_bytes() == once_more.read_bytes()
    assert [fault.name for fault in of_history(first).faults] == ["f2", "f3", "f5", "f1", "f4", "f6"]


def test_a_kept_run_is_run_again_with_its_faults(db):
    run = materialise(faulty().model_dump(mode="json"), 5)
    again = rerun(run)
    assert lines(run.history_path)[1:] == lines(again.history_path)[1:]
    assert (again.seed, again.engine, again.pk != run.pk) == (5, "simulated", True)


def test_every_shipped_scenario_is_written_as_yaml_that_reads_as_itself():
    for shipped in stack.catalogue():
        assert parse(as_yaml(shipped), shipped.name) == shipped


def test_a_run_is_exported_as_a_scenario_that_validates(tmp_path):
    history, out = tmp_path / "h.jsonl", tmp_path / "again.yaml"
    simulate_once(faulty(), 5, history)
    status, told, err = manage("export", str(history), "--format", "scenario", "--out", str(out), "--json")
    assert (status, json.loads(told)["faults"], err) == (0, 6, "")
    assert manage("scenarios", "validate", str(out))[0] == 0
    assert parse(out.read_text(encoding="utf-8"), "x") == of_history(history)
    status, _, err = manage("export", str(history), "--format", "scenario", "--out", str(out))
    assert (status, "exists already" in err) == (3, True)


def test_real_faults_are_of_no_schedule_and_what_was_still_to_come_stays():
    plan = build(faulty())
    began = Faulted("kill-1", "real", "began", ["tax"], {"how": "SIGKILL"})
    found = recorded(header_of(plan, "live"), [Observation(0, 250_000, "tax", began)])
    assert [(fault.name, fault.at_s) for fault in found.faults] == [("f1", 0.3), ("f4", 0.7), ("f6", 20)]


def test_times_of_a_live_run_count_from_its_start():
    header = msgspec.structs.replace(header_of(build(faulty()), "live"), started_us=1_700_000_000_000_000)
    pause = Faulted("nap", "pause", "began", ["tax"], {"node": "tax"})
    rows = [(1_250_000, pause), (3_000_001, Faulted("nap", "pause", "ended", ["tax"]))]
    history = [Observation(i, header.started_us + us, "", body) for i, (us, body) in enumerate(rows)]
    found = recorded(header, history).faults
    assert [(fault.name, fault.at_s, fault.for_s) for fault in found] == [("nap", 1.25, 1.750001), ("f6", 20, None)]


def test_a_run_that_goes_on_or_whose_history_is_gone_is_not_run_again(control, make_run):
    for run, why in (
        (make_run(), "are not all recorded"),
        (make_run(state=Run.State.FINISHED, history="histories/gone.jsonl"), "cannot be read"),
    ):
        with pytest.raises(CommandRefused, match=why):
            rerun(run)
    assert control.calls == []


def test_a_live_run_is_started_again_live(control, make_run, tmp_path):
    run = make_run(state=Run.State.FINISHED, history="x", seed=9)
    run.history_path.parent.mkdir(parents=True)
    simulate_once(faulty(), 9, run.history_path)
    again = rerun(run)
    assert (again.seed, again.engine) == (9, "live")
    assert control.calls == [("create_run", again.id, again.document)]
    assert (
        again.document["faults"] == json.loads(fault_schedule.of_history(run.history_path).model_dump_json())["faults"]
    )


@pytest.mark.stack
def test_a_live_rerun_decides_the_same_about_each_message(server):
    given = scenario(
        network={"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 10}}},
        workload={**WORKLOAD, "orders": 60, "orders_per_s": 80, "timeout_ms": 300},
        partitions=2,
    )
    with LiveRun(server.url, given) as live:
        # Before anybody starts, so that the number of messages under it is not a matter of this machine's speed.
        run_control.inject_fault(live.client, live.run, json.dumps({"kind": "link", "loss": 0.4, "duplicate": 0.3}))
        first, started_us = live.finish(), live.status.started_us
    plan = build(Scenario.model_validate(given))
    header = msgspec.structs.replace(header_of(plan, "live"), started_us=started_us)
    schedule = recorded(header, first)
    with LiveRun(server.url, schedule.model_dump(mode="json")) as live:
        second = live.finish()
    before, after = decisions(first), decisions(second)
    both = before.keys() & after.keys()
    assert {place: before[place] for place in both} == {place: after[place] for place in both}
    assert len(both) > 100
    assert len({before[place] for place in both}) == 3


def decisions(history):
    """Of each message sent under the fault, by id and receiver: lost, doubled or neither."""
    began_us = next(o.at_us for o in history if isinstance(o.body, Faulted))
    found = {}
    for o in history:
        if isinstance(o.body, Delivered | Dropped) and o.body.sent_us >= began_us:
            place = (o.body.message, o.node)
            if isinstance(o.body, Dropped):
                found[place] = "lost"
            elif found.get(place) != "doubled":
                found[place] = "doubled" if o.body.copy else "once"
    return found
