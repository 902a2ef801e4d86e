"""Writes the messages of a run as CloudEvents 1.0, one JSON object a line: what was sent, by whom, about what, when.

A history says that a message was sent, not what it carried. So there are ``id``, ``source``, ``specversion``, ``type``,
``subject`` (the business key), ``time``, ``partitionkey`` (the business key), ``traceparent``, and as extensions
``sequence`` (zero-padded: the place among all that this source sent), ``topic`` and ``causationid``. There is no
``data``.

``time`` is RFC 3339 in UTC. A simulated run begins at virtual time 0, which is 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import msgspec

from workers.model.message import Message, cloudevent
from workers.model.observation import Observation, Sent

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US: Final = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_URI_SAFE: Final = "/:@!$&'()*+,;=~-._"


class CloudEventsWriter:
    """Makes lines out of one history. ``left_out`` counts, by kind, the observations that have no place."""

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()

    def lines(self, observations: Iterable[Observation]) -> Iterator[bytes]:
        """One event a line, with its newline."""
        for observation in observations:
            if isinstance(observation.body, Sent):
                yield msgspec.json.encode(self._event(observation, observation.body)) + b"\n"
            else:
                self.left_out[str(observation.body.__struct_config__.tag)] += 1

    def _event(self, observation: Observation, body: Sent) -> dict[str, Any]:
        self._sent[observation.node] += 1
        source = quote(observation.node, safe=_URI_SAFE) or "."
        message = Message(body.message, body.topic, body.type or "unknown", source, body.key, {})
        event = cloudevent(message, _rfc3339(observation.at_us))
        del event["data"], event["datacontenttype"]
        event["sequence"] = f"{self._sent[observation.node]:010d}"
        event["topic"] = body.topic
        event["causationid"] = body.cause
        return {name: _FORBIDDEN.sub("\ufffd", value) for name, value in event.items() if value}


def _rfc3339(at_us: int) -> str:
    """Recorder time as RFC 3339; nothing for what is no date of our calendar."""
    if not 0 <= at_us <= _LAST_US:
        return ""
    moment = _EPOCH + timedelta(microseconds=at_us)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
