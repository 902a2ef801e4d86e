"""A trainer's own scenarios: files in the folder ``scenarios`` of the data directory, beside those that are shipped.

Rules
1. The folder is looked at whenever the catalogue is asked for, and files that did not change are not read again.
2. A file that cannot be used is left out and named, with what is wrong: nothing else suffers from it.
3. One of a shipped scenario's name takes its place: that is how a lesson is copied and edited.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings

from workers.cluster.catalogue import load
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import ScenarioError

FILES_MAX: Final = 100
SUFFIXES: Final = (".yaml", ".yml")


class Own(NamedTuple):
    """What the folder has: scenarios in the order of their files' names, and what is wrong with the others."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[str, ...]


def folder() -> Path:
    """Where they lie; it need not be there."""
    return Path(settings.DATA_DIR) / "scenarios"


def own() -> Own:
    """The scenarios of the folder as it is now."""
    try:
        found = sorted(path for path in folder().iterdir() if path.suffix in SUFFIXES)
        stamps = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in found[:FILES_MAX])
    except OSError:
        return Own((), ())
    read = _read(stamps)
    if len(found) <= FILES_MAX:
        return read
    return read._replace(problems=(*read.problems, f"{folder()}: only the first {FILES_MAX} files are read"))


@lru_cache(maxsize=4)
def _read(stamps: tuple[tuple[str, int, int], ...]) -> Own:
    scenarios: dict[str, Scenario] = {}
    problems: list[str] = []
    for path, _, _ in stamps:
        try:
            scenario = load(path)
        except ScenarioError as error:
            problems.append(str(error)[:500])
            continue
        if scenario.name in scenarios:
            problems.append(f"{path}: name = {scenario.name}: another file here has this name; take another")
            continue
        scenarios[scenario.name] = scenario
    return Own(tuple(scenarios.values()), tuple(problems))
