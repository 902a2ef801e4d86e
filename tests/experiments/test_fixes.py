"""A lesson's fix: who may run it, what runs then, and how the two runs lead to each other."""

import pytest
from django.test import Client

from consistency_viz.experiments import runs, stack, tokens
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from workers.cluster.fixing import fixed

WITH_FIX = [scenario for scenario in stack.catalogue() if scenario.fix is not None]


@pytest.fixture
def lesson(make_run):
    def lesson(name="likes", seed=7, **fields):
        (scenario,) = [one for one in stack.catalogue() if one.name == name]
        document = scenario.model_copy(update={"seed": seed}).model_dump(mode="json")
        return make_run(scenario=name, title=scenario.title, seed=seed, document=document, **fields)

    return lesson


@pytest.mark.parametrize("scenario", WITH_FIX, ids=lambda one: one.name)
def test_the_fix_of_a_run_is_the_fix_of_its_scenario_with_the_runs_seed(control, lesson, scenario):
    broken = lesson(scenario.name, seed=31)
    run = runs.start_fix(broken)
    document = fixed(scenario.model_copy(update={"seed": 31})).model_dump(mode="json")
    assert (run.fix_of, run.seed, run.title, run.document) == (broken, 31, scenario.fix.title, document)
    assert control.calls == [("create_run", run.id, document)]


def test_a_run_without_a_fix_is_refused_and_nothing_starts(control, lesson):
    with pytest.raises(CommandRefused) as caught:
        runs.start_fix(lesson("one-writer"))
    assert (caught.value.status, caught.value.text) == (404, "One writer has no fix that can be run.")
    assert control.calls == []


@pytest.mark.django_db(transaction=True)
def test_the_presenter_is_led_to_both_runs_side_by_side_and_a_script_gets_its_address(control, presenter, lesson):
    broken = lesson(state="finished")
    response = presenter.post(f"/runs/{broken.id}/fix/")
    run = Run.objects.exclude(pk=broken.pk).get()
    assert (response.status_code, response["Location"]) == (303, f"/compare/?runs={broken.id},{run.id}&play=1")
    answer = presenter.post(f"/runs/{broken.id}/fix/", headers={"accept": "application/json"}).json()
    assert answer["ok"]


def test_nobody_else_runs_a_fix(control, lesson):
    broken = lesson()
    assert Client().post(f"/runs/{broken.id}/fix/").status_code == 403
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/enter/{tokens.issue()}/")
    assert browser.post(f"/runs/{broken.id}/fix/").status_code == 403
    assert browser.get(f"/runs/{broken.id}/fix/").status_code == 405
    assert control.calls == []


def test_the_two_runs_lead_to_each_other_and_tell_title_and_price(control, presenter, lesson):
    broken = lesson()
    run = runs.start_fix(broken)
    before, after = (presenter.get(f"/runs/{one.id}/").content.decode() for one in (broken, run))
    assert f'href="/runs/{run.id}/"' in before
    assert f'action="/runs/{broken.id}/fix/"' in before
    assert f'href="/runs/{broken.id}/"' in after
    assert "/fix/" not in after
    for page in (before, after):
        assert "Its price: One number for each region, for ever, instead of one." in page


def test_a_viewer_reads_the_story_and_has_no_button(lesson, client):
    page = client.get(f"/runs/{lesson().id}/").content.decode()
    assert "300 people press like in three regions. What does the page say?" in page
    assert "/fix/" not in page


def test_a_scenario_that_tells_nothing_has_no_narration(lesson, client):
    assert 'id="narration"' not in client.get(f"/runs/{lesson('one-writer').id}/").content.decode()
