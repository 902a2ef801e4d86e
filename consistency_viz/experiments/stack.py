"""The observer's only door to the system under observation: its catalogue of scenarios and its remote control.

Everything that the pages ask of the workers goes through here, so that a test can put a stand-in behind the door.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings

from consistency_viz.experiments import own_scenarios
from consistency_viz.experiments.commands import CommandRefused
from workers.cluster import catalogue as scenarios
from workers.cluster.plan import Plan, build
from workers.cluster.scenario import Scenario
from workers.runtime import connection
from workers.runtime import control as run_control
from workers.runtime.real_faults import HOW as REAL_FAULTS
from workers.runtime.real_faults import Real, real_fault
from workers.services.catalogue_of_goods import SKUS, TAX_BASIS_POINTS
from workers.services.client import BY_HAND

NO_SERVER = "No Redis-compatible server is configured."
HOW_TO_SERVE = "Start everything with `make demo`, or set REDIS_URL and restart."
SERVER_AWAY = "The Redis-compatible server does not answer."
HOW_TO_RETURN = "Look whether it still runs; the page goes on by itself as soon as it answers again."
CONNECT_TIMEOUT_S = 2.0


@cache
def shipped() -> tuple[Scenario, ...]:
    """The shipped scenarios; read once in a process, for every page asks."""
    return tuple(scenarios.catalogue())


def catalogue() -> list[Scenario]:
    """The shipped scenarios and a trainer's own, which take the place of shipped ones of their names."""
    ours = {scenario.name: scenario for scenario in own_scenarios.own().scenarios}
    kept = [ours.pop(scenario.name, scenario) for scenario in shipped()]
    return [*kept, *ours.values()]


def plan_of(document: dict[str, Any]) -> Plan:
    """The plan of a run's scenario: its nodes, topics and partitions. Raises ``ValueError`` for an outdated one."""
    return build(Scenario.model_validate(document))


def subject_of(plan: Plan) -> str:
    """What the keys of a run are: ``order`` where orders can be placed, else ``key``."""
    return "order" if BY_HAND in plan.subscribers else "key"


def control() -> Any:
    """The remote control of live runs: ``create_run``, ``stop_run``, ``scale``, ``inject``, ``run_status``, ..."""
    return run_control


def real_faults() -> dict[str, Real]:
    """The real faults by name: what happens, and what is asked before."""
    return REAL_FAULTS


def do_real_fault(run_id: str, how: str) -> str:
    """Do a real fault to the server or a worker of this machine; returns its id in the run's history."""
    return real_fault(client(), run_id, how)


def prices() -> dict[str, int]:
    """What can be ordered: unit price in cents by stock-keeping unit."""
    return SKUS


def countries() -> list[str]:
    """Where orders can be taxed."""
    return list(TAX_BASIS_POINTS)


def client() -> redis.Redis:
    """The process's one client; what it asks of a run goes to where the run is."""
    if not settings.REDIS_URL:
        raise CommandRefused(NO_SERVER, HOW_TO_SERVE, status=503)
    return _client(settings.REDIS_URL, settings.REDIS_RUNS_URL)


@cache
def _client(url: str, runs_url: str) -> redis.Redis:
    return connection.connect(url, runs_url, socket_connect_timeout=CONNECT_TIMEOUT_S, health_check_interval=1)


def of_run(client: redis.Redis, run_id: str) -> redis.Redis:
    """The client for the keys of one run: another one than ``client`` where runs are on a cluster."""
    return connection.of_run(client, run_id)


def tail_client(run_id: str) -> redis.asyncio.Redis:
    """An asynchronous client for the stream of one run: its time-out is longer than a blocking read."""
    timeouts = {"socket_timeout": connection.SOCKET_TIMEOUT_S, "socket_connect_timeout": CONNECT_TIMEOUT_S}
    return connection.connect_to_run(settings.REDIS_URL, settings.REDIS_RUNS_URL, run_id, **timeouts)
