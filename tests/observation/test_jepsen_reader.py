"""What the events of a Jepsen history become: operations, sessions, keys, faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency_viz.checkers.registry import check, create
from consistency_viz.observation.formats.edn import Keyword
from consistency_viz.observation.formats.edn_writer import edn
from consistency_viz.observation.formats.jepsen import JepsenReader
from tests.checkers.client_operations import Event, schedules
from workers.model.history import Header
from workers.model.observation import Body, Completed, Faulted, Invoked, Observation

INVOKE, OK, FAIL, INFO = "invoke", "ok", "fail", "info"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(text: str, **options: Any) -> list[Observation]:
        path = tmp_path / "h.edn"
        path.write_text(text, encoding="utf-8")
        return list(JepsenReader(path, **options))

    return read


def test_an_operation_is_told_as_it_is(read: Any) -> None:
    text = """{:type :invoke, :process 3, :f :write, :value 5, :time 1999, :index 40}
    {:type :fail, :process 3, :f :write, :value 5, :time 2000, :index 41, :error [:timeout "5 s"]}"""
    assert read(text) == [
        Observation(0, 1, "client", Invoked("p3/write.40", "p3", "write", "x", 5, 1)),
        Observation(1, 2, "client", Completed("p3/write.40", "p3", "write", "x", "fail", None, "[':timeout', '5 s']")),
    ]


def test_without_times_and_indices_the_order_counts(read: Any) -> None:
    text = "{:type :invoke :process 0 :f :read}{:type :ok :process 0 :f :read :value 7}"
    assert read(text) == [
        Observation(0, 0, "client", Invoked("p0/read.0", "p0", "read", "x", None, 0)),
        Observation(1, 1, "client", Completed("p0/read.0", "p0", "read", "x", "ok", 7)),
    ]


def bodies(observations: list[Observation]) -> list[tuple[str, str, Any]]:
    return [(o.body.f, o.body.key, o.body.value) for o in observations if isinstance(o.body, Invoked | Completed)]


@pytest.mark.parametrize(
    ("f", "argument", "answer", "expected"),
    [
        ("write", "[1 2]", "[1 2]", [("write", "1", 2), ("write", "1", None)]),
        ("write", '["k" nil]', "nil", [("write", "k", None), ("write", "k", None)]),
        ("write", "[:k 2]", "nil", [("write", ":k", 2), ("write", ":k", None)]),
        ("write", "[[1 2] 3]", "nil", [("write", "[1,2]", 3), ("write", "[1,2]", None)]),
        ("read", "[1 nil]", "[1 #{2 1}]", [("read", "1", None), ("read", "1", [1, 2])]),
        ("cas", "[1 [2 3]]", "nil", [("cas", "1", [2, 3]), ("cas", "1", None)]),
        ("cas", "[2 3]", "nil", [("cas", "x", [2, 3]), ("cas", "x", None)]),
        ("read", "nil", "[1 2]", [("read", "x", None), ("read", "x", [1, 2])]),
        ("write", "5", "nil", [("write", "x", 5), ("write", "x", None)]),
        ("increment", "nil", "nil", [("increment", "x", 1), ("increment", "x", None)]),
        ("decrement", "3", "nil", [("decrement", "x", 3), ("decrement", "x", None)]),
        ("write", '{"value" 1}', "nil", [("write", "x", {"value": {"value": 1}}), ("write", "x", None)]),
        ("txn", "[[:r :x nil]]", "[[:r :x 1]]", [("txn", "", [["r", ":x", None]]), ("txn", "", [["r", ":x", 1]])]),
        ("txn", "[[:append 1 2]]", "[[:append 1 2]]", [("txn", "", [["append", "1", 2]])] * 2),
    ],
)
def test_keys_and_values_are_told_apart(read: Any, f: str, argument: str, answer: str, expected: Any) -> None:
    text = f"{{:type :invoke :process 0 :f :{f} :value {argument}}}{{:type :ok :process 0 :f :{f} :value {answer}}}"
    assert bodies(read(text)) == expected


def test_a_read_that_is_invoked_with_a_value_shows_that_there_are_no_keys(read: Any) -> None:
    text = "{:type :invoke :process 0 :f :read :value [1 2]}{:type :ok :process 0 :f :read :value [1 2]}"
    assert bodies(read(text)) == [("read", "x", None), ("read", "x", [1, 2])]


@pytest.mark.parametrize("outcome", ["fail", "info"])
def test_what_did_not_succeed_returns_nothing(read: Any, outcome: str) -> None:
    text = f"{{:type :invoke :process 0 :f :read :value nil}}{{:type :{outcome} :process 0 :f :read :value 7}}"
    assert bodies(read(text))[1] == ("read", "x", None)


def test_a_counter_by_key_goes_up_and_down(read: Any) -> None:
    text = """{:type :invoke :process 0 :f :add :value [1 -2]}{:type :ok :process 0 :f :add :value [1 -2]}
    {:type :invoke :process 0 :f :add :value [2 -2]}{:type :ok :process 0 :f :add :value [2 -2]}
    {:type :invoke :process 0 :f :read :value [1 nil]}{:type :ok :process 0 :f :read :value [1 -2]}"""
    assert bodies(read(text))[:4] == [
        ("decrement", "1", 2),
        ("decrement", "1", None),
        ("add", "2", -2),
        ("add", "2", None),
    ]


def test_one_value_without_a_key_makes_all_bare(read: Any) -> None:
    text = """{:type :invoke :process 0 :f :write :value [1 2]}{:type :ok :process 0 :f :write :value [1 2]}
    {:type :invoke :process 0 :f :write :value 3}"""
    assert bodies(read(text))[0] == ("write", "x", [1, 2])
    assert bodies(read(text.replace("3}", "[1 3]}")))[0] == ("write", "1", 2)
    assert bodies(read(text.replace("3}", "[1 3]}"), keyed=False))[0] == ("write", "x", [1, 2])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("#{1 -2}", [("add", 1), ("add", None), ("add", -2), ("add", None)]),
        ("nil", [("add", 1), ("add", None), ("add", -2), ("add", None)]),
        ("-1", [("increment", 1), ("increment", None), ("decrement", 2), ("decrement", None)]),
    ],
)
def test_what_reads_return_tells_a_set_from_a_counter(read: Any, answer: str, expected: Any) -> None:
    text = f"""{{:type :invoke :process 0 :f :add :value 1}}{{:type :ok :process 0 :f :add :value 1}}
    {{:type :invoke :process 0 :f :add :value -2}}{{:type :ok :process 0 :f :add :value -2}}
    {{:type :invoke :process 0 :f :read :value nil}}{{:type :ok :process 0 :f :read :value {answer}}}"""
    assert [(f, value) for f, _, value in bodies(read(text))][:4] == expected


def faults(observations: list[Observation]) -> list[tuple[int, str, str, str]]:
    return [(o.index, o.body.fault, o.body.what, o.body.state) for o in observations if isinstance(o.body, Faulted)]


def nemesis(*operations: str, type_: str = "info") -> str:
    return "".join(f"{{:type :{type_} :process :nemesis :f :{f}}}" for f in operations)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (
            ["start", "start", "stop", "stop"],
            [(0, "nemesis.1", "nemesis", "began"), (2, "nemesis.1", "nemesis", "ended")],
        ),
        (["start", "stop"], [(0, "nemesis.1", "nemesis", "began"), (1, "nemesis.1", "nemesis", "ended")]),
        (
            ["start-partition", "start-partition", "start-clock", "start-clock", "stop-partition", "stop-partition"],
            [
                (0, "nemesis.1", "partition", "began"),
                (2, "nemesis.2", "clock", "began"),
                (4, "nemesis.1", "partition", "ended"),
            ],
        ),
        (
            ["start-partition", "start-partition", "start-clock", "start-clock", "heal", "heal"],
            [
                (0, "nemesis.1", "partition", "began"),
                (2, "nemesis.2", "clock", "began"),
                (4, "nemesis.1", "partition", "ended"),
                (4, "nemesis.2", "clock", "ended"),
            ],
        ),
        (["kill", "kill"], [(0, "nemesis.1", "kill", "began"), (1, "nemesis.1", "kill", "ended")]),
        (["stop", "stop"], [(0, "nemesis.1", "nemesis", "ended")]),
        (["heal", "heal"], []),
    ],
)
def test_what_the_nemesis_does_becomes_faults(read: Any, operations: list[str], expected: Any) -> None:
    assert faults(read(nemesis(*operations))) == expected


def test_a_fault_names_its_targets_and_how_it_was_set(read: Any) -> None:
    text = '{:type :info :process :nemesis :f :start :value ["n1" "n2"]}{:type :info :process :nemesis :f :stop}'
    began, ended = (o.body for o in read(text))
    assert (began.targets, began.detail, ended.targets, ended.detail) == (["n1", "n2"], ["n1", "n2"], [], None)


def renumbered(events: list[Event]) -> list[Event]:
    """A process that ended ``info`` goes on under a new number, as Jepsen has it."""
    now: dict[int, int] = {}
    found = []
    for kind, process, f, value in events:
        number = now.setdefault(process, process)
        found.append((kind, number, f, value))
        if kind == INFO:
            now[process] = number + 10
    return found


def observed(events: list[Event]) -> list[Observation]:
    """The same events as our own observations, made without the reader."""
    open_: dict[int, str] = {}
    found = []
    for index, (kind, process, f, value) in enumerate(events):
        if kind == INVOKE:
            open_[process] = f"{process}.{index}"
            body: Body = Invoked(open_[process], str(process), f, "k", None if f == "read" else value, index)
        else:
            result = value if f == "read" and kind == OK else None
            body = Completed(open_.pop(process), str(process), f, "k", kind, result)  # type: ignore[arg-type]
        found.append(Observation(index, index, "client", body))
    return found


SMALL = st.integers(0, 3)
ARGUMENT = st.one_of(
    st.tuples(st.just("write"), SMALL),
    st.tuples(st.just("cas"), st.lists(SMALL, min_size=2, max_size=2)),
    st.tuples(st.just("read"), st.none()),
)
SET = st.one_of(st.tuples(st.just("add"), SMALL), st.tuples(st.just("read"), st.none()))


@pytest.mark.parametrize(
    ("argument", "result"),
    [(ARGUMENT, st.none() | SMALL), (SET, st.lists(SMALL, unique=True)), (SET, st.integers(0, 6))],
    ids=["register", "set", "counter"],
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_histories_get_the_verdicts_of_the_same_observations(
    tmp_path: Path, argument: Any, result: Any, data: st.DataObject
) -> None:
    events = renumbered(data.draw(schedules(argument, lambda f: result)))
    path = tmp_path / "h.edn"
    fields = [
        {"type": Keyword(f":{k}"), "process": p, "f": Keyword(f":{f}"), "value": v, "time": 1000 * i}
        for i, (k, p, f, v) in enumerate(events)
    ]
    path.write_text("".join(edn({Keyword(f":{n}"): v for n, v in event.items()}) for event in fields), "utf-8")
    nobody = Header("", "", 0, "", [])
    found = check(create(nobody), JepsenReader(path, keyed=False))
    wanted = check(create(nobody), observed(events))
    assert [(r.checker, r.verdict, r.applicable) for r in found] == [
        (r.checker, r.verdict, r.applicable) for r in wanted
    ]
