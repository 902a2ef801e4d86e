import pytest

from tests.workers.support import plan_of, scenario
from workers.cluster.network import INSTANT
from workers.cluster.plan import PlanError, instance_ids, owners
from workers.model.message import partition_of
from workers.model.randomness import Chance


@pytest.mark.parametrize(
    ("fields", "field", "value", "remedy"),
    [
        ({"nodes": {"till": {}}}, "nodes.till", "till", "design asynchronous-broadcast has the nodes client, order, "),
        (
            {"nodes": {"tax": {"instances": 5}}},
            "nodes.tax.instances",
            5,
            "an instance owns at least one of the 4 partitions; ",
        ),
        (
            {"changes": [{"at_s": 1, "node": "till", "instances": 1}]},
            "changes.0.node",
            "till",
            "design asynchronous-broadcast ",
        ),
        (
            {"changes": [{"at_s": 1, "node": "tax", "instances": 5}]},
            "changes.0.instances",
            5,
            "an instance owns at least one ",
        ),
        (
            {"network": {"links": [{"source": "till"}]}},
            "network.links.0.source",
            "till",
            "design asynchronous-broadcast has ",
        ),
        (
            {"network": {"links": [{"target": "till"}]}},
            "network.links.0.target",
            "till",
            "design asynchronous-broadcast has ",
        ),
    ],
)
def test_what_names_no_part_of_the_design_is_refused_by_field_value_and_remedy(fields, field, value, remedy):
    with pytest.raises(PlanError) as caught:
        plan_of(scenario(**fields))
    assert (caught.value.field, caught.value.value) == (field, value)
    assert caught.value.remedy.startswith(remedy)


def test_partitions_are_dealt_out_to_the_live_instances_in_turn():
    assert owners(4, ("tax.1",)) == ("tax.1",) * 4
    assert owners(5, ("tax.2", "tax.1", "tax.3")) == ("tax.1", "tax.2", "tax.3", "tax.1", "tax.2")
    assert owners(2, ("tax.10", "tax.2")) == ("tax.10", "tax.2")
    assert owners(4, ()) == ()


def test_instances_are_counted_from_one():
    assert instance_ids("tax", 3) == ("tax.1", "tax.2", "tax.3")
    assert instance_ids("tax", 0) == ()


def test_everybody_who_subscribes_to_a_topic_is_found_by_it():
    plan = plan_of(scenario())
    assert plan.subscribers == {
        "replies": ("client",),
        "by-hand": ("client",),
        "guests": ("client",),
        "commands": ("order",),
        "placed": ("validation", "view-1", "view-2"),
        "validated": ("order", "tax", "view-1", "view-2"),
        "taxed": ("order", "email", "view-1", "view-2"),
        "mailed": ("order", "view-1", "view-2"),
        "queries.view-1": ("view-1",),
        "queries.view-2": ("view-2",),
    }
    assert plan.replicas == ("order", "view-1", "view-2")


def test_settings_of_nodes_reach_the_plan():
    plan = plan_of(scenario(nodes={"tax": {"instances": 3, "service_ms": 1.5}, "email": {"instances": 0}}, views=1))
    assert plan.instances == {"client": 1, "order": 1, "validation": 1, "tax": 3, "email": 0, "view-1": 1}
    assert plan.service_us == {"tax": 1_500}


LANES = Chance(1).lanes("m")


def latency_ms(plan, source, target, topic="orders"):
    return plan.link(source, target, topic).travel(LANES)[0] / 1_000


def test_a_link_may_treat_the_messages_of_one_topic_apart():
    links = [{"target": "view-1", "topic": "queries.view-1", "latency": {"kind": "constant", "ms": 40}}]
    plan = plan_of(scenario(network={"default": {"latency": {"kind": "constant", "ms": 2}}, "links": links}))
    assert (latency_ms(plan, "client", "view-1"), latency_ms(plan, "client", "view-1", "queries.view-1")) == (2, 40)


def test_the_last_override_that_fits_a_link_counts_field_by_field():
    links = [
        {"target": "view-2", "latency": {"kind": "constant", "ms": 20}, "ordered": False},
        {"source": "order", "latency": {"kind": "constant", "ms": 30}},
        {"source": "order", "target": "view-2", "latency": {"kind": "constant", "ms": 40}},
        {"source": "tax", "target": "view-2", "loss": 1.0},
    ]
    plan = plan_of(scenario(network={"default": {"latency": {"kind": "constant", "ms": 10}}, "links": links}))
    assert latency_ms(plan, "email", "order") == 10
    assert latency_ms(plan, "email", "view-2") == 20
    assert latency_ms(plan, "order", "view-1") == 30
    assert latency_ms(plan, "order", "view-2") == 40
    assert plan.link("tax", "view-2", "orders").travel(LANES) == ()
    ordered = {
        pair: plan.link(*pair, "orders").ordered
        for pair in (("order", "view-2"), ("order", "view-1"), ("tax", "view-2"))
    }
    assert ordered == {("order", "view-2"): False, ("order", "view-1"): True, ("tax", "view-2"): False}


def test_what_comes_from_outside_of_the_cluster_travels_over_no_link():
    assert plan_of(scenario(network={"default": {"loss": 1.0}})).link("web", "client", "by-hand") is INSTANT


def test_every_key_falls_in_a_partition_that_somebody_owns():
    found = owners(4, instance_ids("tax", 3))
    assert {found[partition_of(f"s1-{n}", 4)] for n in range(100)} == {"tax.1", "tax.2", "tax.3"}
