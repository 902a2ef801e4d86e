"""From the text of a scenario to a checked scenario, with errors that say where, what, and what would be right. Pure.

What YAML may hold is in ``scenario_yaml``, what a scenario may say in ``scenario`` and ``schema``; here they meet.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import yaml
from pydantic import ValidationError

from workers.cluster.fixing import FixError, fixed_fields
from workers.cluster.paths import PathError, lay, steps_of
from workers.cluster.plan import PlanError, build
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_errors import SHOWN_CHARS_MAX, Problem, ScenarioError, shown
from workers.cluster.scenario_yaml import BYTES_MAX, DEPTH_MAX, NODES_MAX, line_of, read, too_large
from workers.cluster.storyline import check_narration

__all__ = [
    "BYTES_MAX",
    "DEPTH_MAX",
    "NODES_MAX",
    "Problem",
    "ScenarioError",
    "check",
    "parse",
    "problems_of",
    "set_path",
]

PROBLEMS_MAX: Final = 20
"""So many problems are told; who made more made one of them often."""

_REMEDIES: Final = {
    "extra_forbidden": "there is no such field here; remove it or check its spelling",
    "missing": "add it",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "bool_type": "write true or false",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "finite_number": "write a finite number",
    "string_type": "write a text; quote it if it looks like a number",
    "union_tag_invalid": "choose one of the kinds named",
    "union_tag_not_found": "say which with `kind:`",
    "model_type": "write a mapping of fields here",
    "dict_type": "write a mapping here",
    "tuple_type": "write a list here",
    "literal_error": "choose one of them",
}


def parse(text: str, source: str, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario of a YAML text with ``path=value`` overrides laid over it; raises ``ScenarioError``."""
    problem = too_large(text)
    if problem:
        raise ScenarioError(source, [problem])
    with _no_collection():
        return _parsed(text, source, overrides)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Thousands of nodes at once make the collector look through the whole process, for what goes away by itself."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _parsed(text: str, source: str, overrides: Sequence[str]) -> Scenario:
    root, fields = read(text, source)
    if not isinstance(fields, dict):
        problem = Problem(1, "", type(fields).__name__, "write a mapping of fields, such as `name: my-scenario`")
        raise ScenarioError(source, [problem])
    for override in overrides:
        set_path(fields, override)
    return check(fields, source, root)


def check(fields: dict[str, Any], source: str, root: yaml.Node | None = None) -> Scenario:
    """The scenario of plain values; ``root``, where the values came from YAML, tells the lines of errors."""
    try:
        scenario = Scenario.model_validate(fields)
        check_narration(scenario, build(scenario).nodes)
    except ValidationError as error:
        raise ScenarioError(source, problems_of(error, fields, root)) from error
    except PlanError as error:
        line = line_of(root, error.field.split("."))
        raise ScenarioError(source, [Problem(line, error.field, shown(error.value), error.remedy)]) from error
    if scenario.fix is not None:
        problems = _of_fix(scenario)
        if problems:
            raise ScenarioError(
                source,
                [
                    Problem(line_of(root, ["fix", "set", path]), f"fix.set.{path}", value, remedy)
                    for path, value, remedy in problems
                ],
            )
    return scenario


def set_path(fields: dict[str, Any], override: str) -> None:
    """Lay one ``path=value`` over ``fields`` in place; the value is read as YAML. Lists are indexed by number."""
    path, equals, raw = override.partition("=")
    steps = steps_of(path)
    if not equals or not steps:
        problem = Problem(0, override[:SHOWN_CHARS_MAX], "", "write path=value, such as workload.orders_per_s=20")
        raise ScenarioError("--set", [problem])
    try:
        value = read(raw, "--set")[1] if len(raw) <= BYTES_MAX else raw
    except ScenarioError:
        value = raw  # Plain text; if that is not what belongs here, the schema will say what does.
    try:
        lay(fields, steps, value)
    except PathError as error:
        raise ScenarioError("--set", [Problem(0, path, shown(raw), str(error))]) from None


def _of_fix(scenario: Scenario) -> list[tuple[str, str, str]]:
    """What is wrong with the fix: for each problem the path that was set, its value, and what would be right."""
    assert scenario.fix is not None  # noqa: S101 - the caller has looked
    given = scenario.fix.set
    try:
        fields = fixed_fields(scenario, scenario.fix)
    except FixError as error:
        return [(error.path, shown(error.value), error.remedy)]
    try:
        build(Scenario.model_validate(fields))
    except ValidationError as error:
        found = [(p.field, p.value, p.remedy) for p in problems_of(error, fields, None)]
    except PlanError as error:
        found = [(error.field, shown(error.value), error.remedy)]
    else:
        return []
    blamed = []
    for field, value, remedy in found:
        path = _culprit(field, list(given))
        where = "" if path == field else f"{field or 'the scenario'}{f' = {value}' if value else ''}: "
        blamed.append((path, shown(given[path]), f"with the fix this is no valid scenario: {where}{remedy}"))
    return blamed


def _culprit(field: str, paths: Sequence[str]) -> str:
    """Which of the paths is to blame for a problem at ``field``: the nearest to it, else the change of design."""
    steps = field.split(".")

    def shared(path: str) -> int:
        count = 0
        for mine, theirs in zip(path.split("."), steps, strict=False):
            if mine != theirs:
                break
            count += 1
        return count

    nearest = max(paths, key=shared)
    if shared(nearest) == 0 and "design" in paths:
        return "design"
    return nearest


def problems_of(error: ValidationError, fields: dict[str, Any], root: yaml.Node | None) -> list[Problem]:
    """What pydantic found, each at the place where its author wrote it; ``root`` tells the lines."""
    found = error.errors(include_url=False, include_context=False)
    problems = [_problem(item, fields, root) for item in found[:PROBLEMS_MAX]]
    if len(found) > PROBLEMS_MAX:
        problems.append(Problem(0, "", "", f"{len(found) - PROBLEMS_MAX:,} problems more; mend these first"))
    return problems


def _problem(error: Any, fields: dict[str, Any], root: yaml.Node | None) -> Problem:
    path = _as_written(error["loc"], fields)
    message = str(error["msg"]).removeprefix("Value error, ")
    remedy = _REMEDIES.get(error["type"], "")
    if path[-1:] == ["metric"] and error["type"] == "string_pattern_mismatch":
        remedy = "write a dotted name, such as work.place_latency_ms_p99"
    text = f"{message[0].lower()}{message[1:]}" + (f"; {remedy}" if remedy else "")
    value = "" if error["type"] == "missing" else shown(error["input"])
    return Problem(line_of(root, path), ".".join(path), value, text)


def _as_written(location: Sequence[str | int], fields: Any) -> list[str]:
    """The path as the author wrote it: the schema puts into it which kind of a union it took."""
    path: list[str] = []
    place = fields
    for step in location:
        known = isinstance(place, dict) and step in place
        if not known and (str(step).startswith("of-") or (isinstance(place, dict) and step == place.get("kind"))):
            continue
        path.append(str(step))
        if isinstance(place, dict):
            place = place.get(step)
        else:
            place = place[step] if isinstance(place, list) and isinstance(step, int) and step < len(place) else None
    return path
