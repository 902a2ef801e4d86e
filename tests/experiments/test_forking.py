"""Forks: the original up to their instant, and another run after it, by a fault, a setting or both."""

import json

import pytest
from django.test import Client

from consistency_viz.experiments import alternatives, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.forking.fork import fork, read_changes
from consistency_viz.experiments.forking.offer import offered
from consistency_viz.experiments.forking.told import told
from consistency_viz.experiments.models import Run
from workers.cluster.fixing import fixed
from workers.cluster.scenario import Scenario

AT_US = 7_300_000
PAUSE = {"fault": {"kind": "pause", "node": "tax", "for_s": 4}}
LOSSY = {"set": "network.default.loss", "value": 0.4}


@pytest.fixture(autouse=True)
def _data(settings, tmp_path, db):
    settings.DATA_DIR = tmp_path
    settings.HISTORIES_DIR = tmp_path / "histories"


@pytest.fixture
def original():
    return alternatives.simulate("where-is-my-order")


def lines(run: Run) -> list[bytes]:
    return run.history_path.read_bytes().splitlines()[1:]


def before(run: Run, at_us: int) -> list[bytes]:
    """The lines of a history that are earlier than an instant."""
    return [line for line in lines(run) if int(line.split(b'"at_us":')[1].split(b",")[0]) < at_us]


CHANGES = {
    "cut": [{"fault": {"kind": "partition", "between": [["order"], ["view-1"]], "for_s": 5}}],
    "slow": [{"fault": {"kind": "link", "source": "order", "latency": {"kind": "constant", "ms": 900}}}],
    "crash": [{"fault": {"kind": "crash", "node": "tax", "disk": "lost", "for_s": 4}}],
    "clock": [{"fault": {"kind": "clock", "node": "tax", "offset_ms": 60_000}}, PAUSE],
    "loss": [LOSSY],
    "latency": [{"set": "network.links.0.latency", "value": {"kind": "uniform", "low_ms": 400, "high_ms": 900}}],
    "rate": [{"set": "workload.orders_per_s", "value": 11.5}],
    "tokens": [{"set": "workload.tokens", "value": "position"}],
    "work": [{"set": "nodes.tax.service_ms", "value": 150}, {"set": "nodes.tax.instances", "value": 3}],
    "several": [
        LOSSY,
        {"set": "workload.affinity", "value": "sticky"},
        PAUSE,
        {"set": "nodes.view-1.instances", "value": 0},
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_fork_is_its_original_byte_for_byte_up_to_its_instant_and_another_run_after_it(name, original):
    made = fork(original, AT_US, CHANGES[name])
    prefix = before(original, AT_US)
    assert len(prefix) > 500
    assert before(made, AT_US) == prefix
    assert lines(made) != lines(original)
    assert (made.fork_of, made.fork_at_us, made.seed, made.engine) == (original, AT_US, original.seed, "simulated")
    assert len(told(made)) == len(CHANGES[name])


@pytest.mark.parametrize("scenario", ["likes", "forty-three-seconds"])
def test_a_run_that_has_faults_already_is_forked_as_exactly(scenario):
    run = alternatives.simulate(scenario, 5)
    node = stack.plan_of(run.document).replicas[0]
    made = fork(run, AT_US, [{"fault": {"kind": "pause", "node": node, "for_s": 3}}, LOSSY])
    assert before(made, AT_US) == before(run, AT_US) != []
    assert lines(made) != lines(run)


def test_a_fork_can_be_forked_and_what_it_was_told_still_counts(original):
    first = fork(original, 4_000_000, [LOSSY])
    second = fork(first, AT_US, [{"set": "workload.orders_per_s", "value": 20}])
    third = fork(second, 9_000_000, [{"set": "network.default.loss", "value": 0}])
    assert before(second, AT_US) == before(first, AT_US)
    assert before(third, 9_000_000) == before(second, 9_000_000)
    assert told(third) == ["All other links: messages lost 0%, was 40%"]
    assert [one["at_s"] for one in third.document["alterations"]] == [4.0, 7.3, 9.0]
    lost_us = [json.loads(line)["at_us"] for line in lines(third) if b'"dropped"' in line]
    assert min(lost_us) >= 4_000_000
    assert max(lost_us) < 9_000_000


def test_the_header_of_a_fork_says_what_changed_so_that_its_history_stands_for_itself(original):
    made = fork(original, AT_US, [LOSSY])
    header = json.loads(made.history_path.read_bytes().split(b"\n", 1)[0])
    assert header["plan"]["alterations"] == [{"at_s": 7.3, "set": {"network.default.loss": 0.4}}]


def test_a_fork_of_a_run_has_the_fix_of_its_scenario_and_a_mended_run_keeps_what_changed(original):
    made = fork(original, AT_US, [LOSSY])
    mended = alternatives.mend(made)
    assert mended.document["alterations"] == made.document["alterations"]
    assert (
        mended.document["workload"]
        == json.loads(fixed(Scenario.model_validate(original.document)).model_dump_json())["workload"]
    )


def test_what_is_offered_has_its_range_unit_and_value_at_that_instant(original):
    made = fork(original, 4_000_000, [LOSSY, {"set": "nodes.tax.instances", "value": 2}])
    at = {us: {one["path"]: one for one in offered(made, us)["settings"]} for us in (3_999_999, 4_000_000)}
    assert [at[us]["network.default.loss"]["value"] for us in at] == [0.0, 0.4]
    assert [at[us]["nodes.tax.instances"]["value"] for us in at] == [1, 2]
    assert at[4_000_000]["network.default.loss"] == {
        "path": "network.default.loss",
        "group": "All other links",
        "label": "Messages lost",
        "unit": "",
        "value": 0.4,
        "said": "40%",
        "may_be_null": False,
        "kind": "share",
        "min": 0,
        "max": 1,
        "above": None,
    }
    assert at[4_000_000]["workload.orders_per_s"]["unit"] == "a second"
    assert "workload.orders" not in at[4_000_000]


@pytest.mark.parametrize(
    ("changes", "index", "complaint"),
    [
        ([LOSSY, {"fault": {"kind": "melt"}}], "1", "melt"),
        ([{"fault": {"kind": "pause", "node": "nobody"}}], "0", "node = 'nobody' cannot be used. Design asynch"),
        ([{"fault": {"kind": "pause", "node": "tax", "for_s": -1}}], "0", "for_s = -1 cannot be used"),
        ([{"fault": {"kind": "link", "loss": 1.5}}], "0", "loss = 1.5 cannot be used"),
        ([PAUSE, {"set": "network.default.loss", "value": 7}], "1", "Messages lost = 7 cannot be used"),
        ([{"set": "workload.orders", "value": 9}], "0", "This cannot change in mid-run"),
        ([{"set": "nodes.tax.instances", "value": 99}], "0", "instances"),
        ([{"set": "nodes.nobody.instances", "value": 1}], "0", "nobody"),
        ([PAUSE, {"set": "network.default.loss", "value": 0}], "1", "Messages lost is 0% at this instant already"),
        ([{"set": "nodes.tax.instances", "value": 1}], "0", "is 1 at this instant already"),
        ([LOSSY, LOSSY], "1", "set twice"),
        ([{"set": "network.default.loss"}], "0", "cannot be read"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_its_place_in_the_list_and_nothing_is_made(
    changes, index, complaint, original
):
    with pytest.raises(CommandRefused, match=complaint) as caught:
        fork(original, AT_US, changes)
    assert caught.value.where["index"] == index
    assert list(Run.objects.all()) == [original]


@pytest.mark.parametrize(
    ("at_us", "changes", "complaint"),
    [(10**15, [PAUSE], "not in the run"), (AT_US, [], "0 changes"), (AT_US, [PAUSE] * 9, "9 changes")],
)
def test_no_instant_no_change_or_too_many_make_no_fork(at_us, changes, complaint, original):
    with pytest.raises(CommandRefused, match=complaint):
        fork(original, at_us, changes)
    assert list(Run.objects.all()) == [original]


@pytest.mark.parametrize("raw", ["", "{}", "[1]", "[" * 10_000, "\ud800", "x" * 20_000])
def test_changes_that_cannot_be_read_are_refused(raw):
    with pytest.raises(CommandRefused, match="cannot be read"):
        read_changes(raw)


def test_a_live_run_cannot_be_forked(make_run):
    with pytest.raises(CommandRefused, match="Only a simulated run"):
        fork(make_run(state="finished"), 1, [PAUSE])


@pytest.mark.django_db(transaction=True)
def test_a_page_is_told_what_can_change_and_which_of_its_changes_is_wrong(presenter):
    run = alternatives.simulate("likes", 3)
    found = Client().get(f"/runs/{run.id}/fork/?at_us=2000000").json()
    assert {"network.default.loss", "replication.gossip_ms"} <= {one["path"] for one in found["settings"]}
    changes = json.dumps([{"set": "replication.gossip_ms", "value": 0}])
    answer = presenter.post(
        f"/runs/{run.id}/fork/", {"at_us": "2000000", "changes": changes}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "ok": False,
        "error": "Replicas tell each other every = 0 cannot be used.",
        "remedy": "Input should be greater than or equal to 1.",
        "index": "0",
        "field": "replication.gossip_ms",
        "value": "0",
    }
    assert Run.objects.count() == 1
