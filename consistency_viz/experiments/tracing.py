"""Traces of orders for OpenTelemetry: off unless ``CV_TRACING`` is set, and the extra ``tracing`` is installed.

When a live run has ended, its history becomes spans: one trace for each key, an order's id; ``publish TOPIC`` (the
producer) for a message that was sent, ``process TOPIC`` (the consumer) for each time that a node processed it, linked
to what was sent. They go out by OTLP over HTTP to where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says. Ids follow from run,
key and message, so a run that is exported twice is the same traces.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from consistency_viz.observation.history import HistoryReader
from workers.model.observation import Delivered, Observation, Sent

log = logging.getLogger(__name__)

BATCH: Final = 500
SPANS_MAX: Final = 100_000


def export_run(run_id: str, path: Path) -> None:
    """Send the spans of a run's history, if that is asked for. What goes wrong is logged: a run does not fail by it."""
    if not settings.TRACING:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        exporter = OTLPSpanExporter()
        with HistoryReader(path) as reader:
            spans = spans_of(run_id, reader)
            while batch := list(islice(spans, BATCH)):
                exporter.export(batch)
        exporter.shutdown()
    except ImportError:
        log.warning("CV_TRACING is set, and the extra `tracing` is not installed: no traces")
    except Exception:
        log.exception("the traces of run %s could not be exported", run_id)


def spans_of(run_id: str, observations: Iterable[Observation]) -> Iterator[Any]:
    """A span for each message that was sent and each time that it was processed, at most ``SPANS_MAX``."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415
    from opentelemetry.trace import Link, SpanKind  # noqa: PLC0415

    resource = Resource.create({"service.name": "consistency-viz", "cv.run": run_id})
    count = 0
    for observation in observations:
        body = observation.body
        if not isinstance(body, Sent | Delivered) or count >= SPANS_MAX:
            continue
        count += 1
        sent = isinstance(body, Sent)
        producer = _context(run_id, body.key, body.message)
        own = producer if sent else _context(run_id, body.key, f"{body.message} {observation.node} {observation.index}")
        at_ns = observation.at_us * 1_000
        yield ReadableSpan(
            name=f"{'publish' if sent else 'process'} {body.topic}",
            context=own,
            resource=resource,
            attributes={
                "messaging.system": "redis",
                "messaging.destination.name": body.topic,
                "messaging.consumer.group.name": observation.node,
                "messaging.message.id": body.message,
                "messaging.operation.type": "publish" if sent else "process",
                "cv.key": body.key,
                "cv.node": observation.node,
            },
            links=() if sent else (Link(producer),),
            kind=SpanKind.PRODUCER if sent else SpanKind.CONSUMER,
            start_time=at_ns if sent else body.sent_us * 1_000,  # type: ignore[union-attr]
            end_time=at_ns,
        )


def _context(run_id: str, key: str, span: str) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415

    trace_id = int.from_bytes(sha256(f"{run_id} {key}".encode()).digest()[:16], "big")
    span_id = int.from_bytes(sha256(f"{run_id} {span}".encode()).digest()[:8], "big")
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
