"""Faults that are injected: checked by the scenario's own rules, the same from the page, the command and the API."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from consistency_viz.experiments import commands, fault_injection, stack
from consistency_viz.experiments.fault_injection import FaultRefused, faults_of, heal, inject, read_entry
from consistency_viz.experiments.models import Run
from consistency_viz.experiments.simulated_runs import materialise
from consistency_viz.experiments.simulations import simulate_once
from tests.experiments.commands import manage
from workers.cluster.catalogue import load

CUT = {"kind": "partition", "between": [["order"], ["validation"]], "one_way": True}


@pytest.fixture
def run(control, make_run):
    return make_run(document=load("order-flow").model_dump(mode="json"))


def fault(*arguments: str) -> tuple[int, str, str]:
    return manage("fault", *arguments, app="consistency_viz.lab")


def test_what_is_injected_is_what_was_understood(run, control):
    found = inject(run, {**CUT, "at_s": 99})
    assert found.entry == {**CUT, "mode": "drop", "name": found.id}
    assert found.targets == ["order>validation"]
    ((name, run_id, sent),) = control.calls
    assert (name, run_id, json.loads(sent)) == ("inject_fault", run.id, {**CUT, "mode": "drop"})


def test_a_link_that_carries_nothing_is_told_at_once(run):
    found = inject(run, {"kind": "link", "source": "tax", "target": "validation", "loss": 1.0})
    assert found.text.endswith("It touches nothing: nothing is ever sent on this link.")


@pytest.mark.parametrize(
    ("entry", "field", "value", "remedy"),
    [
        ({"kind": "pause", "node": "till"}, "node", "'till'", "has the nodes client, order"),
        ({"kind": "pause"}, "node", "", "field required"),
        ({"kind": "link", "loss": 2}, "loss", "2", "less than or equal to 1"),
        ({"kind": "link", "latency": {"kind": "constant", "ms": -1}, "loss": 1}, "latency.ms", "-1", "greater than"),
        ({"kind": "slow", "node": "tax"}, "", "{'kind': 'slow', 'node': 'tax'}", "give factor above 1"),
        ({"kind": "quake"}, "", "{'kind': 'quake'}", "choose one of the kinds named"),
        ({"kind": "crash", "node": "client", "disk": "lost"}, "disk", "'lost'", "use disk: kept"),
        ({"kind": "pause", "node": "tax", "for_s": 0}, "for_s", "0", "greater than 0"),
        ({**CUT, "between": [["tax"], ["tax"]]}, "", "", "on both sides"),
        ({"kind": "pause", "node": "tax", "wish": 1}, "wish", "1", ""),
    ],
)
def test_a_fault_that_cannot_be_names_field_value_and_remedy(run, control, entry, field, value, remedy):
    with pytest.raises(FaultRefused) as refused:
        inject(run, entry)
    assert refused.value.where["field"] == field
    assert refused.value.where["value"] in (value, repr(entry)[:80])
    assert remedy.lower() in refused.value.remedy.lower()
    assert control.calls == []


@pytest.mark.parametrize("raw", ["", "[]", "{", '"x"', "9" * 5_000, "[" * 4_000, "\ud800"])
def test_what_is_no_entry_is_refused_before_it_is_looked_at(raw):
    with pytest.raises(FaultRefused):
        read_entry(raw)


def test_runs_that_are_over_or_simulated_are_not_broken(make_run, control):
    for state, engine in (("finished", "live"), ("running", "simulated")):
        run = make_run(state=state, engine=engine)
        for act in (lambda run=run: inject(run, CUT), lambda run=run: heal(run, "f1")):
            with pytest.raises(commands.CommandRefused):
                act()
    assert control.calls == []


def test_what_the_control_refuses_is_told(run, control):
    control.error = ValueError("there is no fault 'f9' to heal; these have begun: f1")
    with pytest.raises(commands.CommandRefused) as refused:
        heal(run, "f9")
    assert (refused.value.text, refused.value.remedy, refused.value.status) == (
        "There is no fault 'f9' to heal.",
        "These have begun: f1.",
        409,
    )


def test_the_presenter_injects_and_heals_over_http_and_nobody_else(run, control, presenter):
    stranger = Client()
    for path, sent in (("fault/", json.dumps(CUT)), ("fault/heal/", "f1")):
        refused = stranger.post(f"/runs/{run.id}/{path}", {"fault": sent})
        assert (refused.status_code, refused.json()["error"]) == (403, commands.NOT_PRESENTER)
        assert control.calls == []
        answer = presenter.post(f"/runs/{run.id}/{path}", {"fault": sent}).json()
        assert answer["ok"] is True
        assert control.calls.pop()[1] == run.id
    wrong = presenter.post(f"/runs/{run.id}/fault/", {"fault": '{"kind": "pause", "node": "till"}'})
    assert (wrong.status_code, wrong.json()["field"], wrong.json()["value"]) == (400, "node", "'till'")


@pytest.fixture
def done(monkeypatch) -> list[tuple[str, str]]:
    """Real faults that would have been done, by run and name."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(stack, "do_real_fault", lambda run_id, how: found.append((run_id, how)) or "real-1")
    return found


@pytest.mark.django_db(transaction=True)
def test_a_real_fault_over_http_is_the_presenters_and_what_loses_runs_is_confirmed(make_run, control, done, presenter):
    run = make_run()
    path = f"/runs/{run.id}/fault/real/"
    refused = Client().post(path, {"how": "kill-worker"})
    assert (refused.status_code, refused.json()["error"]) == (403, commands.NOT_PRESENTER)
    unknown = presenter.post(path, {"how": "burn"})
    assert (unknown.status_code, unknown.json()["field"]) == (400, "how")
    doubtful = presenter.post(path, {"how": "flush-server"})
    assert (doubtful.status_code, "EVERY live run fails" in doubtful.json()["error"]) == (409, True)
    assert done == []
    assert presenter.post(path, {"how": "flush-server", "confirmed": "yes"}).json()["ok"] is True
    assert presenter.post(path, {"how": "restart-server"}).json()["text"].startswith("real-1: kill -9 of the server")
    assert done == [(run.id, "flush-server"), (run.id, "restart-server")]


def test_the_page_asks_before_each_real_fault_and_says_what_happens(run, control, presenter):
    page = presenter.get(f"/runs/{run.id}/").content.decode()
    for how, real in stack.real_faults().items():
        for text in (f'name="how" value="{how}"', f'data-confirm="{real.sure}"', f">{real.button}<", real.what):
            assert text in page
    assert page.count('name="confirmed" value="yes"') == 1
    assert "data-confirm" not in Client().get(f"/runs/{run.id}/").content.decode()


def test_the_command_does_real_faults_and_what_loses_runs_with_yes_alone(run, control, done):
    status, _, err = fault(run.id, "real", "flush-server")
    assert (status, "was not confirmed" in err, "--yes" in err, done) == (3, True, True, [])
    assert fault(run.id, "real", "flush-server", "--yes")[0] == 0
    status, told, _ = fault(run.id, "real", "stop-worker", "--json")
    assert (status, json.loads(told)["how"]) == (0, "stop-worker")
    assert fault(run.id, "real", "burn")[0] == 3
    assert done == [(run.id, "flush-server"), (run.id, "stop-worker")]


@pytest.mark.django_db(transaction=True)
def test_a_rerun_is_the_presenters_and_leads_to_the_new_run(settings, tmp_path, control, presenter):
    settings.HISTORIES_DIR = settings.DATA_DIR / "histories"
    run = materialise(load("likes").model_dump(mode="json"), 3)
    path = f"/runs/{run.id}/rerun/"
    refused = Client().post(path, headers={"accept": "application/json"})
    assert (refused.status_code, Run.objects.count()) == (403, 1)
    answer = presenter.post(path)
    again = Run.objects.exclude(pk=run.pk).get()
    assert (answer.status_code, answer["Location"], again.seed) == (303, f"/runs/{again.id}/", 3)


def test_the_command_injects_heals_and_lists(run, control):
    status, told, err = fault(
        run.id, "inject", "kind=partition", "between=[[order], [validation]]", "one_way=true", "--json"
    )
    assert (status, err, json.loads(told)["targets"]) == (0, "", ["order>validation"])
    assert json.loads(control.calls[0][2]) == {**CUT, "mode": "drop"}
    status, told, _ = fault(run.id, "inject", "{kind: pause, node: tax, for_s: 5}")
    assert (status, "has begun. End it with:" in told) == (0, True)
    assert fault(run.id, "heal", "f1")[:2] == (0, "f1 is healed.\n")
    assert control.calls[-1] == ("heal", run.id, "f1")
    assert fault(run.id)[:2] == (0, f"Run {run.id} has had no fault.\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["inject"], "inject what?"),
        (["inject", "pause"], "Write field=value"),
        (["inject", "kind=pause", "node=till"], "node = 'till'"),
        (["inject", "{kind: &a pause}"], "anchors"),
        (["heal"], "name one fault"),
        (["heal", "f1", "f2"], "name one fault"),
    ],
)
def test_the_command_refuses_with_3_and_says_why(run, control, words, why):
    status, _, err = fault(run.id, *words)
    assert (status, why in err, control.calls) == (3, True, [])


def test_the_command_knows_no_other_run(run):
    status, _, err = fault("nosuchrun")
    assert (status, "there is no such run" in err, run.id in err) == (3, True, True)


def test_the_faults_of_a_run_are_listed_from_its_start_with_what_they_touched(make_run):
    run = make_run(state="finished", engine="simulated")
    run.history_path.parent.mkdir(parents=True, exist_ok=True)
    once = simulate_once(load("lost-delta"), 20, run.history_path)
    assert faults_of(run) == once.faults
    assert [(f["fault"], f["began_us"], f["total"], f["nodes"], f["operations"]) for f in once.faults] == [
        ("one-lost", 1_000_000, 1, 1, 1)
    ]
    assert "1 message (1 dropped), 1 node, 1 operation" in fault(run.id)[1]
    assert fault_injection.faults_of(make_run()) == []
