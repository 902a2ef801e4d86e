"""The scenarios that are shipped, and scenarios from files: where the text comes from, not what it means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import BYTES_MAX, Problem, ScenarioError, parse

_FOLDER = resources.files("workers.cluster") / "scenarios"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of the shipped scenarios, in the order of the course (their files are numbered)."""
    files = sorted(item.name for item in _FOLDER.iterdir() if item.name.endswith(".yaml"))
    return tuple(file.removesuffix(".yaml").partition("-")[2] for file in files)


def catalogue() -> list[Scenario]:
    """Every shipped scenario, in order."""
    return [load(name) for name in names()]


def numbered() -> list[tuple[int, Scenario]]:
    """Every shipped scenario with its number in the course, which its file begins with."""
    files = sorted(item.name for item in _FOLDER.iterdir() if item.name.endswith(".yaml"))
    return [(int(file.partition("-")[0]), load(name)) for file, name in zip(files, names(), strict=True)]


def text_of(name: str) -> str:
    """The YAML text of a shipped scenario; raises ``ScenarioError`` for an unknown name."""
    for item in _FOLDER.iterdir():
        if item.name.endswith(f"-{name}.yaml") and item.name.partition("-")[2] == f"{name}.yaml":
            return item.read_text(encoding="utf-8")
    remedy = f"there is no such scenario; choose one of {', '.join(names())}, or name a file that ends in .yaml"
    raise ScenarioError(name, [Problem(0, "scenario", repr(name), remedy)])


def load(name_or_path: str, overrides: Sequence[str] = ()) -> Scenario:
    """A shipped scenario by name, or the scenario in a file; raises ``ScenarioError``."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and "/" not in name_or_path:
        return parse(text_of(name_or_path), name_or_path, overrides)
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
        text = raw.decode(errors="replace" if len(raw) > BYTES_MAX else "strict")
    except OSError as error:
        raise ScenarioError(name_or_path, [Problem(0, "", "", f"cannot read it: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ScenarioError(name_or_path, [Problem(0, "", "", "it is not UTF-8 text; save it as UTF-8")]) from error
    return parse(text, name_or_path, overrides)
