"""Draws scenarios for a terminal: the list of them, and one in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from workers.cluster.scenario import Scenario
from workers.cluster.schema.story import Expectation, Step
from workers.strategies.registry import DESIGNS

_TOLD = frozenset({"name", "title", "summary", "anomaly", "lesson", "design", "expect", "narration", "fix", "faults"})


def render_list(numbered: Sequence[tuple[int, Scenario]]) -> Table:
    """One row a scenario: number, name, title, anomaly, design."""
    table = Table("no.", "scenario", "title", "anomaly", "design", box=None, padding=(0, 2, 0, 0))
    for number, scenario in numbered:
        words = (scenario.name, scenario.title, scenario.anomaly, scenario.design)
        table.add_row(str(number), *(escape(text) for text in words))
    return table


def render_one(scenario: Scenario) -> Iterator[RenderableType]:
    """What it is about, its settings, faults, expectations, narration and fix."""
    yield Text(scenario.title, style="bold")
    yield Text(scenario.summary)
    yield _settings(scenario)
    faults = [fault.model_dump(mode="json", exclude_unset=True) for fault in scenario.faults]
    if faults:
        yield Text("\nFaults", style="bold")
        yield from (_item(_plain(fault)) for fault in faults)
    yield from _expected("Expected", scenario.expect)
    if scenario.narration:
        yield Text("\nNarration", style="bold")
        yield _narration(scenario.narration)
    if scenario.fix:
        yield Text(f"\nFix: {scenario.fix.title}", style="bold")
        yield _item(f"Its price: {scenario.fix.price}")
        yield from (_item(f"{path} = {_plain(value)}") for path, value in scenario.fix.set.items())
        yield from _expected("Expected with the fix", scenario.fix.expect)


def _settings(scenario: Scenario) -> Table:
    table = Table("setting", "value", box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_row("name", scenario.name)
    table.add_row("design", escape(f"{scenario.design}: {DESIGNS[scenario.design].summary}"))
    if scenario.anomaly:
        table.add_row("anomaly", escape(scenario.anomaly))
    if scenario.lesson:
        lesson = scenario.lesson
        table.add_row("lesson", escape(f"{lesson.number}, {lesson.minutes:g} min. {lesson.question}".rstrip()))
    given = scenario.model_dump(mode="json", exclude_unset=True)
    for name, value in given.items():
        if name not in _TOLD:
            table.add_row(name, escape(_plain(value)))
    return table


def _expected(title: str, expected: Sequence[Expectation]) -> Iterator[RenderableType]:
    if expected:
        yield Text(f"\n{title}", style="bold")
        yield from (_item(f"{item}. {item.because}") for item in expected)


def _narration(steps: Sequence[Step]) -> Table:
    table = Table("due", "say", "look at", "ask", box=None, show_header=False, padding=(0, 2, 0, 2))
    for step in steps:
        due = f"{step.at_s:g} s" if step.at_s is not None else f"{step.on}"
        table.add_row(due, escape(step.say), escape(", ".join(step.look_at)), escape(step.ask))
    return table


def _item(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))


def _plain(value: Any) -> str:
    """A setting on one line, much as YAML writes it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_inner(item)}" for key, item in value.items()) or "{}"
    return _inner(value)


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{_plain(value)}}}"
    if isinstance(value, list):
        shown = ", ".join(_inner(item) for item in value[:20])
        return f"[{shown}{', …' if len(value) > 20 else ''}]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
