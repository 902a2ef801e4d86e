"""What can be set otherwise from an instant of a simulated run on: each setting with its range, unit and value then."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from consistency_viz.experiments import stack
from consistency_viz.experiments.forking.words import group_of, is_share, label_of, said, unit_of
from consistency_viz.experiments.models import Run
from workers.cluster.plan import Plan, alterable_settings
from workers.cluster.scenario import Scenario
from workers.cluster.schema.order_flow import NodeSettings

CHANGES_MAX: Final = 8
NUMBERS: Final = ("number", "integer")


def offered(run: Run, at_us: int) -> dict[str, Any]:
    """What a fork at ``at_us`` can change: ``settings`` in the order in which they are shown, at most ``changes_max``.

    For faults there are the ``nodes`` (name, role) and the ``links`` (source, target) on which anything is ever sent.
    A setting: ``path``, ``group``, ``label``, ``kind`` (number, whole, share, choice, truth, latency), ``value`` and
    ``said`` (it in words); of numbers ``min``, ``max``, ``above`` and ``unit``; of choices ``choices``;
    ``may_be_null``: whether nothing is a value too.
    """
    plan = stack.plan_of(run.document)
    then = scenario_at(plan, at_us)
    links = [link.model_dump(mode="json") for link in then.network.links]
    paths = [*alterable_settings(plan), *(f"nodes.{node}.instances" for node in plan.nodes)]
    settings = [_setting(path, plan, then, links, at_us) for path in paths]
    # One group after the other; those of single links and nodes, of which there are many, come last.
    first = {name: place for place, name in enumerate(dict.fromkeys(one["group"] for one in settings))}
    settings.sort(key=lambda one: (one["path"].startswith(("network.links", "nodes")), first[one["group"]]))
    return {
        "changes_max": CHANGES_MAX,
        "settings": settings,
        "nodes": [[node.id, node.role] for node in plan.nodes.values()],
        "links": _links(plan),
    }


def _links(plan: Plan) -> list[list[str]]:
    """Every way from a node to another that messages take, in the order of the nodes."""
    found: dict[tuple[str, str], None] = {}
    for source, topics in plan.publishes.items():
        for topic in topics:
            for target in plan.subscribers.get(topic, ()):
                if source != target:
                    found[source, target] = None
    return [list(link) for link in found]


def scenario_at(plan: Plan, at_us: int) -> Scenario:
    """The scenario whose settings count at an instant."""
    return next((after.scenario for from_us, after in reversed(plan.alterations) if from_us <= at_us), plan.scenario)


def instances_at(plan: Plan, node: str, at_us: int) -> int:
    """How many instances a node has at an instant, as far as the scenario says."""
    changed = [one for one in plan.scenario.changes if one.node == node and one.at_s * 1e6 <= at_us]
    return max(changed, key=lambda one: one.at_s).instances if changed else plan.instances[node]


def value_at(scenario: Scenario, path: str) -> Any:
    """The value of a setting as plain values."""
    place, name = _place(scenario, path)
    value = getattr(place, name)
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _setting(path: str, plan: Plan, then: Scenario, links: list[dict[str, Any]], at_us: int) -> dict[str, Any]:
    if path.endswith(".instances"):
        value: Any = instances_at(plan, path.split(".")[1], at_us)
        spec: dict[str, Any] = {"kind": "whole", "min": 0, "max": plan.partitions, "above": None, "may_be_null": False}
    else:
        place, name = _place(then, path)
        model: type[BaseModel] = type(place)
        value, spec = value_at(then, path), _spec(_properties(model)[name], share=is_share(path))
    return {
        "path": path,
        "group": group_of(path, links),
        "label": label_of(path),
        "unit": unit_of(path),
        "value": value,
        "said": said(path, value),
        **spec,
    }


def _place(scenario: Scenario, path: str) -> tuple[Any, str]:
    """The section that holds a setting, and its name there; of a node that has none, the defaults."""
    *steps, name = path.split(".")
    place: Any = scenario
    for step in steps:
        if isinstance(place, tuple):
            place = place[int(step)]
        elif isinstance(place, BaseModel):
            place = getattr(place, step)
        else:
            place = place.get(step, NodeSettings())
    return place, name


@cache
def _properties(model: type[BaseModel]) -> dict[str, Any]:
    properties: dict[str, Any] = model.model_json_schema()["properties"]
    return properties


def _spec(schema: dict[str, Any], *, share: bool) -> dict[str, Any]:
    kinds = schema.get("anyOf", [schema])
    may_be_null = any(one.get("type") == "null" for one in kinds)
    spec = next(one for one in kinds if one.get("type") != "null")
    told: dict[str, Any] = {"may_be_null": may_be_null}
    if "oneOf" in spec:
        return {**told, "kind": "latency"}
    if "enum" in spec:
        return {**told, "kind": "choice", "choices": [[one, said("", one)] for one in spec["enum"]]}
    if spec["type"] == "boolean":
        return {**told, "kind": "truth"}
    kind = "share" if share else "whole" if spec["type"] == "integer" else "number"
    bounds = {"min": spec.get("minimum"), "max": spec.get("maximum"), "above": spec.get("exclusiveMinimum")}
    return {**told, "kind": kind, **bounds}
