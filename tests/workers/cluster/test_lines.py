from hypothesis import given
from hypothesis import strategies as st

from workers.cluster.faults import FOREVER_US, Fault
from workers.cluster.latency import Constant, Uniform
from workers.cluster.lines import Line
from workers.cluster.network import link
from workers.cluster.schema.faults import one_fault
from workers.cluster.schema.links import LinkSettings
from workers.model.randomness import Chance

VARIED = Uniform(kind="uniform", low_ms=1, high_ms=100)
BASE = LinkSettings(latency=VARIED)
CHANCE = Chance(1)
IDS = [f"m{n}" for n in range(500)]
moments = st.integers(0, 1_000)


def cut(begin_us, end_us, fault_id="f1", **fields):
    settings = {"kind": "partition", "between": [["eu"], ["us"]], **fields}
    return Fault(fault_id, one_fault.validate_python(settings), begin_us, end_us)


def trouble(begin_us=0, end_us=FOREVER_US, fault_id="f1", **fields):
    return Fault(fault_id, one_fault.validate_python({"kind": "link", **fields}), begin_us, end_us)


def fate(faults, sent_us=0, message_id="m", type_="T", source="eu", target="us", base=BASE, take=lambda *_: True):
    return Line(base, source, target, "topic", faults).fate(CHANCE.lanes(message_id), type_, sent_us, take)


def usual(message_id="m", target="us", base=BASE):
    return link(base.latency, base.loss, base.duplicate, target, ordered=base.ordered).travel(CHANCE.lanes(message_id))


intervals = st.lists(st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair) + 1)), max_size=5)


@given(intervals, moments, st.text(max_size=5))
def test_hold_never_loses_and_lets_go_when_no_partition_holds_any_more(spans, sent_us, message_id):
    found = fate([cut(b, e, f"f{n}", mode="hold") for n, (b, e) in enumerate(spans)], sent_us, message_id)
    assert found.latencies_us == usual(message_id)
    assert found.departs_us >= sent_us
    assert not any(b <= found.departs_us < e for b, e in spans)
    open_all_the_way = [t for t in range(sent_us, found.departs_us) if not any(b <= t < e for b, e in spans)]
    assert open_all_the_way == []


@given(intervals, moments)
def test_drop_never_delivers_while_it_lasts_and_touches_nothing_else(spans, sent_us):
    found = fate([cut(b, e, f"f{n}") for n, (b, e) in enumerate(spans)], sent_us)
    cutting = [f"f{n}" for n, (b, e) in enumerate(spans) if b <= sent_us < e]
    assert (found.latencies_us, found.reason) == ((), cutting[0]) if cutting else (usual(), "")


@given(moments, st.sampled_from(["drop", "hold"]))
def test_one_way_is_one_way(sent_us, mode):
    faults = [cut(0, FOREVER_US, one_way=True, mode=mode)]
    there, back = fate(faults, sent_us), fate(faults, sent_us, source="us", target="eu")
    assert there.held if mode == "hold" else there.reason == "f1"
    assert (back.departs_us, back.latencies_us) == (sent_us, usual(target="eu"))


def test_what_a_partition_let_go_another_may_drop():
    faults = [cut(0, 100, "f1", mode="hold"), cut(50, 200, "f2")]
    assert [fate(faults, t).reason for t in (0, 49, 50, 199, 200)] == ["f2", "f2", "f2", "f2", ""]


def test_a_message_that_is_held_does_not_meet_a_partition_that_is_over_when_it_leaves():
    faults = [cut(0, 10, "f1", mode="hold"), cut(0, 100, "f2", mode="hold"), cut(5, 50, "f3")]
    assert (fate(faults, 0).departs_us, fate(faults, 0).reason, fate(faults, 7).reason) == (100, "", "f3")


def test_a_link_is_as_its_faults_make_it_when_the_message_is_sent():
    slow = trouble(10, 20, latency={"kind": "constant", "ms": 400}, ordered=False)
    found = [fate([slow], t) for t in (9, 10, 19, 20)]
    assert [f.latencies_us for f in found] == [usual(), (400_000,), (400_000,), usual()]
    assert [f.ordered for f in found] == [True, False, False, True]


def test_the_last_fault_that_sets_something_counts():
    first = trouble(fault_id="f1", latency={"kind": "constant", "ms": 1}, duplicate=1.0)
    second = trouble(fault_id="f2", latency={"kind": "constant", "ms": 2})
    assert fate([first, second]).latencies_us == (2_000, 2_000)


def test_loss_and_duplicates_of_a_fault_leave_the_other_messages_as_they_were():
    lossy, doubling = trouble(loss=0.3), trouble(duplicate=0.3)
    lost = [i for i in IDS if not fate([lossy], message_id=i).latencies_us]
    assert 100 < len(lost) < 200
    assert {fate([lossy], message_id=i).reason for i in lost} == {"f1"}
    assert all(fate([lossy], message_id=i).latencies_us == usual(i) for i in IDS if i not in lost)
    doubled = [i for i in IDS if len(fate([doubling], message_id=i).latencies_us) == 2]
    assert 100 < len(doubled) < 200
    assert all(fate([doubling], message_id=i).latencies_us == usual(i) for i in IDS if i not in doubled)


def test_a_loss_that_would_have_happened_anyway_is_not_put_down_to_the_fault():
    base = LinkSettings(latency=Constant(kind="constant", ms=1), loss=0.2)
    reasons = {i: fate([trouble(loss=0.6)], message_id=i, base=base).reason for i in IDS}
    assert {i for i in IDS if reasons[i] == "loss"} == {i for i in IDS if not usual(i, base=base)}
    assert 130 < sum(reason == "f1" for reason in reasons.values()) < 270


def test_types_and_count_narrow_a_fault_to_the_first_messages_that_fit():
    taken = []

    def take(fault_id, count):
        taken.append(fault_id)
        return len(taken) <= count

    line = Line(BASE, "eu", "us", "t", [trouble(loss=1.0, types=["Delta"], count=1)])
    reasons = [line.fate(CHANCE.lanes(f"m{n}"), t, n, take).reason for n, t in enumerate(["Full", "Delta", "Delta"])]
    assert (reasons, taken) == (["", "f1", ""], ["f1", "f1"])
