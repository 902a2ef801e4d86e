"""A run that was broken in its middle is run again live: the same is decided about each message, by its id.

What is decided about a message follows from its id and from the faults that hold when it is sent, from nothing else.
Times are real: a message, or a fault, comes some milliseconds earlier or later the second time. So a message that is
sent close to where a fault begins or ends may be under it in one run only. Those are counted, have to be close to such
a boundary in both runs, and are all that is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from consistency_viz.experiments.fault_schedule import recorded
from consistency_viz.experiments.simulations import header_of
from consistency_viz.lab.stack import Stack
from tests.stack.support import impatient
from tests.stack.test_real_faults import Recorded
from tests.workers.support import plan_of
from workers.model.observation import Delivered, Dropped, Faulted, Observation
from workers.runtime import control

pytestmark = [pytest.mark.stack, pytest.mark.slow]
UNCERTAIN_US = 500_000
"""How close to a boundary a message may be judged differently: what timers and threads are late on a busy machine."""

FAULTS: list[tuple[float, dict[str, Any]]] = [
    (1.0, {"kind": "link", "loss": 0.3, "duplicate": 0.3, "name": "noisy", "for_s": 4.0}),
    (2.0, {"kind": "partition", "between": [["order"], ["view-1"]], "one_way": True, "name": "cut", "for_s": 1.5}),
    (2.5, {"kind": "link", "target": "view-2", "loss": 0.8, "name": "worse"}),
]


class Fate(NamedTuple):
    """Of one message at one receiver: when it was sent, under which faults, and what became of it."""

    sent_us: int
    under: frozenset[str]
    what: str


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(data_dir=tmp_path_factory.mktemp("stack"), redis_url="") as started:
        yield started


def boundaries(history: list[Observation], started_us: int) -> dict[tuple[str, str], int]:
    """When each fault began and ended, counted from the start."""
    return {(o.body.fault, o.body.state): o.at_us - started_us for o in history if isinstance(o.body, Faulted)}


def fates(history: list[Observation], started_us: int) -> dict[tuple[str, str], Fate]:
    """By message and receiver."""
    at = boundaries(history, started_us)
    held = {fault: (us, at.get((fault, "ended"), 1 << 62)) for (fault, state), us in at.items() if state == "began"}
    found: dict[tuple[str, str], Fate] = {}
    for o in history:
        if not isinstance(o.body, Delivered | Dropped):
            continue
        sent_us = o.body.sent_us - started_us
        under = frozenset(fault for fault, (began, ended) in held.items() if began <= sent_us < ended)
        what = f"lost: {o.body.reason}" if isinstance(o.body, Dropped) else "doubled" if o.body.copy else "once"
        place = (o.body.message, o.node)
        if place not in found or found[place].what == "once":
            found[place] = Fate(sent_us, under, what)
    return found


def test_each_message_of_a_rerun_meets_the_fate_that_it_met_when_the_faults_came_in_mid_run(
    stack, tmp_path, record_property
):
    given = impatient(250, 40.0)
    with Recorded(stack, "broken", tmp_path, given) as live:
        started_us = control.run_status(live.client, live.run).started_us
        for at_s, entry in FAULTS:
            time.sleep(max(0.0, at_s - (control.server_time_us(live.client) - started_us) / 1e6))
            control.inject_fault(live.client, live.run, msgspec.json.encode(entry))
        first = live.end(90)
    header = msgspec.structs.replace(header_of(plan_of(given), "live"), started_us=started_us)
    schedule = recorded(header, first)
    with Recorded(stack, "again", tmp_path, schedule.model_dump(mode="json")) as live:
        again_us = control.run_status(live.client, live.run).started_us
        second = live.end(90)
    assert {fault for fault, _ in boundaries(second, again_us)} == {"noisy", "cut", "worse"}
    before, after = fates(first, started_us), fates(second, again_us)
    edges_us = [*boundaries(first, started_us).values(), *boundaries(second, again_us).values()]
    both = before.keys() & after.keys()
    alike = {place for place in both if before[place].under == after[place].under}
    apart = [fate.sent_us for place in both - alike for fate in (before[place], after[place])]
    assert {place: before[place].what for place in alike} == {place: after[place].what for place in alike}
    assert all(min(abs(sent_us - edge_us) for edge_us in edges_us) <= UNCERTAIN_US for sent_us in apart)
    broken = [before[place] for place in alike if before[place].under]
    assert {fate.what for fate in broken} == {"once", "doubled", "lost: noisy", "lost: cut", "lost: worse"}
    assert {fate.under for fate in broken} >= {frozenset({"noisy"}), frozenset({"noisy", "cut", "worse"})}
    assert len(broken) > 300
    assert len(both - alike) < len(both) / 10
    record_property("compared", len(alike))
    record_property("under a fault", len(broken))
    record_property("left out at boundaries", len(both - alike))
    print(f"{len(alike)} compared, {len(broken)} of them under a fault, {len(both - alike)} left out at boundaries")  # noqa: T201
