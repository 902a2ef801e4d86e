"""What is judged while it happens is judged alike from the archived file, and by arrays: all lessons, all checkers."""

import pytest

from consistency_viz.checkers.divergence import batch
from consistency_viz.checkers.registry import CHECKERS, check, create
from consistency_viz.experiments.course import lessons
from consistency_viz.experiments.simulations import header_of, simulate_once
from consistency_viz.observation.checking import check_file
from consistency_viz.observation.history import HistoryReader
from workers.cluster.catalogue import load, names
from workers.cluster.plan import build
from workers.model.history import expand, line, parse
from workers.simulation.world import World

LESSONS = [scenario.model_copy(update={"duration_s": min(scenario.duration_s, 5.0)}) for _, scenario in lessons()]


@pytest.mark.parametrize("scenario", LESSONS, ids=[scenario.name for scenario in LESSONS])
def test_the_file_of_a_lesson_gives_the_verdicts_of_its_run(scenario, tmp_path):
    path = tmp_path / "run.jsonl"
    run = simulate_once(scenario, scenario.seed, path)
    assert [result.checker for result in run.results] == list(CHECKERS)
    end_us = round(run.end_ms * 1_000)
    with HistoryReader(path) as reader:
        header, observations = reader.header, list(reader)
    assert check(create(header), observations, end_us) == run.results
    divergence = run.results[list(CHECKERS).index("divergence")]
    assert batch.check(header, observations, end_us) == divergence
    # Without its end, a file ends with its last observation: open windows are shorter, and what was found is the same.
    report = check_file(path)
    assert report.verdict == run.verdict
    told = [(result.checker, result.verdict, result.reason, result.witnesses) for result in report.results]
    assert told == [(result.checker, result.verdict, result.reason, result.witnesses) for result in run.results]


OTHERS = sorted(set(names()) - {scenario.name for scenario in LESSONS})


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_scenario_is_judged_alike_as_it_goes_and_from_its_lines(name):
    scenario = load(name, ["duration_s=3", *(["quorum.probe.writes=20"] if name.startswith("quorum-") else [])])
    run = simulate_once(scenario, scenario.seed)
    plan, turns = build(scenario), []
    World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    observations = [parse(line(observation)) for observation in expand(turns)]
    assert check(create(header_of(plan, "simulated")), observations, round(run.end_ms * 1_000)) == run.results
