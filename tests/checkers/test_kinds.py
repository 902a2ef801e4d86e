import pytest

from consistency_viz.checkers.kinds import EVERY_KIND, by_kind, kinds_of
from consistency_viz.checkers.registry import CHECKERS, create
from consistency_viz.experiments.simulations import header_of
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.model.history import expand
from workers.simulation.world import World

SCENARIOS = (
    "mail-beats-page",
    "version-numbers",
    "intruder-refused",
    "last-ticket-twice",
    "zombie-writer",
    "quorum-ssd",
)


@pytest.fixture(scope="module", params=SCENARIOS)
def history(request):
    """(header, observations, end) of a scenario that some of the checkers judge."""
    plan = build(load(request.param, ["duration_s=10"]))
    turns = []
    end_us = World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    return header_of(plan, "simulated"), list(expand(turns)), end_us


@pytest.mark.parametrize("name", CHECKERS)
def test_what_a_checker_does_not_look_at_changes_nothing(history, name):
    header, observations, end_us = history
    given_all, given_some = create(header, [name])[0], create(header, [name])[0]
    kinds = kinds_of(given_some)
    for observation in observations:
        given_all.observe(observation)
        if type(observation.body) in kinds:
            given_some.observe(observation)
    assert given_some.finish(end_us) == given_all.finish(end_us)


@pytest.mark.parametrize("name", CHECKERS)
def test_every_checker_says_what_it_looks_at(name):
    header = header_of(build(load("order-flow")), "simulated")
    assert kinds_of(create(header, [name])[0]) < EVERY_KIND


def test_an_observer_that_says_nothing_is_given_everything_in_its_place():
    class Everything:
        def observe(self, observation):
            """Take it."""

    first, last = Everything(), Everything()
    assert by_kind([first, last]) == dict.fromkeys(EVERY_KIND, (first.observe, last.observe))
