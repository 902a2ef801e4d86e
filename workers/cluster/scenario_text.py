"""From the text of a scenario to a checked scenario, with errors that say where, what, and what would be right.

Limits come before parsing: size, then anchors and depth while the YAML events go by, before anything is built. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import yaml
from pydantic import ValidationError

from workers.cluster.plan import PlanError, build
from workers.cluster.scenario import Scenario

BYTES_MAX: Final = 64 * 1024
DEPTH_MAX: Final = 12
NODES_MAX: Final = 20_000
_SHOWN_CHARS_MAX: Final = 80

_REMEDIES: Final = {
    "extra_forbidden": "there is no such field here; remove it or check its spelling",
    "missing": "add it",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "finite_number": "write a finite number",
    "string_type": "write a text; quote it if it looks like a number",
    "union_tag_invalid": "choose one of the kinds named",
    "union_tag_not_found": "say which with `kind:`",
    "model_type": "write a mapping of fields here",
    "dict_type": "write a mapping here",
    "tuple_type": "write a list here",
}


class Problem(NamedTuple):
    """One thing wrong with a scenario. ``line`` counts from 1, 0 where there is no line to name."""

    line: int
    field: str
    value: str
    remedy: str


class ScenarioError(ValueError):
    """A scenario that cannot be run, with everything that is wrong about it."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line of text a problem: file, line, field, value, remedy."""
        return [
            f"{self.source}{f':{p.line}' if p.line else ''}: {p.field or 'the whole file'}"
            f"{f' = {p.value}' if p.value else ''}: {p.remedy}"
            for p in self.problems
        ]


def parse(text: str, source: str, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario of a YAML text with ``path=value`` overrides laid over it; raises ``ScenarioError``."""
    size = len(text.encode())
    if size > BYTES_MAX:
        remedy = f"a scenario has at most {BYTES_MAX:,} bytes; shorten it"
        raise ScenarioError(source, [Problem(0, "", f"{size:,} bytes", remedy)])
    root = _compose(text, source)
    fields = yaml.SafeLoader("").construct_document(root) if root is not None else None
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
        build(scenario)
    except ValidationError as error:
        raise ScenarioError(source, [_problem(e, root) for e in error.errors(include_url=False)]) from error
    except PlanError as error:
        line = _line(root, error.field.split("."))
        raise ScenarioError(source, [Problem(line, error.field, _shown(error.value), error.remedy)]) from error
    return scenario


def set_path(fields: dict[str, Any], override: str) -> None:
    """Lay one ``path=value`` over ``fields`` in place; the value is read as YAML. Lists are indexed by number."""
    path, equals, raw = override.partition("=")
    steps = path.strip().split(".")
    if not equals or not all(steps):
        problem = Problem(0, override[:_SHOWN_CHARS_MAX], "", "write path=value, such as workload.orders_per_s=20")
        raise ScenarioError("--set", [problem])
    try:
        value = yaml.safe_load(raw) if len(raw) <= BYTES_MAX and "&" not in raw else raw
    except yaml.YAMLError:
        value = raw
    place: Any = fields
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        if isinstance(place, list) and step.isdigit() and int(step) < len(place):
            key: Any = int(step)
        elif isinstance(place, dict):
            key = step
        else:
            where = ".".join(steps[:index]) or "the scenario"
            problem = Problem(0, path, _shown(raw), f"{where} has no place {step!r}")
            raise ScenarioError("--set", [problem])
        if last:
            place[key] = value
        elif isinstance(place, dict):
            place = place.setdefault(key, {})
        else:
            place = place[key]


def _compose(text: str, source: str) -> yaml.Node | None:
    """The node tree of a YAML text, refusing anchors, depth and number of nodes while its events are read."""
    depth = count = 0
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            count += 1
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ScenarioError(source, [Problem(line, "", "", "anchors and aliases are not read; write it out")])
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEPTH_MAX or count > NODES_MAX:
                remedy = (
                    f"nest at most {DEPTH_MAX} levels" if depth > DEPTH_MAX else f"use at most {NODES_MAX:,} values"
                )
                raise ScenarioError(source, [Problem(line, "", "", remedy)])
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ScenarioError(source, [Problem(line, "", "", f"this is not YAML: {what}")]) from error
    except ValueError as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(source, [Problem(0, "", "", f"this is not YAML: {error}")]) from error


def _problem(error: Any, root: yaml.Node | None) -> Problem:
    path = [str(step) for step in error["loc"]]
    path = _without_tags(path, root)
    message = str(error["msg"]).removeprefix("Value error, ")
    remedy = _REMEDIES.get(error["type"], "")
    text = f"{message[0].lower()}{message[1:]}" + (f"; {remedy}" if remedy else "")
    value = "" if error["type"] == "missing" else _shown(error["input"])
    return Problem(_line(root, path), ".".join(path), value, text)


def _without_tags(path: list[str], root: yaml.Node | None) -> list[str]:
    """The path as the author wrote it: the schema puts the chosen ``kind`` of a union in it."""
    kinds = {"constant", "uniform", "exponential", "pareto", "empirical", "mixture"}
    return [step for step in path if step not in kinds]


def _line(node: yaml.Node | None, path: Sequence[str]) -> int:
    """The line of the deepest place along ``path`` that the text has."""
    if node is None:
        return 0
    line = node.start_mark.line + 1
    for step in path:
        following = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    line, following = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            following = node.value[int(step)]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return line


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return "" if len(value) > 3 else repr(value)[:_SHOWN_CHARS_MAX]
    return repr(value)[:_SHOWN_CHARS_MAX]
