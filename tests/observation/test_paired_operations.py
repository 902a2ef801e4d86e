"""A native history whose operations do not fit together is refused before it is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consistency_viz.observation.checking import check_file
from consistency_viz.observation.history import HistoryError

HEADER = {"history": 3, "scenario": "s", "design": "", "seed": 0, "driver": "d", "replicas": []}
WRITE = {"kind": "invoked", "op": "o1", "session": "s1", "f": "write", "key": "x", "value": 1, "intended_us": 0}
WRITTEN = {"kind": "completed", "op": "o1", "session": "s1", "f": "write", "key": "x", "outcome": "ok", "value": None}
STEPS = [["w", "x", 1], ["r", "y", None]]


def cas(argument: Any) -> dict[str, Any]:
    return WRITE | {"f": "cas", "value": argument}


def txn(steps: Any) -> dict[str, Any]:
    return WRITE | {"f": "txn", "key": "", "value": steps}


def answer(steps: Any) -> dict[str, Any]:
    return WRITTEN | {"f": "txn", "key": "", "value": steps}


def refused(directory: Path, *bodies: dict[str, Any]) -> tuple[int, str, str]:
    path = directory / "history.jsonl"
    lines = [{"index": i, "at_us": i, "node": "client", **body} for i, body in enumerate(bodies)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [HEADER, *lines]), encoding="utf-8")
    with pytest.raises(HistoryError) as caught:
        check_file(path)
    assert caught.value.remedy
    return caught.value.line, caught.value.field, caught.value.problem


@pytest.mark.parametrize(
    ("bodies", "told"),
    [
        ([WRITTEN], (2, "op", "'o1' ends and is not under way: it never began, or had ended before")),
        ([WRITE, WRITTEN, WRITTEN], (4, "op", "'o1' ends and is not under way: it never began, or had ended before")),
        ([WRITE, WRITE], (3, "op", "'o1' began on line 2 and has not ended")),
        ([WRITE, WRITTEN | {"key": "y"}], (3, "key", "'y' ends what began on line 2 with 'x'")),
        ([WRITE, WRITTEN | {"f": "read"}], (3, "f", "'read' ends what began on line 2 with 'write'")),
        ([WRITE, WRITTEN | {"session": "s2"}], (3, "session", "'s2' ends what began on line 2 with 's1'")),
        ([cas(5)], (2, "value", "5 is no [old, new]")),
        ([cas({"value": [1, 2, 3]})], (2, "value", "[1, 2, 3] is no [old, new]")),
        ([txn(5)], (2, "value", "5 is no list of micro-operations")),
        ([txn([["a", "x", 1]])], (2, "value", "['a', 'x', 1] is no micro-operation")),
        ([txn([["r", "x"]])], (2, "value", "['r', 'x'] is no micro-operation")),
        ([txn(STEPS), answer(None)], (3, "value", "None is no list of micro-operations")),
        ([txn(STEPS), answer(STEPS[:1])], (3, "value", "other micro-operations than line 2 invoked")),
        (
            [txn(STEPS), answer([["w", "x", True], STEPS[1]])],
            (3, "value", "other micro-operations than line 2 invoked"),
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(
    tmp_path: Path, bodies: list[dict[str, Any]], told: tuple[int, str, str]
) -> None:
    assert refused(tmp_path, *bodies) == told


def test_what_fits_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    steps = {"value": [STEPS[0], ["r", "y", 7]]}
    failed = WRITTEN | {"outcome": "fail", "value": None}
    bodies = [WRITE, WRITTEN, txn({"value": STEPS}), answer(steps), cas([1, 2]), failed | {"f": "cas"}, WRITE]
    lines = [{"index": i, "at_us": i, "node": "client", **body} for i, body in enumerate(bodies)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [HEADER, *lines]), encoding="utf-8")
    assert check_file(path).observations == 7
