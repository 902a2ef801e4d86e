"""What an experiment takes over from its scenario: the figures that the lesson is about, and expectations by default.

Pure. A scenario's own expectations say what happens as it is, those of its fix what happens with the fix; of a variant
that changes the design or a setting, and of a sweep, neither says anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from consistency_viz.experiments.campaign.cells import Known, shipped
from workers.cluster.scenario import Scenario
from workers.cluster.schema.story import Expectation, MetricExpected


def expectations_by_default(
    scenario: Scenario, variants: Sequence[Mapping[str, Any]], *, is_swept: bool = False
) -> list[dict[str, Any]]:
    """The scenario's expectations of the variants that are it as it is, its fix's of those that are it with its fix.

    ``variants`` are as a file has them. What every variant is held to does not name them.
    """
    if is_swept:
        return []
    untouched = [one for one in variants if not one.get("design") and not one.get("set")]
    found: list[dict[str, Any]] = []
    for is_fixed in (False, True):
        mine = [one["name"] for one in untouched if bool(one.get("fix")) == is_fixed]
        expected = scenario.expect if not is_fixed else scenario.fix.expect if scenario.fix is not None else ()
        whose = {} if len(mine) == len(variants) else {"variants": mine}
        if mine:
            found.extend({**item.model_dump(mode="json", exclude_unset=True), **whose} for item in expected)
    return found


def metrics_asked(specification: Mapping[str, Any], known: Known = shipped) -> list[str]:
    """The figures that an experiment and its scenario ask about, in the order of their importance.

    First those of the experiment's own expectations, then what the lesson lets the room guess, then those of the
    scenario's expectations and of its fix's.
    """
    names = [item["metric"] for item in specification.get("expect", ()) if isinstance(item.get("metric"), str)]
    scenario = _scenario(specification.get("scenario"), known)
    if scenario is not None:
        if scenario.lesson is not None and scenario.lesson.predict is not None:
            names.append(scenario.lesson.predict.metric)
        names.extend(_metrics(scenario.expect))
        names.extend(_metrics(scenario.fix.expect if scenario.fix is not None else ()))
    return list(dict.fromkeys(names))


def checkers_asked(specification: Mapping[str, Any], known: Known = shipped) -> list[str]:
    """The checkers that an experiment's expectations and its scenario's name, in the same order."""
    names = [item["checker"] for item in specification.get("expect", ()) if isinstance(item.get("checker"), str)]
    scenario = _scenario(specification.get("scenario"), known)
    if scenario is not None:
        both = (*scenario.expect, *(scenario.fix.expect if scenario.fix is not None else ()))
        names.extend(item.checker for item in both if not isinstance(item, MetricExpected))
    return list(dict.fromkeys(names))


def _metrics(expected: Sequence[Expectation]) -> Iterator[str]:
    return (item.metric for item in expected if isinstance(item, MetricExpected))


def _scenario(given: Any, known: Callable[[str], Scenario | None]) -> Scenario | None:
    if isinstance(given, str):
        return known(given)
    try:
        return Scenario.model_validate(given) if isinstance(given, dict) else None
    except ValidationError:
        return None  # what an older version has kept
