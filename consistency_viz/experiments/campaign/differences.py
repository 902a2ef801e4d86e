"""What differs between two scenarios, by path: for people who changed one and want to see what they changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from workers.cluster.scenario import Scenario

WORDS: Final = ("name", "title", "summary", "seed")
SHOWN_MAX: Final = 60
VALUE_LENGTH_MAX: Final = 80


class Difference(NamedTuple):
    """One place where they differ; ``-`` where one of them has nothing."""

    path: str
    before: str
    after: str


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """What differs between two scenario documents, defaults filled in, in the order of their paths."""
    old, new = dict(_leaves("", _filled(before))), dict(_leaves("", _filled(after)))
    return [
        Difference(path, _shown(old.get(path)), _shown(new.get(path)))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ][:SHOWN_MAX]


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    fields = Scenario.model_validate(document).model_dump(mode="json")
    return {name: value for name, value in fields.items() if name not in WORDS}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}.{index}", inner)
    else:
        yield path, value


def _shown(value: Any) -> str:
    if value is None or value in ({}, []):
        return "-"
    text = str(value)
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[: VALUE_LENGTH_MAX - 1]}…"
