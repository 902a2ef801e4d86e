"""Logs for ShiViz keep to its rules, whatever ran and whatever its names are; and the rules catch logs that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.observation.exporting import export_file
from consistency_viz.observation.formats import shiviz
from consistency_viz.observation.formats.shiviz import REGEX, ShivizWriter, TooManyEventsError
from consistency_viz.observation.history import read_history
from tests.observation.exports import simulated, written
from tests.observation.shiviz_rules import LogError, LogEvent, validate
from workers.model.history import Header
from workers.model.observation import Changed, Delivered, Dropped, Effected, Faulted, Observation, Sent

HEAD = REGEX + "\n\n"


def sent(message: str, type_: str = "T") -> Sent:
    return Sent(message, "topic", type_, "k", "")


def delivered(message: str, copy: int = 0) -> Delivered:
    return Delivered(message, "topic", "T", "k", "a", 0, copy)


def exported(path: Path) -> str:
    out = path.with_suffix(".log")
    export_file(path, "shiviz", out)
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("scenario", ["order-flow", "zombie-writer", "reply-before-question", "last-ticket-twice"])
def test_the_log_of_a_run_keeps_to_the_rules(tmp_path: Path, scenario: str) -> None:
    out = tmp_path / "h.log"
    done = export_file(simulated(scenario), "shiviz", out)
    events = validate(out.read_text(encoding="utf-8"))
    header, observations = read_history(simulated(scenario))
    drawn = [o for o in observations if not isinstance(o.body, Dropped) and o.node]
    assert [event.host for event in events] == [o.node for o in drawn]
    assert {event.host for event in events} <= set(header.nodes)
    assert done.lines == 2 + 2 * len(events)
    assert sum(done.left_out.values()) == len(observations) - len(drawn)
    assert max(len(event.clock) for event in events) > 2


def test_a_delivery_knows_what_the_sender_knew_when_it_sent(tmp_path: Path) -> None:
    path = written(
        tmp_path / "source.jsonl",
        ("a", sent("m1")),
        ("a", sent("m2")),
        ("b", delivered("m1")),
        ("b", sent("m3")),
        ("c", delivered("m3")),
        ("c", delivered("m3", 1)),
        ("c", delivered("never-sent")),
        ("a", Dropped("m3", "topic", "T", "k", "b", 0, "loss")),
        ("", Faulted("f", "partition", "began", ["a>b"])),
        ("b", Changed("b.1", "down", 1)),
    )
    assert [(event.host, event.clock) for event in validate(exported(path))] == [
        ("a", {"a": 1}),
        ("a", {"a": 2}),
        ("b", {"a": 1, "b": 1}),
        ("b", {"a": 1, "b": 2}),
        ("c", {"a": 1, "b": 2, "c": 1}),
        ("c", {"a": 1, "b": 2, "c": 2}),
        ("c", {"a": 1, "b": 2, "c": 3}),
        ("b", {"a": 1, "b": 3}),
    ]


def test_an_event_says_what_happened_and_when(tmp_path: Path) -> None:
    path = written(tmp_path / "source.jsonl", ("a", sent("m1", "OrderPlaced")), ("b", delivered("m1", 2)))
    assert [event.event for event in validate(exported(path))] == [
        "sent message OrderPlaced about k on topic [m1] at 0.000 ms",
        "processed message T about k from a [m1, copy 2] at 1.000 ms",
    ]


NAMES = st.text(st.sampled_from(' \n\t{}":\u2028\\aé') | st.characters(codec="utf-8"), max_size=6)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES, st.booleans()), max_size=12))
def test_no_name_breaks_out_of_its_line(events: list[tuple[str, str, str, bool]]) -> None:
    observations = [
        Observation(i, i, node, Effected(kind, key, {key: kind}) if effect else sent(key, kind))
        for i, (node, kind, key, effect) in enumerate(events)
    ]
    writer = ShivizWriter(Header("", "", 0, "", []))
    found = validate(b"".join(writer.lines(observations)).decode())
    assert len(found) == len(events)
    hosts = {}
    for event, (node, *_) in zip(found, events, strict=True):
        assert hosts.setdefault(node, event.host) == event.host
    assert len(set(hosts.values())) == len(hosts)


def test_too_many_events_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shiviz, "EVENTS_MAX", 2)
    observations = [Observation(i, i, "a", sent(f"m{i}")) for i in range(3)]
    with pytest.raises(TooManyEventsError, match="more than 2 events"):
        list(ShivizWriter(Header("", "", 0, "", [])).lines(observations))


@pytest.mark.parametrize(
    ("log", "problem"),
    [
        ('e\na {"a":2}\n', "event 1 of a has 2 as its own entry"),
        ('e\na {"a":1}\ne\na {"a":3}\n', "event 2 of a has 3"),
        ('e\na {"a":1}\ne\na {"a":1}\n', "event 2 of a has 1"),
        ('e\na {"b":1}\n', "event 1 of a has None"),
        ('e\na {"a":1,"b":1}\n', "b is unknown"),
        ('e\nb {"b":1}\ne\na {"a":1,"b":2}\n', "b never came to 2"),
        ('e\na {"a":1}\ne\nb {"a":1,"b":1}\ne\nc {"b":1,"c":1}\n', "not transitive"),
        ('e\na b {"a":1}\n', "nothing matches"),
        ('e\na {"a":1}\nstray\n', "nothing matches"),
        ('e\na {"a":1,"b":0}\n', "no count"),
    ],
)
def test_the_validator_can_fail(log: str, problem: str) -> None:
    with pytest.raises(LogError, match=problem):
        validate(HEAD + log)


def test_the_validator_passes_a_log_that_is_right() -> None:
    log = 'e\na {"a":1}\ne\nb {"a":1,"b":1}\n'
    assert validate(HEAD + log)[1] == LogEvent("e", "b", {"a": 1, "b": 1})


def broken(monkeypatch: pytest.MonkeyPatch, bug: str) -> Any:
    """The writer with a bug put in on purpose."""
    tick = ShivizWriter._tick

    def skipping(self: ShivizWriter, observation: Observation) -> int:
        host = tick(self, observation)
        self._clocks[host][host] += isinstance(observation.body, Delivered)
        return host

    def forgetting(self: ShivizWriter, observation: Observation) -> int:
        host = tick(self, observation)
        if isinstance(observation.body, Sent):
            self._sent[observation.body.message] = tuple([0] * host + [self._clocks[host][host]])
        return host

    monkeypatch.setattr(ShivizWriter, "_tick", {"skipping": skipping, "forgetting": forgetting}[bug])


@pytest.mark.parametrize("bug", ["skipping", "forgetting"])
def test_a_bug_in_the_clocks_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    broken(monkeypatch, bug)
    out = tmp_path / "h.log"
    export_file(simulated("order-flow"), "shiviz", out)
    with pytest.raises(LogError):
        validate(out.read_text(encoding="utf-8"))
