"""The observer's only door to the system under observation: its catalogue of scenarios and its remote control.

Everything that the pages ask of the workers goes through here, so that a test can put a stand-in behind the door.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency_viz.experiments.commands import CommandRefused
from workers.cluster import catalogue as scenarios
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.runtime import control as run_control
from workers.services.catalogue_of_goods import SKUS, TAX_BASIS_POINTS
from workers.services.client import BY_HAND

NO_SERVER = "No Redis-compatible server is configured."
HOW_TO_SERVE = "Start everything with `make demo`, or set REDIS_URL and restart."
SERVER_AWAY = "The Redis-compatible server does not answer."
HOW_TO_RETURN = "Look whether it still runs; the page goes on by itself as soon as it answers again."
SOCKET_TIMEOUT_S = 5.0


@cache
def catalogue() -> list[Scenario]:
    """The shipped scenarios; read once in a process, for every page asks."""
    return scenarios.catalogue()


def plan_of(document: dict[str, Any]) -> Plan:
    """The plan of a run's scenario: its nodes, topics and partitions. Raises ``ValueError`` for an outdated one."""
    return build(Scenario.model_validate(document))


def subject_of(plan: Plan) -> str:
    """What the keys of a run are: ``order`` where orders can be placed, else ``key``."""
    return "order" if BY_HAND in plan.subscribers else "key"


def control() -> Any:
    """The remote control of live runs: ``create_run``, ``stop_run``, ``scale``, ``inject``, ``run_status``, ..."""
    return run_control


def prices() -> dict[str, int]:
    """What can be ordered: unit price in cents by stock-keeping unit."""
    return SKUS


def countries() -> list[str]:
    """Where orders can be taxed."""
    return list(TAX_BASIS_POINTS)


def client() -> redis.Redis:
    """The process's one client of the server that runs are played on."""
    if not settings.REDIS_URL:
        raise CommandRefused(NO_SERVER, HOW_TO_SERVE, status=503)
    return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> redis.Redis:
    return connect(url)


def connect(url: str) -> redis.Redis:
    """A client that never repeats a command by itself: an order whose answer was lost may have been placed."""
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=2.0,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=1,
    )
