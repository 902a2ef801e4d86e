"""Folding every delta onto a snapshot gives the next snapshot, whatever happens and wherever frames are cut."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.live import frames
from consistency_viz.live.frames import InstanceView, NodeView, RunView
from consistency_viz.live.page import counts, faults, keys, windows
from consistency_viz.live.page.state import PageState
from tests.live.page_fold import fold, page_of, small_bounds
from workers.model.history import Header
from workers.model.observation import (
    Applied,
    Changed,
    Completed,
    Delivered,
    Dropped,
    Effected,
    Faulted,
    Invoked,
    Observation,
    Sent,
)

REPLICAS = ["view-1", "view-2", "order"]
HEADER = Header("one-truth", "synchronous", 7, "live", REPLICAS, run="r1", started_us=1_000_000)
RUN = RunView("r1", "one-truth", "One truth", "synchronous", "", 7, 4, "running", "", 1_000_000, None)
NODES = [NodeView(node, "view", True, [], []) for node in REPLICAS]


def page() -> PageState:
    return PageState(HEADER, RUN, NODES)


def bodies():
    key = st.sampled_from([f"o{n}" for n in range(9)])
    fact = st.sampled_from(["OrderPlaced", "OrderTaxed", "OrderMailed"])
    value = st.sampled_from([{"status": "placed"}, {"status": "taxed"}, None])
    outcome = st.sampled_from(["ok", "fail", "info"])
    return st.one_of(
        st.builds(lambda k, v, f: Applied(k, v, f"{k}:{f}"), key, value, fact),
        st.builds(lambda k: Invoked(f"{k}:place", "s1", "place", k, {"net_cents": 1_290}, 1_000_000), key),
        st.builds(lambda k, o: Completed(f"{k}:place", "s1", "place", k, o, None), key, outcome),
        st.builds(lambda k, o, v: Completed(f"{k}:read1", "s1", "read", k, o, {"value": v}), key, outcome, value),
        st.builds(lambda k: Sent(f"m-{k}", "events", "OrderPlaced", k, ""), key),
        st.builds(lambda k: Delivered(f"m-{k}", "events", "OrderPlaced", k, "order", 1_000_000), key),
        st.builds(lambda k: Dropped(f"m-{k}", "events", "OrderPlaced", k, "order", 1_000_000, "loss"), key),
        st.builds(lambda k: Effected("email", k, {}), key),
        st.builds(
            lambda n, s: Faulted(f"f{n}", "pause", s, [f"view-{n}"]),
            st.integers(1, 5),
            st.sampled_from(["began", "began", "ended"]),
        ),
        st.builds(lambda s, e: Changed("view-1.1", s, e), st.sampled_from(["up", "down", "lost"]), st.integers(1, 3)),
    )


STEP = st.tuples(
    st.sampled_from(["body"] * 6 + ["frame", "reach", "instances", "run"]),
    bodies(),
    st.sampled_from(REPLICAS),
    st.sampled_from([0, 1, 40_000, 900_000, 2_500_000]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=120))
def test_folding_the_deltas_onto_a_snapshot_gives_the_next_snapshot(steps):
    with small_bounds():
        follow(steps)


def follow(steps):
    state, at_us, index, seq = page(), 1_000_000, 0, 0
    shown = page_of(state.snapshot("b", seq, "0", "joined"))
    for action, body, node, gap_us in [*steps, ("frame", None, "", 0)]:
        if action == "body":
            at_us += gap_us
            state.observe(Observation(index, at_us, node, body))
            index += 1
        elif action == "reach":
            state.reach(at_us + gap_us)
        elif action == "instances":
            state.set_instances([InstanceView("view-1.1", "view-1", "alive", 1, gap_us, [0])])
        elif action == "run":
            state.set_run(RunView(*[getattr(RUN, n) for n in RUN.__struct_fields__][:8], f"after {gap_us}", 1, None))
        else:
            seq += 1
            state.settle()
            at_us += 1
            delta = state.delta("b", seq, str(index))
            snapshot = page_of(state.snapshot("b", seq, str(index), "gap"))
            if delta is None:
                shown = snapshot
                continue
            shown = fold(shown, delta)
            assert shown == snapshot
            assert len(snapshot["keys"]) <= keys.KEYS_MAX
            assert len(snapshot["windows"]) <= windows.WINDOWS_MAX
            assert len(snapshot["faults"]) <= faults.FAULTS_MAX
            assert len(snapshot["seconds"]) <= counts.SECONDS_MAX


def see(state, *rows):
    """(at_us, node, body) rows, then settled."""
    for at_us, node, body in rows:
        state.observe(Observation(state.observations, at_us, node, body))
    state.settle()


def test_a_window_opens_and_closes_and_is_told_in_words():
    state = page()
    see(state, (1_000_010, "view-1", Applied("o1", {"s": 1}, "o1:OrderTaxed")))
    first = state.delta("b", 1, "1")
    assert [(w.view, w.from_us, w.to_us, w.replicas) for w in first.opened] == [
        ("value", 1_000_010, None, ["view-1"]),
        ("updates", 1_000_010, None, ["view-1"]),
    ]
    assert first.keys[0].diverged
    assert first.sentences[-1].text == "view-2 and order have not heard of order o1 yet"
    see(state, *((1_005_010, node, Applied("o1", {"s": 1}, "o1:OrderTaxed")) for node in ("view-2", "order")))
    second = state.delta("b", 2, "3")
    assert second.opened == []
    assert [(w.view, w.to_us) for w in second.closed] == [("value", 1_005_010), ("updates", 1_005_010)]
    assert [s.text for s in second.sentences] == [
        "view-2 learned that order o1 was taxed (5.0 ms after it was placed)",
        "order learned that order o1 was taxed (5.0 ms after it was placed)",
        "all replicas agree about order o1 again, after 5.0 ms",
    ]
    assert (second.totals.windows_closed, second.totals.windows_open) == (1, 0)
    assert second.totals.diverged_us_all == 5_000


def test_lengths_of_windows_are_counted_in_buckets_with_their_quantiles():
    state = page()
    at_us = 1_000_000
    for number, length_us in enumerate([100, 100, 1_000, 2_000_000]):
        key = f"o{number}"
        see(state, (at_us, "view-1", Applied(key, {"s": 1}, f"{key}:x")))
        at_us += length_us
        see(state, *((at_us, node, Applied(key, {"s": 1}, f"{key}:x")) for node in ("view-2", "order")))
        at_us += 10
    lengths = state.delta("b", 1, "1").lengths
    assert lengths == frames.Lengths([(12, 2), (18, 1), (37, 1)], 0.1, 2_000.0, 2_000.0)
    assert state.delta("b", 2, "1").lengths is None
    assert state.snapshot("b", 2, "1", "gap").lengths == lengths


def test_operations_that_went_wrong_and_instances_that_are_gone_are_marks_and_seconds_count_what_succeeded():
    state = page()
    ended = {"o1": "ok", "o2": "fail", "o3": "info"}.items()
    see(state, *((1_000_400, "client", Completed(f"{k}:place", "s1", "place", k, how, None)) for k, how in ended))
    see(state, (1_000_500, "client", Completed("o1:read1", "s1", "read", "o1", "ok", {"value": None})))
    see(state, (1_000_600, "view-1", Changed("view-1.1", "lost", 1)))
    delta = state.delta("b", 1, "1")
    assert (delta.seconds[0].completed, delta.seconds[0].ok) == (4, 2)
    marks = [(mark.mark, mark.key) for mark in state.snapshot("b", 1, "1", "gap").marks]
    assert marks == [("failed", "o2"), ("unknown", "o3"), ("missing", "o1"), ("gone", "")]


def place(state, key, outcome=None):
    see(state, (1_000_010, "client", Invoked(f"{key}:place", "s1", "place", key, {"net_cents": 500}, 1_000_000)))
    if outcome is not None:
        see(state, (1_000_400, "client", Completed(f"{key}:place", "s1", "place", key, outcome, None)))


def show(state, key, status, nodes=REPLICAS):
    at_us = state.at_us + 10
    see(state, *((at_us, node, Applied(key, {"status": status}, f"{key}:{status}")) for node in nodes))


def settled(state):
    return state.delta("b", 1, "1").totals.keys_settled


def test_orders_are_counted_by_how_they_ended():
    state = page()
    place(state, "o1", "ok")
    totals = state.delta("b", 1, "2").totals
    assert (totals.updates_begun, totals.updates_accepted, totals.keys_settled) == (1, 1, 0)
    assert state.snapshot("b", 1, "2", "gap").seconds[0].latency_ms_p50 == 0.4


@pytest.mark.parametrize("end", ["mailed", "rejected"])
def test_an_order_is_settled_once_all_replicas_show_its_end_and_stays_so(end):
    state = page()
    place(state, "o1", "ok")
    show(state, "o1", "taxed")
    assert settled(state) == 0, "all agree, but more is to come"
    show(state, "o1", end, REPLICAS[:2])
    assert settled(state) == 0
    show(state, "o1", end, REPLICAS[2:])
    assert settled(state) == 1
    see(state, (1_000_600, "view-1", Applied("o1", {"status": end, "mails": 2}, "o1:again")))
    assert settled(state) == 1


@pytest.mark.parametrize("outcome", ["fail", "info", None])
def test_no_more_orders_are_settled_than_were_accepted(outcome):
    state = page()
    place(state, "o1", outcome)
    show(state, "o1", "mailed")
    show(state, "never-placed", "mailed")
    assert settled(state) == 0


def test_an_order_that_ended_before_its_client_heard_is_settled_when_it_hears():
    state = page()
    place(state, "o1")
    show(state, "o1", "mailed")
    assert settled(state) == 0
    see(state, (1_000_400, "client", Completed("o1:place", "s1", "place", "o1", "ok", None)))
    assert settled(state) == 1


def test_an_order_of_which_all_have_heard_is_told_by_who_shows_another_state():
    state = page()
    show(state, "o1", "placed")
    state.delta("b", 1, "1")
    show(state, "o1", "taxed", ["view-2"])
    assert state.delta("b", 2, "2").sentences[-1].text == "view-2 shows another state of order o1 than the others"


def test_a_quiet_second_exists_and_carries_the_number_of_differing_keys():
    state = page()
    see(state, (1_000_010, "view-1", Applied("o1", 1, "o1:u")))
    state.delta("b", 1, "1")
    state.reach(4_200_000)
    assert [(s.second, s.diverged_keys) for s in state.delta("b", 2, "1").seconds] == [(1, 1), (2, 1), (3, 1)]


def test_messages_over_the_bound_of_a_frame_are_counted():
    state = page()
    message = Delivered("m", "events", "OrderPlaced", "o1", "order", 1_000_000)
    see(state, *((1_000_010 + n, "view-1", message) for n in range(100)))
    delta = state.delta("b", 1, "100")
    assert (len(delta.messages), delta.messages_skipped) == (frames.MESSAGES_MAX_PER_FRAME, 40)


def test_a_burst_that_fits_no_frame_gives_no_delta_but_a_right_snapshot():
    state = page()
    see(state, *((1_000_010 + n, "view-1", Applied(f"o{n}", 1, f"o{n}:u")) for n in range(1_000)))
    assert state.delta("b", 1, "1000") is None
    snapshot = state.snapshot("b", 1, "1000", "gap")
    assert [k.key for k in snapshot.keys] == [f"o{n}" for n in range(880, 1_000)]
    assert (snapshot.keys_dropped, snapshot.windows_dropped) == (880, 1_400)


@pytest.mark.parametrize("ended_us", [2_310_000, 2_950_000])
@pytest.mark.parametrize("guessed_us", [2_400_000, 3_050_000, 7_900_000])
def test_a_page_that_guessed_beyond_the_end_of_its_run_shows_what_one_shows_that_came_later(guessed_us, ended_us):
    ended = msgspec.structs.replace(RUN, state="finished", ended_us=ended_us)
    live, late = page(), page()
    held = page_of(live.snapshot("b", 0, "", "joined"))
    for state in (live, late):
        for at_us, node in ((1_100_000, "view-1"), (2_300_000, "view-2"), (2_310_000, "order")):
            state.observe(Observation(0, at_us, node, Applied("o1", {"status": "placed"}, f"o1:{node}")))
            state.settle()
    live.reach(guessed_us)
    held = fold(held, live.delta("b", 1, ""))
    live.set_run(ended)
    live.reach(ended.ended_us)
    held = fold(held, live.delta("b", 2, ""))
    late.set_run(ended)
    late.reach(ended.ended_us)
    late.delta("b", 2, "")
    assert held == page_of(late.snapshot("b", 2, "", "joined")) == page_of(live.snapshot("b", 2, "", "joined"))
    assert held["at_us"] == ended.ended_us
