"""Runs without workers behind them, and a stand-in for the remote control."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from consistency_viz.experiments import stack
from consistency_viz.experiments.models import Run


class FakeControl:
    """Notes what it was asked and answers with a message's id, or raises what a test put in ``error``."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        def call(client: Any, *arguments: Any) -> str:
            if self.error is not None:
                raise self.error
            self.calls.append((name, *arguments))
            return "web-1f2e3d4c"

        return call


@pytest.fixture
def control(monkeypatch, settings) -> FakeControl:
    fake = FakeControl()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(stack, "control", lambda: fake)
    monkeypatch.setattr(stack, "client", lambda: redis.Redis(port=1))
    return fake


@pytest.fixture
def make_run(db):
    def make_run(**fields: Any) -> Run:
        scenario = stack.catalogue()[0]
        given = {"scenario": scenario.name, "title": scenario.title, "design": scenario.design, "seed": 7}
        document = scenario.model_dump(mode="json")
        return Run.objects.create(**{**given, "document": document, "state": "running", **fields})

    return make_run


@pytest.fixture
def presenter(client, db):
    """A browser that redeemed a token."""
    from consistency_viz.experiments.tokens import issue

    client.get(f"/enter/{issue()}/")
    return client
