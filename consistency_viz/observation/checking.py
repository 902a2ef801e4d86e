"""Checks a recorded history: the file in, verdicts out. The command and the API only render what this returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from consistency_viz.checkers.fault_touch import FaultTouch
from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result, Verdict, of_results
from consistency_viz.observation.formats.jepsen import JepsenReader
from consistency_viz.observation.history import DEFAULT_LIMITS, HistoryReader, Limits
from consistency_viz.observation.paired_operations import PairedOperations
from workers.model.history import Header
from workers.model.observation import Observation

FORMATS: Final = ("native", "jepsen")
EXIT_BY_VERDICT: Final = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.UNKNOWN: 2}
EXIT_BAD_INPUT: Final = 3


class BadRequestError(ValueError):
    """What was asked for cannot be done; ``text`` says why and ``remedy`` what to do."""

    def __init__(self, text: str, remedy: str) -> None:
        self.text = text
        self.remedy = remedy
        super().__init__(f"{text}; {remedy}")


class Report(msgspec.Struct, frozen=True):
    """The verdicts on one history. ``end_us`` is its last observation's time, ``duration_ms`` from its start."""

    file: str
    header: Header
    observations: int
    end_us: int
    duration_ms: float
    verdict: Verdict
    results: list[Result]
    notes: list[str] = []
    """How the file was understood, where it does not say so itself."""

    faults: list[dict[str, Any]] = []
    """What each fault touched (``checkers.fault_touch.Touch.to_json``)."""

    def to_json(self) -> dict[str, Any]:
        """One JSON object. The header's plan is left out: it is in the history."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        del plain["header"]["plan"]
        return plain


def check_file(
    source: str | Path,
    names: Iterable[str] = (),
    history_format: str = "native",
    limits: Limits = DEFAULT_LIMITS,
    *,
    keyed: bool | None = None,
) -> Report:
    """Run the named checkers, or all, over a history file ("-": standard input), reading it once.

    ``keyed`` says whether the values of a Jepsen history are ``[key value]``; ``None``: find out. The verdict is over
    the checkers that ran and had something to judge. Raises ``HistoryError`` for a bad file, ``UnknownCheckerError``
    for a name that no checker has and ``BadRequestError`` for a format that is not known; nothing was checked then.
    """
    if history_format not in FORMATS:
        raise BadRequestError(f"format {history_format!r} is not known", f"use one of {', '.join(FORMATS)}")
    if keyed is not None and history_format != "jepsen":
        raise BadRequestError("a native history says its keys", "leave --keyed and --not-keyed to --format jepsen")
    nobody = Header("", "", 0, "", [])
    chosen = list(names)
    create(nobody, chosen)  # a wrong name is refused before a large file is read
    reads_native = history_format == "native"
    with HistoryReader(source, limits) if reads_native else JepsenReader(source, limits, keyed=keyed) as reader:
        touch = FaultTouch()
        pairs = PairedOperations(reader.file) if reads_native else None  # the Jepsen reader pairs them itself
        results = check(create(reader.header, chosen), _watched(reader, touch, pairs))
        return Report(
            file=reader.file,
            header=reader.header,
            observations=reader.observations,
            end_us=reader.last_us,
            duration_ms=max(0, reader.last_us - reader.header.started_us) / 1000,
            verdict=of_results(results),
            results=results,
            notes=reader.notes if isinstance(reader, JepsenReader) else [],
            faults=[one.to_json() for one in touch.report()],
        )


def _watched(
    observations: Iterable[Observation], touch: FaultTouch, pairs: PairedOperations | None
) -> Iterator[Observation]:
    for observation in observations:
        if pairs is not None:
            pairs.check(observation)
        touch.observe(observation)
        yield observation
