"""The admin as people use it: a draft is checked at its fields, started, stopped, cloned, compared, opened."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from consistency_viz.experiments.admin import signing_in
from consistency_viz.experiments.campaign import playing, storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import Reconciler
from consistency_viz.experiments.campaign.roles import CONFIGURERS, PRESENTER_ACCOUNT, VIEWERS
from consistency_viz.experiments.models import Experiment, Finding, Run, Scenario
from tests.experiments.campaign.asked import asked
from workers.cluster.catalogue import text_of

pytestmark = pytest.mark.django_db
ADD = "/admin/experiments/experiment/add/"
LIST = "/admin/experiments/experiment/"


@pytest.fixture
def presenter(client):
    from consistency_viz.experiments.tokens import issue

    client.get(f"/enter/{issue()}/")
    return client


def posted(*variants: dict[str, str], **fields: str) -> dict[str, str]:
    """The form of an experiment as a browser sends it."""
    variants = variants or ({"name": "as it is"}, {"name": "chain", "design": "serial-chain"})
    form = {
        "title": "Which?", "name": "which", "scenario": "validation-meets-tax", "engine": "simulated", "seeds": "4",
        "first_seed": "1", "settings": "workload.orders: 4\nduration_s: 8", "sweep": "", "expect": "",
        "variants-TOTAL_FORMS": str(len(variants)), "variants-INITIAL_FORMS": "0", **fields,
    }  # fmt: skip
    for index, variant in enumerate(variants):
        form |= {f"variants-{index}-position": str(index), f"variants-{index}-settings": ""}
        form |= {f"variants-{index}-{name}": value for name, value in variant.items()}
    return form


def finished(**fields: Any) -> Experiment:
    experiment = storing.create(plan(asked(**fields), "e.yaml"))
    storing.start(experiment)
    while experiment.state == Experiment.State.RUNNING:
        Reconciler(playing.play, processes=1).round()
        experiment.refresh_from_db()
    return experiment


def errors(response) -> list[str]:
    """What stands at the fields, of the experiment and of its variants."""
    found = [f"{name}: {text}" for name, texts in response.context["adminform"].form.errors.items() for text in texts]
    for formset in response.context["inline_admin_formsets"]:
        for index, form in enumerate(formset.formset.forms):
            found += [f"variant {index} {name}: {text}" for name, texts in form.errors.items() for text in texts]
    return found


def act(client, action: str, *chosen: Any, model: str = "experiment"):
    form = {"action": action, "_selected_action": [str(one.pk) for one in chosen]}
    return client.post(f"/admin/experiments/{model}/", form, follow=False)


def test_the_presenters_link_opens_the_admin_to_a_configurer_and_no_more(presenter):
    assert presenter.get(ADD).status_code == 200
    account = User.objects.get(username=PRESENTER_ACCOUNT)
    assert (account.is_superuser, account.has_usable_password()) == (False, False)
    assert [group.name for group in account.groups.all()] == [CONFIGURERS]
    for closed in ("/admin/auth/user/", "/admin/auth/group/", "/admin/experiments/apitoken/"):
        assert presenter.get(closed).status_code == 403


def test_an_account_that_was_locked_is_not_opened_by_the_link(client):
    from consistency_viz.experiments.tokens import issue

    User.objects.create(username=PRESENTER_ACCOUNT, is_staff=True, is_active=False)
    client.get(f"/enter/{issue()}/")
    assert client.get(ADD).status_code == 302


def test_a_viewer_looks_and_changes_nothing(client):
    user = User.objects.create_user("vera", password="look-but-do-not-touch", is_staff=True)
    user.groups.add(Group.objects.get(name=VIEWERS))
    client.force_login(user)
    experiment = finished()
    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}{experiment.pk}/change/").status_code == 200
    assert client.get(ADD).status_code == 403
    act(client, "clone_now", experiment)
    assert Experiment.objects.count() == 1


def test_nobody_else_gets_in(client):
    assert client.get(LIST).status_code == 302


def test_the_admin_allows_evaluation_and_no_inline_script(presenter):
    policy = presenter.get(ADD).headers["Content-Security-Policy"]
    assert re.search(r"script-src 'self' 'unsafe-eval'(;|$)", policy)
    assert "'unsafe-eval'" not in presenter.get("/").headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*src=)[^>]*>|\son[a-z]+=\"", presenter.get(ADD).content.decode()) == []


def test_a_newcomer_saves_sees_what_would_be_played_and_runs_it(presenter):
    response = presenter.post(ADD, posted(), follow=True)
    experiment = Experiment.objects.get()
    page = response.content.decode()
    assert "8 runs: 2 cells of 4 seeds each." in page
    assert "design: collisions → serial-chain" in page
    form = posted(**{"variants-INITIAL_FORMS": "2"})
    for index, variant in enumerate(experiment.variants.all()):
        form |= {f"variants-{index}-id": str(variant.pk), f"variants-{index}-experiment": str(experiment.pk)}
    form["experiments_experiment_run_this"] = "1"
    presenter.post(f"{LIST}{experiment.pk}/change/", form)
    experiment.refresh_from_db()
    assert (experiment.state, experiment.created_by, experiment.cells.count()) == ("running", PRESENTER_ACCOUNT, 2)


def test_a_draft_says_which_settings_change_nothing_and_gives_examples_for_its_scenario(presenter):
    form = posted({"name": "as it is"}, scenario="likes", settings="workload.orders: 50")
    page = presenter.post(ADD, form, follow=True).content.decode()
    assert "Warning: workload.orders changes nothing: the design state-gossip does not read workload" in page
    assert "Likes reads regions, entities, replication, clients: for example clients.operations: 240" in page


@pytest.mark.parametrize(
    ("variants", "fields", "said"),
    [
        ((), {"sweep": "views: []"}, "sweep: sweep.views"),
        ((), {"settings": "worklod.orders: 3"}, "settings: set"),
        ((), {"settings": "a: b: c"}, "settings: line 1"),
        ((), {"settings": "- 1"}, "settings: Write one"),
        ((), {"seeds": "60000"}, "120,000 runs"),
        ((), {"expect": "- {checker: divergence, verdict: maybe, because: x}"}, "expect: expect.0.verdict"),
        (({"name": "a", "settings": "views: 99"},), {}, "variant 0 settings: variants.0.set.views"),
        (({"name": "a"}, {"name": "b", "design": "quorum"}), {}, "variant 1 design: variants.1.design"),
        ((), {"scenario": "nothing-such"}, "scenario: Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(presenter, variants, fields, said):
    response = presenter.post(ADD, posted(*variants, **fields))
    assert [error for error in errors(response) if said in error] != []
    assert Experiment.objects.count() == 0


def test_an_experiment_that_has_begun_shows_its_figures_and_is_not_changed(presenter):
    experiment = finished()
    page = presenter.get(f"{LIST}{experiment.pk}/change/").content.decode()
    assert "8 of 8" in page
    assert "differed (ms)" in page
    presenter.post(f"{LIST}{experiment.pk}/change/", posted(title="Another"))
    experiment.refresh_from_db()
    assert experiment.title == "Which design?"


def test_several_are_started_stopped_cloned_and_compared_from_the_list(presenter):
    draft = storing.create(plan(asked(), "e.yaml"))
    act(presenter, "run_now", draft)
    act(presenter, "stop_now", draft)
    draft.refresh_from_db()
    assert draft.state == "stopped"
    act(presenter, "clone_now", draft)
    assert Experiment.objects.filter(name="which-2", state="draft").exists()
    page = act(presenter, "compare", finished(name="one"), finished(name="two")).content.decode()
    assert [page.count(f"<td>{name}</td>") for name in ("one", "two", "chain")] == [2, 2, 2]


def test_an_export_is_a_file_that_makes_the_same_experiment(presenter):
    experiment = finished(expect=[{"checker": "divergence", "verdict": "passed", "because": "In the end."}])
    text = act(presenter, "export_files", experiment).content.decode()
    assert storing.parse(text, "e.yaml").experiment == storing.plan_of(experiment).experiment


def test_a_finding_opens_as_the_dashboard_of_its_seed_once(presenter):
    expect = [{"metric": "work.messages.sent", "at_most": 1, "variants": ["chain"], "because": "It cannot be."}]
    finished(expect=expect)
    finding = Finding.objects.get()
    for _ in range(2):
        response = act(presenter, "open_dashboard", finding, model="finding")
        run = Run.objects.get()
        assert response.headers["Location"] == reverse("run", args=[run.pk])
    assert (run.seed, run.cell, run.engine) == (3, finding.cell, "simulated")


@pytest.mark.parametrize("model", ["finding", "result", "scenario"])
def test_rows_are_exported(presenter, model):
    finished(expect=[{"checker": "divergence", "verdict": "passed", "because": "In the end."}])
    response = presenter.post(f"/admin/experiments/{model}/export/", {"format": "0"})
    assert response.status_code == 200


def test_a_scenario_is_begun_from_a_shipped_one_kept_in_versions_and_shown_by_its_differences(presenter):
    add = "/admin/experiments/scenario/add/"
    assert "name: my-order-flow" in presenter.get(f"{add}?based_on=order-flow").content.decode()
    text = text_of("order-flow").replace("name: order-flow", "name: mine").replace("orders: 240", "orders: 24")
    presenter.post(add, {"text": text, "based_on": "order-flow", "note": "fewer"})
    scenario = Scenario.objects.get()
    change = f"/admin/experiments/scenario/{scenario.pk}/change/"
    presenter.post(change, {"text": text.replace("orders: 24,", "orders: 12,"), "based_on": "order-flow", "note": ""})
    assert [version.number for version in scenario.versions.all()] == [2, 1]
    page = presenter.get(change).content.decode()
    assert "<td>workload.orders</td><td>240</td><td>12</td>" in page
    assert "workload.orders: 24 → 12" in page


def test_a_wrong_scenario_is_told_with_line_field_value_and_remedy(presenter):
    text = text_of("order-flow").replace("name: order-flow", "name: mine").replace("orders: 240", "orders: -1")
    response = presenter.post("/admin/experiments/scenario/add/", {"text": text, "based_on": "", "note": ""})
    (error,) = response.context["adminform"].form.errors["text"]
    assert re.match(r"line \d+: workload\.orders = -1: ", error)
    assert Scenario.objects.count() == 0


def test_a_scenario_of_ones_own_can_be_played(presenter):
    text = text_of("validation-meets-tax").replace("name: validation-meets-tax", "name: mine")
    presenter.post("/admin/experiments/scenario/add/", {"text": text, "based_on": "validation-meets-tax", "note": ""})
    presenter.post(ADD, posted(scenario="mine"))
    assert storing.plan_of(Experiment.objects.get()).cells[0].scenario.name == "mine"


@pytest.fixture
def staff(client):
    """Signs in a member of the staff who is in these groups."""

    def staff(*groups):
        user = User.objects.create_user("somebody", password="throw-away", is_staff=True)
        user.groups.set(Group.objects.filter(name__in=groups))
        client.force_login(user)
        return client

    return staff


@pytest.mark.parametrize("model", ["finding", "result", "scenario"])
def test_who_may_not_look_may_not_export(staff, model):
    assert staff().post(f"/admin/experiments/{model}/export/", {"format": "0"}).status_code == 403


def test_who_may_only_look_exports_but_plays_nothing(staff):
    expect = [{"metric": "work.messages.sent", "at_most": 1, "variants": ["chain"], "because": "It cannot be."}]
    finished(expect=expect)
    Finding.objects.update(title="=1+1")
    viewer = staff(VIEWERS)
    exported = viewer.post("/admin/experiments/finding/export/", {"format": "0"}).content.decode()
    assert "=1+1" not in exported
    assert "1+1" in exported
    act(viewer, "open_dashboard", Finding.objects.get(), model="finding")
    assert Run.objects.count() == 0


def test_passwords_cannot_be_guessed_one_after_the_other(client, monkeypatch):
    monkeypatch.setattr(signing_in, "_limiter", MovingWindowRateLimiter(MemoryStorage()))
    User.objects.create_user("somebody", password="throw-away", is_staff=True)
    User.objects.create_user("another", password="throw-away", is_staff=True)

    def tried(name: str, password: str, address: str = "192.0.2.7") -> bool:
        form = {"username": name, "password": password}
        return client.post("/admin/login/?next=/admin/", form, REMOTE_ADDR=address).status_code == 302

    assert tried("somebody", "throw-away")
    client.logout()
    assert not any(tried("somebody", f"guess {number}") for number in range(8))
    assert not tried("Somebody", "throw-away")
    assert tried("another", "throw-away")
    client.logout()
    assert tried("somebody", "throw-away", "192.0.2.8")


def test_a_new_experiment_without_expectations_takes_over_those_of_its_scenario_and_its_fix(presenter):
    form = posted({"name": "as it is"}, {"name": "with the fix", "fix": "on"}, scenario="likes", settings="")
    page = presenter.post(ADD, form, follow=True).content.decode()
    assert [(item.get("checker") or item["metric"], item["variants"]) for item in Experiment.objects.get().expect] == [
        ("lost-updates", ["as it is"]),
        ("counter.lost_increments", ["as it is"]),
        ("divergence", ["as it is"]),
        ("counter.lost_increments", ["with the fix"]),
        ("divergence", ["with the fix"]),
    ]
    assert "checker: lost-updates" in page


def test_whoever_is_not_signed_in_is_told_of_the_presenters_link_before_any_password(client):
    page = client.get("/admin/", follow=True).content.decode()
    assert page.index("Open the presenter link") < page.index("I have an account with a password")
    assert ("Welcome back" in page, "<details open" in page) == (False, False)
    refused = client.post("/admin/login/", {"username": "vera", "password": "wrong"}).content.decode()
    assert "<details open" in refused
    assert "Please enter the correct username and password" in refused


def test_plain_words_as_expectations_are_answered_at_the_head_with_an_example(presenter):
    response = presenter.post(ADD, posted(expect="it should be fast"))
    (said,) = [str(one) for one in response.context["messages"]]
    assert said == (
        "Expectations: Write a list, each item on a line with `- `, such as: "
        "- {checker: lost-updates, verdict: passed, because: Nobody may lose a write.}"
    )


def test_the_button_that_stands_out_in_a_draft_is_the_one_that_runs_it(presenter):
    draft = storing.create(plan(asked(), "e.yaml"))
    page = presenter.get(f"{LIST}{draft.pk}/change/").content.decode()
    found = re.findall(r"<button([^>]*experiment_form[^>]*)>(.*?)</button>", page, re.DOTALL)
    buttons = {re.sub(r"<.*?>|play_arrow|content_copy", "", text).strip(): "bg-primary-600" in at for at, text in found}
    assert buttons == {"Save": False, "Run now": True, "Clone": False}


def test_times_are_of_24_hours_and_crumbs_do_not_repeat_themselves(presenter):
    draft = storing.create(plan(asked(), "e.yaml"))
    at = dt.datetime(2026, 3, 4, 15, 6, 7, tzinfo=dt.UTC)
    Experiment.objects.filter(pk=draft.pk).update(created_at=at)
    page = presenter.get(LIST).content.decode()
    assert ("4 Mar 2026, 15:06:07" in page, "p.m." in page, "Laboratory" in page) == (True, False, True)
