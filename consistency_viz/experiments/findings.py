"""What was found in a run that is over: each expectation with its reason, and each failed checker with its witnesses.

Rules
1. Found once, by the same checkers as everywhere, in the archived history; the answer is kept in the run's row.
2. One history at a time in a process, and none above ``HISTORY_BYTES_MAX``: a page never takes the server from a run.
3. Blocking: callers on an event loop use a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final

from consistency_viz.checkers.fault_touch import FaultTouch, Touch
from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result, Verdict
from consistency_viz.checkers.work_done import WorkDone
from consistency_viz.experiments.expectations import Found, judge, numbers
from consistency_viz.experiments.fault_report import summary
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.pbs_beside import beside, measured_for
from consistency_viz.experiments.price_figures import priced
from consistency_viz.observation.history import HistoryError, HistoryReader
from workers.cluster.scenario import Scenario
from workers.cluster.schema.story import EVERY_RUN, Expectation
from workers.model.observation import Observation

HISTORY_BYTES_MAX: Final = 64 * 1024 * 1024
WITNESSES_SHOWN: Final = 3
TEXT_LENGTH_MAX: Final = 400
PLACES_MAX: Final = 6
"""Observations that a page is told to look at for one witness."""
VERSION: Final = 7
"""Of what is kept in a row; another version is found again."""

_ONE_AT_A_TIME = threading.Lock()


def findings_of(run: Run) -> dict[str, Any]:
    """What was found in the run: ``state`` is ``ready``, ``pending`` (it goes on), or ``none`` with a ``text`` why.

    ``prices`` are those of ``price_figures`` that it has; they are told, not kept.
    """
    if not run.ended:
        return {"state": "pending"}
    if not run.history or not run.history_path.is_file():
        return _none("The history of this run is gone, so nothing can be checked.")
    if run.history_path.stat().st_size > HISTORY_BYTES_MAX:
        text = f"The history is larger than {HISTORY_BYTES_MAX // 2**20} MB. "
        return _none(f"{text}Download it, and use the command check_history.")
    with _ONE_AT_A_TIME:
        run.refresh_from_db(fields=["findings"])
        if run.findings is None or run.findings.get("version") != VERSION:
            try:
                found = _find(run)
            except HistoryError as error:
                return _none(f"The history cannot be read: {error}")
            run.findings = found
            Run.objects.filter(pk=run.pk).update(findings=found)
    return {**run.findings, "prices": priced(run.findings["figures"])}


def _find(run: Run) -> dict[str, Any]:
    scenario = Scenario.model_validate(run.document)
    work, touch, reads = WorkDone(), FaultTouch(), measured_for(scenario)

    def seen(reader: HistoryReader) -> Iterator[Observation]:
        for observation in reader:
            work.observe(observation)
            touch.observe(observation)
            if reads is not None:
                reads.observe(observation)
            yield observation

    with HistoryReader(run.history_path) as reader:
        results = check(create(reader.header), seen(reader), microseconds(run.ended_at) or None)
        observations = reader.observations
    expected = scenario.expect
    metrics = {result.checker: result.metrics for result in results} | {"work": work.metrics()}
    found = judge(expected, {result.checker: result.verdict for result in results}, metrics)
    return {
        "version": VERSION,
        "state": "ready",
        "observations": observations,
        "figures": dict(numbers("", metrics)),
        "faults": [_touched(one) for one in touch.report()],
        "visibility": None if reads is None else beside(scenario, reads.curve()),
        "expectations": [_expectation(item, one) for item, one in zip(expected, found, strict=True)],
        "failed": [_failed(result) for result in results if result.verdict == Verdict.FAILED],
        "passed": [result.checker for result in results if result.verdict == Verdict.PASSED],
        "unknown": [result.checker for result in results if result.verdict == Verdict.UNKNOWN],
    }


def _expectation(expected: Expectation, found: Found) -> dict[str, str]:
    """``share`` is empty for what is expected of every run; of one run, anything else can only be seen or not."""
    share = "" if expected.in_share_of_runs == EVERY_RUN else str(expected.in_share_of_runs)
    told = {"because": expected.because, "verdict": found.verdict.value, "reason": _short(found.reason)}
    return {**told, "share": share}


def _failed(result: Result) -> dict[str, Any]:
    shown = result.witnesses[:WITNESSES_SHOWN]
    return {
        "checker": result.checker,
        "reason": _short(result.reason),
        "witnesses": [_short(witness.text) for witness in shown],
        "places": [witness.indices[:PLACES_MAX] for witness in shown],
        "more": len(result.witnesses) - len(shown) + result.witnesses_skipped,
    }


def _touched(touch: Touch) -> dict[str, Any]:
    told = touch.to_json()
    return {**told, "fault": _short(touch.fault), "text": _short(summary(told))}


def _none(text: str) -> dict[str, Any]:
    return {"state": "none", "text": text}


def _short(text: str) -> str:
    """Names in witnesses come from strangers, as long as they like."""
    return text if len(text) <= TEXT_LENGTH_MAX else f"{text[: TEXT_LENGTH_MAX - 1]}…"
