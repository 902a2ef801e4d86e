"""Who may do what: every role against every address."""

import logging

import pytest
from django.test import AsyncClient, Client

from consistency_viz.experiments import commands, stack, tokens
from consistency_viz.experiments.models import Run

ORDER = {"sku": "kettle", "quantity": "1", "country": "DE", "email": ""}
POSTS = {
    "order/": ORDER,
    "stop/": {},
    "scale/": {"node": "tax", "instances": "2"},
}


@pytest.fixture
def run(control, make_run):
    return make_run()


@pytest.mark.parametrize("role", ["viewer", "presenter"])
@pytest.mark.parametrize("path", ["/", "/runs/{run}/"])
def test_everybody_may_look(run, client, presenter, role, path):
    browser = presenter if role == "presenter" else Client()
    response = browser.get(path.format(run=run.id))
    assert response.status_code == 200
    assert response.context["is_presenter"] == (role == "presenter")


@pytest.mark.parametrize("action", POSTS)
def test_a_viewer_may_change_nothing_and_is_told_what_to_do(run, control, action):
    response = Client().post(f"/runs/{run.id}/{action}", POSTS[action])
    assert (response.status_code, response.json()) == (
        403,
        {"ok": False, "error": commands.NOT_PRESENTER, "remedy": commands.HOW_TO_PRESENT},
    )
    assert control.calls == []


def test_a_viewer_may_start_nothing(run, control):
    response = Client().post("/runs/start/", {"scenario": stack.catalogue()[0].name})
    assert response.status_code == 403
    assert Run.objects.count() == 1


@pytest.mark.parametrize("action", POSTS)
def test_the_presenter_may(run, control, presenter, action):
    node = next(iter(stack.plan_of(run.document).nodes))
    fields = {**POSTS[action], "node": node} if "node" in POSTS[action] else POSTS[action]
    response = presenter.post(f"/runs/{run.id}/{action}", fields)
    assert (response.status_code, response.json()["ok"]) == (200, True)
    assert len(control.calls) == 1


@pytest.mark.parametrize("action", [*POSTS, "start/"])
def test_without_a_csrf_token_even_the_presenter_changes_nothing(run, control, action):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/enter/{tokens.issue()}/")
    path = "/runs/start/" if action == "start/" else f"/runs/{run.id}/{action}"
    assert browser.post(path, POSTS.get(action, {})).status_code == 403
    assert control.calls == []


@pytest.mark.parametrize("action", [*POSTS, "start/"])
def test_what_changes_something_is_not_done_by_get(run, control, presenter, action):
    path = "/runs/start/" if action == "start/" else f"/runs/{run.id}/{action}"
    assert presenter.get(path).status_code == 405


def test_starting_leads_to_the_new_run_and_a_script_gets_its_address(control, presenter):
    name = stack.catalogue()[0].name
    response = presenter.post("/runs/start/", {"scenario": name, "seed": "5"})
    first = Run.objects.get()
    assert (response.status_code, response["Location"], first.seed) == (303, f"/runs/{first.id}/", 5)
    answer = presenter.post("/runs/start/", {"scenario": name}, headers={"accept": "application/json"}).json()
    second = Run.objects.exclude(pk=first.id).get()
    assert answer == {"ok": True, "text": f"Run {second.id} started.", "url": f"/runs/{second.id}/"}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("order/", {**ORDER, "quantity": "-1"}),
        ("order/", {**ORDER, "quantity": "1e9"}),
        ("order/", {**ORDER, "quantity": "9" * 5_000}),
        ("order/", {**ORDER, "sku": "<img src=x onerror=alert(1)>"}),
        ("order/", {**ORDER, "country": "x" * 5_000}),
        ("scale/", {"node": "tax", "instances": "many"}),
        ("scale/", {"node": "<b>", "instances": "1"}),
        ("scale/", {}),
    ],
)
def test_bad_fields_are_refused_with_a_remedy_and_nothing_is_sent(run, control, presenter, action, fields):
    response = presenter.post(f"/runs/{run.id}/{action}", fields)
    assert response.status_code == 400
    assert set(response.json()) == {"ok", "error", "remedy"}
    assert control.calls == []


def test_a_form_of_far_too_many_fields_is_refused_in_json_and_in_one_line_of_the_log(run, control, presenter, caplog):
    lines = ["kettle"] * 200
    response = presenter.post(f"/runs/{run.id}/order/", {**ORDER, "sku": lines, "quantity": ["1"] * 200})
    assert (response.status_code, response.json()["error"]) == (400, "A form has at most 100 fields here.")
    assert control.calls == []
    assert_logged_in_one_line(caplog, "TooManyFieldsSent")


def test_a_host_that_is_not_ours_is_refused_in_one_line_of_the_log(db, caplog):
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
    assert_logged_in_one_line(caplog, "DisallowedHost")


def assert_logged_in_one_line(caplog, name):
    records = [record for record in caplog.records if record.name == f"django.security.{name}"]
    assert len(records) == 1
    assert not any(record.exc_info for record in caplog.records if record.levelno >= logging.ERROR)
    assert "\n" not in caplog.handler.format(records[0])


@pytest.mark.parametrize("path", ["/", "/runs/{run}/"])
def test_pages_answer_to_a_question_for_their_head(run, client, path):
    response = client.head(path.format(run=run.id))
    assert (response.status_code, response.content) == (200, b"")


def test_a_question_for_the_head_of_a_link_leaves_its_token_unused(client, db):
    path = f"/enter/{tokens.issue()}/"
    assert client.head(path).status_code == 405
    assert client.get(path).status_code == 302


def test_a_wild_script_of_the_presenter_is_slowed_down(run, control, presenter, monkeypatch):
    monkeypatch.setattr(commands, "COMMANDS_MAX", 3)
    monkeypatch.setattr(commands.time, "time", lambda: 1_000.0)
    statuses = [presenter.post(f"/runs/{run.id}/stop/").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_entering_gives_a_new_session_key_and_works_once(db):
    browser = Client()
    session = browser.session
    session["before"] = 1
    session.save()
    browser.cookies["cv_session"] = session.session_key
    token = tokens.issue()
    assert browser.get(f"/enter/{token}/").status_code == 302
    assert browser.cookies["cv_session"].value != session.session_key
    again = Client().get(f"/enter/{token}/")
    assert again.status_code == 403
    assert "opens the presenter&#x27;s seat once" in again.content.decode()


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/runs/abc/", "/runs/abc/"),
        ("/", "/"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("runs/abc/", "/"),
    ],
)
def test_entering_leads_to_local_paths_only(client, db, target, lands):
    response = client.get(f"/enter/{tokens.issue()}/", {"next": target})
    assert response["Location"] == lands


def test_names_that_look_like_markup_are_shown_as_text(client, make_run):
    run = make_run(title="<script>alert(1)</script>", reason="<b>bold</b>", state="failed")
    for path in ("/", f"/runs/{run.id}/"):
        page = client.get(path).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_pages_come_with_a_strict_policy_and_guarded_cookies(presenter):
    response = presenter.get("/")
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"
    cookie = presenter.cookies["cv_session"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("path", ["/runs/nosuchrun/", "/runs/nosuchrun/history", "/nowhere/"])
def test_what_is_not_there_is_said_with_a_remedy(client, db, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Go back to the list of runs" in response.content.decode()


async def body_of(response) -> bytes:
    return b"".join([chunk async for chunk in response.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_a_finished_run_s_history_is_downloaded_as_it_lies_in_the_archive(make_run_async, data_dir):
    run = await make_run_async(state="finished", history="histories/x.jsonl")
    run.history_path.parent.mkdir(parents=True)
    run.history_path.write_bytes(b"line\n" * 50_000)
    response = await AsyncClient().get(f"/runs/{run.id}/history")
    assert response["Content-Disposition"] == f'attachment; filename="{run.id}.jsonl"'
    assert await body_of(response) == b"line\n" * 50_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("state", "history"), [("running", ""), ("finished", "histories/gone.jsonl")])
async def test_a_history_that_is_not_there_is_explained(make_run_async, state, history):
    run = await make_run_async(state=state, history=history)
    response = await AsyncClient().get(f"/runs/{run.id}/history")
    assert response.status_code == 404


@pytest.fixture
def make_run_async(transactional_db, make_run):
    from asgiref.sync import sync_to_async

    return sync_to_async(make_run)
