import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import plan_of, scenario
from workers.cluster.faults import (
    FOREVER_US,
    Fault,
    NodeFaults,
    began,
    ended,
    faults_of_history,
    scheduled,
    targets_of,
)
from workers.cluster.plan import PlanError
from workers.cluster.schema.faults import one_fault
from workers.model.observation import Observation

NODES = ("client", "order", "validation", "tax", "email", "view-1", "view-2")


def entry(kind, **fields):
    return one_fault.validate_python({"kind": kind, **fields})


def fault(kind, begin_us=0, end_us=FOREVER_US, fault_id="f1", **fields):
    return Fault(fault_id, entry(kind, **fields), begin_us, end_us)


def test_faults_are_numbered_in_order_or_called_what_the_author_calls_them():
    entries = [entry("pause", node="tax", at_s=1.5, for_s=0.25), entry("pause", node="tax", name="nap")]
    assert [(f.id, f.begin_us, f.end_us) for f in scheduled(entries)] == [
        ("nap", 0, FOREVER_US),
        ("f1", 1_500_000, 1_750_000),
    ]


def test_a_partition_cuts_both_ways_and_one_way_only_from_the_first_group_to_the_second():
    both = fault("partition", between=[["tax"], ["*"]])
    one = fault("partition", between=[["tax"], ["*"]], one_way=True)
    for other in set(NODES) - {"tax"}:
        assert (both.cuts("tax", other), both.cuts(other, "tax")) == (True, True)
        assert (one.cuts("tax", other), one.cuts(other, "tax")) == (True, False)
    assert not both.cuts("order", "email")
    assert not both.cuts("tax", "tax")


def test_targets_are_the_node_or_the_links_with_traffic():
    plan = plan_of(scenario())
    targets = [
        targets_of(e, plan.subscribers, plan.publishes)
        for e in (
            entry("pause", node="tax"),
            entry("partition", between=[["email"], ["order", "tax"]]),
            entry("link", target="view-1", topic="placed", loss=1),
        )
    ]
    assert targets == [["tax"], ["tax>email", "email>order"], ["order>view-1"]]


@pytest.mark.parametrize(
    ("given_", "field", "value", "remedy"),
    [
        ({"kind": "pause", "node": "till"}, "faults.0.node", "till", "design asynchronous-broadcast has the nodes "),
        (
            {"kind": "partition", "between": [["tax"], ["order", "till"]]},
            "faults.0.between.1.1",
            "till",
            "design asynchronous-broadcast has the nodes ",
        ),
        ({"kind": "link", "source": "till", "loss": 1}, "faults.0.source", "till", "design asynchronous-broadcast "),
        (
            {"kind": "link", "topic": "till", "loss": 1},
            "faults.0.topic",
            "till",
            "design asynchronous-broadcast has the t",
        ),
        ({"kind": "clock", "node": "client", "offset_ms": 1}, "faults.0.node", "client", "client plays the clients, "),
        ({"kind": "crash", "node": "client", "disk": "lost"}, "faults.0.disk", "lost", "client plays the clients, "),
    ],
)
def test_a_fault_of_what_is_not_there_is_refused_by_field_value_and_remedy(given_, field, value, remedy):
    with pytest.raises(PlanError) as caught:
        plan_of(scenario(faults=[given_]))
    assert (caught.value.field, caught.value.value) == (field, value)
    assert caught.value.remedy.startswith(remedy)


def test_two_faults_of_one_name_are_refused():
    with pytest.raises(PlanError) as caught:
        plan_of(scenario(faults=[{"kind": "pause", "node": "tax", "name": "f2"}, {"kind": "pause", "node": "tax"}]))
    assert (caught.value.field, caught.value.value) == ("faults.1.name", "f2")


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ({"kind": "link", "target": "tax"}, "this changes nothing"),
        ({"kind": "slow", "node": "tax"}, "slows nothing down"),
        ({"kind": "clock", "node": "tax"}, "this clock is right"),
        ({"kind": "partition", "between": [["*"], ["*"]]}, "both groups are everybody"),
        ({"kind": "partition", "between": [["tax"], ["tax", "order"]]}, "tax is on both sides"),
        ({"kind": "partition", "between": [["tax"], ["*", "order"]]}, "let it stand alone"),
        ({"kind": "pause", "node": "tax", "for_s": 0}, "greater than 0"),
        ({"kind": "pause", "node": "tax", "name": "A nap"}, "use 1 to 64"),
    ],
)
def test_a_fault_that_does_nothing_or_contradicts_itself_is_refused(given_, why):
    with pytest.raises(ValueError, match=why):
        one_fault.validate_python(given_)


def test_a_slow_node_takes_longer_for_what_it_takes_up_while_it_is_slow():
    here = NodeFaults(
        "tax", [fault("slow", 100, 200, node="tax", factor=3, plus_ms=1), fault("slow", node="email", factor=9)]
    )
    assert [here.service_us(500, start_us) for start_us in (99, 100, 199, 200)] == [500, 2_500, 2_500, 500]


def test_a_clock_is_off_by_its_offset_and_its_drift_while_the_fault_lasts_and_never_below_zero():
    clock = NodeFaults("tax", [fault("clock", 1_000_000, 3_000_000, node="tax", offset_ms=5, drift_ppm=100)]).clock()
    times = [999_999, 1_000_000, 2_000_000, 3_000_000]
    assert [clock(t) for t in times] == [999_999, 1_005_000, 2_005_100, 3_000_000]
    assert NodeFaults("tax", [fault("clock", node="tax", offset_ms=-60_000)]).clock()(1_000) == 0
    assert NodeFaults("tax", [fault("clock", node="email", offset_ms=1)]).clock() is None


def test_a_lost_disk_takes_what_had_arrived_before_the_restart_and_a_kept_one_nothing():
    here = NodeFaults("tax", [fault("crash", 100, 200, node="tax", disk="lost")])
    assert [here.lost_in(arrived, 300) for arrived in (50, 150, 199, 200, 250)] == ["f1", "f1", "f1", "", ""]
    assert here.lost_in(50, 60) == ""
    assert NodeFaults("tax", [fault("crash", 100, 200, node="tax")]).lost_in(150, 300) == ""


seconds = st.integers(0, 10**9).map(lambda us: us / 1_000_000)
entries = st.lists(
    st.builds(
        lambda f, at, last: {**f, "at_s": at, "for_s": last or None},
        st.sampled_from(
            [
                {"kind": "partition", "between": [["tax"], ["*"]], "one_way": True, "mode": "hold"},
                {
                    "kind": "link",
                    "target": "tax",
                    "latency": {"kind": "uniform", "low_ms": 1.5, "high_ms": 2},
                    "count": 3,
                    "types": ["T"],
                },
                {"kind": "pause", "node": "tax"},
                {"kind": "crash", "node": "tax", "disk": "lost"},
                {"kind": "slow", "node": "tax", "factor": 2.5},
                {"kind": "clock", "node": "tax", "offset_ms": -60000, "drift_ppm": 7},
            ]
        ),
        seconds,
        seconds,
    ),
    max_size=6,
)


@given(entries, st.integers(0, 2**50))
def test_the_history_of_faults_gives_the_schedule_back(given_, started_us):
    faults = scheduled([one_fault.validate_python(e) for e in given_])
    history = []
    for f in faults:
        history.append(Observation(0, started_us + f.begin_us, "", began(f, [])))
        if f.end_us != FOREVER_US:
            history.append(Observation(0, started_us + f.end_us, "", ended(f, [])))
    history.sort(key=lambda o: o.at_us)
    found = scheduled([one_fault.validate_python(e) for e in faults_of_history(history, started_us)])
    plain = lambda f: (f.id, f.begin_us, f.end_us, f.settings.kind, f.settings.detail())  # noqa: E731
    assert sorted(map(plain, found), key=lambda row: row[0]) == sorted(map(plain, faults), key=lambda row: row[0])
