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
    size = len(text.encode(errors="replace"))
    if size > BYTES_MAX:
        remedy = f"a scenario has at most {BYTES_MAX:,} bytes; shorten it"
        raise ScenarioError(source, [Problem(0, "", f"{size:,} bytes", remedy)])
    root, fields = _read(text, source)
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
        value = _read(raw, "--set")[1] if len(raw) <= BYTES_MAX else raw
    except ScenarioError:
        value = raw  # Plain text; if that is not what belongs here, the schema will say what does.
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


class _Loader(yaml.SafeLoader):
    """YAML of null, booleans, numbers, texts, lists and mappings; a date is a text, and nothing is merged."""


_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _PLAIN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(text: str, source: str) -> tuple[yaml.Node | None, Any]:
    """The node tree of a YAML text and its plain value; what is not read here is refused before anything is built."""
    try:
        _check_events(text, source)
        root = yaml.compose(text, _Loader)
        if root is None:
            return None, None
        _check_keys(root, source, ())
        return root, _Loader("").construct_document(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        said = [getattr(error, name, None) for name in ("context", "problem")]
        what = ", ".join(part for part in said if part) or str(error).splitlines()[0]
        raise ScenarioError(source, [Problem(line, "", "", f"this is not YAML: {what}")]) from error
    except ValueError as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(source, [Problem(0, "", "", f"a value cannot be read: {error}")]) from error


def _check_events(text: str, source: str) -> None:
    """Refuse anchors, tags, depth and number of values while the events go by."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, _Loader), 1):
        remedy = ""
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            remedy = "anchors and aliases are not read; write it out"
        elif getattr(event, "tag", None):
            remedy = "tags are not read; leave it out"
        elif depth > DEPTH_MAX:
            remedy = f"nest at most {DEPTH_MAX} levels"
        elif count > NODES_MAX:
            remedy = f"use at most {NODES_MAX:,} values"
        if remedy:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise ScenarioError(source, [Problem(line, "", "", remedy)])


def _check_keys(node: yaml.Node, source: str, path: tuple[str, ...]) -> None:
    """Refuse a field that stands twice in one mapping, where YAML silently takes the last, and keys of many parts."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _check_keys(item, source, (*path, str(index)))
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                remedy = "the name of a field is one plain word"
                raise ScenarioError(source, [Problem(line, ".".join(path), "", remedy)])
            place = (*path, key.value)
            if key.value in lines:
                remedy = f"line {lines[key.value]} has this field already; keep one of them"
                raise ScenarioError(source, [Problem(line, ".".join(place), "", remedy)])
            lines[key.value] = line
            _check_keys(value, source, place)


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
