"""When a replica had the last of a set of updates: against looking up each of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.applied_order import NEVER, AppliedOrder
from consistency_viz.checkers.monotonic_writes import MonotonicWrites
from consistency_viz.checkers.registry import check
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.verdict import Verdict
from tests.checkers.histories import header, history
from workers.model.observation import Applied, Completed, Invoked, Observation
from workers.model.updates import runs

REPLICAS = ["r1", "r2"]
IDS = [f"k@{origin}.{number}" for origin in REPLICAS for number in range(1, 7)] + ["u"]
APPLIES = st.lists(
    st.tuples(st.sampled_from(REPLICAS), st.sampled_from(IDS), st.none() | st.lists(st.sampled_from(IDS), max_size=3))
)


@given(APPLIES, st.sets(st.sampled_from(IDS)))
@settings(max_examples=300)
def test_the_last_of_a_set_is_the_one_that_was_there_last_or_never(
    applies: list[tuple[str, str, list[str] | None]], asked: set[str]
) -> None:
    order = AppliedOrder(REPLICAS)
    had: dict[tuple[str, str], int] = {}
    for index, (node, update, kept) in enumerate(applies):
        listed = None if kept is None else runs(kept)
        order.observe(Observation(index, index, node, Applied("k", 1, update, 1, listed)))
        for one in (update, *(kept or ())):
            had.setdefault((node, one), index)
    found = order.last("k", RunSet(runs(asked)))
    expected = [max((had.get((r, update), NEVER[0]) for update in asked), default=None) for r in REPLICAS]
    assert [last[0][0] for last in found] == (expected if asked else [])


def test_an_acknowledged_update_that_reached_nobody_is_missing_where_a_later_one_is() -> None:
    """Also if updates before it reached nobody either, so that its number is beyond all that were seen."""

    def wrote(op: str, update: str, at: float) -> list[tuple[float, str, Invoked | Completed]]:
        answer = {"update": update}
        return [
            (at, "client", Invoked(op, "s", "write", "k", None, round(at * 1000), "r1")),
            (at + 1, "client", Completed(op, "s", "write", "k", "ok", answer)),
        ]

    seen = history(
        *wrote("o1", "k@r1.1", 0), (2, "r1", Applied("k", 1, "k@r1.1")), *wrote("o2", "k@r1.4", 3),
        *wrote("o3", "k@r2.1", 5), (7, "r1", Applied("k", 3, "k@r2.1")),
    )  # fmt: skip
    result = check([MonotonicWrites(header(*REPLICAS))], seen)[0]
    assert (result.verdict, result.metrics["updates_broken"]["count"]) == (Verdict.FAILED, 1)
