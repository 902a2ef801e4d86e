"""What is wrong with a scenario, for people: where, what, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

SHOWN_CHARS_MAX: Final = 80


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


def shown(value: object) -> str:
    """A value as an error shows it: short, and nothing for what is large."""
    if isinstance(value, dict | list | tuple):
        return "" if len(value) > 3 else repr(value)[:SHOWN_CHARS_MAX]
    return repr(value)[:SHOWN_CHARS_MAX]
