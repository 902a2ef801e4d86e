"""Whatever the network does short of losing messages: at quiescence every replica holds every order, exactly once."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workers.support import (
    complete_updates,
    final_values,
    mails,
    of_kind,
    placed,
    plan_of,
    scenario,
    simulate,
    updates_by_replica,
)
from workers.model.observation import Completed, Dropped, Invoked
from workers.services.checks import rejection
from workers.services.client import ClientService

milliseconds = st.integers(0, 200)
latencies = st.one_of(
    st.builds(lambda ms: {"kind": "constant", "ms": ms}, milliseconds),
    st.builds(lambda a, b: {"kind": "uniform", "low_ms": min(a, b), "high_ms": max(a, b)}, milliseconds, milliseconds),
    st.builds(
        lambda ms, floor: {"kind": "exponential", "mean_ms": ms + 1, "floor_ms": floor}, milliseconds, milliseconds
    ),
    st.builds(
        lambda ms, shape: {"kind": "pareto", "scale_ms": ms + 1, "shape": shape}, milliseconds, st.integers(1, 5)
    ),
    st.builds(
        lambda samples: {"kind": "empirical", "samples_ms": samples}, st.lists(milliseconds, min_size=1, max_size=5)
    ),
)
links = st.fixed_dictionaries(
    {"latency": latencies, "duplicate": st.sampled_from([0, 0.2, 1]), "ordered": st.booleans()}
)
NODES = ("client", "order", "validation", "tax", "email", "view-1")


@st.composite
def scenarios(draw, design):
    partitions = draw(st.integers(1, 4))
    counts = st.integers(0, partitions)
    changed = draw(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(NODES), counts), max_size=4))
    changes = [{"at_s": at_s, "node": node, "instances": instances} for at_s, node, instances in changed]
    # Whoever lost all instances gets one back, so that the run can come to rest.
    changes += [{"at_s": 4.0, "node": node, "instances": 1} for node in NODES]
    overrides = draw(
        st.lists(st.tuples(st.sampled_from(("*", *NODES)), st.sampled_from(("*", *NODES)), links), max_size=3)
    )
    return scenario(
        design=design,
        seed=draw(st.integers(0, 2**63 - 1)),
        partitions=partitions,
        views=draw(st.integers(1, 3)),
        duration_s=3_000.0,
        rpc_timeout_ms=600_000,
        changes=changes,
        nodes={node: {"service_ms": draw(st.sampled_from([0, 0, 7]))} for node in NODES},
        network={"default": draw(links), "links": [{"source": s, "target": t, **link} for s, t, link in overrides]},
        workload={
            "orders": draw(st.integers(0, 12)),
            "invalid_share": 0.3,
            "timeout_ms": 600_000,
            "reads_per_order": 2,
        },
    )


def expected_orders(fields):
    """The orders of a scenario by the names of its sessions, and those of them that validation has to reject."""
    plan = plan_of(fields)
    workload = fields["workload"]
    share, rest = divmod(workload["orders"], workload["sessions"])
    orders = [f"s{s + 1}-{n + 1}" for s in range(workload["sessions"]) for n in range(share + (s < rest))]
    client = ClientService(plan.scenario.workload.workload(None), ())
    return sorted(orders), sorted(o for o in orders if rejection(client._order(o, plan.seed)))


def check(fields, replicas, updates_of):
    history = simulate(fields)
    orders, rejected = expected_orders(fields)
    assert placed(history) == orders
    assert updates_by_replica(history, replicas) == dict.fromkeys(replicas, updates_of(orders, rejected))
    shown = list(final_values(history, replicas).values())
    assert all(values == shown[0] for values in shown)
    assert {key for key, value in shown[0].items() if value["status"] == "rejected"} == set(rejected)
    assert {key for key, value in shown[0].items() if value["status"] == "mailed"} == set(orders) - set(rejected)
    assert mails(history) == sorted(set(orders) - set(rejected))
    assert of_kind(history, Dropped) == []
    assert sorted(b.op for b in of_kind(history, Invoked)) == sorted(b.op for b in of_kind(history, Completed))
    assert {b.outcome for b in of_kind(history, Completed)} <= {"ok"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios("asynchronous-broadcast"))
def test_broadcast_replicas_all_end_with_every_order_exactly_once(fields):
    views = tuple(f"view-{n + 1}" for n in range(fields["views"]))
    check(fields, ("order", *views), complete_updates)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios("synchronous"))
def test_the_one_state_ends_with_every_order_exactly_once(fields):
    def transactions(orders, rejected):
        return complete_updates(orders, rejected)

    check(fields, ("store",), transactions)
