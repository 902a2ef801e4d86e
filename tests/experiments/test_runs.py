import pytest
import redis

from consistency_viz.experiments import runs, stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run
from workers.model.effects import Observe
from workers.model.message import Message
from workers.model.node import Context
from workers.model.observation import Invoked
from workers.services.client import ClientService, Workload

ORDER = {"lines": [{"sku": "kettle", "quantity": 2}], "country": "DE", "email": "a@example.org"}


def refused(call, *arguments):
    with pytest.raises(CommandRefused) as caught:
        call(*arguments)
    assert caught.value.remedy
    return caught.value.text


@pytest.mark.django_db
def test_a_started_run_keeps_the_scenario_as_it_ran_and_is_made_known_to_the_workers(control):
    scenario = stack.catalogue()[0]
    run = runs.start_run(scenario.name, seed=99)
    document = scenario.model_copy(update={"seed": 99}).model_dump(mode="json")
    assert (run.seed, run.document, run.state, run.engine) == (99, document, "pending", "live")
    assert control.calls == [("create_run", run.id, document)]


@pytest.mark.django_db
@pytest.mark.parametrize("error", [redis.ConnectionError("away"), ValueError("no such design")])
def test_a_run_that_could_not_be_started_leaves_no_row(control, error):
    control.error = error
    refused(runs.start_run, stack.catalogue()[0].name)
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_without_a_server_nothing_starts_and_the_remedy_says_how(settings):
    settings.REDIS_URL = ""
    assert refused(runs.start_run, stack.catalogue()[0].name) == stack.NO_SERVER
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_an_unknown_scenario_and_a_bad_seed_are_refused(control):
    assert refused(runs.start_run, "../etc/passwd") == "There is no such scenario."
    assert refused(runs.start_run, stack.catalogue()[0].name, -1) == "The seed -1 is out of range."
    assert control.calls == []


def test_only_so_many_runs_are_active_at_once(control, make_run):
    for _ in range(runs.RUNS_ACTIVE_MAX):
        make_run()
    make_run(state="finished")
    assert refused(runs.start_run, stack.catalogue()[0].name) == "4 runs are active already."


def test_an_order_by_hand_goes_to_the_workers_with_prices_of_ours(control, make_run):
    run = make_run()
    assert runs.place_order(run, ORDER, "hand-7f3") == "Order hand-7f3-1f2e3d4c placed."
    lines = [{"sku": "kettle", "quantity": 2, "unit_cents": 5_995}]
    order = {"lines": lines, "country": "DE", "email": "a@example.org"}
    assert control.calls == [("inject", run.id, "by-hand", "PlaceByHand", "hand-7f3", order)]


def test_an_order_by_hand_is_named_as_the_client_service_names_it(control, make_run):
    answer = runs.place_order(make_run(), ORDER, "hand-7f3")
    _, _, topic, type_, key, data = control.calls[0]
    message = Message("web-1f2e3d4c", topic, type_, "web", key, data)
    client = ClientService(Workload(0.0, 0, 1, 0, 0, 1_000, 0.0), ())
    effects = client.step({}, message, Context("client", 0, 1, 7, 1_000, 1_000, message.id)).effects
    invoked = next(e.body for e in effects if isinstance(e, Observe) and isinstance(e.body, Invoked))
    assert answer == f"Order {invoked.key} placed."


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"lines": []}, "An order needs lines."),
        ({"lines": [{"sku": "kettle", "quantity": 1}] * 6}, "An order has at most 5 lines."),
        ({"lines": [{"sku": "yacht", "quantity": 1}]}, "This article is not sold here."),
        ({"lines": [{"sku": "kettle", "quantity": 0}]}, "The quantity cannot be used."),
        ({"lines": [{"sku": "kettle", "quantity": 1_001}]}, "The quantity cannot be used."),
        ({"country": "XX"}, "This country is not served."),
        ({"country": None}, "This country is not served."),
        ({"email": "<script>"}, "This is no e-mail address."),
        ({"email": "a" * 100 + "@example.org"}, "The e-mail address is too long."),
    ],
)
def test_a_bad_order_is_refused_before_anything_is_sent(control, make_run, change, text):
    assert refused(runs.place_order, make_run(), {**ORDER, **change}) == text
    assert control.calls == []


def test_scaling_names_the_nodes_and_the_range(control, make_run):
    run = make_run()
    plan = stack.plan_of(run.document)
    node = next(iter(plan.nodes))
    assert runs.scale(run, node, 2) == f"{node} is asked to run as 2 instances."
    assert control.calls == [("scale", run.id, node, 2)]
    assert refused(runs.scale, run, "nobody", 1) == "This run has no such service."
    assert refused(runs.scale, run, node, plan.partitions + 1).startswith(f"{node} cannot have")


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_nothing_can_be_done_to_a_run_that_is_over(control, make_run, state):
    run = make_run(state=state)
    text = f"Run {run.id} is over ({state})."
    assert refused(runs.stop_run, run) == text
    assert refused(runs.place_order, run, ORDER) == text
    assert refused(runs.scale, run, "tax", 1) == text
    assert control.calls == []


def test_a_server_that_is_away_is_said_in_plain_words(control, make_run):
    control.error = redis.TimeoutError("slow")
    assert refused(runs.stop_run, make_run()) == stack.SERVER_AWAY
