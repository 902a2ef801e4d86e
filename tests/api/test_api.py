"""The API as a program uses it: what each operation gives, who may, and how it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml
from django.utils import timezone
from junitparser import JUnitXml

from consistency_viz.experiments.campaign import tokens
from consistency_viz.experiments.models import ApiToken, Experiment, Run
from tests.experiments.campaign.asked import asked
from tests.experiments.commands import manage
from workers.cluster.catalogue import names, text_of


def test_an_experiment_is_asked_started_stopped_and_gone(api):
    status, made = api("POST", "/experiments", asked())
    assert (status, made["state"], made["runs_total"]) == (201, "draft", 8)
    assert made["specification"] == {"engine": "simulated", **asked()}
    assert api("POST", "/experiments/which/start")[0] == 200
    assert api("DELETE", "/experiments/which")[0] == 409
    assert api("POST", "/experiments/which/stop")[0] == 200
    assert api("GET", "/experiments/which")[1]["state"] == "stopped"
    assert api("DELETE", "/experiments/which")[0] == 204
    assert api("GET", "/experiments/which")[0] == 404


def test_what_came_of_it_is_summary_results_and_findings(api, finished):
    status, summary = api("GET", "/experiments/which/summary")
    assert (status, summary) == (200, finished.summary)
    rows = api("GET", "/experiments/which/results?cell=1&limit=2&offset=1")[1]
    assert [(row["cell"], row["seed"], row["expectations"]) for row in rows] == [(1, 4, ["failed"]), (1, 5, ["failed"])]
    assert rows[0]["figures"]["work.messages.sent"] > 1
    (finding,) = api("GET", "/findings?verdict=failed")[1]
    assert (finding["experiment"], finding["cell"], finding["evidence"]["not_shown"]) == ("which", "chain", 4)
    assert api("GET", "/experiments/which/findings")[1] == [finding]
    assert api("PATCH", f"/findings/{finding['id']}", {"note": "As we thought."})[1]["note"] == "As we thought."


def test_an_export_is_yaml_json_or_junit(api, finished):
    assert yaml.safe_load(api("GET", "/experiments/which/export")[1]) == finished.specification()
    assert api("GET", "/experiments/which/export?format=json")[1] == finished.summary
    junit = JUnitXml.fromstring(api("GET", "/experiments/which/export?format=junit")[1].encode())
    assert (junit.tests, junit.failures) == (2, 1)
    assert api("GET", "/experiments/which/export?format=xls")[0] == 422


def test_the_run_behind_a_result_opens_once(api, finished):
    first = api("POST", "/experiments/which/cells/1/seeds/4/open")
    assert first[0] == 200
    assert api("POST", "/experiments/which/cells/1/seeds/4/open") == first
    assert (first[1]["engine"], first[1]["seed"], Run.objects.count()) == ("simulated", 4, 1)
    assert api("POST", "/experiments/which/cells/1/seeds/99/open")[0] == 404
    assert api("GET", f"/runs/{first[1]['id']}/findings")[1]["state"] == "ready"


def test_a_hunt_is_started_watched_and_stopped(api, finished):
    asked = {"cell": 1, "what": "checker:divergence", "first_seed": 5, "seeds": 2, "faults": 0}
    status, hunt = api("POST", "/experiments/which/hunts", asked)
    assert (status, hunt["state"], hunt["cell"], hunt["tried"]) == (201, "running", "chain", 0)
    path = f"/experiments/which/hunts/{hunt['id']}"
    assert api("POST", f"{path}/stop", {})[1]["state"] == "stopped"
    assert api("POST", f"{path}/stop", {})[0] == 409
    assert api("GET", path)[1] == api("GET", "/experiments/which/hunts")[1][0]
    status, problem = api("POST", "/experiments/which/hunts", {**asked, "what": "checker:luck"})
    assert (status, problem["detail"].startswith("Nobody knows what 'checker:luck' is.")) == (400, True)


def test_a_clone_is_a_draft_of_another_name(api, finished):
    status, cloned = api("POST", "/experiments/which/clone")
    assert (status, cloned["name"], cloned["state"]) == (201, "which-2", "draft")
    assert Experiment.objects.get(name="which-2").created_by == "token a test"


def test_scenarios_are_the_shipped_ones_and_ones_own(api):
    assert [one["name"] for one in api("GET", "/scenarios")[1]] == list(names())
    text = text_of("order-flow").replace("name: order-flow", "name: mine").replace("orders: 240", "orders: 12")
    status, saved = api("POST", "/scenarios", {"text": text, "based_on": "order-flow"})
    assert (status, saved["version"], saved["shipped"]) == (201, 1, False)
    assert api("GET", "/scenarios/mine")[1]["text"] == text
    assert api("GET", "/scenarios/mine/differences")[1] == [{"path": "workload.orders", "before": "240", "after": "12"}]
    assert api("DELETE", "/scenarios/mine")[0] == 204
    assert api("DELETE", "/scenarios/order-flow")[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field", "value"),
    [
        ("POST", "/experiments", {**asked(), "scenario": "none"}, 422, "scenario", "'none'"),
        ("POST", "/experiments", {**asked(), "sweep": {"views": [99]}}, 422, "sweep.views", "99"),
        ("POST", "/experiments", {**asked(), "seeds": {"count": 0}}, 422, "seeds.count", "0"),
        ("POST", "/experiments", {**asked(), "colour": "red"}, 422, "colour", "'red'"),
        ("POST", "/scenarios", {"text": "name: a"}, 422, "title", ""),
        ("POST", "/scenarios", {"text": text_of("order-flow")}, 422, "name", "'order-flow'"),
        ("GET", "/experiments?limit=0", None, 422, "limit", "'0'"),
        ("POST", "/runs", {"scenario": "demo", "seed": -1}, 422, "seed", "-1"),
    ],
)
def test_a_refusal_names_field_value_and_remedy(api, method, path, body, status, field, value):
    got, problem = api(method, path, body)
    (wrong, *_) = problem["errors"]
    assert (got, problem["status"], wrong["field"], wrong["value"]) == (status, status, field, value)
    assert wrong["remedy"] != ""


def test_without_a_server_a_run_is_refused_as_not_available(api, settings):
    settings.REDIS_URL = ""
    status, problem = api("POST", "/runs", {"scenario": "demo"})
    assert (status, problem["title"]) == (503, "Not available")


def test_a_fault_goes_only_to_a_run_that_goes_on(api, finished):
    run = api("POST", "/experiments/which/cells/0/seeds/3/open")[1]["id"]
    status, problem = api("POST", f"/runs/{run}/faults", {"kind": "pause", "node": "tax"})
    assert status == 422
    assert problem["detail"] != ""


OPERATIONS = [
    ("read", "GET", "/experiments"),
    ("configure", "POST", "/experiments/which/clone"),
    ("run", "POST", "/experiments/which/start"),
    ("faults", "DELETE", "/runs/none/faults/f1"),
]


@pytest.mark.parametrize(("scope", "method", "path"), OPERATIONS)
def test_an_operation_is_open_to_its_scope_alone(api_of, scope, method, path):
    others = [name for name in tokens.SCOPES if name != scope]
    status, problem = api_of(*others)(method, path)
    assert (status, problem["errors"][0]["field"]) == (403, "scopes")
    assert api_of(scope)(method, path)[0] != 403


def test_every_operation_asks_for_a_token(client, db):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    asked_for = [(method, path) for path, operations in paths.items() for method in operations]
    open_ = [
        (method, path)
        for method, path in asked_for
        if client.generic(method.upper(), path.replace("{", "").replace("}", "")).status_code != 401
    ]
    assert open_ == []


@pytest.mark.parametrize("spoil", ["revoked", "expired", "changed", "of somebody who left"])
def test_a_token_that_opens_nothing_any_more_is_refused(api_of, django_user_model, spoil):
    api = api_of("read")
    if spoil == "revoked":
        ApiToken.objects.update(revoked_at=timezone.now())
    elif spoil == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif spoil == "changed":
        api.token = api.token[:-1] + ("a" if api.token[-1] != "a" else "b")
    else:
        ApiToken.objects.update(created_by=django_user_model.objects.create(username="gone", is_active=False))
    status, problem = api("GET", "/scenarios")
    assert (status, problem["title"]) == (401, "Not signed in")


def test_only_a_digest_of_a_token_is_kept(api_of):
    text = api_of("read").token
    kept = ApiToken.objects.values().get()
    assert not any(text in str(value) or text[3:] in str(value) for value in kept.values())


def test_a_token_asks_so_often_and_no_more(api_of, settings):
    settings.API_RATE = "3/minute"
    api, other = api_of("read"), api_of("read")
    assert [api("GET", "/findings")[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    assert other("GET", "/findings")[0] == 200


def test_the_description_is_served_and_no_page_that_loads_from_elsewhere(client, db):
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Consistency Viz"
    assert client.get("/api/v1/docs").status_code == 404


def test_a_token_is_made_listed_and_revoked_on_the_command_line(db):
    status, text, _ = manage("token", "make", "nightly", "--scope", "read", "--scope", "run")
    assert status == 0
    assert tokens.find(text.strip()).scopes == ["read", "run"]
    assert "nightly: read, run; valid until" in manage("token", "list")[1]
    assert manage("token", "revoke", "nightly")[0] == 0
    assert tokens.find(text.strip()) is None
    assert manage("token", "revoke", "nightly")[0] == 3


@pytest.mark.parametrize("arguments", [("make",), ("make", "x", "--scope", "all"), ("make", "x", "--days", "0")])
def test_a_token_that_cannot_be_is_refused(db, arguments):
    assert manage("token", *arguments)[0] == 3


def test_every_operation_is_summed_up_in_words_of_its_own(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    said = [operation["summary"] for operations in paths.values() for operation in operations.values()]
    assert "Write what people make of it" in said
    assert [text for text in said if text.istitle() or text.endswith(".")] == []
