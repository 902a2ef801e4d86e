"""What a session has written and seen its reads see, in both drivers, or they say that they do not."""

from tests.workers.strategies.seeds import backwards
from tests.workers.support import of_kind, scenario
from workers.model.observation import Completed

SLOW = {
    "default": {"latency": {"kind": "constant", "ms": 3}, "ordered": False},
    "links": [
        {"source": source, "target": view, "latency": {"kind": "uniform", "low_ms": 30 * n, "high_ms": 120 * n}}
        for n, view in ((1, "view-1"), (2, "view-2"))
        for source in ("order", "validation", "tax", "email")
    ],
}
WORKLOAD = {"reads_per_order": 3, "read_after_ms": 20, "invalid_share": 0.2}


def run(driver, rpc_timeout_ms=5_000, **workload):
    fields = scenario(network=SLOW, rpc_timeout_ms=rpc_timeout_ms, workload={**WORKLOAD, **workload})
    return driver.run(fields)


def reads_of(history):
    return [b for b in of_kind(history, Completed) if b.f == "read"]


def own_write_missing(reads):
    return [r.op for r in reads if r.outcome == "ok" and f"{r.key}:OrderPlaced" not in r.value["seen"]]


def test_without_tokens_sessions_miss_their_own_writes(driver):
    assert len(own_write_missing(reads_of(run(driver, tokens="none")))) > 5


def test_with_tokens_every_read_sees_the_sessions_write(driver):
    reads = reads_of(run(driver, tokens="position"))
    assert own_write_missing(reads) == []
    assert [(len(reads), {r.outcome for r in reads})] == [(60, {"ok"})]


def test_a_view_that_is_not_there_in_time_says_stale_and_nobody_hangs(driver):
    reads = reads_of(run(driver, rpc_timeout_ms=25, tokens="position"))
    assert own_write_missing(reads) == []
    stale = [r for r in reads if r.outcome == "fail"]
    assert len(reads) == 60
    assert len(stale) > 5
    assert all(r.error.startswith("stale: after 25 ms the view lacks ") for r in stale)


def test_time_runs_backwards_for_who_roams_and_not_for_who_sticks_or_has_tokens(driver):
    spread = {"read_after_ms": 60, "reads_per_order": 4}
    assert backwards(run(driver, **spread))
    assert backwards(run(driver, affinity="sticky", **spread)) == []
    assert backwards(run(driver, tokens="position", **spread)) == []
