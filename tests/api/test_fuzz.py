"""The API under input that nobody foresaw: no server error, every answer as its description says.

Schemathesis makes the requests from ``openapi.json``; a few a test for each operation, the same ones every time.
"""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase

from consistency_viz.experiments.campaign import tokens
from consistency_viz.experiments.campaign.dashboards import open_seed
from consistency_viz.experiments.hunting import pursuing

EXAMPLES = 6


@pytest.fixture
def described(db, finished, settings):
    """The description, and a token that opens everything in it."""
    settings.API_RATE = "100000/minute"
    settings.REDIS_URL = ""
    token = tokens.issue("fuzz", list(tokens.SCOPES))[1]
    # As Django's own test client does: a request's end would close the connection that holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application()), token
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_no_request_breaks_the_api_and_every_answer_is_as_described(described, finished):
    schema, token = described
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert len(operations) > 20
    run = open_seed(finished.cells.get(position=0), 3)
    hunt = pursuing.start(finished.cells.get(position=0), "checker:divergence", seeds=1)
    there = {"name": "which", "position": 0, "seed": 3, "run_id": run.id, "finding_id": finished.findings.get().pk}
    there["hunt_id"] = hunt.pk
    excluded = [schemathesis.checks.CHECKS.get_one(name) for name in ("ignored_auth", "positive_data_acceptance")]
    count = 0
    statuses: set[int] = set()
    for operation in operations:

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def holds(case) -> None:
            nonlocal count
            count += 1
            if count % 2:  # what is there is asked for too
                case.path_parameters = {name: there.get(name, given) for name, given in case.path_parameters.items()}
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}", "Host": "localhost"}
            with transaction.atomic():
                answer = case.call_and_validate(excluded_checks=excluded)
                transaction.set_rollback(True)
            statuses.add(answer.status_code)

        holds()
    assert {200, 404, 422} <= statuses
