"""The observer's only door to the system under observation: its catalogue of scenarios and its remote control.

Everything that the pages ask of the workers goes through here, so that a test can put a stand-in behind the door.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import redis
from django.conf import settings

from consistency_viz.experiments.commands import CommandRefused

NO_SERVER = "No Redis-compatible server is configured."
HOW_TO_SERVE = "Start everything with `make demo`, or set REDIS_URL and restart."
SERVER_AWAY = "The Redis-compatible server does not answer."
HOW_TO_RETURN = "Look whether it still runs; the page goes on by itself as soon as it answers again."
SOCKET_TIMEOUT_S = 5.0


def catalogue() -> list[Any]:
    """The shipped scenarios."""
    return list(import_module("workers.cluster.catalogue").catalogue())


def load(name: str) -> Any:
    """One scenario by name; raises ``KeyError`` or ``ValueError`` for a name that the catalogue does not have."""
    return import_module("workers.cluster.catalogue").load(name)


def scenario_of(document: dict[str, Any]) -> Any:
    """The scenario that a run's document describes."""
    return import_module("workers.cluster.scenario").Scenario.model_validate(document)


def plan_of(document: dict[str, Any]) -> Any:
    """The plan of a run's scenario: its nodes, topics and partitions."""
    return import_module("workers.cluster.plan").build(scenario_of(document))


def control() -> Any:
    """The remote control of live runs: ``create_run``, ``stop_run``, ``scale``, ``inject``, ``run_status``, ..."""
    return import_module("workers.runtime.control")


def prices() -> dict[str, int]:
    """What can be ordered: unit price in cents by stock-keeping unit."""
    return dict(import_module("workers.services.catalogue_of_goods").SKUS)


def countries() -> list[str]:
    """Where orders can be taxed."""
    return list(import_module("workers.services.catalogue_of_goods").TAX_BASIS_POINTS)


def client() -> redis.Redis:
    """The process's one client of the server that runs are played on."""
    if not settings.REDIS_URL:
        raise CommandRefused(NO_SERVER, HOW_TO_SERVE, status=503)
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=SOCKET_TIMEOUT_S, socket_connect_timeout=2.0)
