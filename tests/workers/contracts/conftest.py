"""The two drivers behind one fixture: what a design promises it promises in virtual time and on a real server."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.workers.live import LiveRun, turns_of
from tests.workers.support import simulate_turns
from workers.model.history import expand
from workers.model.observation import Observation, Turn
from workers.runtime import instance


class Played(NamedTuple):
    turns: list[tuple[int, Turn]]
    history: list[Observation]


class Simulator:
    name = "simulator"

    def run(self, scenario: dict[str, Any]) -> list[Observation]:
        return self.play(scenario).history

    def play(self, scenario: dict[str, Any]) -> Played:
        turns, _ = simulate_turns(scenario)
        return Played(turns, list(expand(turns)))


class Live:
    name = "live"

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, scenario: dict[str, Any]) -> list[Observation]:
        return self.play(scenario).history

    def play(self, scenario: dict[str, Any]) -> Played:
        with LiveRun(self.url, scenario) as live:
            history = live.finish()
            return Played(turns_of(live.client, live.run), history)


@pytest.fixture(autouse=True)
def _quick_to_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance looks up at each beat: a second is long where a run takes half of one."""
    monkeypatch.setattr(instance, "BEAT_US", 150_000)


@pytest.fixture(params=["simulator", pytest.param("live", marks=pytest.mark.stack)])
def driver(request: pytest.FixtureRequest) -> Simulator | Live:
    if request.param == "simulator":
        return Simulator()
    return Live(request.getfixturevalue("server").url)


@pytest.fixture
def both(request: pytest.FixtureRequest) -> tuple[Simulator, Live]:
    return Simulator(), Live(request.getfixturevalue("server").url)
