"""Rows of experiments: what is made at the start, and that results survive whatever ends a process."""

from __future__ import annotations

from typing import Any

import pytest

from consistency_viz.experiments.campaign import conclusion, playing, results, storing
from consistency_viz.experiments.campaign.alone import play_all, simulated
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.reconciling import ATTEMPTS_MAX, Reconciler
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Chunk, Experiment, Result
from consistency_viz.experiments.simulations import simulate_once
from tests.experiments.campaign.asked import asked
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_errors import ScenarioError

pytestmark = pytest.mark.django_db

EXPECT = [
    {"checker": "lost-updates", "verdict": "failed", "variants": ["as it is"], "because": "They collide."},
    {"metric": "work.messages.sent", "at_most": 1, "variants": ["chain"], "because": "It cannot be."},
]


def made(**fields: Any) -> Experiment:
    return storing.create(plan(asked(**fields), "e.yaml"))


def started(**fields: Any) -> Experiment:
    experiment = made(**fields)
    storing.start(experiment)
    return experiment


def finish(experiment: Experiment) -> Experiment:
    """Play everything as the simulator's processes would, in this one."""
    reconciler = Reconciler(playing.play, processes=1)
    for _ in range(1_000):
        reconciler.round()
        experiment.refresh_from_db()
        if experiment.state != Experiment.State.RUNNING:
            return experiment
    raise AssertionError("it never ended")


def rows(experiment: Experiment) -> list[tuple[Any, ...]]:
    kept = Result.objects.filter(cell__experiment=experiment).order_by("cell__position", "seed")
    fields = ("cell__position", "seed", "layout_id", "figures", "verdicts", "shown", "reasons", "end_ms", "error")
    return [(*values[:3], bytes(values[3]), *values[4:]) for values in kept.values_list(*fields)]


def test_what_is_stored_is_what_was_asked():
    fields = asked(sweep={"partitions": {"from": 1, "to": 2, "count": 2}}, expect=EXPECT, question="Why?")
    experiment = storing.create(plan(fields, "e.yaml"))
    assert experiment.specification() == {"engine": "simulated", **fields}
    assert plan(experiment.specification(), "again").cells == plan(fields, "e.yaml").cells


def test_a_name_is_taken_once_and_the_refusal_offers_another():
    made()
    with pytest.raises(ScenarioError) as caught:
        made()
    assert caught.value.problems[0].field == "name"
    assert caught.value.problems[0].remedy.endswith("such as which-2")


def test_starting_makes_every_cell_and_every_seed_once():
    experiment = started()
    seeds = sorted(
        (chunk.cell.name, seed)
        for chunk in experiment.chunks.all()
        for seed in range(chunk.first_seed, chunk.first_seed + chunk.count)
    )
    assert seeds == sorted((name, seed) for name in ("as it is", "chain") for seed in (3, 4, 5, 6))


def test_an_experiment_starts_once():
    experiment = started()
    with pytest.raises(CommandRefused) as refused:
        storing.start(experiment)
    assert refused.value.status == 409


def test_a_result_gives_back_what_the_run_said():
    experiment = started(expect=EXPECT)
    cell = experiment.cells.last()
    run = simulate_once(Scenario.model_validate(cell.document), 5)
    row, layout = results.pack(cell.pk, run)
    results.save([row], [layout])
    (kept,) = results.runs_of(cell)
    assert (kept.seed, kept.end_ms, kept.verdicts) == (run.seed, run.end_ms, run.verdicts)
    assert kept.verdict == run.verdict
    tally = results.tally_of(cell)
    assert tally.summary()["metrics"]["work.messages.sent"]["estimate"] == run.metrics["work"]["messages"]["sent"]
    assert [(one.verdict, one.reason) for one in kept.expectations] == [
        (one.verdict, one.reason) for one in run.expectations
    ]
    seeds, values = results.column(cell, "work.messages.sent")
    assert (seeds, values.tolist()) == ([5], [run.metrics["work"]["messages"]["sent"]])


def test_an_experiment_in_the_database_says_what_one_in_this_process_says():
    experiment = finish(started(expect=EXPECT))
    planned = plan(asked(expect=EXPECT), "e.yaml")
    alone = conclusion.summary_of(experiment.specification(), play_all(planned, simulated(planned, 1), lambda *_: None))
    assert experiment.summary == alone
    assert (experiment.state, experiment.verdict) == ("finished", "failed")


def test_the_end_leaves_a_finding_for_each_expectation_with_its_seeds():
    experiment = finish(started(expect=EXPECT))
    found = {finding.cell.name: finding for finding in experiment.findings.all()}
    assert found["chain"].verdict == "failed"
    assert found["chain"].evidence["seeds_not_shown"] == [3, 4, 5, 6]
    assert found["chain"].evidence["not_shown"] == 4
    assert "where at most 1 is expected" in found["chain"].reason


def test_a_stopped_experiment_goes_on_and_plays_nothing_twice(monkeypatch):
    undisturbed = rows(finish(started(name="undisturbed")))
    experiment = started()
    playing.play(experiment.chunks.first().pk)
    first = rows(experiment)
    storing.stop(experiment)
    assert [playing.play(chunk.pk) for chunk in experiment.chunks.all()] == [0] * experiment.chunks.count()
    storing.start(experiment)
    played: list[int] = []
    once = simulate_once
    monkeypatch.setattr(
        playing, "simulate_once", lambda scenario, seed, **given: played.append(seed) or once(scenario, seed, **given)
    )
    finish(experiment)
    assert len(played) == 8 - len(first)
    assert rows(experiment) == undisturbed


def test_a_chunk_whose_process_was_killed_is_played_by_another_without_what_was_kept(monkeypatch):
    experiment = started(seeds={"first": 3, "count": 16})
    chunk = experiment.chunks.first()
    monkeypatch.setattr(playing, "BATCH_RUNS_MAX", 1)
    once = simulate_once

    def killed_at_the_third(scenario, seed, **given):
        if seed == chunk.first_seed + 2:
            raise KeyboardInterrupt
        return once(scenario, seed, **given)

    monkeypatch.setattr(playing, "simulate_once", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        playing.play(chunk.pk)
    assert Result.objects.count() == 2
    monkeypatch.setattr(playing, "simulate_once", once)
    assert playing.play(chunk.pk) == 0  # it is held
    Chunk.objects.filter(pk=chunk.pk).update(held_until_us=playing.now_us() - 1)
    assert playing.play(chunk.pk) == 2
    assert list(chunk.cell.results.order_by("seed").values_list("seed", flat=True)) == [3, 4, 5, 6]


def test_who_lost_a_chunk_keeps_nothing_more(monkeypatch):
    experiment = started()
    chunk = experiment.chunks.first()
    once = simulate_once

    def robbed(scenario, seed, **given):
        Chunk.objects.filter(pk=chunk.pk).update(holder="another")
        return once(scenario, seed, **given)

    monkeypatch.setattr(playing, "simulate_once", robbed)
    assert playing.play(chunk.pk) == 0
    assert Result.objects.count() == 0


def test_a_run_that_cannot_be_played_is_a_result_of_which_nothing_can_be_told(monkeypatch):
    experiment = started(expect=EXPECT)

    def breaks(scenario, seed, **_):
        raise ValueError("no way")

    monkeypatch.setattr(playing, "simulate_once", breaks)
    finish(experiment)
    assert experiment.verdict == "unknown"
    assert {row.error for row in Result.objects.all()} == {"ValueError: no way"}


def test_a_chunk_that_ends_its_process_again_and_again_fails_the_experiment():
    experiment = started()
    chunk = experiment.chunks.first()
    Chunk.objects.filter(pk=chunk.pk).update(attempts=ATTEMPTS_MAX, held_until_us=1, holder="dead")
    Reconciler(lambda _: None, processes=1).round()
    experiment.refresh_from_db()
    assert experiment.state == "failed"
    assert f"{ATTEMPTS_MAX} times" in experiment.reason


def test_a_reconciler_hands_out_a_few_chunks_for_each_process_and_each_once():
    started(seeds={"first": 1, "count": 40})
    asked_for: list[int] = []
    for _ in range(3):
        Reconciler(asked_for.append, processes=1).round()
    assert len(asked_for) == len(set(asked_for)) == 3


def test_a_clone_asks_the_same_under_another_name():
    experiment = finish(started(expect=EXPECT))
    cloned = storing.clone(experiment)
    assert cloned.is_draft
    assert cloned.specification() == {**experiment.specification(), "name": "which-2"}


def test_a_worker_that_comes_back_frees_what_it_held_and_nothing_of_others():
    experiment = started(seeds={"first": 1, "count": 12})
    mine, theirs, asked_for, *_ = experiment.chunks.all()
    until_us = playing.now_us() + 60_000_000
    for chunk, worker in ((mine, "mine@host"), (theirs, "theirs@host")):
        Chunk.objects.filter(pk=chunk.pk).update(holder=playing.mark_of(worker) + "f00d", held_until_us=until_us)
    Chunk.objects.filter(pk=asked_for.pk).update(held_until_us=until_us)
    playing.free("mine@host")
    assert [chunk.held_until_us for chunk in experiment.chunks.all()[:3]] == [0, until_us, 0]
