"""Refuses a history whose operations of clients do not fit together: what its checkers say would be about another run.

Rules
1. An operation ends at most once, after it began, with the session, f and key with which it began.
2. An id that is under way does not begin again.
3. A ``cas`` says from what to what. A ``txn`` is a list of micro-operations, and its answer has the same ones: only
   what was read may differ.

Memory: the operations that are open.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from consistency_viz.checkers.divergence.canonical import canonical
from consistency_viz.checkers.operations import parts
from consistency_viz.observation.limited_file import HistoryError
from workers.model.observation import Completed, Invoked, Observation

MICRO_OPERATIONS: Final = frozenset(("r", "w", "append"))

_KNOWN: Final = 'known are ["r", key, null], ["w", key, value] and ["append", key, value]'


class PairedOperations:
    """Give it every observation of ``file``; raises ``HistoryError`` for one that does not fit."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: dict[str, tuple[int, Invoked]] = {}

    def check(self, observation: Observation) -> None:
        """Look at the next observation."""
        body = observation.body
        kind = type(body)
        if kind is Invoked:
            self._begin(observation.index + 2, body)  # type: ignore[arg-type]
        elif kind is Completed:
            self._end(observation.index + 2, body)  # type: ignore[arg-type]

    def _begin(self, line: int, body: Invoked) -> None:
        if body.op in self._open:
            problem = f"{body.op!r} began on line {self._open[body.op][0]} and has not ended"
            self._refuse(line, problem, "give every operation its own id", "op", body.op)
        self._open[body.op] = line, body
        if body.f == "cas":
            argument, _ = parts(body.value)
            if not (isinstance(argument, list) and len(argument) == 2):
                self._refuse(line, f"{argument!r:.60} is no [old, new]", "give both values", "value", body.value)
        elif body.f == "txn":
            self._steps(line, body.value)

    def _end(self, line: int, body: Completed) -> None:
        begun = self._open.pop(body.op, None)
        if begun is None:
            problem = f"{body.op!r} ends and is not under way: it never began, or had ended before"
            self._refuse(line, problem, "export the run again: an operation begins once and ends once", "op", body.op)
        at, invoked = begun
        for field in ("session", "f", "key"):
            value, expected = getattr(body, field), getattr(invoked, field)
            if value != expected:
                problem = f"{value!r} ends what began on line {at} with {expected!r}"
                self._refuse(line, problem, "an operation ends with what it began with", field, value)
        if body.f != "txn" or body.outcome != "ok":
            return
        if asked(self._steps(line, body.value)) != asked(self._steps(at, invoked.value)):
            problem = f"other micro-operations than line {at} invoked"
            self._refuse(line, problem, "only what was read may differ", "value", body.value)

    def _steps(self, line: int, value: Any) -> list[list[Any]]:
        steps, _ = parts(value)
        if not isinstance(steps, list):
            self._refuse(line, f"{steps!r:.60} is no list of micro-operations", _KNOWN, "value", value)
        for step in steps:
            if not (isinstance(step, list) and len(step) == 3 and step[0] in MICRO_OPERATIONS):
                self._refuse(line, f"{step!r:.60} is no micro-operation", _KNOWN, "value", value)
        return steps

    def _refuse(self, line: int, problem: str, remedy: str, field: str, value: Any) -> NoReturn:
        raise HistoryError(self._file, line, problem, remedy, field, value)


def asked(steps: list[list[Any]]) -> list[bytes]:
    """Micro-operations without what they read, comparable."""
    return [canonical(step[:2] if step[0] == "r" else step) for step in steps]
