"""Literal histories of client operations for tests, and small random ones.

A history is written as events, ``("invoke" | "ok" | "fail" | "info", process, f, value)``, as Jepsen writes them. A
process has one open operation; after ``info`` its next operation is another process's as far as a checker can tell.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.checkers.chance import Choose
from workers.model.observation import Applied, Body, Completed, Invoked, Observation

Event = tuple[str, int, str, Any]


def observations(events: list[Event], key: str = "k", first_index: int = 0) -> list[Observation]:
    """The events as observations: position i at time 10 i ms, operation ids o0, o1, and so on."""
    found: list[Observation] = []
    open_ops: dict[int, str] = {}
    number = 0
    for kind, process, f, value in events:
        index = first_index + len(found)
        session = f"s{process}"
        if kind == "invoke":
            op = open_ops[process] = f"o{number}"
            number += 1
            body: Body = Invoked(op, session, f, key, value, 10_000 * index)
        else:
            result = value if f == "read" else None
            body = Completed(open_ops.pop(process), session, f, key, kind, result)  # type: ignore[arg-type]
        found.append(Observation(index, 10_000 * index, "client", body))
    return found


def initial(key: str, value: Any) -> Observation:
    return Observation(0, 0, "view-1", Applied(key, value, f"{key}@initial"))


def scheduled(
    choose: Choose, arguments: list[tuple[str, Any]], results: list[Any], operations: int, processes: int
) -> list[Event]:
    """So many operations begin, in any order with their ends; ``results`` are what reads may return."""
    events: list[Event] = []
    open_ops: dict[int, tuple[str, Any]] = {}
    begun = 0
    while begun < operations or open_ops:
        # The first process that is free begins: which of them it is means nothing.
        free = [p for p in range(processes) if p not in open_ops][:1] if begun < operations else []
        step = choose([*free, *sorted(open_ops), *(["over"] if begun == operations else [])])
        if step == "over":
            break
        if step in open_ops:
            f, value = open_ops.pop(step)
            outcome = choose(["ok", "ok", "ok", "fail", "info"]) if operations > 4 else choose(["ok", "fail", "info"])
            events.append((outcome, step, f, choose(results) if f == "read" and outcome == "ok" else value))
        else:
            f, value = open_ops[step] = choose(arguments)
            events.append(("invoke", step, f, None if f == "read" else value))
            begun += 1
    return events


@st.composite
def schedules(draw: Any, argument: Any, result: Any, *, operations_max: int = 6, processes: int = 3) -> list[Event]:
    """Random events: ``argument`` draws (f, value), ``result(f)`` draws what came back. Any outcome, some never end."""
    events: list[Event] = []
    open_ops: dict[int, tuple[str, Any]] = {}
    begun = 0
    wanted = draw(st.integers(1, operations_max))
    while begun < wanted or (open_ops and draw(st.integers(0, 9))):
        process = draw(st.integers(0, processes - 1))
        if process in open_ops:
            f, value = open_ops.pop(process)
            outcome = draw(st.sampled_from(["ok"] * 6 + ["fail", "info"]))
            events.append((outcome, process, f, draw(result(f)) if f == "read" and outcome == "ok" else value))
        elif begun < wanted:
            f, value = draw(argument)
            open_ops[process] = (f, value)
            events.append(("invoke", process, f, None if f == "read" else value))
            begun += 1
    return events
