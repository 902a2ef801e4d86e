"""A history as OpenTelemetry spans: one trace an order, consumers linked to producers, the same ids every time."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanKind

from consistency_viz.experiments import tracing
from consistency_viz.experiments.simulations import simulate_once
from consistency_viz.observation.history import HistoryReader
from workers.cluster.catalogue import load


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.jsonl"
    simulate_once(load("order-flow", ["workload.orders=3"]), 1, path, ["divergence"])
    return path


def spans(history):
    with HistoryReader(history) as reader:
        return list(tracing.spans_of("r1", reader))


def test_every_processing_is_linked_to_the_sending_of_its_message_in_one_trace(history):
    found = spans(history)
    sent = {span.context.span_id: span for span in found if span.kind == SpanKind.PRODUCER}
    processed = [span for span in found if span.kind == SpanKind.CONSUMER]
    assert processed != []
    for span in processed:
        (link,) = span.links
        producer = sent[link.context.span_id]
        assert producer.attributes["messaging.message.id"] == span.attributes["messaging.message.id"]
        assert (producer.context.trace_id, producer.start_time) == (span.context.trace_id, span.start_time)
        assert span.name.removeprefix("process ") == producer.name.removeprefix("publish ")


def test_ids_are_unique_in_a_run_and_the_same_every_time(history):
    found = spans(history)
    assert len({span.context.span_id for span in found}) == len(found)
    assert [span.context.span_id for span in spans(history)] == [span.context.span_id for span in found]


def test_nothing_is_exported_unless_asked_for(history, settings, monkeypatch):
    exported = []
    exporter = "opentelemetry.exporter.otlp.proto.http.trace_exporter.OTLPSpanExporter"
    monkeypatch.setattr(f"{exporter}.export", lambda self, spans: exported.extend(spans))
    tracing.export_run("r1", history)
    assert exported == []
    settings.TRACING = True
    tracing.export_run("r1", history)
    assert len(exported) == len(spans(history))
