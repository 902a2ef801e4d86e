"""A run exported as a Jepsen history is one by Jepsen's rules, and read back it gives the same verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Result
from consistency_viz.observation.exporting import export_file
from consistency_viz.observation.formats.edn import read_all
from consistency_viz.observation.formats.jepsen import JepsenReader
from consistency_viz.observation.formats.jepsen_writer import JepsenWriter
from consistency_viz.observation.history import read_history
from tests.observation.exports import simulated, written
from workers.model.history import Header
from workers.model.observation import Applied, Completed, Faulted, Invoked, Observation

NOBODY = Header("", "", 0, "", [])
SCENARIOS = ("order-flow", "stampede", "reply-before-question", "last-ticket-twice", "zombie-writer", "quorum-dial")
OF_OPERATIONS = ("linearizable-register", "staleness", "read-your-writes", "monotonic-reads", "set-full", "counter")


def verdicts(results: list[Result]) -> dict[str, Any]:
    return {result.checker: (result.verdict, result.applicable) for result in results}


def read_back(path: Path) -> dict[str, Any]:
    reader = JepsenReader(path)
    return verdicts(check(create(reader.header), reader))


def is_exported(observation: Observation) -> bool:
    body = observation.body
    return isinstance(body, Invoked | Completed | Faulted) or (
        isinstance(body, Applied) and body.update == f"{body.key}@initial"
    )


@pytest.mark.parametrize("ending", ["edn", "json", "jsonl.gz"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_read_back_it_gives_the_same_verdicts(tmp_path: Path, scenario: str, ending: str) -> None:
    source, out = simulated(scenario), tmp_path / f"h.{ending}"
    export_file(source, "jepsen", out)
    header, observations = read_history(source)
    found = read_back(out)
    assert found == verdicts(check(create(NOBODY), filter(is_exported, observations)))
    whole = verdicts(check(create(header, OF_OPERATIONS), observations))
    assert {name: found[name] for name in OF_OPERATIONS} == whole


def test_the_verdicts_that_are_compared_are_of_all_three_kinds() -> None:
    kinds = set()
    for scenario in SCENARIOS:
        _, observations = read_history(simulated(scenario))
        kinds |= set(verdicts(check(create(NOBODY, OF_OPERATIONS), filter(is_exported, observations))).values())
    assert kinds >= {("passed", True), ("failed", True), ("unknown", False)}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_read_back_is_what_was_observed(tmp_path: Path, scenario: str) -> None:
    source, out = simulated(scenario), tmp_path / "h.edn"
    export_file(source, "jepsen", out)
    header, observations = read_history(source)
    wanted = [o for o in observations if isinstance(o.body, Invoked | Completed | Faulted)]
    found = [o for o in JepsenReader(out) if o.index >= 0]
    assert [(o.at_us, type(o.body), o.body.fault if isinstance(o.body, Faulted) else o.body.op) for o in found] == [
        (o.at_us - header.started_us, type(o.body), o.body.fault if isinstance(o.body, Faulted) else o.body.op)
        for o in wanted
    ]
    faults = [o.body for o in wanted if isinstance(o.body, Faulted)]
    assert [o.body for o in found if isinstance(o.body, Faulted)] == faults


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_it_keeps_to_the_rules_of_jepsen(tmp_path: Path, scenario: str) -> None:
    out = tmp_path / "h.edn"
    export_file(simulated(scenario), "jepsen", out)
    lines = out.read_text(encoding="utf-8").splitlines()
    events = [read_all(line)[0] for line in lines]
    open_: dict[int, str] = {}
    retired: set[int] = set()
    for index, (event, before) in enumerate(zip(events, [{"time": 0}, *events], strict=False)):
        assert event["index"] == index
        assert event["time"] >= before["time"]
        process, type_ = event["process"], event["type"].name
        if process == ":nemesis":
            assert type_ == "info"
            continue
        assert process not in retired
        if type_ == "invoke":
            assert process not in open_
            open_[process] = event["f"]
        else:
            assert open_.pop(process) == event["f"]
        if type_ == "info":
            retired.add(process)
    assert len(events) > 100


def invoked(op: str, f: str, value: Any = None, session: str = "s", key: str = "k") -> Invoked:
    return Invoked(op, session, f, key, value, 0)


def completed(op: str, f: str, outcome: Any, value: Any = None, session: str = "s", key: str = "k") -> Completed:
    return Completed(op, session, f, key, outcome, value)


def exported(path: Path, ending: str = "json") -> list[dict[str, Any]]:
    out = path.with_suffix(f".{ending}")
    export_file(path, "jepsen", out)
    return [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]


def test_a_session_goes_on_under_a_new_process_after_info(tmp_path: Path) -> None:
    source = written(
        tmp_path / "source.jsonl",
        invoked("a", "write", 1),
        completed("a", "write", "info"),
        invoked("b", "write", 2),
        completed("b", "write", "ok"),
        invoked("c", "read"),
        completed("c", "read", "ok", 2),
    )
    events = exported(source)
    assert [(e["process"], e["type"], e["f"], e["value"]) for e in events] == [
        (0, "invoke", "write", ["k", 1]),
        (0, "info", "write", ["k", 1]),
        (1, "invoke", "write", ["k", 2]),
        (1, "ok", "write", ["k", 2]),
        (1, "invoke", "read", ["k", None]),
        (1, "ok", "read", ["k", 2]),
    ]
    assert {o.body.session for o in JepsenReader(source.with_suffix(".json")) if isinstance(o.body, Invoked)} == {"s"}


def test_operations_of_a_session_that_overlap_have_processes_of_their_own(tmp_path: Path) -> None:
    source = written(
        tmp_path / "source.jsonl",
        invoked("a", "write", 1),
        invoked("b", "write", 2),
        completed("a", "write", "ok"),
        invoked("c", "write", 3),
        completed("b", "write", "ok"),
        completed("c", "write", "ok"),
        completed("never-begun", "write", "ok"),
    )
    assert [e["process"] for e in exported(source)] == [0, 1, 0, 0, 1, 0]


def test_times_count_from_the_beginning_of_the_run(tmp_path: Path) -> None:
    at_us = 1_750_000_000_000_000
    source = written(tmp_path / "source.jsonl", invoked("a", "read"), completed("a", "read", "fail"), started_us=at_us)
    assert [(e["time"], e["index"]) for e in exported(source)] == [(0, 0), (1_000_000, 1)]


def test_what_a_key_held_at_first_is_told_with_its_first_operation(tmp_path: Path) -> None:
    source = written(
        tmp_path / "source.jsonl",
        ("eu", Applied("k", 10, "k@initial")),
        ("us", Applied("k", 10, "k@initial")),
        invoked("a", "read"),
        completed("a", "read", "ok", 10),
        invoked("b", "read"),
        completed("b", "read", "ok", 10),
    )
    events = exported(source)
    assert [e["consistency-viz"].get("initial") for e in events] == [{"k": 10}, None, None, None]
    assert next(o.body for o in JepsenReader(source.with_suffix(".json"))) == Applied("k", 10, "k@initial")


def test_a_fault_is_a_nemesis_operation(tmp_path: Path) -> None:
    began = Faulted("f1", "partition", "began", ["eu>us"], {"mode": "drop"})
    ended = Faulted("f1", "partition", "ended", ["eu>us"])
    source = written(tmp_path / "source.jsonl", ("", began), ("", ended))
    out = tmp_path / "h.edn"
    export_file(source, "jepsen", out)
    first = '{:type :info, :process :nemesis, :f :start-partition, :value {"fault" "f1", "targets" ["eu>us"], '
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(first)
    assert [(e["f"], e["time"]) for line in lines for e in read_all(line)] == [
        (":start-partition", 0),
        (":start-partition", 0),
        (":stop-partition", 1_000_000),
        (":stop-partition", 1_000_000),
    ]
    assert [o.body for o in JepsenReader(out)] == [began, ended]


def test_faults_of_one_kind_that_overlap_end_as_themselves(tmp_path: Path) -> None:
    states = [("f1", "began"), ("f2", "began"), ("f1", "ended"), ("f2", "ended")]
    told = [Faulted(fault, "pause", state, [fault]) for fault, state in states]  # type: ignore[arg-type]
    out = tmp_path / "h.json"
    export_file(written(tmp_path / "source.jsonl", *[("", fault) for fault in told]), "jepsen", out)
    assert [o.body for o in JepsenReader(out)] == told


VALUES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5)
CONTENT = (
    VALUES | st.lists(VALUES, max_size=2) | st.dictionaries(st.text(max_size=5) | st.just("value"), VALUES, max_size=2)
)


@given(key=st.text(max_size=5), content=CONTENT, notation=st.sampled_from(["EDN", "JSON"]))
def test_any_key_and_any_value_come_back(tmp_path_factory: Any, key: str, content: Any, notation: Any) -> None:
    given_value = {"value": content} if isinstance(content, dict) else content
    bodies = [
        invoked("a", "write", given_value, key=key),
        completed("a", "write", "ok", key=key),
        invoked("b", "read", key=key),
        completed("b", "read", "ok", {"value": content, "seen": ["u-1"]}, key=key),
    ]
    path = tmp_path_factory.mktemp("any") / "h"
    observations = [Observation(i, i, "client", body) for i, body in enumerate(bodies)]
    path.write_bytes(b"".join(JepsenWriter(NOBODY, notation).lines(observations)))
    assert [o.body for o in JepsenReader(path)] == [
        Invoked("a", "s", "write", key, given_value, 0),
        bodies[1],
        Invoked("b", "s", "read", key, None, 0),
        bodies[3],
    ]
