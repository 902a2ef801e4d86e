"""CloudEvents keep to version 1.0 of their specification, and say no more than a history knows."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency_viz.observation.exporting import export_file
from consistency_viz.observation.formats.cloudevents import CloudEventsWriter
from consistency_viz.observation.history import read_history
from tests.observation.exports import simulated, written
from workers.model.observation import Observation, Sent

ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")
URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-F]{2})+")


def check_rules(event: dict[str, Any]) -> None:
    assert {"id", "source", "specversion", "type"} <= event.keys()
    assert event["specversion"] == "1.0"
    assert all(ATTRIBUTE.fullmatch(name) for name in event)
    assert all(isinstance(value, str) and value for value in event.values())
    assert not any(re.search(r"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", value) for value in event.values())
    assert URI_REFERENCE.fullmatch(event["source"])
    assert TRACEPARENT.fullmatch(event["traceparent"])
    assert re.fullmatch(r"\d{10}", event["sequence"])
    assert "data" not in event
    assert "time" not in event or RFC3339.fullmatch(event["time"])


def exported(path: Path) -> list[dict[str, Any]]:
    out = path.with_suffix(".events")
    export_file(path, "cloudevents", out)
    return [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]


def test_every_message_of_a_run_is_one_event(tmp_path: Path) -> None:
    out = tmp_path / "h.jsonl"
    done = export_file(simulated("order-flow"), "cloudevents", out)
    events = [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]
    _, observations = read_history(simulated("order-flow"))
    messages = [o for o in observations if isinstance(o.body, Sent)]
    for event in events:
        check_rules(event)
    assert [(e["source"], e["type"], e["id"]) for e in events] == [
        (o.node, o.body.type, o.body.message) for o in messages if isinstance(o.body, Sent)
    ]
    assert len({(e["source"], e["id"]) for e in events}) == len(events)
    assert done.left_out.keys().isdisjoint({"sent"})
    assert sum(done.left_out.values()) == len(observations) - len(messages)


def test_sequences_rise_by_one_for_each_source(tmp_path: Path) -> None:
    by_source: dict[str, list[str]] = {}
    out = tmp_path / "h"
    export_file(simulated("order-flow"), "cloudevents", out)
    for line in out.read_bytes().splitlines():
        event = msgspec.json.decode(line)
        by_source.setdefault(event["source"], []).append(event["sequence"])
    assert len(by_source) > 3
    for sequences in by_source.values():
        assert sequences == sorted(sequences)
        assert [int(s) for s in sequences] == list(range(1, len(sequences) + 1))


def test_an_event_is_told_whole(tmp_path: Path) -> None:
    source = written(
        tmp_path / "source.jsonl",
        ("order", Sent("s1-1/order.0", "orders", "OrderPlaced", "s1-1", "s1-1")),
        started_us=1_750_000_000_123_456,
    )
    (event,) = exported(source)
    check_rules(event)
    del event["traceparent"]
    assert event == {
        "id": "s1-1/order.0",
        "source": "order",
        "specversion": "1.0",
        "type": "OrderPlaced",
        "subject": "s1-1",
        "time": "2025-06-15T15:06:40.123456Z",
        "sequence": "0000000001",
        "partitionkey": "s1-1",
        "topic": "orders",
        "causationid": "s1-1",
    }
    assert datetime.fromisoformat("2025-06-15T15:06:40.123456+00:00").timestamp() == 1_750_000_000.123456


def test_messages_of_one_order_share_their_trace(tmp_path: Path) -> None:
    first = Sent("s1/order.0", "t", "A", "k", "s1")
    second = Sent("s1/order.0/tax.0", "t", "B", "k", "s1/order.0")
    other = Sent("s2/order.0", "t", "A", "k", "s2")
    traces = [e["traceparent"].split("-") for e in exported(written(tmp_path / "s.jsonl", first, second, other))]
    assert traces[0][1] == traces[1][1] != traces[2][1]
    assert len({trace[2] for trace in traces}) == 3


@pytest.mark.parametrize("at_us", [-1, 253_402_300_800_000_000, 2**62])
def test_what_is_no_date_has_no_time(at_us: int) -> None:
    observation = Observation(0, at_us, "a", Sent("m", "t", "T", "k", ""))
    (line,) = CloudEventsWriter().lines([observation])
    event = msgspec.json.decode(line)
    check_rules(event)
    assert "time" not in event


@given(st.tuples(*[st.text(max_size=6)] * 5).filter(lambda names: bool(names[1])))
def test_any_names_make_a_proper_event(names: tuple[str, ...]) -> None:
    node, message, topic, type_, key = names
    (line,) = CloudEventsWriter().lines([Observation(0, 0, node, Sent(message, topic, type_, key, ""))])
    assert line.count(b"\n") == 1
    check_rules(msgspec.json.decode(line))
