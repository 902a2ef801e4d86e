"""Settings that change in mid-run: nothing before tells of it, and from then on they count."""

from __future__ import annotations

from itertools import takewhile

import pytest

from tests.workers.support import plan_of, scenario, simulate
from workers.cluster.alterations import ALTERABLE
from workers.cluster.catalogue import catalogue
from workers.cluster.fixing import fixed
from workers.cluster.plan import PlanError, alterable_settings, build
from workers.cluster.scenario import Scenario
from workers.cluster.schema.quorum import QuorumSettings
from workers.cluster.schema.regions import EntitySettings
from workers.model.history import line
from workers.model.observation import Delivered, Dropped, Invoked
from workers.runtime.control import create_run

VARIED = {"default": {"latency": {"kind": "uniform", "low_ms": 1, "high_ms": 60}}}
WORKLOAD = {"orders": 60, "orders_per_s": 20, "invalid_share": 0.0}
AT_S = 1.3
FAULTS = [
    {"kind": "pause", "node": "tax", "at_s": 1.1, "for_s": 0.5},
    {"kind": "link", "target": "view-1", "latency": {"kind": "constant", "ms": 90}, "at_s": 1, "for_s": 1},
]
OTHER = {
    "latency": {"kind": "constant", "ms": 77},
    "loss": 0.3,
    "duplicate": 0.3,
    "ordered": False,
    "orders_per_s": 45.5,
    "operations_per_s": 45.5,
    "reads_per_order": 3,
    "affinity": "sticky",
    "resolver": "pick",
    "fanout": 1,
    "eager": False,
    "read_repair": False,
    "hinted_handoff": False,
    "read": 3,
    "write": 3,
}


def play(*alterations, faults=(), **fields):
    given = {"network": VARIED, "workload": WORKLOAD, "faults": list(faults), **fields}
    return simulate(scenario(**given, alterations=[{"at_s": AT_S, "set": one} for one in alterations]))


def before(history, at_s=AT_S):
    return [line(one) for one in takewhile(lambda one: one.at_us < at_s * 1e6, history)]


def of_kind(history, kind):
    return [one for one in history if isinstance(one.body, kind)]


def another(path, fields):
    """Another value for a setting than it has."""
    name = path.rpartition(".")[2]
    if name in OTHER:
        return OTHER[name]
    value = fields
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value.get(step)
        if value is None:
            break
    if name == "tokens":
        return not value if isinstance(value, bool) else "position"
    if name == "renew_ms":
        return value // 2
    return (0.7 if value != 0.7 else 0.2) if isinstance(value, float) and value <= 1 else (value or 20) * 2


@pytest.mark.parametrize("faults", [(), FAULTS], ids=["no-faults", "with-faults"])
@pytest.mark.parametrize(
    "given",
    [
        {"network.default.latency": {"kind": "constant", "ms": 300}},
        {"network.default.loss": 0.5},
        {"nodes.tax.service_ms": 40},
        {"workload.orders_per_s": 60},
        {"workload.affinity": "sticky", "workload.reads_per_order": 4},
    ],
    ids="+".join,
)
def test_up_to_its_instant_a_run_is_byte_for_byte_the_one_without_the_alteration_and_another_one_after_it(
    given, faults
):
    plain, other = play(faults=faults), play(given, faults=faults)
    assert before(other) == before(plain) != []
    assert [line(one) for one in other] != [line(one) for one in plain]


@pytest.mark.parametrize(
    "name", ["where-is-my-order", "likes", "clock-from-the-future", "how-eventual", "zombie-writer", "stampede"]
)
def test_every_setting_that_can_change_in_a_shipped_scenario_leaves_its_past_alone(name):
    shipped = next(one for one in catalogue() if one.name == name)
    fields = shipped.model_dump(mode="json") | {"duration_s": 3.0, "drain_s": 0.5, "fix": None, "narration": ()}
    plain = before(simulate(fields), 2.0)
    assert len(plain) > 20
    paths = alterable_settings(build(Scenario.model_validate(fields)))
    assert len(paths) > 10
    for path in [path for path in paths if not path.startswith(("network.links.1", "network.links.2", "nodes.c"))]:
        altered = {**fields, "alterations": [{"at_s": 2.0, "set": {path: another(path, fields)}}]}
        assert before(simulate(altered), 2.0) == plain, path


def test_from_its_instant_on_messages_travel_by_the_new_latency_and_those_on_their_way_by_the_old_one():
    history = play({"network.default.latency": {"kind": "constant", "ms": 300}})
    travelled = [(one.body.sent_us, one.at_us - one.body.sent_us) for one in of_kind(history, Delivered)]
    inside = [(sent_us, took_us) for sent_us, took_us in travelled if took_us]
    assert {took_us for sent_us, took_us in inside if sent_us >= AT_S * 1e6} == {300_000}
    assert max(took_us for sent_us, took_us in inside if sent_us < AT_S * 1e6) <= 61_000


def test_on_an_ordered_link_that_becomes_faster_nothing_overtakes_what_is_on_its_way():
    slow = {"default": {"latency": {"kind": "constant", "ms": 400}}}
    history = play({"network.default.latency": {"kind": "constant", "ms": 1}}, network=slow, partitions=1)
    streams = {}
    for one in of_kind(history, Delivered):
        streams.setdefault((one.body.source, one.node, one.body.topic), []).append((one.body.sent_us, one.at_us))
    assert max(len(stream) for stream in streams.values()) > 30
    for stream in streams.values():
        assert [sent_us for sent_us, _ in stream] == sorted(sent_us for sent_us, _ in stream)
    waited = [at_us - sent_us for stream in streams.values() for sent_us, at_us in stream if sent_us >= AT_S * 1e6]
    assert max(waited) > 100_000
    assert min(one for one in waited if one) == 1_000


def test_a_setting_can_change_back():
    history = simulate(
        scenario(
            network=VARIED,
            workload=WORKLOAD,
            alterations=[
                {"at_s": 2, "set": {"network.default.loss": 0}},
                {"at_s": 1, "set": {"network.default.loss": 1}},
            ],
        )
    )
    lost_us = [one.at_us for one in of_kind(history, Dropped)]
    assert lost_us
    assert all(1_000_000 <= at_us < 2_000_000 for at_us in lost_us)


def test_clients_that_hurry_from_an_instant_on_place_the_same_orders_sooner():
    slow, fast = play(), play({"workload.orders_per_s": 200})
    names = [{one.body.op for one in of_kind(run, Invoked) if one.body.f == "place"} for run in (slow, fast)]
    ends = [max(one.at_us for one in of_kind(run, Invoked) if one.body.f == "place") for run in (slow, fast)]
    assert names[0] == names[1]
    assert ends[1] < ends[0] - 500_000


def test_settings_that_depend_on_each_other_change_together():
    shipped = next(one for one in catalogue() if one.name == "zombie-writer").model_dump(mode="json")
    together = {"leadership.lease_ms": 300, "leadership.renew_ms": 100}
    assert build(Scenario.model_validate({**shipped, "alterations": [{"at_s": 1, "set": together}]})).alterations
    with pytest.raises(PlanError, match="a lease would run out before it is renewed") as caught:
        build(Scenario.model_validate({**shipped, "alterations": [{"at_s": 1, "set": {"leadership.lease_ms": 100}}]}))
    assert caught.value.field == "alterations.0.set.leadership.lease_ms"


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"workload.orders": 9}, "this cannot change in mid-run; did you mean workload.orders_per_s or "),
        ({"views": 3}, "this cannot change in mid-run; these can: "),
        ({"design": "synchronous"}, "this cannot change in mid-run; these can: "),
        ({"nodes.tax.instances": 2}, "the number of instances changes by an entry of changes"),
        ({"faults.0.for_s": 2}, "what goes wrong is an entry of faults"),
        ({"clients.reads": 0.2}, "this cannot change in mid-run"),
        ({"network.links.0.loss": 0.2}, "this cannot change in mid-run; did you mean network.default.loss"),
        ({"network.default.loss": 1.5}, "input should be less than or equal to 1"),
        ({"network.default.latency": {"kind": "constant"}}, "field required"),
        ({"workload.orders_per_s": 0}, "use a number above 0"),
        ({"nodes.nobody.service_ms": 3}, "this cannot change in mid-run"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else None,
)
def test_what_cannot_change_is_refused_by_field_value_and_remedy(given, remedy):
    with pytest.raises(PlanError) as caught:
        plan_of(scenario(alterations=[{"at_s": 1, "set": given}]))
    ((path, value),) = given.items()
    assert (caught.value.field, caught.value.value) == (f"alterations.0.set.{path}", value)
    assert caught.value.remedy.startswith(remedy)


def test_a_live_run_with_alterations_is_refused_before_anything_starts():
    with pytest.raises(PlanError, match="settings change in virtual time only; simulate it"):
        create_run(None, "r1", scenario(alterations=[{"at_s": 1, "set": {"network.default.loss": 0.5}}]))


def test_everything_that_can_change_in_principle_can_in_some_shipped_scenario_or_fix():
    shipped = [*catalogue(), *(fixed(one) for one in catalogue() if one.fix)]
    shipped.append(shipped[0].model_copy(update={"design": "quorum", "quorum": QuorumSettings(clock="hlc")}))
    hybrid = {"address": EntitySettings(type="lww-register", clock="hlc")}
    shipped.append(shipped[0].model_copy(update={"design": "state-gossip", "entities": hybrid}))
    found = {path for one in shipped for path in alterable_settings(build(one))}
    patterns = {pattern for pattern in ALTERABLE if not any(_fits(path, pattern) for path in found)}
    assert patterns == set()


def _fits(path, pattern):
    steps, wanted = path.split("."), pattern.split(".")
    return len(steps) == len(wanted) and all(w in ("*", s) for s, w in zip(steps, wanted, strict=True))
