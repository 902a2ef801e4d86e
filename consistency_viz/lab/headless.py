"""One live run on the real stack without a page: start, record, check, clean up (``manage.py run``)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from consistency_viz.checkers.fault_touch import FaultTouch
from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result, Verdict, of_results
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.experiments.expectations import EXIT_BY_VERDICT, ExpectationTally, judge
from consistency_viz.experiments.pbs_beside import beside, measured_for
from consistency_viz.experiments.simulations import header_of
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.stack import Stack, data_dir_of
from consistency_viz.observation.history import HistoryReader
from consistency_viz.observation.recorder import Ending, Recorder
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario
from workers.model.observation import Observation
from workers.runtime import control
from workers.runtime.connection import connect, of_run

EXIT_NOT_FINISHED: Final = 1
"""A run that was stopped or broke off has not shown what it should, whatever it did show."""


class LiveRun(msgspec.Struct, frozen=True):
    """How a live run went: its end, the verdicts on its history, figures by name, and the scenario's expectations."""

    run: str
    scenario: str
    seed: int
    state: str
    reason: str
    duration_ms: float
    observations: int
    verdict: Verdict
    results: list[Result]
    metrics: dict[str, Any]
    expectations: dict[str, Any]
    exit_status: int
    faults: list[dict[str, Any]] = []
    """What each fault touched (``checkers.fault_touch.Touch.to_json``); times from the run's start."""
    visibility: dict[str, Any] | None = None
    """Of a quorum: its reads beside the prediction (``experiments.pbs_beside``)."""


def run_headless(
    scenario: Scenario, history: Path | None, tell: Callable[[str], None], should_stop: Callable[[], bool]
) -> LiveRun:
    """Play ``scenario`` live on a stack of its own; its history is kept as ``history`` if that is named.

    Raises ``LabError`` if the stack does not come up or the run's history cannot be kept.
    """
    home = data_dir_of()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=home))
    try:
        with Stack(data_dir=folder, tell=tell) as stack:
            ending = _play(scenario, (stack.redis_url, stack.runs_url), folder.name, folder, should_stop)
        if ending.path is None:
            raise LabError(f"The run recorded nothing: {ending.reason}.", f"Look at the logs in {folder}/log.")
        result = _judge(scenario, ending)
        if history is not None:
            shutil.copyfile(ending.path, history)
        return result
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _play(scenario: Scenario, urls: tuple[str, str], run: str, folder: Path, should_stop: Callable[[], bool]) -> Ending:
    plan = build(scenario)
    client = connect(*urls)
    endings: list[Ending] = []
    control.create_run(client, run, scenario.model_dump(mode="json"))

    def header(status: Any) -> Any:
        return msgspec.structs.replace(header_of(plan, "live"), run=run, started_us=int(status.started_us))

    recorder = Recorder(of_run(client, run), run, folder / "history.jsonl", control, header, endings.append)
    try:
        recorder.run(should_stop)
        if not endings:  # stopped by hand: end the run, and record to its end
            control.stop_run(client, run, "stopped by hand")
            Recorder(of_run(client, run), run, folder / "history.jsonl", control, header, endings.append).run(
                lambda: False
            )
    finally:
        control.delete_run(client, run)
        client.close()
    return endings[0]


def _judge(scenario: Scenario, ending: Ending) -> LiveRun:
    work, touch, reads = WorkDone(), FaultTouch(), measured_for(scenario)

    def seen(reader: HistoryReader) -> Iterator[Observation]:
        for observation in reader:
            work.observe(observation)
            touch.observe(observation)
            if reads is not None:
                reads.observe(observation)
            yield observation

    assert ending.path is not None  # noqa: S101 - the caller has looked
    with HistoryReader(ending.path) as reader:
        results = check(create(reader.header), seen(reader), ending.ended_us)
        metrics = {result.checker: result.metrics for result in results} | {"work": work.metrics()}
        tally = ExpectationTally(scenario.expect)
        tally.add(scenario.seed, judge(scenario.expect, {r.checker: r.verdict for r in results}, metrics))
        return LiveRun(
            run=ending.run_id,
            scenario=scenario.name,
            seed=scenario.seed,
            state=ending.state,
            reason=ending.reason,
            duration_ms=(ending.ended_us - ending.started_us) / 1_000,
            observations=reader.observations,
            verdict=of_results(results),
            results=results,
            metrics=metrics,
            expectations=tally.to_json(),
            exit_status=EXIT_BY_VERDICT[tally.verdict] if ending.state == "finished" else EXIT_NOT_FINISHED,
            faults=[_from_start(one.to_json(), ending.started_us) for one in touch.report()],
            visibility=None if reads is None else beside(scenario, reads.curve()),
        )


def _from_start(fault: dict[str, Any], started_us: int) -> dict[str, Any]:
    ended_us = fault["ended_us"]
    times = {
        "began_us": fault["began_us"] - started_us,
        "ended_us": None if ended_us is None else ended_us - started_us,
    }
    return {**fault, **times}
