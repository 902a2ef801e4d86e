"""What a scenario tells against what its plan has: the nodes that a narration points at, and when its steps are due."""

from __future__ import annotations

from collections.abc import Iterable

from workers.cluster.plan import PlanError
from workers.cluster.scenario import Scenario
from workers.cluster.schema.near import near
from workers.cluster.schema.story import KEY_PREFIX, PARTS


def check_narration(scenario: Scenario, nodes: Iterable[str]) -> None:
    """Raises ``PlanError`` for a place that this scenario's page does not have, and for a step that is never due."""
    known = (*nodes, *PARTS)
    end_s = None if scenario.duration_s is None else scenario.duration_s + scenario.drain_s
    earlier = -1.0
    for index, step in enumerate(scenario.narration):
        field = f"narration.{index}"
        for place, looked_at in enumerate(step.look_at):
            if looked_at not in known and not looked_at.startswith(KEY_PREFIX):
                remedy = f"name a node or a part of the page: {', '.join(known)}; or a key, as {KEY_PREFIX}ID"
                raise PlanError(f"{field}.look_at.{place}", looked_at, remedy + near(looked_at, known))
        if step.at_s is not None and end_s is not None and step.at_s > end_s:
            raise PlanError(f"{field}.at_s", step.at_s, f"the run ends at {end_s:g} s, its drain time included")
        if step.order < earlier:
            raise PlanError(
                field, step.at_s if step.on is None else step.on, "put the steps in the order of their times"
            )
        earlier = step.order
