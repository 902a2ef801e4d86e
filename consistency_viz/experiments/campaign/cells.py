"""From an experiment to its cells: each variant at each combination of swept values, with the scenario it plays. Pure.

Rules
1. A cell's scenario is the experiment's, then the variant's fix, ``set`` of the experiment, the variant's design and
   ``set``, and the swept values, in this order; the later wins.
2. What the scenario expects of itself is left behind, since a variant is meant to behave otherwise: a cell's
   expectations are the experiment's that hold for its variant.
3. Every cell is checked as a scenario file would be; what is wrong is told at the field of the experiment that it
   comes from.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pydantic import JsonValue, ValidationError

from consistency_viz.experiments.campaign.specification import Experiment, Variant
from workers.cluster.catalogue import names, text_of
from workers.cluster.fixing import fixed
from workers.cluster.paths import PathError, lay, steps_of
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_errors import Problem, ScenarioError, shown
from workers.cluster.scenario_text import check, parse, problems_of
from workers.cluster.scenario_yaml import line_of, read, too_large
from workers.cluster.schema.near import near

PROBLEMS_MAX: Final = 20
LEFT_BEHIND: Final = ("expect", "narration", "fix", "lesson", "anomaly")
ENDLESS: Final = (
    "this scenario runs until it is stopped; give it an end, such as `duration_s: 60` and `workload.orders: 200` in set"
)

Known = Callable[[str], Scenario | None]
"""Finds a scenario by name."""


class Cell(NamedTuple):
    """One variant at one combination of swept values. ``point`` is that combination by path; empty without a sweep."""

    name: str
    variant: int
    point: dict[str, JsonValue]
    scenario: Scenario


class Planned(NamedTuple):
    """An experiment whose every cell can be played."""

    experiment: Experiment
    cells: list[Cell]

    @property
    def runs(self) -> int:
        """How many runs it takes."""
        return len(self.cells) * self.experiment.seeds.count


class _Told(NamedTuple):
    """How to say what is wrong: the author's fields, and the YAML tree that knows their lines."""

    source: str
    root: Any

    def error(self, field: str, value: object, remedy: str) -> Problem:
        return Problem(line_of(self.root, _as_keys(field)), field, shown(value) if value is not None else "", remedy)


def _as_keys(field: str) -> list[str]:
    """The steps to a field, where what follows ``set`` or ``sweep`` is one key with dots in it."""
    steps = field.split(".")
    at = next((index for index, step in enumerate(steps[:3]) if step in ("set", "sweep")), None)
    return steps if at is None else [*steps[: at + 1], ".".join(steps[at + 1 :])]


def shipped(name: str) -> Scenario | None:
    """A shipped scenario by name."""
    return parse(text_of(name), name) if name in names() else None


def parse_experiment(text: str, source: str, known: Known = shipped) -> Planned:
    """The experiment of a YAML text, planned; raises ``ScenarioError`` with all that is wrong."""
    problem = too_large(text)
    if problem:
        raise ScenarioError(source, [problem])
    root, fields = read(text, source)
    if not isinstance(fields, dict):
        remedy = "write a mapping of fields, such as `name: my-experiment`"
        raise ScenarioError(source, [Problem(1, "", type(fields).__name__, remedy)])
    return plan(fields, source, known, root)


def plan(fields: dict[str, Any], source: str, known: Known = shipped, root: Any = None) -> Planned:
    """The experiment of plain values, planned; raises ``ScenarioError``."""
    told = _Told(source, root)
    try:
        experiment = Experiment.model_validate(fields)
    except ValidationError as error:
        raise ScenarioError(source, problems_of(error, fields, root)) from error
    base = _base(experiment, told, known)
    problems = _expectation_problems(experiment, told)
    cells: list[Cell] = []
    for index, variant in enumerate(experiment.variants):
        for point in _points(experiment):
            try:
                cells.append(_cell(experiment, index, variant, point, base))
            except ScenarioError as error:
                mended = (_with_likely(problem, base) for problem in error.problems)
                problems.extend(_blame(problem, experiment, index, point, told) for problem in mended)
                break  # the next point of this variant would most likely say the same
    if problems:
        raise ScenarioError(source, list(dict.fromkeys(problems))[:PROBLEMS_MAX])
    return Planned(experiment, cells)


def _base(experiment: Experiment, told: _Told, known: Known) -> Scenario:
    given = experiment.scenario
    if isinstance(given, str):
        found = known(given)
        if found is None:
            remedy = f"there is no such scenario{near(given, names()) or '; `manage.py scenarios` lists them'}"
            raise ScenarioError(told.source, [told.error("scenario", given, remedy)])
        return found
    try:
        return check(given, told.source)
    except ScenarioError as error:
        problems = [
            told.error(f"scenario.{p.field}".rstrip("."), None, p.remedy)._replace(value=p.value)
            for p in error.problems
        ]
        raise ScenarioError(told.source, problems) from None


def _points(experiment: Experiment) -> list[dict[str, JsonValue]]:
    swept = experiment.swept()
    return [dict(zip(swept, values, strict=True)) for values in itertools.product(*swept.values())]


def _cell(experiment: Experiment, index: int, variant: Variant, point: Mapping[str, JsonValue], base: Scenario) -> Cell:
    if variant.fix and base.fix is None:
        raise ScenarioError("", [Problem(0, "fix", "True", f"scenario {base.name} has no fix; leave this out")])
    scenario = fixed(base) if variant.fix else base
    fields: dict[str, Any] = scenario.model_dump(mode="json", exclude_unset=True)
    fields = copy.deepcopy({name: value for name, value in fields.items() if name not in LEFT_BEHIND})
    _lay_all(fields, experiment.set)
    if variant.design is not None:
        fields["design"] = variant.design
    _lay_all(fields, variant.set)
    _lay_all(fields, point)
    fields["title"] = experiment.title
    fields["seed"] = experiment.seeds.first
    expect = [_without_variants(item) for item in experiment.expect if variant.name in _holds_for(item, experiment)]
    checked = check(fields | {"expect": expect}, "")
    if checked.duration_s is None:
        raise ScenarioError("", [Problem(0, "duration_s", "null", ENDLESS)])
    return Cell(cell_name(variant.name, point), index, dict(point), checked)


def cell_name(variant: str, point: Mapping[str, JsonValue]) -> str:
    """``broadcast · mean_ms=40``: the variant, and each swept value by the last two steps of its path."""
    told = [f"{'.'.join(path.split('.')[-2:])}={value}" for path, value in point.items()]
    return " · ".join([variant, *told])[:120]


def _lay_all(fields: dict[str, Any], settings: Mapping[str, JsonValue]) -> None:
    for path, value in settings.items():
        try:
            lay(fields, steps_of(path), copy.deepcopy(value))
        except PathError as error:
            raise ScenarioError("", [Problem(0, path, shown(value), str(error))]) from None


def _without_variants(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "variants"}


def _holds_for(item: Mapping[str, Any], experiment: Experiment) -> list[str]:
    """The names of the variants that an expectation holds for: all of them unless it says which."""
    return item["variants"] if "variants" in item else [variant.name for variant in experiment.variants]


def _expectation_problems(experiment: Experiment, told: _Told) -> list[Problem]:
    """Expectations of variants that there are not. What an expectation says is checked with its first cell."""
    names_known = [variant.name for variant in experiment.variants]
    problems = []
    for index, item in enumerate(experiment.expect):
        chosen = item.get("variants", names_known)
        field = f"expect.{index}.variants"
        if not isinstance(chosen, list) or not chosen:
            problems.append(told.error(field, chosen, "write a list of names of variants, or leave it out for all"))
            item["variants"] = names_known
            continue
        problems.extend(
            told.error(field, name, f"there is no such variant; choose of {', '.join(names_known)}")
            for name in chosen
            if name not in names_known
        )
    return problems


def _with_likely(problem: Problem, base: Scenario) -> Problem:
    """A problem with a field that there is not, with the likest ones that there are."""
    *steps, last = problem.field.split(".")
    place: Any = base.model_dump(mode="json")
    for step in steps:
        place = place.get(step) if isinstance(place, dict) else None
    if "no such field" not in problem.remedy or not isinstance(place, dict) or last in place:
        return problem
    return problem._replace(remedy=f"there is no such field{near(last, place) or '; check its spelling'}")


def _blame(problem: Problem, experiment: Experiment, index: int, point: Mapping[str, Any], told: _Told) -> Problem:
    """A problem of a cell's scenario, told at the field of the experiment that it comes from."""
    variant = experiment.variants[index]
    field = _origin(problem.field, experiment, index, point)
    value = problem.value
    setting = {**experiment.set, **variant.set, **point}.get(problem.field)
    if setting is not None:
        value = shown(setting)
    remedy = problem.remedy
    if problem.field not in field and not field.startswith("expect."):
        remedy = f"in {cell_name(variant.name, point)}, {problem.field or 'the scenario'}: {remedy}"
    return told.error(field, None, remedy)._replace(value=value)


def _origin(field: str, experiment: Experiment, index: int, point: Mapping[str, Any]) -> str:
    variant = experiment.variants[index]
    if field == "fix" and variant.fix:
        return f"variants.{index}.fix"
    if field.startswith("expect."):
        number, _, rest = field.removeprefix("expect.").partition(".")
        mine = [i for i, item in enumerate(experiment.expect) if variant.name in _holds_for(item, experiment)]
        return f"expect.{mine[int(number)]}{'.' if rest else ''}{rest}"
    places = [(f"sweep.{path}", path) for path in point]
    places += [(f"variants.{index}.set.{path}", path) for path in variant.set]
    places += [(f"set.{path}", path) for path in experiment.set]
    for place, path in places:
        if field == path or field.startswith(f"{path}.") or path.startswith(f"{field}."):
            return place
    if variant.design is not None:
        return f"variants.{index}.design"
    section = field.partition(".")[0]
    return next((place for place, path in places if path.partition(".")[0] == section), f"variants.{index}")
