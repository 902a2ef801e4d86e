"""Native history: a header line, then one JSON object a line, one per observation, in recorder order.

The format is documented in ``docs/history-format.md``. This module only writes and parses single lines; reading whole
files with limits and good errors is the observer's (``consistency_viz.observation.history``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

import msgspec

from workers.model.message import Json
from workers.model.observation import Body, Observation, Turn

HISTORY_VERSION = 1

_CLASS_BY_KIND: dict[str, type[msgspec.Struct]] = {str(c.__struct_config__.tag): c for c in get_args(Body)}
_encode = msgspec.json.Encoder(order="deterministic").encode


class Header(msgspec.Struct, frozen=True):
    """The first line of a history: what ran, so that it can be run again. ``replicas`` lists the nodes in scope."""

    scenario: str
    design: str
    seed: int
    driver: str
    replicas: list[str]
    nodes: list[str] = []
    run: str = ""
    started_us: int = 0
    plan: Json = {}
    history: int = HISTORY_VERSION


def expand(turns: Iterable[tuple[int, Turn]], first_index: int = 0) -> Iterator[Observation]:
    """The observations of ``turns`` (time in microseconds, turn), numbered from ``first_index``."""
    index = first_index
    for at_us, turn in turns:
        node = turn.node
        for body in turn.bodies:
            yield Observation(index, at_us, node, body)
            index += 1


def line(observation: Observation) -> bytes:
    """One observation as a JSON line without its newline; keys are sorted, so equal observations are equal bytes."""
    body = observation.body
    fields: dict[str, Any] = {name: getattr(body, name) for name in body.__struct_fields__}
    fields["index"] = observation.index
    fields["at_us"] = observation.at_us
    fields["node"] = observation.node
    fields["kind"] = body.__struct_config__.tag
    return _encode(fields)


def header_line(header: Header) -> bytes:
    """The header as a JSON line without its newline."""
    return _encode(header)


def parse(raw: bytes | str) -> Observation:
    """The observation of one line; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` saying what is wrong."""
    fields = msgspec.json.decode(raw)
    if not isinstance(fields, dict):
        raise msgspec.ValidationError(f"expected an object, got {type(fields).__name__}")
    kind = fields.pop("kind", None)
    if kind not in _CLASS_BY_KIND:
        raise msgspec.ValidationError(f"field `kind`: {kind!r} is none of {', '.join(sorted(_CLASS_BY_KIND))}")
    cls = _CLASS_BY_KIND[kind]
    missing = [n for n in ("index", "at_us", "node") if n not in fields]
    if missing:
        raise msgspec.ValidationError(f"field `{missing[0]}` is missing")
    place = {n: fields.pop(n) for n in ("index", "at_us", "node")}
    unknown = sorted(set(fields) - set(cls.__struct_fields__))
    if unknown:
        raise msgspec.ValidationError(f"field `{unknown[0]}` does not belong to kind {kind!r}")
    # The body classes are positional on the wire; a line is keyed, so lay its fields out in order.
    required = len(cls.__struct_fields__) - len(cls.__struct_defaults__)
    absent = [n for n in cls.__struct_fields__[:required] if n not in fields]
    if absent:
        raise msgspec.ValidationError(f"field `{absent[0]}` is missing for kind {kind!r}")
    defaults = dict(zip(cls.__struct_fields__[required:], cls.__struct_defaults__, strict=True))
    row = [kind, *(fields.get(n, defaults.get(n)) for n in cls.__struct_fields__)]
    body = msgspec.convert(row, Body)
    return msgspec.convert({**place, "body": body}, Observation)
