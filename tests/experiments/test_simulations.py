import pytest

from consistency_viz.checkers.registry import create
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.experiments.simulations import header_of, simulate_once
from workers.cluster.catalogue import catalogue
from workers.cluster.plan import build
from workers.model.history import expand
from workers.simulation.world import World

ONE_A_DESIGN = {scenario.design: scenario for scenario in catalogue() if scenario.duration_s is not None}
FEW = ("divergence", "lost-updates")


@pytest.mark.parametrize("design", ONE_A_DESIGN)
def test_a_run_whose_messages_nobody_reads_says_the_same_as_one_that_notes_everything(design):
    scenario = ONE_A_DESIGN[design]
    run = simulate_once(scenario, 3, checkers=FEW)
    plan = build(scenario.model_copy(update={"seed": 3}))
    turns = []
    end_us = World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    checkers, work = create(header_of(plan, "simulated"), FEW), WorkDone()
    for observation in expand(turns):
        for observer in (*checkers, work):
            observer.observe(observation)
    results = [checker.finish(end_us) for checker in checkers]
    assert run.results == results
    assert run.metrics == {result.checker: result.metrics for result in results} | {"work": work.metrics()}
    assert run.end_ms == end_us / 1_000


def test_messages_are_noted_for_a_history_and_for_whoever_reads_them(tmp_path):
    scenario = ONE_A_DESIGN["asynchronous-broadcast"]
    alone, kept = simulate_once(scenario, 3, checkers=FEW), simulate_once(scenario, 3, tmp_path / "history", FEW)
    among_others = simulate_once(scenario, 3)
    assert kept == alone
    assert among_others.metrics | alone.metrics == among_others.metrics
