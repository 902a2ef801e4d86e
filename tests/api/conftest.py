"""A client of the API, and experiments for it to find."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consistency_viz.experiments.campaign import playing, storing, tokens
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import Reconciler
from consistency_viz.experiments.models import Experiment
from tests.experiments.campaign.asked import asked

EXPECT = [{"metric": "work.messages.sent", "at_most": 1, "variants": ["chain"], "because": "It cannot be."}]


class Api:
    """Calls the API as a program with a token does; answers are status and JSON."""

    def __init__(self, client: Any, *scopes: str) -> None:
        self.client = client
        self.token = tokens.issue("a test", scopes)[1] if scopes else ""

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = self.client.generic(method, f"/api/v1{path}", headers=headers, **content)
        is_json = response.content and "json" in response.headers.get("Content-Type", "")
        return response.status_code, json.loads(response.content) if is_json else response.content.decode()


@pytest.fixture
def api_of(client, db):
    return lambda *scopes: Api(client, *scopes)


@pytest.fixture
def api(api_of):
    return api_of(*tokens.SCOPES)


@pytest.fixture
def finished(db) -> Experiment:
    """An experiment that has been played."""
    experiment = storing.create(plan(asked(expect=EXPECT), "e.yaml"))
    storing.start(experiment)
    while experiment.state == Experiment.State.RUNNING:
        Reconciler(playing.play, processes=1).round()
        experiment.refresh_from_db()
    return experiment
