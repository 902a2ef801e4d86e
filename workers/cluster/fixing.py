"""A scenario with its fix applied: what runs beside the broken one, on the same seed."""

from __future__ import annotations

import copy
from typing import Any

from workers.cluster.paths import PathError, lay, steps_of
from workers.cluster.scenario import Scenario
from workers.cluster.schema.near import near
from workers.cluster.schema.story import KEPT_BY_FIX, Fix


class FixError(ValueError):
    """A setting of a fix that cannot be laid over its scenario; ``path`` is it, ``remedy`` what would be right."""

    def __init__(self, path: str, value: object, remedy: str) -> None:
        super().__init__(f"fix.set.{path}: {remedy}")
        self.path = path
        self.value = value
        self.remedy = remedy


def fixed(scenario: Scenario) -> Scenario:
    """The scenario that the fix makes of this one: same name and seed, the fix's title and expectations, no narration.

    Raises ``FixError`` for a scenario without a fix and for a path that leads nowhere, and pydantic's
    ``ValidationError`` where the settings make no valid scenario. Neither happens after a scenario was read: reading
    checks the fix.
    """
    if scenario.fix is None:
        raise FixError("", None, f"scenario {scenario.name} has no fix")
    return Scenario.model_validate(fixed_fields(scenario, scenario.fix))


def fixed_fields(scenario: Scenario, fix: Fix) -> dict[str, Any]:
    """The fields of the fixed scenario, not yet checked; raises ``FixError``."""
    given: dict[str, Any] = scenario.model_dump(mode="json", exclude_unset=True)
    told = {"title": fix.title, "expect": [item.model_dump(mode="json", exclude_unset=True) for item in fix.expect]}
    system = {name: value for name, value in given.items() if name not in ("title", "expect", "narration", "fix")}
    before = copy.deepcopy(system)
    for path, value in fix.set.items():
        steps = steps_of(path)
        if not steps:
            raise FixError(path, value, "write a dotted path, such as workload.orders_per_s")
        if steps[0] in KEPT_BY_FIX:
            raise FixError(path, value, f"a fix keeps {steps[0]}; it changes the system alone")
        if steps[0] not in Scenario.model_fields:
            raise FixError(path, value, f"a scenario has no field {steps[0]}{near(steps[0], Scenario.model_fields)}")
        try:
            lay(system, steps, copy.deepcopy(value))
        except PathError as error:
            raise FixError(path, value, str(error)) from None
    if system == before:
        path, value = next(iter(fix.set.items()))
        raise FixError(path, value, "the fix changes nothing; set what is different in the fixed system")
    return system | told
